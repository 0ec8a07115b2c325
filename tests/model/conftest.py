"""Small variants of every kind of model, and audio to put through them."""

from pathlib import Path

import pytest
import torch

from spiking_music.config import VariantConfig, read, variant

ROOT = Path(__file__).parents[2]
SMALL = """{
"backbones": {"spectral": {"latent": 16, "n_fft": 1024, "width": 32, "depth": 2},
              "seanet": {"latent": 16, "channels": 4, "lstm_layers": 1}},
"bottlenecks": {"rvq": {"codebooks": 3, "codebook_size": 16}, "binary": {"units": 24}},
"variants": {
  "seanet-rvq": {"backbone": "seanet", "bottleneck": "rvq", "decoder": "regression"},
  "seanet-free": {"backbone": "seanet", "bottleneck": "binary", "decoder": "regression"}}}"""
VARIANTS = ["rvq", "free", "seanet-rvq", "seanet-free"]


def small(name: str) -> VariantConfig:
    """Variant `name` at a size that trains in milliseconds."""
    return variant(read([str(ROOT / "config.yaml"), SMALL]), name)


@pytest.fixture(params=VARIANTS)
def config(request: pytest.FixtureRequest) -> VariantConfig:
    return small(request.param)


@pytest.fixture
def tones() -> torch.Tensor:
    """Four decaying chords, (4, 1, 16 · 512)."""
    time = torch.arange(16 * 512) / 22050
    pitches = torch.tensor([[220.0, 277.2], [246.9, 329.6], [110.0, 440.0], [164.8, 523.3]])
    waves = torch.sin(2 * torch.pi * pitches[:, :, None] * time).sum(dim=1)
    return (0.2 * waves * torch.exp(-4 * time))[:, None]
