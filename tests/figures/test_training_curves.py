"""Training curves of several logs."""

from pathlib import Path

import pandas as pd
import pytest

from spiking_music.errors import DataError
from spiking_music.figures.training_curves import draw
from tests.figures.conftest import VARIANTS, changed, files

DENSITY, USAGE = "density of events", "codebook usage"


def _draw(tables: Path, name: str, *variants: str) -> str:
    logs = files(tables, "log")
    draw({variant: logs[variant] for variant in variants or VARIANTS}, tables / name)
    assert (tables / f"{name}.png").stat().st_size > 10_000
    return (tables / f"{name}.svg").read_text()


def test_every_variant_and_state_appears_in_equal_bytes(tables: Path) -> None:
    texts = _draw(tables, "one")
    for text in (
        *VARIANTS,
        "validation SI-SNR (dB)",
        "training loss",
        "STFT distance",
        DENSITY,
        USAGE,
    ):
        assert text in texts
    assert _draw(tables, "two") == texts
    assert (tables / "one.png").read_bytes() == (tables / "two.png").read_bytes()


def test_only_states_that_a_variant_logs_get_a_panel(tables: Path) -> None:
    texts = _draw(tables, "figure", "rvq")
    assert USAGE in texts
    assert DENSITY not in texts


def test_a_run_without_si_snr_is_drawn_in_the_other_panels(tables: Path) -> None:
    changed(tables / "log-free.csv", validation_si_snr_db=float("nan"))
    assert "validation SI-SNR" in _draw(tables, "figure")
    changed(tables / "log-free.csv", validation_si_snr_db=None)
    texts = _draw(tables, "figure", "free")
    assert "validation SI-SNR" not in texts
    assert "training loss" in texts


def test_a_missing_column_is_named(tables: Path) -> None:
    changed(tables / "log-free.csv", loss=None)
    with pytest.raises(DataError, match=r"log-free\.csv' has no column 'loss'"):
        _draw(tables, "figure")


def test_losses_of_one_definition_share_a_panel_and_others_have_their_own(tables: Path) -> None:
    log = pd.read_csv(tables / "log-free.csv")
    log = log.rename(columns={"loss_stft": "loss_diffusion"})
    log.to_csv(tables / "log-free.csv", index=False)
    texts = _draw(tables, "figure")
    for loss in ("STFT distance", "v-objective of diffusion"):
        assert texts.count(f">{loss}<") == 1


def test_what_the_axis_cuts_off_is_named(tables: Path) -> None:
    assert "always below" not in _draw(tables, "before")
    changed(tables / "log-free.csv", validation_si_snr_db=-45.0)
    changed(tables / "log-rvq.csv", validation_si_snr_db=float("nan"))
    texts = _draw(tables, "figure")
    assert "always below −20 dB: free<" in texts
    assert "without SI-SNR on the way: rvq<" in texts
