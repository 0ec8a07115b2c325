"""The tiny demo with one variant, which passes through every stage: for tests of whole runs."""

import json
from pathlib import Path

import yaml

from spiking_music.config import read, variants
from tests.conftest import DEFAULTS, ROOT

VARIANT = "mu-sparse"
TINY = "config/tiny.yaml"
APART = ("logs", "benchmarks", "tensorboard", "provenance", "report.html")  # times and machines


def overlay(**dataset: str) -> dict[str, object]:
    """What differs from the tiny demo."""
    others = dict.fromkeys(set(variants(read(DEFAULTS))) - {VARIANT})
    return {
        "pretrained": False,
        "dataset": {"name": "small", **dataset},
        "variants": others,
        "figures": {"selective": [VARIANT]},
    }


def whole_config(**dataset: str) -> str:
    """A config.yaml that needs no overlay."""
    files = [*DEFAULTS, str(ROOT / TINY), json.dumps(overlay(**dataset))]
    return yaml.safe_dump(read(files), sort_keys=False)


def write_overlay(folder: Path) -> tuple[str, str]:
    """The overlays that make the small run of config.yaml."""
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(overlay()))
    return TINY, str(path)


def outputs(folder: Path) -> dict[str, bytes]:
    """Name -> bytes of all files that equal runs in `folder` have in common."""
    root = folder / "results" / "small"
    paths = [path for path in root.rglob("*") if path.is_file()]
    return {
        name: path.read_bytes()
        for path in paths
        if not set(APART) & set(Path(name := str(path.relative_to(root))).parts)
    }
