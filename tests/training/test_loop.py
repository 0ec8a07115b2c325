import json
import signal
import threading
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from spiking_music.config import VariantConfig
from spiking_music.errors import ConfigError, DataError, TrainingError
from spiking_music.models.weights import load_weights
from spiking_music.training import loop
from spiking_music.training.checkpoint import Checkpoints
from tests.training.conftest import LOSS, tiny, write_shard

Shards = dict[str, list[Path]]
CURVES = ["loss", "loss_stft", "loss_si_snr", "gradient_norm", "learning_rate"]


def run(folder: Path, config: VariantConfig, shards: Shards) -> Path:
    """Train into `folder`; the path of the weights."""
    weights = folder / "weights.safetensors"
    loop.train(
        config,
        shards["train"],
        shards["validation"],
        weights,
        folder / "log.csv",
        folder / "checkpoints",
    )
    return weights


def stop_when(path: Path) -> None:
    """Send this process a real SIGTERM as soon as `path` holds a checkpoint."""

    def watch() -> None:
        while not list(path.glob("step-*.pt")):
            pass
        signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def same_curves(a: Path, b: Path) -> bool:
    """Equal bytes."""
    return a.read_bytes() == b.read_bytes()


@pytest.mark.parametrize("kind", ["binary", "rvq"])
def test_a_run_leaves_weights_curves_and_audio(tmp_path: Path, shards: Shards, kind: str) -> None:
    config = tiny(kind)
    weights = run(tmp_path, config, shards)
    model, stored = load_weights(weights)
    assert stored == config
    table = pd.read_csv(tmp_path / "log.csv")
    assert table["step"].tolist() == [2, 4, 5, 6, 8, 10, 12]
    validated = table.loc[table["validation_si_snr_db"].notna(), "step"]
    assert validated.tolist() == [5, 10, 12]
    stats = {"binary": ["density", "dead_units"], "rvq": ["loss_commitment", "codebook_usage"]}
    assert {*CURVES, *stats[kind]} <= set(table)
    assert table.drop(columns=["validation_loss", "validation_si_snr_db"]).notna().all(axis=None)
    terms = [name for name in table if name.startswith("loss_")]
    assert table[terms].sum(axis=1).to_numpy() == pytest.approx(table["loss"], rel=1e-5)
    assert (tmp_path / "validation" / "estimate-1.wav").is_file()
    assert not (tmp_path / "checkpoints").exists()
    assert model.encode(torch.zeros(1, 1, 1024)).shape[0] == 1


def test_training_improves_the_reconstruction(tmp_path: Path, shards: Shards) -> None:
    loss = LOSS.model_copy(update={"si_snr": 0.3})
    config = tiny(steps=80, learning_rate=1e-2, validate_every=20, log_every=20, loss=loss)
    run(tmp_path, config, shards)
    table = pd.read_csv(tmp_path / "log.csv")
    first, last = table.iloc[0], table.iloc[-1]
    assert last["loss"] < 0.8 * first["loss"]
    assert last["validation_loss"] < first["validation_loss"]
    assert last["validation_si_snr_db"] > first["validation_si_snr_db"] + 5


@pytest.mark.parametrize("kind", ["binary", "rvq"])
def test_same_seed_same_bytes(tmp_path: Path, shards: Shards, kind: str) -> None:
    first = run(tmp_path / "a", tiny(kind), shards)
    torch.randn(7)  # whatever the caller drew before
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)  # whatever the job was given
    second = run(tmp_path / "b", tiny(kind, workers=1), shards)
    torch.set_num_threads(threads)
    other = run(tmp_path / "c", tiny(kind).model_copy(update={"seed": 4}), shards)
    assert first.stat().st_size > 1000
    assert same_curves(tmp_path / "a" / "log.csv", tmp_path / "b" / "log.csv")
    a, b, c = (load_file(path) for path in (first, second, other))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a[name], c[name]) for name in a)
    third = run(tmp_path / "d", tiny(kind), shards)
    assert third.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("kind", ["binary", "rvq", "mu-sparse", "gan", "diffusion", "freq-ae"])
def test_a_stopped_run_resumes_to_the_same_bytes(
    tmp_path: Path, shards: Shards, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    config = tiny(kind, steps=30, checkpoint_every=7, validate_every=12)
    whole = run(tmp_path / "whole", config, shards)
    stop_when(tmp_path / "cut" / "checkpoints")
    with pytest.raises(TrainingError, match="run the same command again"):
        run(tmp_path / "cut", config, shards)
    assert not (tmp_path / "cut" / "weights.safetensors").exists()
    (tmp_path / "cut" / "log.csv").unlink()  # Snakemake deletes outputs of failed jobs
    resumed = run(tmp_path / "cut", config, shards)
    assert "resuming 'tiny' after step" in capfd.readouterr().err
    assert resumed.read_bytes() == whole.read_bytes()
    assert same_curves(tmp_path / "whole" / "log.csv", tmp_path / "cut" / "log.csv")


@pytest.mark.parametrize("kind", ["rvq", "gan"])
def test_stop_at_gives_what_the_whole_run_was_then(
    tmp_path: Path, shards: Shards, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Checkpoints, "remove", lambda self: None)  # keep what to compare with
    run(tmp_path / "whole", tiny(kind, checkpoint_every=8), shards)
    impaired = run(tmp_path / "impaired", tiny(kind, stop_at=8), shards)
    (path,) = (tmp_path / "whole" / "checkpoints").glob("step-*8.pt")
    then = torch.load(path, weights_only=True)["state"]["ema"]
    stopped = load_file(impaired)
    assert stopped.keys() == then.keys()
    assert all(torch.equal(stopped[name], then[name]) for name in then)
    with safe_open(impaired, framework="pt") as file:
        assert json.loads(file.metadata()["spiking-music"])["extra"]["steps"] == "8"
    assert pd.read_csv(tmp_path / "impaired" / "log.csv")["step"].iloc[-1] == 8


def test_a_changed_configuration_starts_anew(
    tmp_path: Path, shards: Shards, capfd: pytest.CaptureFixture[str]
) -> None:
    stop_when(tmp_path / "a" / "checkpoints")
    with pytest.raises(TrainingError):
        run(tmp_path / "a", tiny(steps=500), shards)
    changed = tiny(steps=12, learning_rate=2e-3)
    anew = run(tmp_path / "a", changed, shards)
    said = capfd.readouterr().err
    assert "another configuration" in said
    assert "resuming" not in said
    assert anew.read_bytes() == run(tmp_path / "b", changed, shards).read_bytes()


def test_a_checkpoint_of_other_code_is_refused_with_its_remedy(
    tmp_path: Path, shards: Shards
) -> None:
    folder = tmp_path / "checkpoints"
    stop_when(folder)
    with pytest.raises(TrainingError):
        run(tmp_path, tiny(steps=500), shards)
    for path in folder.glob("step-*.pt"):
        saved = torch.load(path, weights_only=True)
        saved["state"]["model"]["renamed"] = saved["state"]["model"].popitem()[1]
        torch.save(saved, path)
    with pytest.raises(TrainingError, match="delete the folder"):
        run(tmp_path, tiny(steps=500), shards)


def test_a_diverging_run_says_so_and_keeps_its_checkpoint(tmp_path: Path, shards: Shards) -> None:
    wild = tiny(steps=200, learning_rate=1e30, warmup_steps=0, checkpoint_every=1)
    with pytest.raises(TrainingError, match=r"loss of 'tiny' is not finite at step \d+: lower"):
        run(tmp_path, wild, shards)
    assert not (tmp_path / "weights.safetensors").exists()
    for path in (tmp_path / "checkpoints").glob("step-*.pt"):
        weights = torch.load(path, weights_only=True)["state"]["model"]
        assert all(value.isfinite().all() for value in weights.values())


@pytest.mark.parametrize(
    ("training", "sentence"),
    [
        ({"crop_samples": 1000}, "crop_samples 1000 must be a multiple of signal.hop 64"),
        ({"crop_samples": 8192}, "no more than signal.clip_samples 4096"),
        ({"batch_size": 3, "devices": 2}, "batch_size 3 must be a multiple of training.devices 2"),
        ({"batch_size": 6, "devices": 2, "nodes": 2}, "training.devices 2 times training.nodes 2"),
        ({"nodes": 2}, "training.nodes 2 needs a process a device on as many nodes"),
    ],
)
def test_sizes_that_do_not_fit_are_named(
    tmp_path: Path, shards: Shards, training: dict[str, int], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        run(tmp_path, tiny(**training), shards)


def test_an_empty_validation_split_is_named(tmp_path: Path, shards: Shards) -> None:
    empty = write_shard(tmp_path / "validation-0.h5", "validation", 0, seed=0)
    with pytest.raises(DataError, match="no validation clips"):
        run(tmp_path, tiny(), {**shards, "validation": [empty]})


@pytest.mark.parametrize(
    "kind", ["binary", "rvq", "mu-sparse", "conditional-entropy", "mdct-mu", "gan", "diffusion"]
)
def test_mixed_precision_trains(tmp_path: Path, shards: Shards, kind: str) -> None:
    run(tmp_path, tiny(kind, precision="bf16-mixed"), shards)
    assert pd.read_csv(tmp_path / "log.csv")["loss"].iloc[-1] < 10
