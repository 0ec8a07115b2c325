"""A bare Debian in a folder, and commands run in it.

bubblewrap gives each command mounts and processes of its own, which end with the command: nothing
is ever mounted where this machine sees it. Packages come from where this machine has its own from.
"""

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fresh.surroundings import apt_sources, pip_settings, proxies, release

PERSON = 1000  # uid and gid of the ordinary user
HOME = Path("/home") / "person"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OWN = (  # of each command
    *("--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/dev/shm"),
    *("--unshare-pid", "--unshare-ipc", "--unshare-uts"),
    *("--hostname", "fresh", "--die-with-parent", "--new-session", "--cap-add", "ALL"),
)
NO_RIGHTS = (
    *("setpriv", f"--reuid={PERSON}", f"--regid={PERSON}", "--clear-groups", "--no-new-privs"),
    *("--inh-caps=-all", "--bounding-set=-all"),
)


@dataclass(frozen=True)
class Root:
    """A file system with an ordinary user, `person`; `lent` are this machine's paths to read."""

    folder: Path
    lent: tuple[Path, ...] = ()

    def run(
        self, *command: str, cwd: Path = HOME, environment: Mapping[str, str] = {}, limit: float
    ) -> str:
        """What `person` is told by a command, which must succeed within `limit` seconds."""
        variables = {"HOME": str(HOME), **environment}
        return _run(self._writable, (*NO_RIGHTS, *command), cwd, variables, limit)

    def run_as_root(self, *command: str, cwd: Path, limit: float) -> str:
        """As `run`, with the rights of a step that builds an image."""
        return _run(self._writable, command, cwd, {"HOME": "/root"}, limit)

    def run_image(self, *command: str, cwd: Path, limit: float) -> str:
        """As `run`, where only /tmp and the home can be written to: as Apptainer has it."""
        home = ("--perms", "1777", "--tmpfs", "/tmp", "--bind", str(self.inside(HOME)), str(HOME))
        mounts = ("--ro-bind", str(self.folder), "/", *home)
        return _run(mounts, (*NO_RIGHTS, *command), cwd, {"HOME": str(HOME)}, limit)

    def inside(self, path: Path) -> Path:
        """Where this machine sees a path of the root."""
        return self.folder / path.relative_to("/")

    @property
    def _writable(self) -> tuple[str, ...]:
        lent = (part for path in self.lent for part in ("--ro-bind", str(path), str(path)))
        return ("--bind", str(self.folder), "/", *lent)


@contextmanager
def bare(*packages: str) -> Iterator[Root]:
    """Essential packages, apt and `packages`, in a temporary folder until it is left."""
    place = Path(tempfile.mkdtemp(prefix="spiking-music-fresh-"))
    try:
        _install(place / "root", packages)
        settings, lent = pip_settings()
        (place / "root" / "etc" / "pip.conf").write_text(settings)
        shutil.copy("/etc/resolv.conf", place / "root" / "etc" / "resolv.conf")
        yield Root(place / "root", lent)
    finally:
        _remove(place)


def _install(folder: Path, packages: Sequence[str]) -> None:
    person = f'chroot "$1" useradd --create-home --uid {PERSON} --shell /bin/bash person'
    command = [
        *("mmdebstrap", "--mode=root", "--format=directory", "--variant=apt"),
        *("--dpkgopt=force-unsafe-io", f"--customize-hook={person}"),
        *(f"--include={each}" for each in packages),
        *(release(), str(folder), "-"),
    ]
    done = subprocess.run(command, input=apt_sources(), capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr


def _remove(place: Path) -> None:
    """All of a folder that we made, unless something is mounted below: then nothing of it."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    below = [each for each in mounts if Path(each).is_relative_to(place)]
    assert not below, f"{place} is left as it is, since these are mounted: {below}"
    shutil.rmtree(place)


def _run(
    mounts: Sequence[str],
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    limit: float,
) -> str:
    """Run a command and print what it says as it says it."""
    print("$", *command, flush=True)
    process = subprocess.Popen(
        ["bwrap", *mounts, *OWN, "--chdir", str(cwd), *command],
        env={"PATH": PATH, **proxies(), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    watch = threading.Timer(limit, process.kill)  # and all that it started, by --die-with-parent
    watch.start()
    said: list[str] = []
    try:
        for line in process.stdout or ():
            said.append(line)
            print(line, end="", flush=True)
        code = process.wait()
    finally:
        watch.cancel()
        process.kill()
    assert code == 0, f"exit code {code}: {''.join(said[-60:])}"
    return "".join(said)
