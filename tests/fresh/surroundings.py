"""What apt and pip need to reach their packages, as this machine has it when the tests run."""

import ast
import configparser
import io
import os
import subprocess
import sys
from pathlib import Path

PIP_INDEXES = ("index-url", "extra-index-url")
PIP_KEYS = (  # of its settings: those that say where packages are, and how to get there
    *(*PIP_INDEXES, "find-links", "no-index", "proxy", "trusted-host", "cert", "client-cert"),
    *("timeout", "default-timeout", "retries"),
)
PROXIES = ("http_proxy", "https_proxy", "no_proxy")


def release() -> str:
    """Codename of this machine's Debian; empty on other systems."""
    if not Path("/etc/debian_version").exists():
        return ""
    lines = Path("/etc/os-release").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line).get("VERSION_CODENAME", "")


def apt_sources() -> str:
    """The lines of this machine's sources of its release, as mmdebstrap reads them."""
    fields = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", fields, "Created-By: Packages"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    own = {line for line in said.splitlines() if line.split()[2].startswith(release())}
    return "\n".join(sorted(own)) + "\n"


def pip_settings() -> tuple[str, tuple[Path, ...]]:
    """A pip.conf of all that this machine's settings say, and the local paths that it names."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = [line.partition("=") for line in said.splitlines()]
    values = {"disable-pip-version-check": "true"}
    for name, _, value in sorted(found, key=lambda each: each[0].startswith(":env:")):  # which win
        key = name.rpartition(".")[2]
        if key in PIP_KEYS:
            values[key] = " ".join(str(ast.literal_eval(value)).split())
    settings = configparser.RawConfigParser()
    settings["global"] = values
    text = io.StringIO()
    settings.write(text)
    return text.getvalue(), tuple(sorted({*_local(values)}))


def _local(values: dict[str, str]) -> list[Path]:
    """Files and folders that settings of pip name; of an index, the folder that holds its files."""
    found = []
    for key, value in values.items():
        for word in value.split():
            path = Path(word.removeprefix("file://"))
            if path.is_absolute() and path.exists():
                found.append(path.parent if key in PIP_INDEXES else path)
    return found


def proxies() -> dict[str, str]:
    """The variables that name proxies."""
    return {name: value for name, value in os.environ.items() if name.lower() in PROXIES}
