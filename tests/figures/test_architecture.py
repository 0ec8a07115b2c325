"""Figure 2 says what the built model is."""

from pathlib import Path

import pandas as pd
import pytest
import torch

from spiking_music.config import VariantConfig, read, variant
from spiking_music.figures.architecture import draw
from spiking_music.figures.blocks import Block, blocks
from spiking_music.model.autoencoder import Autoencoder

ROOT = Path(__file__).parents[2]
SMALL = """{
"signal": {"clip_samples": 16384},
"backbones": {"spectral": {"width": 32, "depth": 2}, "seanet": {"channels": 4}},
"variants": {
  "seanet-rvq": {"backbone": "seanet", "bottleneck": "rvq", "decoder": "regression"},
  "seanet-free": {"backbone": "seanet", "bottleneck": "binary", "decoder": "regression"}}}"""
VARIANTS = ["rvq", "free", "seanet-rvq", "seanet-free"]


def _config(name: str) -> VariantConfig:
    return variant(read([str(ROOT / "config.yaml"), SMALL]), name)


def _of(rows: list[Block], part: str) -> list[Block]:
    return [row for row in rows if row.part == part]


@pytest.mark.parametrize("name", VARIANTS)
def test_blocks_add_up_to_the_model(name: str) -> None:
    config = _config(name)
    model, rows = Autoencoder(config), blocks(config)
    for part in ("encoder", "decoder"):
        learned = sum(value.numel() for value in getattr(model, part).parameters())
        assert sum(row.parameters for row in _of(rows, part)) == learned
    (bottleneck,) = _of(rows, "bottleneck")
    units = 80 if "free" in name else 8
    assert (bottleneck.channels, bottleneck.length) == (units, 32)
    if units == 8:
        assert bottleneck.parameters == 8 * 1024 * 128
    assert (rows[-1].channels, rows[-1].length) == (1, 16384)


def test_compute_of_convolutions_and_lstm_by_hand() -> None:
    rows = blocks(_config("seanet-free"))
    steps, clips_a_second = 32, 22050 / 16384
    first = rows[0]  # 1 -> 4 channels, kernel 7, at every sample
    assert first.flops == pytest.approx(2 * 7 * 4 * 16384 * clips_a_second)
    lstm = next(row for row in rows if row.name == "LSTM")  # 2 layers of 64: 4 gates, 2 matrices
    assert lstm.flops == pytest.approx(2 * 2 * 4 * 64 * (64 + 64) * steps * clips_a_second)


def test_equal_blocks_in_a_row_are_one_block() -> None:
    config = _config("rvq")
    row = next(row for row in blocks(config) if "ConvNeXt" in row.name)
    inner = Autoencoder(config).encoder.trunk.blocks
    assert row.repeats == 2
    assert row.parameters == sum(value.numel() for value in inner.parameters())


def test_the_papers_encoder_has_its_published_size() -> None:
    """SPEC 2: about 7.6 M parameters with the LSTM, about 2 GFLOP a second of audio."""
    full = read([str(ROOT / "config.yaml"), '{"signal": {"clip_samples": 16384}}'])
    full["variants"]["paper"] = {
        "backbone": "seanet", "bottleneck": "binary", "decoder": "regression",
    }  # fmt: skip
    encoder = _of(blocks(variant(full, "paper")), "encoder")
    assert sum(row.parameters for row in encoder) == pytest.approx(7.6e6, rel=0.02)
    assert sum(row.flops for row in encoder) == pytest.approx(2e9, rel=0.25)


@pytest.mark.parametrize("name", ["rvq", "seanet-free"])
def test_drawing_shows_every_block_in_equal_bytes(tmp_path: Path, name: str) -> None:
    state = torch.random.get_rng_state()
    for stem in ("one", "two"):
        draw(_config(name), tmp_path / stem)
    assert torch.equal(torch.random.get_rng_state(), state)
    for kind in ("png", "svg", "csv"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    texts = (tmp_path / "one.svg").read_text()
    table = pd.read_csv(tmp_path / "one.csv")
    assert len(table) == len(blocks(_config(name)))
    for text in (*table["name"], *table["part"]):
        assert text in texts
