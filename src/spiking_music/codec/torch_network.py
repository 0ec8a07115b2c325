"""A trained `Autoencoder` on any device as a codec needs it: arrays go in and come out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spiking_music.codec.network import Audio, Codes, Latents, Levels
from spiking_music.config import VariantConfig
from spiking_music.errors import ConfigError
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import load_weights


class TorchNetwork:
    """A `codec.network.Network`."""

    def __init__(self, autoencoder: Autoencoder, batch: int) -> None:
        """autoencoder: in eval mode."""
        self.autoencoder = autoencoder
        self.context, self.alignment = autoencoder.context_frames, autoencoder.alignment
        self.batch = batch

    @torch.inference_mode()
    def encode(self, audio: Audio, level: Levels | None = None) -> Codes:
        return self.autoencoder.encode(self._mono(audio), self._levels(level)).cpu().numpy()

    @torch.inference_mode()
    def latents(self, audio: Audio) -> Latents:
        return self.autoencoder.latents(self._mono(audio)).float().cpu().numpy()

    @torch.inference_mode()
    def codes_at(self, latents: Latents, level: Levels | None) -> Codes:
        there = torch.from_numpy(latents).to(self._device)
        return self.autoencoder.codes_at(there, self._levels(level)).cpu().numpy()

    @torch.inference_mode()
    def decode(
        self,
        codes: Codes,
        level: Levels | None = None,
        first: Sequence[int] = (0,),
        kept: slice = slice(None),
    ) -> Audio:
        there = torch.from_numpy(codes).to(self._device)
        audio = self.autoencoder.decode(there, self._levels(level), first)
        frames = audio[:, 0].unflatten(1, (codes.shape[-1], -1))[:, kept]
        return frames.flatten(1).float().cpu().numpy()

    @property
    def _device(self) -> torch.device:
        return next(self.autoencoder.parameters()).device

    def _mono(self, audio: Audio) -> Tensor:
        """(B, L) → (B, 1, L)."""
        return torch.from_numpy(np.ascontiguousarray(audio))[:, None].to(self._device)

    def _levels(self, level: Levels | None) -> Tensor | None:
        return None if level is None else torch.from_numpy(level).to(self._device)


def load_network(weights: Path, device: str) -> TorchNetwork:
    """The model of a weights file on `device`; errors as of `load_weights`, and `ConfigError` where
    there is no such device.
    """
    place = _device(device)
    autoencoder, config = load_weights(weights, place)
    return TorchNetwork(autoencoder, _windows_at_once(config, place))


def _windows_at_once(config: VariantConfig, device: torch.device) -> int:
    """Windows that are fastest: on a CPU, few enough for its caches.

    Layers at the rate of the samples fill them with one window; of more, every layer's memory is
    taken from the system and returned to it, which halves SEANet's speed.
    """
    if device.type != "cpu":
        return 16
    backbone, decoder = config.backbone, config.decoder
    framewise = backbone is not None and backbone.framewise and decoder.framewise
    return 4 if framewise else 1


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except Exception:  # each of the devices that torch knows of raises its own kinds
        raise ConfigError(f"there is no device '{name}' here: choose another, or cpu") from None
    return device
