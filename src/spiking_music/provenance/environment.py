"""The code, the software and the hardware at hand."""

import hashlib
import os
import platform
import re
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import spiking_music

PACKAGE = Path(spiking_music.__file__).parent
DEVELOPERS = re.compile(r"""extra == ["']dev["']""")
COMMIT = ("describe", "--always", "--dirty", "--exclude=*", "--abbrev=40")


def code() -> dict[str, str]:
    """version; source, the SHA-256 of the package; commit where git knows them.

    The commit ends in "-dirty" where a tracked file of the work tree was changed. `source` is what
    ran, with git and without.
    """
    known = {"version": spiking_music.__version__, "source": source()}
    # a package installed into the environment of another repository is none of its commits
    if _git("ls-files", "--error-unmatch", "__init__.py"):
        known["commit"] = _git(*COMMIT)
    return known


@cache
def source() -> str:
    """SHA-256 of the package's modules and data, but for the model that comes with it."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        name = path.relative_to(PACKAGE)
        if path.is_file() and path.suffix != ".pyc" and name.parts[0] != "pretrained":
            digest.update(f"{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def software() -> dict[str, str]:
    """Python and every direct dependency of the package that is installed → version.

    Those of extras are among them; tools of developers (`dev`) make no result.
    """
    needed = metadata.requires("spiking-music") or []
    names = {re.split(r"[^\w-]", one)[0] for one in needed if not DEVELOPERS.search(one)}
    found = {name: _version(name) for name in sorted(names - {"spiking-music"})}
    return {"python": platform.python_version()} | {name: one for name, one in found.items() if one}


def hardware() -> dict[str, Any]:
    """System, processor, cores we may use, threads asked for, memory in GiB, and GPUs.

    GPUs are named where this process has looked for them, that is, has imported torch.
    """
    torch = sys.modules.get("torch")
    count = torch.cuda.device_count() if torch else 0
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": os.environ.get("OMP_NUM_THREADS", "as many as cores"),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpus": [torch.cuda.get_device_name(index) for index in range(count)] if torch else [],
    }


def _git(*arguments: str) -> str:
    """What git says of the package's folder; "" where there is no git or no repository."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}  # jobs run side by side
    try:
        run = subprocess.run(
            ["git", "-C", str(PACKAGE), *arguments], capture_output=True, text=True, env=environment
        )
    except OSError:
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        names = re.findall(
            r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M
        )
    except OSError:
        names = []
    return names[0] if names else platform.machine()
