"""A run so small that a step takes milliseconds: a real model on real shards of generated clips."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spiking_music.config import LossConfig, SignalConfig, VariantConfig
from spiking_music.data.shard import ShardFile, quantise

SIGNAL = SignalConfig(sample_rate=8000, clip_samples=4096, hop=64)
LOSS = LossConfig(stft=1, mel=0, waveform=0, rmse=0, si_snr=0.05, n_ffts=(64, 256))
BACKBONE = {
    "kind": "spectral", "latent": 8, "n_fft": 256,
    "width": 16, "depth": 1, "kernel": 3, "expansion": 2,
}  # fmt: skip
BINARY = {"kind": "binary", "units": 8, "surrogate": "triangle"}
RVQ = {
    "kind": "rvq", "codebooks": 2, "codebook_size": 16,
    "decay": 0.9, "commitment": 0.25, "dead_below": 0.5,
}  # fmt: skip
SCALAR = {"kind": "scalar", "latents": 6, "bits": 3}
WAVEFORM = {"kind": "waveform", "latent": 8, "channels": 8, "ratios": [8, 8]}
SPECTROGRAM = {
    "kind": "spectrogram", "latent": 8, "n_fft": 256,
    "exponent": 0.3, "channels": 4, "ratios": [4, 4],
}  # fmt: skip
GRIFFIN_LIM = {"kind": "griffin-lim", "iterations": 2, "momentum": 0.9}
MDCT = {**BACKBONE, "kind": "mdct", "bins": 16, "gain_frames": 4, "envelope_edges": [8, 32, 64]}
del MDCT["latent"]  # follows from the bins
DEADZONE = {
    "kind": "deadzone", "bins": 16, "step_size": 0.5, "weighting": 0.25, "weighting_knee": 4.0,
    "levels": [1, 2, 4], "threshold": 0.65, "gain_levels": 24, "envelope_bands": 2,
    "envelope_frames": 2, "envelope_levels": 18, "envelope_step": 2.0,
}  # fmt: skip
CONTEXT = {"kind": "conformer", "layers": 1, "heads": 2, "kernel": 3}
GAMMA = {
    "gamma": 0.5, "silent": 3 / 12, "ramp": 4 / 12,
    "collapse": {"after": 0, "below_db": -1000.0, "patience": 1},
}  # fmt: skip
STORAGE = {"kind": "storage-cost", "budget": 0.25, **GAMMA}
GRADED = {"kind": "multi-threshold", "channels": 4, "thresholds": 2}
ENTROPY = {"kind": "entropy", **GAMMA}
TARGET = {"kind": "target-events", "levels": 8, **GAMMA}
CONDITIONAL = {
    **ENTROPY, "kind": "conditional-entropy", "levels": 8, "doubling": 3, "gamma": 0.02,
}  # fmt: skip
REGRESSION = {"kind": "regression"}
GAN = {
    "kind": "gan", "start": 3, "learning_rate": 1e-3, "balancer_decay": 0.9,
    "reconstruction": 4.0, "adversarial": 1.0, "feature_matching": 2.0,
    "discriminator": {"filters": 2, "n_ffts": [256, 64]},
}  # fmt: skip
DIFFUSION = {
    "kind": "diffusion", "rms": 0.1, "sampling_steps": 2,
    "unet": {
        "channels": [8, 8], "factors": [8, 8], "items": [1, 1], "attentions": [False, True],
        "heads": 2, "head_features": 4, "groups": 2, "features": 8, "context_depth": 1,
        "checkpointing": False,
    },
}  # fmt: skip
NARROW = {"width": 8, "depth": 1, "kernel": 3, "expansion": 2}
FRAME_DIFFUSION = {
    "kind": "frame-diffusion", "envelope": NARROW, "denoiser": NARROW, "sampling_steps": 2,
}  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {  # what differs from FREE
    "binary": {},
    "rvq": {"bottleneck": RVQ},
    "sparse": {"context": CONTEXT, "sparsity": STORAGE},
    "mu-sparse": {"context": CONTEXT, "sparsity": TARGET},
    "entropy": {"bottleneck": GRADED, "sparsity": ENTROPY},
    "conditional-entropy": {
        "conditioning": {"kind": "gain"},
        "bottleneck": GRADED,
        "sparsity": CONDITIONAL,
    },
    "mdct-mu": {
        "backbone": MDCT,
        "bottleneck": DEADZONE,
        "conditioning": {"kind": "step-size", "levels": 8, "doubling": 2, "default": 3},
    },
    "gan": {"decoder": GAN},
    "diffusion": {"decoder": DIFFUSION},
    "frame-diffusion": {"decoder": FRAME_DIFFUSION},
    "freq-ae": {"backbone": SPECTROGRAM, "bottleneck": SCALAR, "decoder": GRIFFIN_LIM},
    "time-ae": {"backbone": WAVEFORM, "bottleneck": SCALAR},
    "mel": {
        "backbone": None,
        "bottleneck": {"kind": "mel", "n_mels": 8, "n_fft": 256},
        "decoder": DIFFUSION,
    },
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Bits depend on the number of threads; subprocesses of the tests use one as well."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny(kind: str = "binary", **training: Any) -> VariantConfig:
    """A variant of a few thousand parameters; `training` overrides its section."""
    section = {
        "steps": 12,
        "stop_at": None,
        "batch_size": 4,
        "crop_samples": 1024,
        "learning_rate": 1e-3,
        "final_learning_rate": 1e-5,
        "warmup_steps": 2,
        "weight_decay": 0.01,
        "gradient_clip": 1.0,
        "ema_decay": 0.9,
        "loss": LOSS,
        "log_every": 2,
        "validate_every": 5,
        "validation_clips": 3,
        "checkpoint_every": 4,
        "workers": 0,
        "accelerator": "cpu",
        "devices": 1,
        "precision": "32-true",
    }
    return VariantConfig.model_validate(
        {
            "name": "tiny",
            "seed": 3,
            "signal": SIGNAL,
            "backbone": BACKBONE,
            "bottleneck": BINARY,
            "context": None,
            "sparsity": None,
            "decoder": REGRESSION,
            "training": section | training,
        }
        | ROWS[kind]
    )


def write_shard(path: Path, split: str, clips: int, seed: int) -> Path:
    """Decaying tones, a few a clip."""
    random = np.random.default_rng(seed)
    time = np.arange(SIGNAL.clip_samples) / SIGNAL.sample_rate
    with ShardFile(path, SIGNAL, split, 0) as shard:
        for _ in range(clips):
            pitch, level = random.uniform(100, 2000, 4), random.uniform(0.05, 0.2, 4)
            tones = level[:, None] * np.sin(2 * np.pi * pitch[:, None] * time) * np.exp(-3 * time)
            shard.append(*quantise(tones.sum(axis=0).astype(np.float32)))
    return path


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Paths of shards by split: two of 5 and 4 training clips, one of 4 validation clips."""
    folder = tmp_path_factory.mktemp("clips")
    train = [write_shard(folder / f"train-{i}.h5", "train", 5 - i, seed=i) for i in range(2)]
    validation = write_shard(folder / "validation-0.h5", "validation", 4, seed=9)
    return {"train": train, "validation": [validation]}
