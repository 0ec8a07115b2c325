"""A fresh machine: what README names and no more; small tests of it, or all where FULL is set."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.fresh.root import HOME, PERSON, Root, bare
from tests.fresh.surroundings import release

FULL = os.environ.get("SPIKING_MUSIC_FRESH") == "full"
REQUIRE = "SPIKING_MUSIC_REQUIRE_FRESH"
RELEASE = "bookworm"  # whose Python is 3.11, as the images' is
CLONE = HOME / "spiking-music"


def prerequisites() -> list[str]:
    """The packages of Debian that README asks for."""
    (names,) = re.findall(r"`sudo apt install ([a-z0-9 .+-]+)`", (ROOT / "README.md").read_text())
    return names.split()


def _missing() -> str | None:
    if os.geteuid() != 0 or release() != RELEASE:
        return f"a bare Debian is made by root on Debian's release {RELEASE}"
    for program in ("mmdebstrap", "bwrap"):
        if shutil.which(program) is None:
            return f"{program} is not installed: run tests/install.sh fresh"
    inner = ("bwrap", "--bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--unshare-pid")
    probe = subprocess.run([*inner, "true"], capture_output=True, text=True)
    return f"no mounts can be made here: {probe.stderr.strip()}" if probe.returncode else None


@pytest.fixture(scope="session")
def able() -> None:
    """Skip where no root can be made; where SPIKING_MUSIC_REQUIRE_FRESH is set, fail instead."""
    reason = _missing()
    if reason is not None:
        end = pytest.fail if os.environ.get(REQUIRE) else pytest.skip
        end(reason)


@pytest.fixture(scope="module")
def machine(able: None) -> Iterator[Root]:
    """A fresh machine: what README names is installed, and a clone lies in the user's home."""
    with bare(*prerequisites()) as root:
        clone = root.inside(CLONE)
        command = ["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone]
        subprocess.run(command, check=True)
        subprocess.run(["chown", "--recursive", f"{PERSON}:{PERSON}", clone], check=True)
        yield root
