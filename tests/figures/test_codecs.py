"""Codecs side by side: a line for each, hollow marks where the paper's formats cost more."""

from pathlib import Path

import pandas as pd
import pytest

from spiking_music.errors import DataError
from spiking_music.figures.codecs import MEASURES, draw

RATES = {"mp3": (8.2, 64.3), "opus": (6.0, 64.8), "free": (3.0,)}  # kbps


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [{"codec": name, "kbps": kbps} for name, rates in RATES.items() for kbps in rates]
    found = pd.DataFrame(rows).assign(kbps_paper=[None] * 4 + [3.4])
    for name in MEASURES:
        mean = found["kbps"] / 10
        found = found.assign(**{name: mean, f"{name}_low": mean - 0.1, f"{name}_high": mean + 0.1})
    found.to_csv(tmp_path / "codecs.csv", index=False)
    return tmp_path / "codecs.csv"


def _draw(table: Path, **columns: object) -> str:
    pd.read_csv(table).assign(**columns).to_csv(table, index=False)
    draw(table, table.with_suffix(""))
    assert table.with_suffix(".png").stat().st_size > 10_000
    return table.with_suffix(".svg").read_text()


def test_every_codec_and_measure_appears(table: Path) -> None:
    texts = _draw(table)
    for text in (*RATES, *MEASURES.values(), "bit rate (kbps)", "in the paper's formats"):
        assert text in texts


def test_measures_that_were_not_made_are_left_out(table: Path) -> None:
    texts = _draw(table, visqol=None, zimtohrli=None)
    assert "ViSQOL" not in texts
    assert "SI-SNR (dB)" in texts


def test_equal_rates_need_no_hollow_mark(table: Path) -> None:
    assert "formats" not in _draw(table, kbps_paper=None)


def test_a_single_clip_has_no_interval_but_a_point(table: Path) -> None:
    assert "mp3" in _draw(table, si_snr_db_low=None, si_snr_db_high=None)


def test_equal_tables_give_equal_bytes(table: Path) -> None:
    assert _draw(table) == _draw(table)


def test_a_missing_column_is_named(table: Path) -> None:
    pd.read_csv(table).drop(columns="mel_distance_low").to_csv(table, index=False)
    with pytest.raises(DataError, match="no column 'mel_distance_low'"):
        draw(table, table.with_suffix(""))
