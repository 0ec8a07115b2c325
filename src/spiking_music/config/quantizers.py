"""Sections about bottlenecks: real latents ↔ discrete codes."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from spiking_music.config.registry import QUANTIZERS
from spiking_music.config.sections import Fraction, Positive, Section, Weight

if TYPE_CHECKING:
    from spiking_music.config.models import VariantConfig


class QuantizerConfig(Section):
    """What all bottlenecks have in common; each is registered with its module."""

    if TYPE_CHECKING:  # a field or a property of every class

        @property
        def kind(self) -> str: ...

        @property
        def rows(self) -> int: ...

        @property
        def codebook_size(self) -> int: ...  # values of an index; 1: there is no codebook

    @property
    def codes(self) -> Literal["binary", "rvq", "mel"]:
        """What a model makes: events, indices (of codebooks or of rounded numbers), or a mel
        spectrogram, which is no code.
        """
        return "binary"

    @property
    def layout(self) -> str:
        """What events mean, where an entropy model of their own knows it; "" elsewhere."""
        return ""

    def check(self, variant: "VariantConfig") -> None:
        """`ValueError` where the rest of the variant does not fit."""


class EventsConfig(QuantizerConfig):
    """What all bottlenecks of binary units have in common."""

    if TYPE_CHECKING:  # a field or a property of every class

        @property
        def units(self) -> int: ...

    @property
    def rows(self) -> int:
        """Codes a frame: N."""
        return self.units

    @property
    def codebook_size(self) -> int:
        """There is no codebook."""
        return 1


@QUANTIZERS(module="spiking_music.models.quantizers.rvq:Rvq")
class RvqConfig(QuantizerConfig):
    """Residual vector quantiser with EMA codebooks."""

    kind: Literal["rvq"]
    codebooks: Positive
    codebook_size: Annotated[int, Field(ge=2)]
    decay: Fraction
    commitment: Weight
    dead_below: Weight  # vectors a batch
    dropout: Fraction = 0.0  # of training clips, which use a random number of codebooks

    @property
    def codes(self) -> Literal["rvq"]:
        return "rvq"

    @property
    def rows(self) -> int:
        """Codes a frame: Q."""
        return self.codebooks


@QUANTIZERS(module="spiking_music.models.quantizers.scalar:Scalar")
class ScalarConfig(QuantizerConfig):
    """`latents` real numbers a frame, each quantised uniformly to `bits` bits (*ours*)."""

    kind: Literal["scalar"]
    latents: Positive
    bits: Annotated[int, Field(ge=1, le=12)]

    @property
    def codes(self) -> Literal["rvq"]:
        """Indices, which are stored and coded as those of RVQ are."""
        return "rvq"

    @property
    def rows(self) -> int:
        """Codes a frame."""
        return self.latents

    @property
    def codebook_size(self) -> int:
        """Values of an index."""
        return 2**self.bits


@QUANTIZERS(module="spiking_music.models.quantizers.binary:Binary")
class BinaryConfig(EventsConfig):
    """FREE: z = H(BN(L(enc(x)))) with N units (Lisboa & Bellec 2024)."""

    kind: Literal["binary"]
    units: Positive
    surrogate: Literal["triangle", "sigmoid"]


@QUANTIZERS(module="spiking_music.models.quantizers.multi_threshold:MultiThreshold")
class MultiThresholdConfig(EventsConfig):
    """ON and OFF units of each channel at several thresholds (*ours*)."""

    kind: Literal["multi-threshold"]
    channels: Positive
    thresholds: Positive  # of each sign
    first: Annotated[float, Field(gt=0)] = 0.5  # threshold; 0.5 rounds, more is a dead zone

    @property
    def units(self) -> int:
        """N."""
        return 2 * self.channels * self.thresholds


@QUANTIZERS(
    module="spiking_music.models.quantizers.identity:Identity",
    encoder="spiking_music.models.mel:LogMel",
)
class MelConfig(QuantizerConfig):
    """MEL: no codec; the decoder is given a mel spectrogram of `n_mels` bands."""

    kind: Literal["mel"]
    n_mels: Positive
    n_fft: Positive

    @property
    def codes(self) -> Literal["mel"]:
        """A spectrogram, which is no code."""
        return "mel"

    @property
    def rows(self) -> int:
        """Bands."""
        return self.n_mels

    @property
    def codebook_size(self) -> int:
        """There is no codebook."""
        return 1
