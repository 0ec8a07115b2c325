"""Small variants of every kind of model, and audio to put through them."""

import pytest
import torch

from spiking_music.config import VariantConfig, read, variant
from spiking_music.models.autoencoder import Autoencoder
from tests.conftest import DEFAULTS

SMALL = """{
"backbones": {"spectral": {"latent": 16, "n_fft": 1024, "width": 32, "depth": 2},
              "seanet": {"latent": 16, "channels": 4, "lstm_layers": 1},
              "mdct": {"kind": "mdct", "bins": 32, "gain_frames": 4, "envelope_edges": [8, 64, 512],
                "n_fft": 1024, "width": 32, "depth": 2, "kernel": 5, "expansion": 2},
              "waveform": {"latent": 16, "channels": 16},
              "spectrogram": {"latent": 16, "n_fft": 1024, "channels": 4, "ratios": [8, 8, 8]}},
"bottlenecks": {"rvq": {"codebooks": 3, "codebook_size": 16}, "binary": {"units": 24},
  "scalar": {"latents": 6, "bits": 5},
  "graded": {"kind": "multi-threshold", "channels": 8, "thresholds": 2},
  "deadzone": {"kind": "deadzone", "bins": 32, "step_size": 1.0, "weighting": 0.25,
    "weighting_knee": 8, "levels": [1, 2, 4], "threshold": 0.65, "gain_levels": 24,
    "envelope_bands": 2, "envelope_frames": 4, "envelope_levels": 30, "envelope_step": 2.0},
  "mel": {"n_mels": 16, "n_fft": 1024}},
"contexts": {"conformer": {"kind": "conformer", "layers": 1, "heads": 2, "kernel": 5}},
"conditionings": {"gain": {"kind": "gain"},
  "step-size": {"kind": "step-size", "levels": 32, "doubling": 8, "default": 10}},
"sparsities": {"conditional-entropy": {"kind": "conditional-entropy",
  "levels": 32, "doubling": 5,
  "gamma": 0.002, "silent": 0, "ramp": 0,
  "collapse": {"after": 0, "below_db": -100, "patience": 1}}},
"decoders": {"griffin-lim": {"iterations": 8},
  "frame-diffusion": {"sampling_steps": 2,
    "envelope": {"width": 16, "depth": 1, "kernel": 3, "expansion": 2},
    "denoiser": {"width": 16, "depth": 1, "kernel": 3, "expansion": 2}},
  "tiny-diffusion": {"kind": "diffusion", "rms": 0.05, "sampling_steps": 3, "unet": {
  "channels": [8, 8, 16], "factors": [8, 8, 8], "items": [1, 1, 1],
  "attentions": [false, false, true], "heads": 2, "head_features": 8, "groups": 4, "features": 16,
  "context_depth": 2, "checkpointing": false}}},
"variants": {
  "graded": {"backbone": "spectral", "bottleneck": "graded", "decoder": "regression"},
  "gains": {"backbone": "spectral", "bottleneck": "graded", "conditioning": "gain",
    "sparsity": "conditional-entropy", "decoder": "regression"},
  "mdct": {"backbone": "mdct", "bottleneck": "deadzone", "decoder": "regression"},
  "mdct-mu": {"backbone": "mdct", "bottleneck": "deadzone", "conditioning": "step-size",
    "decoder": "regression"},
  "diffusion": {"backbone": "spectral", "bottleneck": "binary", "decoder": "tiny-diffusion"},
  "frames": {"backbone": "spectral", "bottleneck": "binary", "decoder": "frame-diffusion"},
  "mel": {"bottleneck": "mel", "decoder": "tiny-diffusion"},
  "seanet-rvq": {"backbone": "seanet", "bottleneck": "rvq", "decoder": "regression"},
  "seanet-free": {"backbone": "seanet", "bottleneck": "binary", "decoder": "regression"}}}"""
VARIANTS = ["rvq", "free", "sparse", "graded", "mdct", "seanet-rvq", "seanet-free", "time-ae"]


def small(name: str) -> VariantConfig:
    """Variant `name` at a size that trains in milliseconds."""
    return variant(read([*DEFAULTS, SMALL]), name)


@pytest.fixture(params=VARIANTS)
def config(request: pytest.FixtureRequest) -> VariantConfig:
    return small(request.param)


@pytest.fixture(
    params=[*VARIANTS, "mu-sparse", "gains", "mdct-mu", "diffusion", "frames", "freq-ae", "mel"]
)
def any_config(request: pytest.FixtureRequest) -> VariantConfig:
    """Also what takes a level, or decodes by diffusion."""
    return small(request.param)


def levels(model: Autoencoder, clips: int) -> torch.Tensor | None:
    """Different levels for `clips` clips, where the model takes any."""
    return torch.arange(clips) * 9 if model.levels else None


@pytest.fixture
def tones() -> torch.Tensor:
    """Four decaying chords, (4, 1, 16 · 512)."""
    time = torch.arange(16 * 512) / 22050
    pitches = torch.tensor([[220.0, 277.2], [246.9, 329.6], [110.0, 440.0], [164.8, 523.3]])
    waves = torch.sin(2 * torch.pi * pitches[:, :, None] * time).sum(dim=1)
    return (0.2 * waves * torch.exp(-4 * time))[:, None]
