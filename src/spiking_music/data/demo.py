"""The generated data set: which pieces it has, and their rows in MAESTRO's table. *Ours*."""

import numpy as np
import pandas as pd

from spiking_music.config import DemoConfig
from spiking_music.data.compose import Piece, compose
from spiking_music.data.harmony import Key
from spiking_music.data.textures import TEXTURES

MAESTRO_SPLITS = {"train": 962, "validation": 137, "test": 177}  # performances, v3.0.0
YEARS = (2004, 2006, 2008, 2009, 2011, 2013, 2014, 2015, 2017, 2018)  # MAESTRO's


def plan(demo: DemoConfig, seed: int) -> dict[str, Piece]:
    """File name without suffix → piece; together they last `demo.minutes` or more.

    Styles take turns, keys, metres, tempi and lengths are drawn.
    """
    rng = np.random.default_rng((seed, 0))
    weights = rng.uniform(0.75, 1.25, demo.performances)
    seconds = 60 * demo.minutes * weights / weights.sum()
    styles = [str(style) for style in rng.permutation(list(demo.styles))]
    tempi = np.random.default_rng((seed, 3)).uniform(*demo.tempi, demo.performances)
    pieces = {}
    for number in range(demo.performances):
        style = styles[number % len(styles)]
        pieces[f"{rng.choice(YEARS)}/{style}-{number:04d}"] = Piece(
            seed=(seed, 1, number),
            style=style,
            key=Key(int(rng.integers(12)), str(rng.choice(["major", "minor"], p=[0.6, 0.4]))),
            meter=int(rng.choice([3, 4])),
            tempo=float(tempi[number] * rng.uniform(*TEXTURES[style].tempo)),
            seconds=float(seconds[number]),
            styles=demo.styles,
            levels=demo.levels,
            octaves=demo.octaves,
        )
    return pieces


def table(demo: DemoConfig, seed: int) -> pd.DataFrame:
    """MAESTRO's seven columns, one row a piece; `duration` is that of the recording to come, s."""
    pieces = plan(demo, seed)
    rng = np.random.default_rng((seed, 2))
    splits = rng.permutation(split_names(len(pieces)))
    rows = []
    for number, ((stem, piece), split) in enumerate(zip(pieces.items(), splits, strict=True)):
        rows.append(
            {
                "canonical_composer": f"Generated {piece.style}s",
                "canonical_title": f"{piece.style.title()} No. {number} in {piece.key.name}",
                "split": str(split),
                "year": int(stem.partition("/")[0]),
                "midi_filename": f"{stem}.midi",
                "audio_filename": f"{stem}.flac",
                "duration": compose(piece).duration,
            }
        )
    return pd.DataFrame(rows)


def split_names(count: int) -> list[str]:
    """`count` split names in MAESTRO's proportions, each at least once (count >= 3)."""
    total = sum(MAESTRO_SPLITS.values())
    sizes = {split: max(1, round(count * share / total)) for split, share in MAESTRO_SPLITS.items()}
    sizes["train"] = count - sizes["validation"] - sizes["test"]
    return [split for split, size in sizes.items() for _ in range(size)]
