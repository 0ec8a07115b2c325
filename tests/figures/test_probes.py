"""The figure of probes: the same bytes again, and one sentence where it cannot be drawn."""

from pathlib import Path

import pandas as pd
import pytest

from spiking_music.errors import DataError
from spiking_music.figures.probes import draw

CLASSES = ("Johann Sebastian Bach", "Franz Liszt", "Claude Debussy")


@pytest.fixture
def tables(tmp_path: Path) -> tuple[list[Path], list[Path]]:
    """Tables of `probe` for five variants, and their confusions."""
    results, confusions = [], []
    for place, name in enumerate(("rvq", "free", "sparse", "mu-sparse", "mel-bands")):
        rows = [
            (how, value, value - 0.1, value + 0.1)
            for how, value in (
                ("linear", 0.3 + 0.1 * place),
                ("network", 0.4),
                ("majority", 0.35),
                ("shuffled", 0.3),
            )
        ]
        table = pd.DataFrame(rows, columns=["probe", "accuracy", "low", "high"])
        results.append(tmp_path / f"{name}.csv")
        table.assign(label="composer", features=name).to_csv(results[-1], index=False)
        pairs = [
            ("linear", truth, said, 0.0 if truth == CLASSES[2] else 1.0 + (truth == said))
            for truth in CLASSES
            for said in CLASSES
        ]
        confusion = pd.DataFrame(pairs, columns=["probe", "truth", "predicted", "clips"])
        confusions.append(tmp_path / f"{name}-confusion.csv")
        confusion.assign(label="composer", features=name).to_csv(confusions[-1], index=False)
    return results, confusions


def test_drawn_twice_alike(tables: tuple[list[Path], list[Path]], tmp_path: Path) -> None:
    draw("composer", *tables, tmp_path / "a")
    draw("composer", *tables, tmp_path / "b")
    for kind in ("png", "svg"):
        data = (tmp_path / f"a.{kind}").read_bytes()
        assert len(data) > 5000 and data == (tmp_path / f"b.{kind}").read_bytes()


def test_a_label_that_was_not_probed(tables: tuple[list[Path], list[Path]], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="says nothing of the label 'genre'"):
        draw("genre", *tables, tmp_path / "a")
    tables[0][0].unlink()
    with pytest.raises(DataError, match="no table"):
        draw("composer", *tables, tmp_path / "a")
