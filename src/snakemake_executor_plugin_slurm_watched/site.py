"""What differs from cluster to cluster: slurm/site.yaml, checked before any reaches sbatch."""

import difflib
import os
import sys
from pathlib import Path
from typing import Any

import yaml

VARIABLE = "SPIKING_MUSIC_SITE"  # names another file
USUAL = Path("slurm", "site.yaml")
NAMES = ("account", "partition", "gpu_partition")
KEYS = (*NAMES, "cores")


class SiteError(ValueError):
    """One sentence about a site file that cannot be used."""


def site() -> dict[str, Any]:
    """The settings of this cluster, for the profile; ends Snakemake with a sentence if wrong."""
    named = os.environ.get(VARIABLE)
    path = Path(named or USUAL)
    if not named and not path.exists():
        return {}
    try:
        return read(path)
    except SiteError as error:
        sys.exit(f"error: {error}")


def read(path: Path) -> dict[str, Any]:
    """Names as strings, `cores` as a number; `SiteError` for an unknown key or a wrong value."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SiteError(f"the site file '{path}' cannot be read ({reason})") from None
    except yaml.YAMLError as error:
        raise SiteError(f"'{path}' is not valid YAML ({' '.join(str(error).split())})") from None
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise SiteError(f"'{path}' must hold keys and values: see slurm/site.example.yaml")
    return {str(key): _checked(path, str(key), value) for key, value in told.items()}


def _checked(path: Path, key: str, value: Any) -> str | int:
    if key not in KEYS:
        close = difflib.get_close_matches(key, KEYS, n=1)
        instead = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(KEYS)}"
        raise SiteError(f"unknown key '{key}' in '{path}'; {instead}")
    whole = isinstance(value, int) and not isinstance(value, bool)
    if key == "cores":
        if not whole or value < 1:
            raise SiteError(f"'cores' in '{path}' must be a whole number above 0 (got {value!r})")
        return int(value)
    if not whole and not (isinstance(value, str) and value.strip()):
        raise SiteError(
            f"'{key}' in '{path}' must be a name (got {value!r}): write one, or take the line out"
        )
    return str(value).strip()
