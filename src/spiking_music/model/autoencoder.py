"""A variant put together: encoder → (context) → bottleneck → (context) → decoder."""

import math
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from spiking_music.config import (
    Backbone,
    DiffusionConfig,
    GainConfig,
    GriffinLimConfig,
    LadderConfig,
    LappedConfig,
    MelConfig,
    SeanetConfig,
    SpectralConfig,
    SpectrogramConfig,
    StepsConfig,
    VariantConfig,
)
from spiking_music.errors import CodeError, ConfigError
from spiking_music.model.bottleneck import Quantised, make_bottleneck
from spiking_music.model.context import Context, Gain, Steps
from spiking_music.model.diffusion.unet import UNet
from spiking_music.model.diffusion.vdiffusion import VDiffusion
from spiking_music.model.lapped import LappedDecoder, LappedEncoder
from spiking_music.model.mel import LogMel
from spiking_music.model.seanet import SeanetDecoder, SeanetEncoder
from spiking_music.model.spectral import SpectralDecoder, SpectralEncoder
from spiking_music.model.spectrogram import SpectrogramDecoder, SpectrogramEncoder
from spiking_music.model.waveform import WaveformDecoder, WaveformEncoder


@dataclass(frozen=True)
class Output:
    """What training needs of one pass.

    audio: (B, 1, T_x), the reconstruction; None with a diffusion decoder, which learns from noise,
    and with Griffin-Lim, which learns magnitudes.
    codes: (B, N, T) events with gradient, (B, Q, T) indices, or (B, n_mels, T) of a
    mel spectrogram.
    losses: auxiliary losses, weighted, scalars.
    stats: detached scalars for the log.
    """

    audio: Tensor | None
    codes: Tensor
    losses: dict[str, Tensor] = field(default_factory=dict)
    stats: dict[str, Tensor] = field(default_factory=dict)


class Autoencoder(nn.Module):
    """Waveform (B, 1, T·hop) in −1..1 ↔ codes of T steps, as the variant's rows describe.

    Lisboa & Bellec 2024, figure 2.
    The caller seeds torch; equal seeds give equal models. `kind` says what the codes are: "binary"
    (B, N, T) uint8 events, "rvq" (B, Q, T) int64 indices, of codebooks or of rounded numbers, or
    "mel" (B, n_mels, T) float32, which is no code but a point of reference. Where `levels` > 0,
    every method takes a level μ (B,) int64 in 0..levels − 1 for each clip, and otherwise none.
    """

    def __init__(self, config: VariantConfig) -> None:
        super().__init__()
        self.hop = config.signal.hop
        self.levels = config.levels
        self.kind: Literal["binary", "rvq", "mel"] = config.bottleneck.codes
        self.seed = config.seed
        self.encoder, self.decoder = _ends(config)
        self.before = _context(config, back=False)
        self.bottleneck = make_bottleneck(config.bottleneck, config.latent)
        self.after = _context(config, back=True)
        self.sampling_steps = 0
        if isinstance(config.decoder, DiffusionConfig):
            self.sampling_steps = config.decoder.sampling_steps

    def forward(self, x: Tensor, level: Tensor | None = None) -> Output:
        """One pass over audio (B, 1, T·hop) with losses and gradients."""
        self._require_steps(x)
        quantised = self.quantise(x, level)
        latent = _through(self.after, quantised.latent, level)
        if isinstance(self.decoder, VDiffusion):
            losses = quantised.losses | {"diffusion": self.decoder(x, latent, _generator())}
            return Output(None, quantised.codes, losses, quantised.stats)
        if isinstance(self.decoder, SpectrogramDecoder):
            losses = quantised.losses | {"spectrum": self.decoder(x, latent)}
            return Output(None, quantised.codes, losses, quantised.stats)
        audio = self.decoder(latent)
        return Output(audio, quantised.codes, quantised.losses, quantised.stats)

    def quantise(self, x: Tensor, level: Tensor | None) -> Quantised:
        """Audio (B, 1, T·hop) → the bottleneck's codes and latents (B, C, T)."""
        return self.bottleneck(_through(self.before, self.encoder(x), level))

    @torch.no_grad()
    def encode(self, x: Tensor, level: Tensor | None = None) -> Tensor:
        """Codes of audio (B, 1, T·hop); `CodeError` in training mode or at another length."""
        return self.codes_at(self.latents(x), level)

    @torch.no_grad()
    def decode(self, codes: Tensor, level: Tensor | None = None) -> Tensor:
        """Audio (B, 1, T·hop) of codes of T steps; `CodeError` where they do not fit the model.

        A diffusion decoder starts every clip from the same noise, and Griffin-Lim from the same
        phases, drawn from the model's seed: the result depends on nothing but the codes.
        """
        self._require_eval()
        latent = _through(self.after, self.bottleneck.decode(codes), level)
        generator = torch.Generator().manual_seed(self.seed)
        if isinstance(self.decoder, SpectrogramDecoder):
            return self.decoder.sample(latent, generator)
        if not isinstance(self.decoder, VDiffusion):
            return self.decoder(latent)
        samples = codes.shape[-1] * self.hop
        return self.decoder.sample(latent, samples, self.sampling_steps, generator)

    @torch.no_grad()
    def latents(self, x: Tensor) -> Tensor:
        """What does not depend on the level, of audio (B, 1, T·hop): (B, C, T)."""
        self._require_eval()
        self._require_steps(x)
        return self.encoder(x)

    @torch.no_grad()
    def codes_at(self, latents: Tensor, level: Tensor | None) -> Tensor:
        """Codes of what `latents` returned."""
        self._require_eval()
        return self.bottleneck.encode(_through(self.before, latents, level))

    def _require_eval(self) -> None:
        if self.training:
            raise CodeError("the model is in training mode: call model.eval() before coding")

    def _require_steps(self, x: Tensor) -> None:
        if x.ndim != 3 or x.shape[1] != 1 or x.shape[2] % self.hop or not x.shape[2]:
            raise CodeError(
                f"audio must have shape (B, 1, T·{self.hop}) with T ≥ 1, not {tuple(x.shape)}"
            )


def _through(
    context: Context | Gain | Steps | None, latent: Tensor, level: Tensor | None
) -> Tensor:
    """Latents (B, C, T) in their context; `CodeError` for a level that no context would read."""
    if context is not None:
        return context(latent, level)
    if level is not None:
        raise CodeError("this model takes no level")
    return latent


def _generator() -> torch.Generator:
    """A generator on the CPU, seeded from the global one, which the training loop seeds."""
    return torch.Generator().manual_seed(int(torch.randint(2**62, ())))


def _context(config: VariantConfig, back: bool) -> Context | Gain | Steps | None:
    """The block before the bottleneck, or the one after it that leads back."""
    context = config.context
    if context is None:
        return None
    if isinstance(context, StepsConfig):
        assert isinstance(config.bottleneck, LadderConfig)  # as the configuration has checked
        return Steps(context, config.bottleneck.bins, back)
    if isinstance(context, GainConfig):
        return Gain(config.latent, config.levels)
    return Context(config.latent, context.layers, config.levels, context.heads, context.kernel)


def _ends(config: VariantConfig) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder of the variant."""
    encoder: nn.Module
    decoder: nn.Module | None
    if isinstance(config.bottleneck, MelConfig):
        encoder = LogMel(config.bottleneck, config.signal)
        decoder = None
    else:
        assert config.backbone is not None  # as the configuration has checked
        encoder, decoder = _backbone(config.backbone, config.signal.hop)
    if isinstance(config.decoder, DiffusionConfig):
        decoder = VDiffusion(UNet(config.decoder.unet, config.latent), config.decoder.rms)
    if isinstance(config.decoder, GriffinLimConfig):
        assert isinstance(config.backbone, SpectrogramConfig)  # as the configuration has checked
        decoder = SpectrogramDecoder(config.backbone, config.decoder, config.signal.hop)
    assert decoder is not None  # what keeps no phase has one of these, as has been checked as well
    return encoder, decoder


def _backbone(config: Backbone, hop: int) -> tuple[nn.Module, nn.Module | None]:
    """Encoder and decoder, which a spectrogram has none of until its phase is known."""
    if isinstance(config, SpectralConfig):
        return SpectralEncoder(config, hop), SpectralDecoder(config, hop)
    if isinstance(config, LappedConfig):
        return LappedEncoder(config, hop), LappedDecoder(config, hop)
    if isinstance(config, SpectrogramConfig):
        return SpectrogramEncoder(config, hop), None
    if math.prod(config.ratios) != hop:
        raise ConfigError(
            f"backbone ratios {list(config.ratios)} multiply to {math.prod(config.ratios)}, "
            f"but signal.hop is {hop}: make them equal"
        )
    if isinstance(config, SeanetConfig):
        return SeanetEncoder(config), SeanetDecoder(config)
    return WaveformEncoder(config), WaveformDecoder(config)
