"""What the tables of several experiments share: Markdown, printed and written, and means."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from spiking_music import config as configuration
from spiking_music.config import EvaluationConfig
from spiking_music.evaluation.bootstrap import interval
from spiking_music.evaluation.tables import markdown, with_interval, write_text

RAW = configuration.read([str(Path(__file__).parents[1] / "config.yaml")])
SETTINGS = configuration.section(RAW, EvaluationConfig)
SEED = configuration.seed(RAW)


def publish(headings: Sequence[str], rows: Iterable[Iterable[str]], left: int, out: Path) -> None:
    """Print a Markdown table, of which `left` columns are words, and write it to `out`."""
    text = markdown(headings, [list(row) for row in rows], left)
    print(text, end="")
    out.parent.mkdir(parents=True, exist_ok=True)
    write_text(text, out)


def mean(values: ArrayLike, performances: ArrayLike, sign: str = "") -> str:
    """The mean of `values` (clips,) with its interval over performances; `sign` "+" shows both."""
    low, high = interval(values, performances, SETTINGS.bootstrap, SEED)
    return with_interval(float(np.nanmean(values)), low, high, sign=sign)
