"""Sections about the MDCT codec (*ours*): filter bank, dead-zone quantiser and its step size."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from spiking_music.config.backbones import BackboneConfig
from spiking_music.config.conditioning import ConditioningConfig
from spiking_music.config.quantizers import EventsConfig
from spiking_music.config.registry import BACKBONES, CONDITIONINGS, QUANTIZERS
from spiking_music.config.sections import ConvNeXtConfig, Count, Positive, Weight

if TYPE_CHECKING:
    from spiking_music.config.models import VariantConfig


@BACKBONES(
    encoder="spiking_music.mdct.transform:MdctEncoder",
    decoder="spiking_music.mdct.postfilter:MdctDecoder",
)
class MdctConfig(BackboneConfig, ConvNeXtConfig):
    """A fixed MDCT filter bank as encoder; its inverse and a learned post-filter as decoder."""

    framewise: ClassVar[bool] = True
    kind: Literal["mdct"]
    bins: Positive  # of hop / 2 a kHz at 22.05 kHz, from 0 Hz: coefficients that are coded
    gain_frames: Count  # to either side, over which the frame gain is measured
    envelope_edges: Annotated[tuple[Positive, ...], Field(min_length=2)]  # of its bands, in bins
    n_fft: Positive  # of the post-filter, as the sizes of its blocks

    @property
    def latent(self) -> int:
        """Channels: a coefficient of each bin, the frame gain, the power of each envelope band."""
        return self.bins + len(self.envelope_edges)

    @model_validator(mode="after")
    def _ascending(self) -> "MdctConfig":
        if any(low >= high for low, high in pairwise(self.envelope_edges)):
            raise ValueError("envelope_edges must ascend")
        return self


@QUANTIZERS(module="spiking_music.mdct.quantizer:Deadzone")
class DeadzoneConfig(EventsConfig):
    """A dead-zone scalar quantiser whose levels are sent as a thermometer (unary) code.

    Bin k of size |y| / step(k) fires as many of its units as there are thresholds below; the first
    lies at `threshold` of level 1, the others as far between two levels. The spectral envelope of
    higher bands has levels of its own, each for `envelope_frames`.
    """

    kind: Literal["deadzone"]
    bins: Positive
    step_size: Annotated[float, Field(gt=0)]  # level 1 of bin 0, in units of the frame gain
    weighting: Weight  # step(k) = step_size · (1 + k / weighting_knee)^−weighting
    weighting_knee: Annotated[float, Field(gt=0)]  # bins
    levels: Annotated[tuple[Annotated[float, Field(ge=1)], ...], Field(min_length=1)]
    threshold: Annotated[float, Field(gt=0, le=1)]
    gain_levels: Positive  # of 3 dB, the highest for a full-scale square wave
    envelope_bands: Positive
    envelope_frames: Annotated[int, Field(ge=1, le=255)]
    envelope_levels: Positive  # the highest for coefficients as large as full scale
    envelope_step: Annotated[float, Field(gt=0)]  # from level to level, of 3 dB

    @model_validator(mode="after")
    def _ascending(self) -> "DeadzoneConfig":
        if any(low >= high for low, high in pairwise(self.levels)):
            raise ValueError("levels must ascend")
        return self

    @property
    def units(self) -> int:
        """N: ON, OFF, the levels from the second on, frame gain, levels of the envelope."""
        envelope = self.envelope_bands * self.envelope_levels
        return (len(self.levels) + 1) * self.bins + self.gain_levels + envelope

    @property
    def layout(self) -> str:
        """What the units are, for entropy coding (mdct/thermometer.py)."""
        envelope = (self.envelope_bands, self.envelope_levels, self.envelope_frames)
        numbers = (self.bins, len(self.levels), self.gain_levels, *envelope)
        return ",".join(map(str, numbers))

    def check(self, variant: "VariantConfig") -> None:
        """`ValueError` unless the filter bank has the bins and bands that are quantised."""
        backbone = variant.backbone
        if not isinstance(backbone, MdctConfig) or backbone.bins != self.bins:
            raise ValueError("bottleneck 'deadzone' needs backbone 'mdct' of as many bins")
        if len(backbone.envelope_edges) != self.envelope_bands + 1:
            raise ValueError("bottleneck 'deadzone' needs backbone 'mdct' of as many bands")
        if max(backbone.bins, backbone.envelope_edges[-1]) > variant.signal.hop:
            raise ValueError(f"backbone 'mdct' has {variant.signal.hop} bins: end its bands there")
        if variant.sparsity is not None:
            raise ValueError("bottleneck 'deadzone' has a step size in place of a sparsity loss")


@CONDITIONINGS(module="spiking_music.mdct.conditioning:make_step_size")
class StepSizeConfig(ConditioningConfig):
    """Rate conditioning by the quantiser's step size: step(μ) = step_size · 2^(μ / `doubling`)."""

    monotone: ClassVar[bool] = True
    kind: Literal["step-size"]
    levels: Annotated[int, Field(ge=2, le=32)]  # values of μ
    doubling: Annotated[float, Field(gt=0)]  # in μ
    default: Count  # μ that the codec takes where it is asked for none

    @model_validator(mode="after")
    def _default_exists(self) -> "StepSizeConfig":
        if self.default >= self.levels:
            raise ValueError(f"default must be one of the levels 0..{self.levels - 1}")
        return self

    @property
    def default_level(self) -> int:
        """The same, by the name that all conditionings have for it."""
        return self.default

    def check(self, variant: "VariantConfig") -> None:
        """`ValueError` without a quantiser that has a step size."""
        if not isinstance(variant.bottleneck, DeadzoneConfig):
            raise ValueError("a conditioning of step sizes needs the bottleneck 'deadzone'")
