"""The page of clips, from recordings to picture."""

from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
import zarr

from spiking_music.config import SignalConfig, read, variant
from spiking_music.dataset.shard import ShardFile
from spiking_music.errors import CodeError, DataError
from spiking_music.evaluation.coding import encode_split
from spiking_music.figures.clips_page import choose, draw
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import save_weights
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
    return Inputs(weights, codes, clips, folder / "test.zarr.zip")


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


def _draw(inputs: Inputs, out: Path, count: int = 2) -> str:
    draw(inputs.weights, inputs.codes, inputs.clips, inputs.onsets, out, count, SIGNAL)
    return Path(f"{out}.svg").read_text()


def test_page_shows_every_variant_in_equal_bytes(inputs: Inputs, tmp_path: Path) -> None:
    texts = _draw(inputs, tmp_path / "one")
    for text in (
        "notes played",
        "reference",
        "<!-- 3 codebooks -->",
        "<!-- 12 units -->",
        "% ones",
    ):
        assert text in texts
    assert "mu-sparse at μ = 16: reconstruction" in texts
    assert "mel: reconstruction" in texts
    assert texts.count(" units -->") == 2  # what mel's decoder is given is no code
    assert _draw(inputs, tmp_path / "two") == texts
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_without_notes_the_page_has_no_row_of_them(inputs: Inputs, tmp_path: Path) -> None:
    texts = _draw(replace(inputs, onsets=None), tmp_path / "figure")
    assert "notes played" not in texts and "reference" in texts
    assert "<!-- performance 0 -->" in texts and "<!-- 12 units -->" in texts


def test_titles_name_the_clips_drawn(inputs: Inputs, tmp_path: Path) -> None:
    texts = _draw(inputs, tmp_path / "figure", count=9)  # more than there are: all five
    second = SIGNAL.clip_samples / SIGNAL.sample_rate
    for performance, clips in ((0, 2), (1, 2), (2, 1)):
        assert texts.count(f"<!-- performance {performance} -->") == clips
    for start, clips in ((0, 2), (second, 2), (2 * second, 1)):
        assert texts.count(f"<!-- from {start:.1f} s -->") == clips


def test_clips_are_spread_over_performances_whatever_their_order() -> None:
    performance = np.array([2, 2, 2, 0, 0, 0, 1, 1, 1])
    offset = np.array([5, 0, 9, 0, 5, 9, 9, 5, 0])
    assert choose(performance, offset, 3) == [4, 7, 0]  # the middle of 0, of 1 and of 2
    assert sorted(choose(performance, offset, 50)) == list(range(9))


def test_codes_of_another_split_are_refused(inputs: Inputs, tmp_path: Path) -> None:
    short = tmp_path / "short.h5"
    encode_split(inputs.weights["free"], inputs.clips[:1], short, 2, LEVEL)
    with pytest.raises(DataError, match="hold 3 clips, the shards 5"):
        _draw(replace(inputs, codes=inputs.codes | {"free": short}), tmp_path / "figure")


def test_codes_of_another_model_are_refused(inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(CodeError, match="do not belong to model"):
        _draw(replace(inputs, codes=inputs.codes | {"free": inputs.codes["rvq"]}), tmp_path / "f")
    assert not list(tmp_path.iterdir())


def test_onsets_of_other_clips_are_refused(inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="are not of the clips"):
        _draw(replace(inputs, clips=inputs.clips[:1]), tmp_path / "figure")


def test_the_raster_shows_the_codes(inputs: Inputs, tmp_path: Path) -> None:
    """The share of ones that the page prints is that of the file."""
    texts = _draw(inputs, tmp_path / "figure", count=1)
    with h5py.File(inputs.codes["free"]) as file:
        clip = file["codes"][choose(np.array([0, 0, 2, 1, 1]), np.array([0, 1, 2, 0, 1]), 1)[0]]
    assert f"{100 * clip.mean():.0f} % ones" in texts
