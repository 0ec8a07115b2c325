"""Where the models of the package lie, and their names. Imports nothing, as arguments need it."""

from pathlib import Path

WEIGHTS, TABLES = "weights.safetensors", "entropy.safetensors"
DECISIONS = "decisions.safetensors"  # what an encoder alone needs
# a model folder with its card, the MDCT codec; and in folders within, the paper's family
PRETRAINED = Path(__file__).parents[1] / "pretrained"


def family() -> list[str]:
    """The variants of the paper whose models come with the package."""
    return sorted(path.parent.name for path in PRETRAINED.glob(f"*/{WEIGHTS}"))


def folder_of(name: Path | str) -> Path:
    """The folder or file that `name` means: a path, or where there is none, one of `family`."""
    return PRETRAINED / name if not Path(name).exists() and str(name) in family() else Path(name)
