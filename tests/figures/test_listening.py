"""Figure 3: who scored is written in it; every system and every count is there."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music import config as configuration
from spiking_music.config import RatingsConfig
from spiking_music.errors import DataError
from spiking_music.figures.listening import draw
from spiking_music.listening import report
from spiking_music.listening.scores import Pages
from tests.conftest import DEFAULTS
from tests.figures.conftest import changed

SYSTEMS = ("reference", "rvq", "free", "my-variant", "anchor-distorted")


def _write(folder: Path, *groups: tuple[str, str], units: int = 12) -> Path:
    """The tables of `groups` (source, screening), in which free beats rvq on all pages but one."""
    settings = configuration.section(configuration.read(DEFAULTS), RatingsConfig)
    scores = np.random.default_rng(0).uniform(1, 5, (units, len(SYSTEMS)))
    scores[:, 2] = scores[:, 1] + 0.1
    scores[-1, 2] = scores[-1, 1] - 0.1
    names = np.array([f"u{index}" for index in range(units)])
    pages = [Pages(*group, SYSTEMS, scores, names, names) for group in groups]
    report.write(pages, [], {}, report.Folder(folder, "ratings"), settings, seed=1)
    return folder


def _draw(folder: Path, name: str = "figure") -> str:
    """Draw, and return the SVG, where glyphs are paths and their text is in comments."""
    draw(folder, folder / name, level=0.05)
    assert (folder / f"{name}.png").stat().st_size > 10_000
    return (folder / f"{name}.svg").read_text()


def test_listeners_under_both_screenings(tmp_path: Path) -> None:
    groups = ("listeners", "paper"), ("listeners", "BS.1534-3")
    texts = _draw(_write(tmp_path / "t", *groups))
    for text in (*SYSTEMS, "12 listeners, screened as in the paper", "screened as in BS.1534-3"):
        assert text in texts
    for text in ("excellent", "score of listeners", ">11<", ">1<"):
        assert text in texts
    for text in ("nobody has listened", "SIMULATED", "objective"):
        assert text not in texts


def test_simulated_listeners_are_marked_over_and_in_every_panel(tmp_path: Path) -> None:
    texts = _draw(_write(tmp_path / "t", ("SIMULATED listeners", "paper")))
    assert "SIMULATED listeners: nobody has listened" in texts
    assert "12 SIMULATED listeners" in texts
    assert "score of SIMULATED listeners" in texts
    assert ">SIMULATED listeners<" in texts and "hatched: wins" in texts


def test_metrics_are_marked_over_and_in_every_panel(tmp_path: Path) -> None:
    groups = ("objective (ViSQOL)", "none"), ("objective (Zimtohrli)", "none")
    texts = _draw(_write(tmp_path / "t", *groups))
    assert "Objective scores of metrics: nobody has listened" in texts
    for metric in ("ViSQOL", "Zimtohrli"):
        assert f"objective ({metric}), 12 clips" in texts
        assert f"objective ({metric}), mean opinion score" in texts
        assert f">objective ({metric})<" in texts
    assert "excellent" not in texts


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    folder = _write(tmp_path / "t", ("listeners", "paper"))
    assert _draw(folder, "one") == _draw(folder, "two")
    assert (folder / "one.png").read_bytes() == (folder / "two.png").read_bytes()


def test_cells_are_hatched_where_the_test_finds_nothing(tmp_path: Path) -> None:
    folder = _write(tmp_path / "t", ("listeners", "paper"))
    draw(folder, folder / "strict", level=1e-9)
    draw(folder, folder / "loose", level=1 - 1e-9)
    pairs = pd.read_csv(folder / "comparisons.csv")
    assert (pairs["p_binomial_holm"] > 1e-9).all()
    hatched = [
        (folder / f"{name}.svg").read_text().count("fill: url(#") for name in ("strict", "loose")
    ]
    assert hatched[0] == 2 * len(pairs)
    assert hatched[1] == 2 * (pairs["p_binomial_holm"] >= 1).sum()


def test_one_listener_has_no_interval_but_a_picture(tmp_path: Path) -> None:
    assert "1 listeners" in _draw(_write(tmp_path / "t", ("listeners", "paper"), units=1))


@pytest.mark.parametrize(
    ("table", "column"),
    [("systems", "mean_low"), ("scores", "score"), ("comparisons", "p_binomial_holm")],
)
def test_a_missing_column_is_named(tmp_path: Path, table: str, column: str) -> None:
    folder = _write(tmp_path / "t", ("listeners", "paper"))
    changed(folder / f"{table}.csv", **{column: None})
    with pytest.raises(DataError, match=rf"{table}\.csv' has no column '{column}'"):
        _draw(folder)


def test_tables_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    folder = _write(tmp_path / "t", ("listeners", "paper"))
    changed(folder / "scores.csv", source="SIMULATED listeners")
    with pytest.raises(DataError, match="no rows of listeners"):
        _draw(folder)
