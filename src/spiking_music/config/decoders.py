"""Sections about decoders: what turns codes back into sound."""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from spiking_music.config.sections import Count, Fraction, Positive, Section, Weight


class RegressionConfig(Section):
    """The backbone's own decoder, trained by the reconstruction loss."""

    kind: Literal["regression"]


class DiscriminatorConfig(Section):
    """Width of the convolutions and the STFT sizes in samples, one discriminator each."""

    filters: Positive
    n_ffts: tuple[Positive, ...]


class GanConfig(Section):
    """The backbone's decoder, trained with multi-scale STFT discriminators as in EnCodec."""

    kind: Literal["gan"]
    discriminator: DiscriminatorConfig
    start: Count  # step from which the discriminators take part
    learning_rate: Annotated[float, Field(gt=0)]  # of the discriminators
    reconstruction: Annotated[float, Field(gt=0)]  # shares of the gradient at the output
    adversarial: Weight
    feature_matching: Weight
    balancer_decay: Fraction


class UNetConfig(Section):
    """One entry a level, outermost first; the codes enter at level `context_depth`."""

    channels: tuple[Positive, ...]
    factors: tuple[Positive, ...]
    items: tuple[Positive, ...]
    attentions: tuple[bool, ...]
    heads: Positive
    head_features: Positive
    groups: Positive
    features: Positive
    context_depth: int
    checkpointing: bool

    @property
    def hop(self) -> int:
        """Samples a step of the context."""
        return math.prod(self.factors[: self.context_depth + 1])

    @property
    def stride(self) -> int:
        """Samples a step of the innermost level: what lengths are padded to a multiple of."""
        return math.prod(self.factors)

    @model_validator(mode="after")
    def _levels_agree(self) -> "UNetConfig":
        lists = (self.channels, self.factors, self.items, self.attentions)
        if len({len(values) for values in lists}) != 1:
            raise ValueError("channels, factors, items and attentions must have the same length")
        if not 0 <= self.context_depth < len(self.channels):
            raise ValueError("context_depth must be the index of a level")
        if any(channels % self.groups for channels in self.channels):
            raise ValueError("all channels must be multiples of groups")
        return self


class DiffusionConfig(Section):
    """v-objective diffusion of the waveform, given the latents (Lisboa & Bellec 2024)."""

    kind: Literal["diffusion"]
    unet: UNetConfig
    rms: Annotated[float, Field(gt=0)]  # of the training audio, which is scaled to unit variance
    sampling_steps: Positive


class GriffinLimConfig(Section):
    """The backbone's magnitudes, and a phase estimated by fast Griffin-Lim."""

    kind: Literal["griffin-lim"]
    iterations: Positive
    momentum: Annotated[float, Field(ge=0, lt=1)]
