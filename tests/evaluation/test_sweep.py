"""`sweep`: every level of the clips it names, what quality control picks, equal bytes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from spiking_music.codec.entropy import load_tables, make_coder
from spiking_music.codec.formats import stored_bits
from spiking_music.codec.rate_control import COLUMNS
from spiking_music.codec.si_snr import si_snr
from spiking_music.config import EvaluationConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import ConfigError
from spiking_music.evaluation.rates import fit_tables
from spiking_music.evaluation.sweep import Models, sweep_split
from spiking_music.models.weights import load_weights
from tests.evaluation.conftest import SILENT, Model, Split

LEVELS = (0, 7, 31)


@pytest.fixture(scope="module")
def models(mu_sparse: Model, mu_codes: Path, tmp_path_factory: pytest.TempPathFactory) -> Models:
    tables = tmp_path_factory.mktemp("tables") / "entropy.safetensors"
    fit_tables(mu_codes, tables, seed=1, steps=20)
    return Models(mu_sparse.weights, tables)


def run(models: Models, split: Split, out: Path, settings: EvaluationConfig, **changes) -> None:
    changes = {
        "levels": LEVELS,
        "sweep_clips": 3,
        "bound_db": -200.0,
        "budget_kbps": 1e-6,
    } | changes
    settings = settings.model_copy(update=changes)
    sweep_split(models, split.clips, split.tables, out, settings, seed=1)


def test_rows_are_what_the_model_gives(
    models: Models, split: Split, settings: EvaluationConfig, tmp_path: Path
) -> None:
    run(models, split, tmp_path / "one.csv", settings)
    table = pd.read_csv(tmp_path / "one.csv")
    assert tuple(table) == COLUMNS
    assert table["clip"].unique().tolist() == [0, 2, 4]  # of 5, none of them silent
    assert table["level"].tolist() == 3 * list(LEVELS)
    model, _ = load_weights(models.weights)
    x, mu = Clips(split.clips)[2][None, None], torch.tensor([7])
    z = model.encode(x, mu)
    row = table.iloc[4]
    assert row["events"] == z.sum()
    expected = si_snr(model.decode(z, mu)[:, 0].numpy(), x[:, 0].numpy())[0]
    assert row["si_snr_db"] == pytest.approx(expected, abs=1e-2)
    with np.load(tmp_path / "one.npz") as file:  # what is written, and what the paper would store
        codes, seconds = file["codes"][1], x.shape[-1] / 22050
    payload = make_coder(load_tables(models.entropy)).encode(codes)
    assert row["kbps"] == pytest.approx(8 * len(payload) / 1000 / seconds)
    stored = int(stored_bits(*codes.shape, int(codes.sum()), levels=True))
    assert row["kbps_paper"] == pytest.approx(stored / 1000 / seconds)
    with np.load(tmp_path / "one.npz") as file:
        assert (file["levels"].tolist(), int(file["clip"])) == (list(LEVELS), 2)
        assert file["codes"].shape == (3, *z.shape[1:])
        assert (file["pitches"].shape, str(file["sorting"])) == (z.shape[1:2], "number")
        assert np.mean(file["codes"][1] != z[0].numpy()) < 0.01
    chosen = pd.read_csv(tmp_path / "one-quality.csv")
    assert chosen["level"].tolist() == [31, 31, 31]
    assert chosen["met"].all()
    cheapest = pd.read_csv(tmp_path / "one-budget.csv")
    assert not cheapest["met"].any()
    nearest = table.groupby("clip")["kbps"].min()
    assert cheapest["kbps"].tolist() == nearest.tolist()
    summary = pd.read_csv(tmp_path / "one-levels.csv").set_index("choice")
    assert list(summary.index) == ["μ = 0", "μ = 7", "μ = 31", "over -200 dB", "1e-06 kbps or less"]
    assert summary.loc["μ = 7", "si_snr_db"] == pytest.approx(table["si_snr_db"][1::3].mean())
    assert summary["met"].tolist() == [3, 3, 3, 3, 0]
    assert "| 1e-06 kbps or less | 0 of 3 |" in (tmp_path / "one-levels.md").read_text()


def test_a_bound_that_is_not_met_is_said_in_the_table_and_to_the_user(
    models: Models,
    split: Split,
    settings: EvaluationConfig,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(models, split, tmp_path / "one.csv", settings, bound_db=90.0, sweep_clips=99)
    chosen = pd.read_csv(tmp_path / "one-quality.csv")
    assert chosen["clip"].tolist() == [0, 1, 2, 3, 4]
    assert not chosen["met"].any()
    assert np.isnan(chosen.loc[SILENT, "si_snr_db"])
    said = capsys.readouterr().err
    assert "0 of 5 clips exceed 90 dB" in said
    assert "0 of 5 clips fit into 1e-06 kbps" in said


def test_equal_inputs_give_equal_bytes(
    models: Models, split: Split, settings: EvaluationConfig, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        run(models, split, tmp_path / f"{name}.csv", settings)
    for suffix in (".csv", "-quality.csv", "-budget.csv", "-levels.csv", "-levels.md", ".npz"):
        one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
        assert one == two


def test_levels_that_the_model_lacks_are_refused(
    free: Model, models: Models, split: Split, settings: EvaluationConfig, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="has 32 levels, not 32: change `levels`"):
        run(models, split, tmp_path / "x.csv", settings, levels=(0, 32))
    with pytest.raises(ConfigError, match="has 0 levels, not 0"):
        run(replace(models, weights=free.weights), split, tmp_path / "x.csv", settings)
    assert not list(tmp_path.iterdir())
