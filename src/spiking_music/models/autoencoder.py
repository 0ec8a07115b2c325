"""A variant put together: encoder → (context) → bottleneck → (context) → decoder."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from spiking_music.config import VariantConfig
from spiking_music.config.registry import (
    BACKBONES,
    CONDITIONINGS,
    CONTEXTS,
    DECODERS,
    QUANTIZERS,
)
from spiking_music.errors import CodeError
from spiking_music.models.checks import require_frames
from spiking_music.models.noise import Noise
from spiking_music.models.parts import FRAMEWISE, Conditioner, Decoder, Encoder
from spiking_music.models.quantizers.base import Quantised, Quantizer
from spiking_music.models.receptive_field import ContextFrames


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
    """Waveform (B, 1, T·hop) in −1..1 ↔ codes of T frames, as the variant's rows describe.

    The caller seeds torch; equal seeds give equal models. `kind` says what the codes are: "binary"
    (B, N, T) uint8 events, "rvq" (B, Q, T) int64 indices, of codebooks or of rounded numbers, or
    "mel" (B, n_mels, T) float32, which is no code but a point of reference. Where `levels` > 0,
    every method takes a level μ (B,) int64 in 0..levels − 1 for each clip, and otherwise none.

    Lisboa & Bellec 2024, figure 2.
    """

    def __init__(self, config: VariantConfig) -> None:
        super().__init__()
        self.hop = config.signal.hop
        self.levels = config.levels
        self.kind: Literal["binary", "rvq", "mel"] = config.bottleneck.codes
        self.seed = config.seed
        self.encoder, self.decoder = _ends(config)
        self.before = _conditioner(config, back=False)
        self.bottleneck: Quantizer = QUANTIZERS.build("module", config.bottleneck, config.latent)
        self.after = _conditioner(config, back=True)

    @property
    def context_frames(self) -> ContextFrames:
        """What blocks of codes are made with, and decoded with, as the parts say of themselves."""
        before = self.before.receptive_field if self.before else FRAMEWISE
        after = self.after.receptive_field if self.after else FRAMEWISE
        encoder = self.encoder.receptive_field + before + self.bottleneck.receptive_field
        decoder = after + self.decoder.receptive_field
        return ContextFrames.of(encoder, decoder, self.alignment)

    @property
    def alignment(self) -> int:
        """Frames of which blocks of codes are multiples."""
        return self.bottleneck.alignment

    def forward(self, x: Tensor, level: Tensor | None = None) -> Output:
        """One pass over audio (B, 1, T·hop) with losses and gradients."""
        require_frames(x, self.hop)
        quantised = self.quantise(x, level)
        latent = _through(self.after, quantised.latent, level)
        audio, losses = self.decoder.learn(x, latent)
        return Output(audio, quantised.codes, quantised.losses | losses, quantised.stats)

    def quantise(self, x: Tensor, level: Tensor | None) -> Quantised:
        """Audio (B, 1, T·hop) → the bottleneck's codes and latents (B, C, T)."""
        return self.bottleneck(_through(self.before, self.encoder(x), level))

    def start_from(self, other: "Autoencoder") -> None:
        """Copy all tensors of `other`; context layers that it lacks start near the identity.

        Raises `RuntimeError` where it has other parts, or names or shapes are not the same.
        """
        own, theirs = dict(self.named_children()), dict(other.named_children())
        if not theirs.keys() <= own.keys():
            raise RuntimeError("the parts are not the same")
        for name in theirs.keys() - {"decoder"}:
            own[name].load_state_dict(theirs[name].state_dict())
        self.decoder.start_from(other.decoder)
        for name, part in (("before", self.before), ("after", self.after)):
            if part and name not in theirs:
                part.near_identity()

    @torch.no_grad()
    def encode(self, x: Tensor, level: Tensor | None = None) -> Tensor:
        """Codes of audio (B, 1, T·hop); `CodeError` in training mode or at another length."""
        return self.codes_at(self.latents(x), level)

    @torch.no_grad()
    def decode(
        self, codes: Tensor, level: Tensor | None = None, first: Sequence[int] = (0,)
    ) -> Tensor:
        """Audio (B, 1, T·hop) of codes of T frames; `CodeError` where they do not fit the model.

        A diffusion decoder starts from noise, and Griffin-Lim from phases, drawn from the model's
        seed and the number of the frame: the result depends on nothing but the codes and where
        they stand. first: the frame of its signal at which each clip begins, one for each or for
        all.
        """
        self._require_eval()
        latent = _through(self.after, self.bottleneck.decode(codes), level)
        return self.decoder.synthesize(latent, Noise(self.seed, first))

    @torch.no_grad()
    def latents(self, x: Tensor) -> Tensor:
        """What does not depend on the level, of audio (B, 1, T·hop): (B, C, T)."""
        self._require_eval()
        require_frames(x, self.hop)
        return self.encoder(x)

    @torch.no_grad()
    def codes_at(self, latents: Tensor, level: Tensor | None) -> Tensor:
        """Codes of what `latents` returned."""
        self._require_eval()
        return self.bottleneck.encode(_through(self.before, latents, level))

    def _require_eval(self) -> None:
        if self.training:
            raise CodeError("the model is in training mode: call model.eval() before coding")


def _through(conditioner: Conditioner | None, latent: Tensor, level: Tensor | None) -> Tensor:
    """Latents (B, C, T), conditioned; `CodeError` for a level that nothing would read."""
    if conditioner is not None:
        return conditioner(latent, level)
    if level is not None:
        raise CodeError("this model takes no level")
    return latent


def _conditioner(config: VariantConfig, back: bool) -> Conditioner | None:
    """The context or rate conditioning before the bottleneck, or the one after it, if any."""
    if config.context is not None:
        return CONTEXTS.build("module", config.context, config, back)
    if config.conditioning is not None:
        return CONDITIONINGS.build("module", config.conditioning, config, back)
    return None


def _ends(config: VariantConfig) -> tuple[Encoder, Decoder]:
    """Encoder and decoder: the backbone's, unless the variant's rows have others."""
    hop = config.signal.hop
    decoder: Decoder | None = None
    if config.backbone is None:
        encoder = QUANTIZERS.build("encoder", config.bottleneck, config.signal)
    else:
        encoder = BACKBONES.build("encoder", config.backbone, hop)
        if BACKBONES.has("decoder", config.backbone):
            decoder = BACKBONES.build("decoder", config.backbone, hop)
    if DECODERS.has("module", config.decoder):
        decoder = DECODERS.build("module", config.decoder, config)
    assert decoder is not None  # what keeps no phase has one of these, as has been checked
    return encoder, decoder
