"""A real SLURM on this machine (start.sh), and copies of the workflow to run on it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.workflow import warm

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
WORKFLOW = ("Snakefile", "config.yaml", "config", "rules", "report", "envs", "slurm")
SITE = {"partition": "cpu", "gpu_partition": "gpu", "cores": 4}
STATE = Path("/var/lib/slurm-ci")  # as start.sh has it
SECOND = "ci-second"  # node of the partition pair, beside this machine
POLL = 1  # seconds until the first look at a job; at most six times as many between two
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
ENVIRONMENT = {**os.environ, "PATH": PATH, "OMP_NUM_THREADS": "1"}
OTHERS = ("free", "sparse", "mu-sparse", "rvq-impaired", "free-gan", "free-diffusion", "mel")
# one model, small enough to train in seconds and long enough to be disturbed
MODEL = {
    "training": {"steps": 600, "checkpoint_every": 20, "validate_every": 200, "log_every": 5},
    "variants": dict.fromkeys(OTHERS),
    "pretrained": False,
}


def say(*command: str, limit: int = 60) -> str:
    """What a command writes to stdout; it must succeed in time."""
    run = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    assert run.returncode == 0, f"{command}: {run.stderr}"
    return run.stdout


def wait_until(told: Callable[[], bool], what: str, limit: float = 400) -> None:
    """Ask until `told` is true; fail after `limit` seconds."""
    end = time.monotonic() + limit
    while not told():
        assert time.monotonic() < end, f"waited {limit} s in vain until {what}"
        time.sleep(0.2)


class Clone:
    """The files of a clone, in which people type `snakemake --profile slurm`."""

    def __init__(self, folder: Path, changes: dict[str, object]) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []
        self.results = folder / "results" / "tiny"
        self.weights = self.results / "models" / "rvq" / "weights.safetensors"
        self.checkpoints = self.results / "checkpoints" / "rvq"
        self.overlay = folder / "changes.yaml"
        if not folder.exists():
            folder.mkdir()
            for name in WORKFLOW:
                source = ROOT / name
                copy = shutil.copytree if source.is_dir() else shutil.copy
                copy(source, folder / name)
            (folder / "slurm" / "site.yaml").write_text(yaml.safe_dump(SITE))
        self.change(changes)

    def change(self, changes: dict[str, object]) -> None:
        """Lay `changes` over config/tiny.yaml."""
        self.overlay.write_text(yaml.safe_dump(changes))

    def command(self, *arguments: str) -> list[str]:
        files = ["config.yaml", "config/tiny.yaml", str(self.overlay)]
        return ["snakemake", *arguments, "--configfile", *files]

    def cluster(
        self, *arguments: str, environment: dict[str, str] = ENVIRONMENT, threads: int | None = 1
    ) -> subprocess.Popen[str]:
        """`snakemake --profile slurm` at work; what it says goes to a file, see `said`.

        threads: of a training; None: as the profile has it.
        """
        init = "--slurm-watched-init-seconds-before-status-checks"
        command = self.command(
            *(*arguments, "--profile", "slurm", init, str(POLL)),
            *(("--set-threads", f"train={threads}") if threads else ()),
            *("--latency-wait", "10"),  # one machine, one file system
        )
        with (self.folder / "said.txt").open("a") as said:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def end(self) -> None:
        """Nothing of this clone runs any longer, here or in SLURM."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)
        say("scancel", "--me")

    def local(self, *arguments: str, limit: int = 600) -> None:
        """Run on this machine, without SLURM."""
        run = subprocess.run(
            self.command("--cores", "2", *arguments),
            cwd=self.folder,
            env={**ENVIRONMENT, **warm.start()},
            capture_output=True,
            text=True,
            timeout=limit,
        )
        assert run.returncode == 0, run.stderr[-5000:]

    @property
    def losses(self) -> pd.Series:
        """Training loss by step."""
        return pd.read_csv(self.weights.with_name("log.csv")).set_index("step")["loss"]

    @property
    def said(self) -> str:
        return (self.folder / "said.txt").read_text()

    @property
    def training_log(self) -> str:
        path = self.results / "logs" / "train-rvq.log"
        return path.read_text() if path.exists() else ""


def finish(process: subprocess.Popen[str], limit: int) -> int:
    """Its exit status; past `limit` seconds it is stopped as by Ctrl-C and -1 is returned."""
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        return -1


def _require() -> None:
    """Skip where no SLURM can be had; where SPIKING_MUSIC_REQUIRE_CLUSTER is 1, fail instead."""
    if os.geteuid() == 0 and Path("/etc/debian_version").exists():
        return
    reason = "a SLURM to test with needs root on Debian"
    if os.environ.get("SPIKING_MUSIC_REQUIRE_CLUSTER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def _script(name: str, **settings: str) -> None:
    environment = {**os.environ, **settings}
    run = subprocess.run(
        [str(HERE / name)], capture_output=True, text=True, timeout=300, env=environment
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def slurm(request: pytest.FixtureRequest) -> Iterator[None]:
    """SLURM from scratch; a module with ACCOUNTING = True gets its database besides."""
    _require()
    # a shell that runs us in the background has us ignore Ctrl-C, and Snakemake would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _script("stop.sh", PURGE="1")
    _script("start.sh", ACCOUNTING=str(int(getattr(request.module, "ACCOUNTING", False))))
    yield
    _script("stop.sh", PURGE="1")


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the clips are made."""
    clone = Clone(tmp_path_factory.mktemp("cluster") / "clips", MODEL)
    clone.local("--until", "clips")
    return clone.folder


@pytest.fixture
def clone(slurm: None, clips: Path, tmp_path: Path) -> Iterator[Clone]:
    """A clone of its own with clips, whose jobs are gone when the test is over."""
    folder = tmp_path / "clone"
    shutil.copytree(clips, folder)
    clone = Clone(folder, MODEL)
    yield clone
    clone.end()


@pytest.fixture(scope="session")
def quiet(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone whose training nothing has disturbed, on this machine, without SLURM."""
    folder = tmp_path_factory.mktemp("quiet") / "clone"
    shutil.copytree(clips, folder)
    clone = Clone(folder, MODEL)
    clone.local(str(clone.weights.relative_to(folder)))
    return clone


@pytest.fixture(scope="session")
def undisturbed(quiet: Clone) -> bytes:
    """The weights in which every disturbed training must end."""
    return quiet.weights.read_bytes()
