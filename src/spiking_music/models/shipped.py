"""Where the models of the package lie, and their names. Imports nothing, as arguments need it."""

from pathlib import Path

WEIGHTS, TABLES = "weights.safetensors", "entropy.safetensors"
OPEN = "open"  # an MDCT codec that may be sold: CC BY
DECISIONS = "decisions.safetensors"  # what an encoder alone needs
# a model folder with its card, the MDCT codec; and in folders within, `open` and the paper's family
PRETRAINED = Path(__file__).parents[1] / "pretrained"


def named() -> list[str]:
    """The names of the package's models, the default one left out, which has none."""
    return sorted(path.parent.name for path in PRETRAINED.glob(f"*/{WEIGHTS}"))


def family() -> list[str]:
    """The variants of the paper whose models come with the package."""
    return [name for name in named() if name != OPEN]


def folder_of(name: Path | str) -> Path:
    """The folder or file that `name` means: a path, or where there is none, one of `named`."""
    return PRETRAINED / name if not Path(name).exists() and str(name) in named() else Path(name)
