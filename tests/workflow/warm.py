"""A server that runs commands in processes that have imported the slow libraries already.

The workflow starts dozens of short jobs, each of which imports PyTorch and others for seconds, and
the tests start Snakemake over a hundred times, half of whose dry run is imports. Here they are
forks of one process that has done so. No module of the package is imported before the fork, so
that a job behaves as the installed command does. A kill of a client's process group kills its fork.

The clients, commands of the names of `COMMANDS` in a folder for PATH, hand over their
arguments, environment, working directory and standard streams, and end as their forks do.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from pathlib import Path

ADDRESS = "SPIKING_MUSIC_WARM"  # path of the socket
LIBRARIES = (
    *("av", "constriction", "fontTools.subset", "h5py", "matplotlib.backends.backend_agg"),
    *("matplotlib.backends.backend_pdf", "matplotlib.backends.backend_svg", "mido", "numba"),
    *("pandas", "pretty_midi", "pydantic", "pyloudnorm", "rich.progress", "safetensors.torch"),
    *("scipy.ndimage", "scipy.signal", "scipy.stats", "sklearn.neural_network", "soundfile"),
    *("soxr", "torch", "torchaudio", "typer", "yaml", "zarr"),
    *("lightning_fabric", "torch.utils.flop_counter", "torch.utils.tensorboard"),
    *("matplotlib.style", "PIL.JpegImagePlugin", "PIL.PpmImagePlugin", "docutils.core"),
    *("snakemake.api", "snakemake.cli"),
)
COMMANDS = {  # their modules
    "spiking-music": "spiking_music.cli",
    "snakemake": "snakemake.cli",
    "train-tiny": "tests.training.process",
}
# else Snakemake looks for jobs once a second for each job that has ended, and solves for the best
SELDOM = ("--max-jobs-per-timespan", "1000/1m")
CLIENT = """#!{python} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect(os.environ["{address}"])
    about = {{"argv": sys.argv, "env": dict(os.environ), "cwd": os.getcwd(), "pgid": os.getpgrp()}}
    socket.send_fds(server, [json.dumps(about).encode() + b"\\n"], [0, 1, 2])
    with server.makefile("r") as answers:
        process = int(answers.readline())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, _: os.kill(process, number))
        code = int(answers.readline())
os._exit(code)
"""


@functools.cache
def start() -> dict[str, str]:
    """What the environment of a workflow needs, beside a PATH that starts with it, to be quick.

    The server of this process is started, and ends with it.
    """
    folder = Path(tempfile.mkdtemp(prefix="warm-"))
    address = folder / "socket"
    for name in COMMANDS:
        (folder / name).write_text(CLIENT.format(python=sys.executable, address=ADDRESS))
        (folder / name).chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.workflow.warm", str(address)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[2],
    )
    while not address.exists():
        assert server.poll() is None, "the server does not start"
        time.sleep(0.05)
    path = f"{folder}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {ADDRESS: str(address), "PATH": path}


def serve(address: str) -> None:
    """Answer clients until the process that started this one has ended."""
    for name in LIBRARIES:
        __import__(name)
    sys.modules["snakemake.cli"].get_argument_parser()  # imports Snakemake's plugins
    sys.modules["numba"].njit(lambda: 0)()  # imports what compiles
    assert not [name for name in sys.modules if name.startswith("spiking_music")]
    gc.collect()
    gc.freeze()  # or each fork copies what it looks through
    parent = os.getppid()
    ended, wakes = socket.socketpair()  # written to when a job has ended
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    jobs: dict[int, socket.socket] = {}  # process -> client
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        while os.getppid() == parent:
            ready, _, _ = select.select([listener, ended], [], [], 1)
            if listener in ready:
                client, _ = listener.accept()
                _begin(client, jobs, (listener, ended, wakes))
            if ended in ready:
                ended.recv(4096)
                _tell(jobs)
    shutil.rmtree(Path(address).parent)  # which `start` made


def _receive(client: socket.socket) -> tuple[dict | None, list[int]]:
    """What a client asks for, None if it was killed before it had said all; and its streams."""
    message, streams, _, _ = socket.recv_fds(client, 1 << 20, 3)
    while not message.endswith(b"\n"):
        rest = client.recv(1 << 20)
        if not rest:
            return None, streams
        message += rest
    return json.loads(message), streams


def _begin(
    client: socket.socket, jobs: dict[int, socket.socket], own: tuple[socket.socket, ...]
) -> None:
    """Fork the job that a client asks for, and tell the client its process."""
    about, streams = _receive(client)
    if about is None:
        client.close()
    else:
        process = os.fork()
        if process == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (*own, *jobs.values()):
                each.close()
            _join(about["pgid"], client)
            _become(about, streams)
        jobs[process] = client
        with suppress(OSError):
            client.sendall(f"{process}\n".encode())
    for stream in streams:
        os.close(stream)


def _tell(jobs: dict[int, socket.socket]) -> None:
    """Tell the clients of all jobs that have ended their exit codes."""
    for process in list(jobs):
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            with jobs.pop(process) as client, suppress(OSError):
                client.sendall(f"{code if code >= 0 else 128 - code}\n".encode())


def _join(group: int, client: socket.socket) -> None:
    """Into the client's process group, so that what kills it kills this; end if it is gone."""
    with suppress(OSError):  # the group is of another session, or gone
        os.setpgid(0, group)
    with suppress(BlockingIOError):
        if not client.recv(1, socket.MSG_DONTWAIT):
            os._exit(1)
    client.close()


def _become(about: dict, streams: list[int]) -> None:
    """Run the command in this process; does not return."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(about["cwd"])
    os.environ.clear()
    os.environ.update(about["env"])
    sys.argv = about["argv"]
    if Path(sys.argv[0]).name == "snakemake":
        sys.argv += SELDOM
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr
    sys.path[:0] = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path]
    code = 1
    try:
        importlib.import_module(COMMANDS[Path(sys.argv[0]).name]).main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)  # the memory of all the libraries is not freed one by one


if __name__ == "__main__":
    serve(sys.argv[1])
