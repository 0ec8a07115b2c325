"""Figure 2: every block of the table is in the picture."""

from pathlib import Path

import pandas as pd
import pytest

from spiking_music.errors import DataError
from spiking_music.figures.architecture import COLUMNS, draw

BLOCKS = [
    ("encoder", "STFT", 1, 513, 32, 1, 0, 0.0),
    ("encoder", "ConvNeXt block, kernel 7", 4, 128, 32, 1, 52_000, 4.2e6),
    ("bottleneck", "binary units", 1, 80, 32, 1, 10_400, 4.4e5),
    ("decoder", "denoiser", 1, 80, 32, 50, 1_000, 2e7),
    ("decoder", "inverse STFT", 1, 1, 16384, 1, 0, 0.0),
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    pd.DataFrame(BLOCKS, columns=COLUMNS).to_csv(tmp_path / "free.csv", index=False)
    return tmp_path / "free.csv"


def test_every_block_is_drawn_in_equal_bytes(table: Path, tmp_path: Path) -> None:
    for stem in ("one", "two"):
        draw(table, tmp_path / stem)
    for kind in ("png", "svg", "pdf"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    texts = (tmp_path / "one.svg").read_text()
    for text in (
        "STFT",
        "ConvNeXt block, kernel 7  ×4",
        "binary units",
        "63.4 k in all",
        "50 evaluations",
        "encoder",
    ):
        assert text in texts


def test_a_table_of_something_else_is_named(table: Path, tmp_path: Path) -> None:
    pd.read_csv(table).drop(columns="flops").to_csv(table, index=False)
    with pytest.raises(DataError, match="has no column 'flops'"):
        draw(table, tmp_path / "figure")
    with pytest.raises(DataError, match="no table"):
        draw(tmp_path / "none.csv", tmp_path / "figure")
