"""Quality against operations: every variant whose operations are known, and nothing else."""

from pathlib import Path

import pandas as pd
import pytest
from matplotlib.axes import Axes

from spiking_music.errors import DataError
from spiking_music.figures.operations import draw
from tests.figures.conftest import VARIANTS, changed


def _draw(tables: Path) -> str:
    draw(tables / "summary.csv", tables / "figure")
    assert (tables / "figure.png").stat().st_size > 10_000
    return (tables / "figure.svg").read_text()


def test_every_variant_and_both_ways_appear(tables: Path) -> None:
    texts = _draw(tables)
    for text in (*VARIANTS, "audio to encode", "audio to decode", "SI-SNR (dB)"):
        assert text in texts
    assert "not shown" not in texts
    assert "mathdefault" not in texts and ">30<" in texts  # numbers are written without math


def test_points_lie_at_network_plus_entropy_model(
    tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[float] = []
    original = Axes.errorbar

    def noted(self: Axes, x: float, *args: object, **kwargs: object) -> object:
        drawn.append(float(x))
        return original(self, x, *args, **kwargs)

    monkeypatch.setattr(Axes, "errorbar", noted)
    changed(tables / "summary.csv", entropy_mmac=[float("nan"), 4, 4])
    _draw(tables)
    assert drawn == [20, 30, 24, 34, 24, 34]


def test_what_has_no_operations_is_left_out_and_named(tables: Path) -> None:
    summary = pd.read_csv(tables / "summary.csv")
    others = pd.DataFrame({"variant": ["opus-6", "anchor"], "si_snr_db": [0.5, -3.0]})
    pd.concat([summary, others]).to_csv(tables / "summary.csv", index=False)
    assert "not shown: opus-6, anchor" in _draw(tables)


@pytest.mark.parametrize("column", ["encoder_mmac", "event_macc", "si_snr_low"])
def test_missing_columns_are_named(tables: Path, column: str) -> None:
    changed(tables / "summary.csv", **{column: None})
    with pytest.raises(DataError, match=f"has no column '{column}'"):
        _draw(tables)


def test_no_operations_at_all(tables: Path) -> None:
    changed(tables / "summary.csv", encoder_mmac=float("nan"))
    with pytest.raises(DataError, match="operations of no variant"):
        _draw(tables)
