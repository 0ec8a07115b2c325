"""Training that goes on from weights at hand."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from spiking_music import files
from spiking_music.config import SignalConfig, VariantConfig
from spiking_music.errors import CodeError, ConfigError, TrainingError
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.training import loop
from spiking_music.training import run as run_module
from spiking_music.training.checkpoint import copy_weights
from tests.training.conftest import LOSS, tiny
from tests.training.test_loop import stop_when

Shards = dict[str, list[Path]]


def run(folder: Path, config: VariantConfig, shards: Shards) -> tuple[Path, pd.DataFrame]:
    """Train into `folder`: the weights and the validations."""
    weights, log = folder / "weights.safetensors", folder / "log.csv"
    train, validation = shards["train"], shards["validation"]
    loop.train(config, train, validation, weights, log, folder / "checkpoints")
    return weights, pd.read_csv(log).dropna(subset="validation_loss")


@pytest.mark.parametrize("kind", ["binary", "rvq", "conditional-entropy"])
def test_the_first_step_starts_where_the_other_run_ended(
    tmp_path: Path, shards: Shards, kind: str
) -> None:
    loss = LOSS.model_copy(update={"si_snr": 0.3})
    longer = tiny(kind, steps=60, learning_rate=1e-2, validate_every=60, loss=loss)
    first, ended = run(tmp_path / "first", longer, shards)
    one = {"steps": 1, "validate_every": 1, "ema_decay": 0.0, "loss": loss}
    still = {"learning_rate": 1e-9, "final_learning_rate": 1e-9, **one}
    _, fresh = run(tmp_path / "fresh", tiny(kind, **still), shards)
    on = tiny(kind, start_from=str(first), **still)
    _, tuned = run(tmp_path / "on", on, shards)
    assert files.READ[-1] == first  # for the record of what made the weights
    reached = ended["validation_loss"].iloc[-1]
    gained = fresh["validation_loss"].iloc[0] - reached
    assert abs(tuned["validation_loss"].iloc[0] - reached) < 0.25 * gained  # norms move


def test_all_tensors_are_copied(tmp_path: Path, shards: Shards) -> None:
    weights, _ = run(tmp_path, tiny("sparse", steps=3), shards)
    model = Autoencoder(tiny("sparse"))
    copy_weights(weights, model, tiny("sparse"))
    for name, value in load_file(weights).items():
        torch.testing.assert_close(model.state_dict()[name], value, rtol=0, atol=0)


def test_context_layers_may_be_added_but_not_lost(tmp_path: Path, shards: Shards) -> None:
    """SPARSE and μ-SPARSE start from FREE: layers around the bottleneck near the identity."""
    free, _ = run(tmp_path / "free", tiny("binary", steps=3), shards)
    theirs = load_file(free)
    for kind in ("sparse", "mu-sparse"):
        model = Autoencoder(tiny(kind))
        own = {name: value.clone() for name, value in model.state_dict().items()}
        copy_weights(free, model, tiny(kind))
        assert own.keys() - theirs.keys()
        for name, value in model.state_dict().items():
            expected = own[name] * ("embedding" not in name)
            torch.testing.assert_close(value, theirs.get(name, expected), rtol=0, atol=0)
    with_layers, _ = run(tmp_path / "sparse", tiny("sparse", steps=3), shards)
    with pytest.raises(ConfigError, match="cannot start from"):
        copy_weights(with_layers, Autoencoder(tiny("binary")), tiny("binary"))


def stopped(folder: Path, start: Path, shards: Shards) -> VariantConfig:
    """The configuration of a run into `folder` that goes on from `start` and was interrupted."""
    config = tiny(steps=30, checkpoint_every=7, start_from=str(start))
    stop_when(folder / "checkpoints")
    with pytest.raises(TrainingError, match="run the same command again"):
        run(folder, config, shards)
    return config


def test_a_resumed_run_has_its_weights_in_the_checkpoint(
    tmp_path: Path, shards: Shards, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, _ = run(tmp_path / "start", tiny(steps=3), shards)
    config = stopped(tmp_path / "cut", start, shards)
    whole, _ = run(tmp_path / "whole", config, shards)
    monkeypatch.delattr(run_module, "copy_weights")
    resumed, _ = run(tmp_path / "cut", config, shards)
    assert resumed.read_bytes() == whole.read_bytes()


def test_other_weights_in_the_place_of_the_first_start_anew(
    tmp_path: Path, shards: Shards, capfd: pytest.CaptureFixture[str]
) -> None:
    start, _ = run(tmp_path / "start", tiny(steps=3), shards)
    config = stopped(tmp_path / "cut", start, shards)
    shutil.copy(run(tmp_path / "other", tiny(steps=4), shards)[0], start)
    anew, _ = run(tmp_path / "cut", config, shards)
    said = capfd.readouterr().err
    assert "other weights to start from" in said and "resuming" not in said
    assert anew.read_bytes() == run(tmp_path / "whole", config, shards)[0].read_bytes()


def test_another_model_is_refused_in_one_sentence(tmp_path: Path, shards: Shards) -> None:
    weights, _ = run(tmp_path, tiny("binary", steps=3), shards)
    sentence = "'tiny' cannot start from '.*weights.safetensors', a model of another signal"
    with pytest.raises(ConfigError, match=sentence) as caught:
        run(tmp_path / "other", tiny("rvq", start_from=str(weights)), shards)
    assert "\n" not in str(caught.value)
    slower = SignalConfig(sample_rate=4000, clip_samples=4096, hop=64)
    elsewhere = tiny("binary").model_copy(update={"signal": slower})
    with pytest.raises(ConfigError, match=sentence):
        copy_weights(weights, Autoencoder(elsewhere), elsewhere)
    with pytest.raises(CodeError, match=re.escape(f"no model at '{tmp_path}/nowhere'")):
        run(tmp_path / "none", tiny("binary", start_from=f"{tmp_path}/nowhere"), shards)
    assert not (tmp_path / "other").exists() and not (tmp_path / "none").exists()


def test_a_name_without_its_variable_is_refused() -> None:
    with pytest.raises(ValueError, match="an environment variable that is not set"):
        tiny("binary", start_from="$NOWHERE/weights.safetensors")
