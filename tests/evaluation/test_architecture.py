"""The table of blocks says what the built model is."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
import torch

from spiking_music.config import VariantConfig, read, variant
from spiking_music.evaluation.architecture import Block, blocks, write_blocks
from spiking_music.evaluation.operations import count
from spiking_music.models.autoencoder import Autoencoder
from tests.conftest import DEFAULTS, ROOT

SMALL = """{
"signal": {"clip_samples": 16384},
"backbones": {"spectral": {"width": 32, "depth": 2}, "seanet": {"channels": 4}},
"decoders": {"diffusion-small": {"unet": {"channels": [8, 16, 16, 32, 32], "features": 32}},
  "frame-diffusion": {"denoiser": {"width": 32, "depth": 2}}},
"variants": {"mel": {"decoder": "diffusion-small"},
  "frame-mel": {"bottleneck": "mel", "decoder": "frame-diffusion"},
  "seanet-rvq": {"backbone": "seanet", "bottleneck": "rvq", "decoder": "regression"},
  "seanet-free": {"backbone": "seanet", "bottleneck": "binary", "decoder": "regression"}}}"""
VARIANTS = [
    *("rvq", "free", "sparse", "mu-sparse", "free-gan", "free-diffusion", "mel", "time-ae"),
    *("seanet-rvq", "seanet-free"),
]


def _config(name: str) -> VariantConfig:
    return variant(read([*DEFAULTS, SMALL]), name)


def _of(rows: list[Block], part: str) -> list[Block]:
    return [row for row in rows if row.part == part]


@pytest.mark.parametrize("name", VARIANTS)
def test_blocks_add_up_to_the_model(name: str) -> None:
    config = _config(name)
    model, rows = Autoencoder(config), blocks(config)
    modules = {"encoder": [model.encoder], "decoder": [model.decoder]}
    modules["context"] = [module for module in (model.before, model.after) if module is not None]
    for part, inside in modules.items():
        learned = sum(value.numel() for module in inside for value in module.parameters())
        assert sum(row.parameters for row in _of(rows, part)) == learned
    (bottleneck,) = _of(rows, "bottleneck")
    units = {"rvq": 8, "seanet-rvq": 8, "time-ae": 20}.get(name, 80)
    assert (bottleneck.channels, bottleneck.length) == (units, 32)
    if units == 8:
        assert bottleneck.parameters == 8 * 1024 * config.latent
    assert (rows[-1].channels, rows[-1].length) == (1, 16384)


def test_compute_of_convolutions_and_lstm_by_hand() -> None:
    rows = blocks(_config("seanet-free"))
    steps, clips_a_second = 32, 22050 / 16384
    first = rows[0]  # 1 -> 4 channels, kernel 7, at every sample
    assert first.flops == pytest.approx(2 * 7 * 4 * 16384 * clips_a_second)
    lstm = next(row for row in rows if row.name == "LSTM")  # 2 layers of 64: 4 gates, 2 matrices
    assert lstm.flops == pytest.approx(2 * 2 * 4 * 64 * (64 + 64) * steps * clips_a_second)


def test_an_image_is_shown_as_channels_times_frequencies() -> None:
    rows = blocks(_config("freq-ae"))
    encoder = [(row.name, row.channels) for row in _of(rows, "encoder")]
    convolutions = [("2-D convolution, kernel 8, stride 4", size) for size in (2048, 1024, 512)]
    assert encoder[:4] == [("magnitudes", 1024), *convolutions]
    assert all(row.length == 32 for row in rows[:-1])  # a frame a step
    assert (rows[-1].name, rows[-1].channels) == ("Griffin-Lim", 1)
    first, seconds = _of(rows, "encoder")[1], 16384 / 22050  # 3 x 8 kernels at 256 places a frame
    assert first.flops == pytest.approx(2 * 3 * 8 * 8 * 256 * 32 / seconds)


def test_context_and_unet_by_hand() -> None:
    steps, seconds = 32, 16384 / 22050
    rows = _of(blocks(_config("mu-sparse")), "context")[:2]
    assert [row.name for row in rows] == ["level embedding", "conformer, kernel 15"]
    assert [(row.channels, row.length) for row in rows] == [(64, 1), (64, steps)]
    assert rows[1].repeats == 2
    linear = 2 * 8 + 4 + 3  # matrices of 64 x 64 a step: perceptrons, attention, convolution
    products = 2 * linear * 64**2 + 2 * 15 * 64  # and the depthwise kernel
    attention = 2 * 2 * steps * 64  # every step against every step
    assert rows[1].flops == pytest.approx(2 * steps * (products + attention) / seconds)
    decoder = _of(blocks(_config("mel")), "decoder")
    assert [row.name for row in decoder[1:6]] == [
        *("down 4, 1 item", "down 4, 1 item", "down 4, 2 items"),
        *("down 8, 2 items, codes in, attention", "down 2, 2 items, attention"),
    ]
    assert [row.length for row in decoder[1:]] == [
        *(4096, 1024, 256, 32, 16),
        *(32, 256, 1024, 4096, 16384),
    ]
    # a convolution of 4 with stride 4 from 1 to 8 channels, then two of 3 between 8 and 8
    conv = 2 * 4096 * (4 * 8 + 2 * 3 * 8 * 8)
    modulation = 2 * 32 * 16
    sampling = 10  # evaluations of the whole U-Net
    assert {row.evaluations for row in decoder[1:]} == {sampling}
    assert decoder[1].flops == pytest.approx(sampling * (conv + modulation) / seconds)


@pytest.mark.parametrize("name", ["freq-ae", "mel", "frame-mel"])
def test_compute_is_that_of_coding_and_a_whole_decode(name: str) -> None:
    config = _config(name)
    whole = count(config)
    mflop = sum(row.flops for row in blocks(config)) / 1e6
    assert mflop == pytest.approx(2 * (whole.encoder_mmac + whole.decoder_mmac), rel=0.01)


def test_equal_blocks_in_a_row_are_one_block() -> None:
    config = _config("rvq")
    row = next(row for row in blocks(config) if "ConvNeXt" in row.name)
    inner = Autoencoder(config).encoder.backbone.blocks
    assert row.repeats == 2
    assert row.parameters == sum(value.numel() for value in inner.parameters())


def test_the_papers_encoder_has_its_published_size() -> None:
    """About 7.6 M parameters with the LSTM, about 2 GFLOP a second of audio."""
    full = read([str(ROOT / "config.yaml"), '{"signal": {"clip_samples": 16384}}'])
    full["variants"]["paper"] = {
        "backbone": "seanet", "bottleneck": "binary", "decoder": "regression",
    }  # fmt: skip
    encoder = _of(blocks(variant(full, "paper")), "encoder")
    assert sum(row.parameters for row in encoder) == pytest.approx(7.6e6, rel=0.02)
    assert sum(row.flops for row in encoder) == pytest.approx(2e9, rel=0.25)


@pytest.mark.parametrize("name", ["rvq", "mu-sparse", "mel"])
def test_the_table_is_the_blocks_and_nobodys_random_numbers_change(
    tmp_path: Path, name: str
) -> None:
    state = torch.random.get_rng_state()
    for stem in ("one", "two"):
        write_blocks(_config(name), tmp_path / f"{stem}.csv")
    assert torch.equal(torch.random.get_rng_state(), state)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    table = pd.read_csv(tmp_path / "one.csv")
    found = [asdict(block) for block in blocks(_config(name))]
    pd.testing.assert_frame_equal(table, pd.DataFrame(found), check_exact=False, rtol=1e-6)
