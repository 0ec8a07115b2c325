"""`evaluate`: numbers come from the codes file, a row a clip, whatever the batch."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from spiking_music.config import EvaluationConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import CodeError, ConfigError, DataError
from spiking_music.evaluation import metrics, reconstruct
from spiking_music.evaluation.anchor import low_pass
from spiking_music.evaluation.perceptual import Scores
from spiking_music.evaluation.reconstruct import MEASURES, evaluate, evaluate_anchor
from spiking_music.models.weights import load_weights
from tests.evaluation.conftest import SAMPLES, SILENT, Model, Split


@pytest.fixture(scope="module")
def table(
    free: Model,
    split: Split,
    free_codes: Path,
    settings: EvaluationConfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> pd.DataFrame:
    out = tmp_path_factory.mktemp("evaluation") / "free.csv"
    evaluate(free.weights, free_codes, split.clips, split.tables, out, settings)
    return pd.read_csv(out)


def test_a_row_a_clip(table: pd.DataFrame) -> None:
    assert list(table) == ["clip", "performance", "offset", *MEASURES, "silent"]
    assert table["clip"].tolist() == [0, 1, 2, 3, 4]
    assert table["performance"].tolist() == [0, 0, 1, 2, 3]
    assert table["offset"].tolist() == [0, SAMPLES, 2 * SAMPLES, 0, SAMPLES]
    assert table[["visqol", "zimtohrli"]].isna().all(axis=None)


def test_silent_references_are_marked_and_measure_nothing(table: pd.DataFrame) -> None:
    assert table["silent"].tolist() == [int(clip == SILENT) for clip in range(5)]
    assert table.loc[SILENT, list(MEASURES)].isna().all()
    heard = table[table["silent"] == 0]
    assert heard[["si_snr_db", "si_snr_lag_db", "mel_distance", "stft_distance"]].notna().all(None)
    assert (heard["si_snr_lag_db"] >= heard["si_snr_db"] - 1e-6).all()


def test_measures_are_those_of_the_decoded_codes(
    table: pd.DataFrame, free: Model, split: Split
) -> None:
    model, _ = load_weights(free.weights)
    x = Clips(split.clips)[1][None]
    y = model.decode(model.encode(x[None]))[:, 0].numpy()
    assert table.loc[1, "si_snr_db"] == pytest.approx(metrics.si_snr(y, x.numpy())[0], abs=1e-3)
    mel = metrics.mel_distance(y, x.numpy(), 22050)[0]
    assert table.loc[1, "mel_distance"] == pytest.approx(mel, rel=1e-4)


def test_numbers_follow_the_codes_file(
    table: pd.DataFrame,
    free: Model,
    split: Split,
    free_codes: Path,
    settings: EvaluationConfig,
    tmp_path: Path,
) -> None:
    changed = tmp_path / "changed.h5"
    shutil.copy(free_codes, changed)
    with h5py.File(changed, "r+") as file:
        file["codes"][2] = 1 - file["codes"][2]
    evaluate(free.weights, changed, split.clips, split.tables, tmp_path / "out.csv", settings)
    mel = pd.read_csv(tmp_path / "out.csv")["mel_distance"]
    differs = ~np.isclose(mel, table["mel_distance"], rtol=1e-6, equal_nan=True)
    assert differs.tolist() == [False, False, True, False, False]


def test_the_batch_size_is_of_no_account(
    table: pd.DataFrame,
    free: Model,
    split: Split,
    free_codes: Path,
    settings: EvaluationConfig,
    tmp_path: Path,
) -> None:
    one = settings.model_copy(update={"batch_size": 1})
    evaluate(free.weights, free_codes, split.clips, split.tables, tmp_path / "one.csv", one)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "one.csv"), table, rtol=1e-4)


def test_rvq(
    rvq: Model, split: Split, rvq_codes: Path, settings: EvaluationConfig, tmp_path: Path
) -> None:
    evaluate(rvq.weights, rvq_codes, split.clips, split.tables, tmp_path / "rvq.csv", settings)
    assert pd.read_csv(tmp_path / "rvq.csv")["si_snr_db"].notna().sum() == 4


def test_what_does_not_stand_side_by_side_is_refused(
    free: Model,
    rvq: Model,
    split: Split,
    free_codes: Path,
    settings: EvaluationConfig,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.csv"
    clips, tables = split.clips, split.tables
    with pytest.raises(DataError, match="hold 5 clips, the shards 3"):
        evaluate(free.weights, free_codes, clips[:1], tables[:1], out, settings)
    with pytest.raises(DataError, match="3 rows for 5 clips"):
        evaluate(free.weights, free_codes, clips, tables[:1], out, settings)
    with pytest.raises(DataError, match="cannot read a table"):
        evaluate(free.weights, free_codes, clips, [tmp_path / "none.csv"], out, settings)
    with pytest.raises(CodeError, match="kind binary, not rvq"):
        evaluate(rvq.weights, free_codes, clips, tables, out, settings)
    with pytest.raises(CodeError, match="no codes"):
        evaluate(free.weights, tmp_path / "none.h5", clips, tables, out, settings)
    assert not out.exists()


def test_a_model_that_decodes_to_nan_is_refused(
    free: Model,
    split: Split,
    free_codes: Path,
    settings: EvaluationConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, config = load_weights(free.weights)
    for parameter in model.decoder.parameters():
        parameter.data.fill_(float("nan"))
    monkeypatch.setattr(reconstruct, "load_weights", lambda *_: (model, config))
    with pytest.raises(CodeError, match="not finite"):
        evaluate(free.weights, free_codes, split.clips, split.tables, tmp_path / "o.csv", settings)


@pytest.mark.parametrize("name", ["mu-sparse", "mel"])
def test_levels_and_spectrograms_are_evaluated_too(
    name: str,
    request: pytest.FixtureRequest,
    split: Split,
    settings: EvaluationConfig,
    tmp_path: Path,
) -> None:
    fixtures = ("mu_sparse", "mu_codes") if name == "mu-sparse" else ("mel", "mel_codes")
    model, codes = (request.getfixturevalue(fixture) for fixture in fixtures)
    evaluate(model.weights, codes, split.clips, split.tables, tmp_path / "out.csv", settings)
    table = pd.read_csv(tmp_path / "out.csv")
    assert table.loc[table["silent"] == 0, "si_snr_db"].notna().all()


def test_an_anchor_is_measured_like_a_variant(
    table: pd.DataFrame, split: Split, settings: EvaluationConfig, tmp_path: Path
) -> None:
    found = {}
    for name in ("anchor", "lowpass-3500", "lowpass-7000"):
        out = tmp_path / f"{name}.csv"
        evaluate_anchor(name, split.clips, split.tables, out, settings)
        found[name] = pd.read_csv(out)
        assert list(found[name]) == list(table)
        assert found[name]["silent"].tolist() == table["silent"].tolist()
    quality = {name: rows["si_snr_db"].mean() for name, rows in found.items()}
    assert quality["anchor"] < quality["lowpass-3500"] < quality["lowpass-7000"]
    x = Clips(split.clips)[2].numpy()
    expected = metrics.si_snr(low_pass(x, 22050, 7000.0)[None], x[None])[0]
    assert found["lowpass-7000"].loc[2, "si_snr_db"] == pytest.approx(expected, abs=1e-3)
    with pytest.raises(ConfigError, match="unknown anchor 'ankor'; known are anchor, lowpass-3500"):
        evaluate_anchor("ankor", split.clips, split.tables, tmp_path / "x.csv", settings)


def test_failed_scores_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    failed = pd.Series(["", "visqol: no score", "", "visqol: late"])
    reconstruct._report(failed)
    said = capsys.readouterr().err
    assert "no perceptual score for 2 of 4 clips; clip 1: visqol: no score" in said
    reconstruct._report(pd.Series(["", Scores(1.0, 1.0, "").failure]))
    assert not np.any(capsys.readouterr().err)
