"""Bit rate against quality: everything in the tables is in the picture, nothing else."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from spiking_music.errors import DataError
from spiking_music.figures.rate_quality import draw
from tests.figures.conftest import VARIANTS, changed, files


def _draw(tables: Path, name: str = "figure", published: bool = True) -> str:
    """Draw, and return the SVG, whose text is text."""
    arguments = (tables / "summary.csv", files(tables, "quality"), files(tables, "rates"))
    draw(*arguments, tables / name, published)
    assert (tables / f"{name}.png").stat().st_size > 10_000
    return (tables / f"{name}.svg").read_text()


def test_every_variant_and_both_measures_appear(tables: Path) -> None:
    texts = _draw(tables)
    for text in (*VARIANTS, "bit rate (kbps)", "SI-SNR (dB)", "ViSQOL"):
        assert text in texts


def test_what_has_no_bit_rate_is_left_out_and_named(tables: Path) -> None:
    summary = pd.read_csv(tables / "summary.csv")
    anchor = pd.DataFrame({"variant": ["mel", "anchor"], "si_snr_db": [0.5, -3.0]})
    pd.concat([summary, anchor]).to_csv(tables / "summary.csv", index=False)
    assert "not shown, having no bit rate: mel, anchor" in _draw(tables)


def test_old_codecs_are_a_line_each(tables: Path) -> None:
    summary = pd.read_csv(tables / "summary.csv")
    files = pd.DataFrame(
        {
            "variant": ["mp3-8", "mp3-64", "opus-6"],
            "decoder": ["mp3", "mp3", "opus"],
            "kbps": [8.2, 64.7, 5.9],
            "kbps_header": 0.2,
        }
    )
    for column, mean in (("si_snr", 10.0), ("visqol", 4.0)):
        measure = "si_snr_db" if column == "si_snr" else column
        files = files.assign(**{measure: mean, f"{column}_low": mean - 1, f"{column}_high": mean})
    pd.concat([summary, files]).to_csv(tables / "summary.csv", index=False)
    texts = _draw(tables)
    assert ">mp3<" in texts and ">opus<" in texts
    assert "mp3-8" not in texts  # the line's name, not each of its points'
    assert ">64<" in texts  # the axis reaches that far


def test_codes_that_never_change_have_a_point(tables: Path) -> None:
    changed(tables / "summary.csv", kbps=0.0)
    assert "rvq" in _draw(tables)


def test_equal_tables_give_equal_bytes(tables: Path) -> None:
    assert _draw(tables, "one") == _draw(tables, "two")
    assert (tables / "one.png").read_bytes() == (tables / "two.png").read_bytes()


def test_published_points_only_on_request(tables: Path) -> None:
    assert "the paper's (MAESTRO)" in _draw(tables, published=True)
    assert "MAESTRO" not in _draw(tables, published=False)


def test_one_panel_without_perceptual_measures(tables: Path) -> None:
    changed(tables / "summary.csv", visqol=float("nan"))
    assert "ViSQOL" not in _draw(tables)


def test_a_single_clip_has_no_interval_but_a_point(tables: Path) -> None:
    changed(tables / "summary.csv", si_snr_low=float("nan"), si_snr_high=float("nan"))
    assert "rvq" in _draw(tables)


def test_every_mark_stands_at_its_rate(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal rates coincide: x is the rate and nothing else."""
    changed(tables / "summary.csv", kbps=2.5, kbps_paper=3.445)
    places: list[float] = []
    plot, errorbar = Axes.plot, Axes.errorbar

    def seen(method: Any) -> Any:
        def call(self: Axes, x: Any, *rest: Any, **more: Any) -> Any:
            places.extend(np.ravel(x))
            return method(self, x, *rest, **more)

        return call

    monkeypatch.setattr(Axes, "plot", seen(plot))
    monkeypatch.setattr(Axes, "errorbar", seen(errorbar))
    _draw(tables, published=False)
    assert set(places) == {2.5, 3.445}


@pytest.mark.parametrize("column", ["variant", "kbps_paper", "kbps", "si_snr_low"])
def test_a_missing_column_is_named(tables: Path, column: str) -> None:
    changed(tables / "summary.csv", **{column: None})
    with pytest.raises(DataError, match=rf"summary\.csv' has no column '{column}'"):
        _draw(tables)


def test_an_empty_column_is_named(tables: Path) -> None:
    changed(tables / "summary.csv", si_snr_db=float("nan"))
    with pytest.raises(DataError, match=r"column 'si_snr_db' of table .* holds no value"):
        _draw(tables)


def test_tables_must_be_there_and_agree(tables: Path) -> None:
    short = tables / "rates-free.csv"
    pd.read_csv(short).head(3).to_csv(short)
    with pytest.raises(DataError, match=r"has 12 clips but .* 3"):
        _draw(tables)
    short.unlink()
    with pytest.raises(DataError, match="no table"):
        _draw(tables)
    with pytest.raises(DataError, match="'rvq' without tables of its clips"):
        draw(tables / "summary.csv", {}, files(tables, "rates"), tables / "figure", False)


@pytest.mark.parametrize("content", ["", "variant,kbps\n"])
def test_an_empty_table_is_named(tables: Path, content: str) -> None:
    (tables / "summary.csv").write_text(content)
    with pytest.raises(DataError, match=r"summary\.csv' (is not a table|has no rows)"):
        _draw(tables)
