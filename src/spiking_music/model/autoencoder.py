"""A variant put together: encoder → bottleneck → decoder."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from spiking_music.config import VariantConfig
from spiking_music.errors import CodeError, ConfigError
from spiking_music.model.bottleneck import make_bottleneck
from spiking_music.model.seanet import SeanetDecoder, SeanetEncoder
from spiking_music.model.spectral import SpectralDecoder, SpectralEncoder


@dataclass(frozen=True)
class Output:
    """What training needs of one pass.

    audio: (B, 1, T_x), the reconstruction.
    codes: (B, N, T) events with gradient, or (B, Q, T) RVQ indices.
    losses: auxiliary losses, weighted, scalars.
    stats: detached scalars for the log.
    """

    audio: Tensor
    codes: Tensor
    losses: dict[str, Tensor]
    stats: dict[str, Tensor]


class Autoencoder(nn.Module):
    """Waveform (B, 1, T·hop) in −1..1 ↔ codes of T steps, as the variant's rows describe.

    The caller seeds torch; equal seeds give equal models. `kind` says what the codes are: "binary"
    (B, N, T) uint8 events, or "rvq" (B, Q, T) int64 indices.
    """

    def __init__(self, config: VariantConfig) -> None:
        super().__init__()
        self.hop = config.signal.hop
        self.kind: Literal["binary", "rvq"] = config.bottleneck.kind
        self.encoder, self.decoder = _backbone(config)
        self.bottleneck = make_bottleneck(config.bottleneck, config.backbone.latent)

    def forward(self, x: Tensor) -> Output:
        """Reconstruct audio (B, 1, T·hop), with losses and gradients."""
        self._require_steps(x)
        quantised = self.bottleneck(self.encoder(x))
        audio = self.decoder(quantised.latent)
        return Output(audio, quantised.codes, quantised.losses, quantised.stats)

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """Codes of audio (B, 1, T·hop); `CodeError` in training mode or at another length."""
        self._require_eval()
        self._require_steps(x)
        return self.bottleneck.encode(self.encoder(x))

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """Audio (B, 1, T·hop) of codes of T steps; `CodeError` where they do not fit the model."""
        self._require_eval()
        return self.decoder(self.bottleneck.decode(codes))

    def _require_eval(self) -> None:
        if self.training:
            raise CodeError("the model is in training mode: call model.eval() before coding")

    def _require_steps(self, x: Tensor) -> None:
        if x.ndim != 3 or x.shape[1] != 1 or x.shape[2] % self.hop or not x.shape[2]:
            raise CodeError(
                f"audio must have shape (B, 1, T·{self.hop}) with T ≥ 1, not {tuple(x.shape)}"
            )


def _backbone(config: VariantConfig) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder of the variant's backbone."""
    hop, backbone = config.signal.hop, config.backbone
    if backbone.kind == "spectral":
        return SpectralEncoder(backbone, hop), SpectralDecoder(backbone, hop)
    if math.prod(backbone.ratios) != hop:
        raise ConfigError(
            f"backbone ratios {list(backbone.ratios)} multiply to {math.prod(backbone.ratios)}, "
            f"but signal.hop is {hop}: make them equal"
        )
    return SeanetEncoder(backbone), SeanetDecoder(backbone)
