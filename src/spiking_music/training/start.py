"""Weights to start from instead of random ones: fine-tuning of a model at hand (*ours*)."""

import hashlib
from pathlib import Path

from spiking_music.config import VariantConfig
from spiking_music.errors import CodeError, ConfigError
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import load_weights


def copy_weights(path: Path, model: Autoencoder, config: VariantConfig) -> None:
    """Copy the weights and averages in the file `path` into `model`, which is of `config`.

    Losses, a sparsity's model of the events and a GAN's discriminators are no part of the file and
    start anew. Raises `CodeError` and `ConfigError` as `load_weights` does, and `ConfigError` where
    the model in the file is not of the same signal and parts.
    """
    other, about = load_weights(path)
    try:
        model.load_state_dict(other.state_dict())
        same = about.signal == config.signal
    except RuntimeError:  # names and shapes of all tensors, over many lines
        same = False
    if not same:
        raise ConfigError(
            f"'{config.name}' cannot start from '{path}', a model of another signal, backbone, "
            "bottleneck, context or decoder: give it the same"
        )


def digest_of(path: Path) -> str:
    """SHA-256 of the bytes of the weights `path`; `CodeError` where they cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CodeError(
            f"no model at '{path}' ({error.strerror}): train it, or name another file"
        ) from None
