"""Small tables with the columns that the evaluation and training rooms write."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from tests.figures.layout import faults

VARIANTS = {"rvq": (3.445, 8.7), "free": (3.447, 7.1), "my-sparse": (1.9, 3.5)}  # kbps, dB


@pytest.fixture(autouse=True)
def legible(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No text of a figure that a test writes may be cut, or lie on another."""
    found: list[str] = []
    original = Figure.savefig

    def checked(self: Figure, *arguments: Any, **more: Any) -> None:
        if more.get("format") == "png":
            found.extend(faults(self))
        original(self, *arguments, **more)

    monkeypatch.setattr(Figure, "savefig", checked)
    yield
    assert found == []


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Folder with summary.csv and, for each variant, quality-, rates- and log-<variant>.csv."""
    generator = np.random.default_rng(0)
    rows = []
    for name, (rate, quality) in VARIANTS.items():
        si_snr = quality + generator.normal(size=12)
        clips = pd.DataFrame({"si_snr_db": si_snr, "visqol": 3 + si_snr / 10})
        clips.to_csv(tmp_path / f"quality-{name}.csv", index=False)
        pd.DataFrame({"kbps": np.full(12, 0.9 * rate)}).to_csv(tmp_path / f"rates-{name}.csv")
        _log(name).to_csv(tmp_path / f"log-{name}.csv", index=False)
        row = {"variant": name, "decoder": "regression", "kbps_header": np.nan}
        row |= {"kbps": 0.9 * rate, "kbps_paper": rate, "encoder_mmac": 20, "entropy_mmac": 4}
        row |= {"decoder_mmac": 30, "event_macc": np.nan if name == "rvq" else 0.01}
        for column, stem in (("si_snr_db", "si_snr"), ("visqol", "visqol")):
            mean = clips[column].mean()
            row |= {column: mean, f"{stem}_low": mean - 0.2, f"{stem}_high": mean + 0.2}
        rows.append(row)
    pd.DataFrame(rows).to_csv(tmp_path / "summary.csv", index=False)
    return tmp_path


def _log(name: str) -> pd.DataFrame:
    steps = np.arange(10, 301, 10)
    validation = np.where(steps % 100 == 0, 5 - 500 / steps, np.nan)
    loss = 1 + 50 / steps
    log = pd.DataFrame({"step": steps, "loss": loss, "loss_stft": 0.9 * loss})
    log = log.assign(validation_si_snr_db=validation)
    state = "codebook_usage" if name == "rvq" else "density"
    return log.assign(**{state: 0.5 - steps / 1000})


def changed(path: Path, **columns: object) -> None:
    """Overwrite columns of a CSV table; None drops the column."""
    table = pd.read_csv(path)
    for name, value in columns.items():
        table = table.drop(columns=name) if value is None else table.assign(**{name: value})
    table.to_csv(path, index=False)


def files(folder: Path, kind: str) -> dict[str, Path]:
    """The tables of one kind, by variant."""
    return {name: folder / f"{kind}-{name}.csv" for name in VARIANTS}
