"""Sections about decoders: what turns codes back into sound."""

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from spiking_music.config.registry import DECODERS
from spiking_music.config.sections import ConvNeXtConfig, Count, Fraction, Positive, Section, Weight

if TYPE_CHECKING:
    from spiking_music.config.models import VariantConfig


class DecoderConfig(Section):
    """What all decoders have in common; one without a module is the backbone's own."""

    finds_phase: ClassVar[bool] = False  # what a backbone that keeps none needs
    framewise: ClassVar[bool] = True  # whether it adds no layers at other rates than its backbone
    if TYPE_CHECKING:  # a field of every class

        @property
        def kind(self) -> str: ...

    def check(self, variant: "VariantConfig") -> None:
        """`ValueError` where the rest of the variant does not fit."""


@DECODERS()
class RegressionConfig(DecoderConfig):
    """The backbone's own decoder, trained by the reconstruction loss."""

    kind: Literal["regression"]


class DiscriminatorConfig(Section):
    """Width of the convolutions and the STFT sizes in samples, one discriminator each."""

    filters: Positive
    n_ffts: tuple[Positive, ...]
    compression: Annotated[float, Field(gt=0, le=1)] = 1.0  # exponent of magnitudes; EnCodec: 1


@DECODERS()
class GanConfig(DecoderConfig):
    """The backbone's decoder, judged by multi-scale STFT discriminators besides."""

    kind: Literal["gan"]
    discriminator: DiscriminatorConfig
    start: Count  # step from which the discriminators take part
    alone: Count = 0  # further steps in which they learn, and the model does not from them
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


@DECODERS(module="spiking_music.models.diffusion.vdiffusion:make_decoder")
class DiffusionConfig(DecoderConfig):
    """V-objective diffusion on the waveform, conditioned on the latents."""

    finds_phase: ClassVar[bool] = True
    framewise: ClassVar[bool] = False
    kind: Literal["diffusion"]
    unet: UNetConfig
    rms: Annotated[float, Field(gt=0)]  # of the training audio, which is scaled to unit variance
    sampling_steps: Positive

    def check(self, variant: "VariantConfig") -> None:
        """`ValueError` where the codes would enter at another rate than theirs."""
        if self.unet.hop != variant.signal.hop:
            raise ValueError(
                f"the U-Net's factors reach hop {self.unet.hop} where the codes enter, "
                f"not {variant.signal.hop}"
            )


@DECODERS(module="spiking_music.models.diffusion.framewise:FrameDiffusion")
class FrameDiffusionConfig(DecoderConfig):
    """V-objective diffusion at the frame rate, relative to a predicted envelope (*ours*)."""

    finds_phase: ClassVar[bool] = True
    kind: Literal["frame-diffusion"]
    envelope: ConvNeXtConfig
    denoiser: ConvNeXtConfig
    sampling_steps: Positive
    start: Annotated[float, Field(ge=0, le=1)] = 1.0  # noise level about an estimate by regression
    mel_rounds: Count = 0  # this and `start`: as with weights of before


@DECODERS(module="spiking_music.models.backbones.spectrogram:make_decoder")
class GriffinLimConfig(DecoderConfig):
    """The backbone's magnitudes, and a phase found by fast Griffin-Lim."""

    finds_phase: ClassVar[bool] = True
    kind: Literal["griffin-lim"]
    iterations: Positive
    momentum: Annotated[float, Field(ge=0, lt=1)]

    def check(self, variant: "VariantConfig") -> None:
        """`ValueError` where there are no magnitudes."""
        if variant.backbone is None or variant.backbone.keeps_phase:
            raise ValueError("decoder 'griffin-lim' needs the magnitudes of backbone 'spectrogram'")
