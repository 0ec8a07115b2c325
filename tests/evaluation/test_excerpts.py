"""Excerpts: clips, notes, sounds and codes of all variants, as they are."""

from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import zarr

from spiking_music.config import SignalConfig, read, variant
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.shard import ShardFile
from spiking_music.errors import CodeError, DataError
from spiking_music.evaluation.excerpts import (
    MEL,
    Sources,
    choose,
    spectrogram_db,
    write_excerpts,
)
from spiking_music.evaluation.inference import decode_batch, encode_split
from spiking_music.evaluation.tuning import write_tuning
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import load_weights, save_weights
from tests.conftest import DEFAULTS

SIGNAL = SignalConfig(sample_rate=22050, clip_samples=16384, hop=512)
SMALL = """{
"signal": {"clip_samples": 16384},
"backbones": {"spectral": {"latent": 8, "width": 16, "depth": 1}},
"bottlenecks": {"rvq": {"codebooks": 3, "codebook_size": 8}, "binary": {"units": 12}},
"contexts": {"conformer": {"kind": "conformer", "layers": 1, "heads": 2, "kernel": 3}},
"decoders": {"diffusion-small": {"sampling_steps": 2, "unet": {
  "channels": [4, 8], "factors": [16, 32], "items": [1, 1], "attentions": [false, true],
  "heads": 1, "head_features": 4, "groups": 4, "features": 8, "context_depth": 1}}}}"""
LEVEL = 16
PERFORMANCES = [[0, 0, 2], [1, 1]]  # of the clips of each shard


@dataclass(frozen=True)
class Inputs:
    """All that the page is drawn from."""

    weights: dict[str, Path]
    codes: dict[str, Path]
    clips: list[Path]
    onsets: Path | None
    tuning: dict[str, Path]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    folder = tmp_path_factory.mktemp("clips")
    clips = [_shard(folder, shard, owners) for shard, owners in enumerate(PERFORMANCES)]
    owners = [owner for shard in PERFORMANCES for owner in shard]
    offsets = [SIGNAL.clip_samples * i for shard in PERFORMANCES for i in range(len(shard))]
    with zarr.storage.ZipStore(folder / "test.zarr.zip", mode="w") as store:
        attributes = {"performance": owners, "offset": offsets, "step_rate": SIGNAL.step_rate}
        group = zarr.create_group(store, attributes=attributes)
        for name, shape in (("onsets", (88, 32)), ("velocity", (88, 32)), ("pedal", (32,))):
            array = group.create_array(name, shape=(len(owners), *shape), dtype="uint8")
            array[:] = np.eye(*shape)[None] if len(shape) == 2 else 0
    weights = {name: _model(folder, name) for name in ("rvq", "free", "mu-sparse", "mel")}
    codes = {name: folder / f"codes-{name}.h5" for name in weights}
    for name, path in codes.items():
        encode_split(weights[name], clips, path, 2, LEVEL)
    onsets = folder / "test.zarr.zip"
    tuning = {name: folder / f"{name}.csv" for name in ("free", "mu-sparse")}
    for name, path in tuning.items():
        write_tuning(codes[name], onsets, path)
    return Inputs(weights, codes, clips, onsets, tuning)


def _shard(folder: Path, shard: int, owners: list[int]) -> Path:
    """Clips of decaying tones, and their table."""
    path = folder / f"test-{shard}.h5"
    time = np.arange(SIGNAL.clip_samples) / SIGNAL.sample_rate
    with ShardFile(path, SIGNAL, "test", shard) as file:
        for i in range(len(owners)):
            tone = np.sin(2 * np.pi * 220 * (i + 1) * time) * np.exp(-4 * time)
            file.append((20000 * tone).astype(np.int16), 1.0)
    offsets = [SIGNAL.clip_samples * i for i in range(len(owners))]
    table = pd.DataFrame({"performance": owners, "offset": offsets, "split": "test"})
    table = table.assign(samples=SIGNAL.clip_samples, gain=1.0, rms_dbfs=-20.0)
    table.to_csv(path.with_suffix(".csv"), index=False)
    return path


def _model(folder: Path, name: str) -> Path:
    config = variant(read([*DEFAULTS, SMALL]), name)
    torch.manual_seed(0)
    model = Autoencoder(config)
    with torch.no_grad():
        levels = torch.arange(4) if config.levels else None
        model(0.1 * torch.randn(4, 1, SIGNAL.clip_samples), levels)  # codebooks and batch norm
    save_weights(model, config, folder / f"{name}.safetensors", {})
    return folder / f"{name}.safetensors"


def _write(inputs: Inputs, out: Path, count: int = 2) -> dict[str, np.ndarray]:
    sources = Sources(inputs.clips, inputs.onsets, inputs.weights, inputs.codes, inputs.tuning)
    write_excerpts(sources, out, count, SIGNAL)
    with np.load(out) as file:
        return dict(file)


def test_every_variant_is_there_in_equal_bytes(inputs: Inputs, tmp_path: Path) -> None:
    arrays = _write(inputs, tmp_path / "one.npz")
    assert arrays["names"].tolist() == ["rvq", "free", "mu-sparse", "mel"]
    assert arrays["levels"].tolist() == [-1, -1, LEVEL, -1]
    assert arrays["rows"].tolist() == ["codebooks", "units", "units", ""]
    assert arrays["onsets"].shape == (2, 88, 32)
    for i in (1, 2):
        assert (arrays[f"pitches-{i}"].shape, str(arrays[f"sorting-{i}"])) == ((12,), "tuning")
    assert (
        "codes-3" not in arrays and "pitches-0" not in arrays
    )  # what mel's decoder is given is no code
    for name in ("reference", *(f"sound-{i}" for i in range(4))):
        assert arrays[name].shape == (2, MEL.n_mels, 32)
    _write(inputs, tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_sounds_and_codes_are_the_models(inputs: Inputs, tmp_path: Path) -> None:
    arrays = _write(inputs, tmp_path / "one.npz", count=1)
    clip = choose(np.array([0, 0, 2, 1, 1]), np.array([0, 1, 2, 0, 1]), 1)[0]
    with h5py.File(inputs.codes["free"]) as file:
        codes = file["codes"][clip : clip + 1]
    np.testing.assert_array_equal(arrays["codes-1"], codes)
    model, _ = load_weights(inputs.weights["free"])
    sound = spectrogram_db(decode_batch(model, codes, -1)[0], SIGNAL)
    np.testing.assert_allclose(arrays["sound-1"][0], sound)
    reference = Clips(inputs.clips)[clip].numpy()
    np.testing.assert_array_equal(arrays["reference"][0], spectrogram_db(reference, SIGNAL))


def test_without_notes_there_are_no_onsets(inputs: Inputs, tmp_path: Path) -> None:
    arrays = _write(replace(inputs, onsets=None, tuning={}), tmp_path / "one.npz")
    assert "onsets" not in arrays and str(arrays["sorting-1"]) == "number"


def test_titles_name_the_clips(inputs: Inputs, tmp_path: Path) -> None:
    arrays = _write(inputs, tmp_path / "one.npz", count=9)  # more than there are: all five
    titles, second = arrays["titles"].tolist(), SIGNAL.clip_samples / SIGNAL.sample_rate
    for performance, clips in ((0, 2), (1, 2), (2, 1)):
        assert sum(title.startswith(f"performance {performance}\n") for title in titles) == clips
    for start, clips in ((0, 2), (second, 2), (2 * second, 1)):
        assert sum(title.endswith(f"from {start:.1f} s") for title in titles) == clips


def test_clips_are_spread_over_performances_whatever_their_order() -> None:
    performance = np.array([2, 2, 2, 0, 0, 0, 1, 1, 1])
    offset = np.array([5, 0, 9, 0, 5, 9, 9, 5, 0])
    assert choose(performance, offset, 3) == [4, 7, 0]  # the middle of 0, of 1 and of 2
    assert sorted(choose(performance, offset, 50)) == list(range(9))


def test_codes_of_another_split_are_refused(inputs: Inputs, tmp_path: Path) -> None:
    short = tmp_path / "short.h5"
    encode_split(inputs.weights["free"], inputs.clips[:1], short, 2, LEVEL)
    with pytest.raises(DataError, match="hold 3 clips, the shards 5"):
        _write(replace(inputs, codes=inputs.codes | {"free": short}), tmp_path / "out" / "one.npz")


def test_codes_of_another_model_are_refused(inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(CodeError, match="do not belong to model"):
        _write(
            replace(inputs, codes=inputs.codes | {"free": inputs.codes["rvq"]}),
            tmp_path / "out" / "one.npz",
        )
    assert not list(tmp_path.iterdir())


def test_onsets_of_other_clips_are_refused(inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="are not of the clips"):
        _write(replace(inputs, clips=inputs.clips[:1]), tmp_path / "out" / "one.npz")
