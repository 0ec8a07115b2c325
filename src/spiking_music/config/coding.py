"""Sections about what lies between waveform and codes: backbones, bottlenecks, context blocks."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from spiking_music.config.sections import Count, Fraction, Positive, Section, Weight


class SpectralConfig(Section):
    """STFT front end, ConvNeXt blocks at the frame rate, iSTFT head (*ours*)."""

    kind: Literal["spectral"]
    latent: Positive
    n_fft: Positive
    width: Positive
    depth: Positive
    kernel: Positive
    expansion: Positive


class SeanetConfig(Section):
    """EnCodec's SEANet (Lisboa & Bellec 2024, encoder)."""

    kind: Literal["seanet"]
    latent: Positive
    channels: Positive
    ratios: tuple[Positive, ...]
    lstm_layers: Count


class WaveformConfig(Section):
    """The older time-domain auto-encoder: strided 1-D convolutions on the waveform."""

    kind: Literal["waveform"]
    latent: Positive
    channels: Positive  # of the first convolution; doubled at each further one
    ratios: tuple[Positive, ...]


class SpectrogramConfig(Section):
    """The older frequency-domain auto-encoder: STFT magnitudes as an image, without phase."""

    kind: Literal["spectrogram"]
    latent: Positive
    n_fft: Positive
    exponent: Annotated[float, Field(gt=0, le=1)]  # of the magnitudes in the image
    channels: Positive  # of the first convolution; doubled at each further one
    ratios: tuple[Annotated[int, Field(gt=0, multiple_of=2)], ...]  # strides along frequency


class LappedConfig(Section):
    """A fixed lapped transform (MDCT) as encoder, a learned repair after its inverse (*ours*)."""

    kind: Literal["lapped"]
    bins: Positive  # of hop / 2 a kHz at 22.05 kHz, from 0 Hz: what is sent
    loudness_steps: Count  # to either side, over which loudness is measured
    bands: Annotated[tuple[Positive, ...], Field(min_length=2)]  # edges, in bins: levels are sent
    n_fft: Positive  # of the repair
    width: Positive
    depth: Positive
    kernel: Positive
    expansion: Positive

    @property
    def latent(self) -> int:
        """Channels: a coefficient of each bin, the loudness, and the level of each band."""
        return self.bins + len(self.bands)

    @model_validator(mode="after")
    def _ascending(self) -> "LappedConfig":
        if any(low >= high for low, high in pairwise(self.bands)):
            raise ValueError("edges of bands must ascend")
        return self


class RvqConfig(Section):
    """Residual vector quantiser with EMA codebooks (Lisboa & Bellec 2024, RVQ)."""

    kind: Literal["rvq"]
    codebooks: Positive
    codebook_size: Annotated[int, Field(ge=2)]
    decay: Fraction
    commitment: Weight
    dead_below: Weight

    @property
    def codes(self) -> Literal["rvq"]:
        """What kind of codes a model with this bottleneck makes."""
        return "rvq"

    @property
    def rows(self) -> int:
        """Codes a step: Q."""
        return self.codebooks


class ScalarConfig(Section):
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
        """Codes a step."""
        return self.latents

    @property
    def codebook_size(self) -> int:
        """Values of an index."""
        return 2**self.bits


class EventsConfig(Section):
    """What all bottlenecks of binary units have in common."""

    @property
    def codes(self) -> Literal["binary"]:
        """What kind of codes a model with this bottleneck makes."""
        return "binary"

    @property
    def codebook_size(self) -> int:
        """There is no codebook."""
        return 1


class BinaryConfig(EventsConfig):
    """z = H(BN(L(enc(x)))) with N units (Lisboa & Bellec 2024, FREE)."""

    kind: Literal["binary"]
    units: Positive
    surrogate: Literal["triangle", "sigmoid"]

    @property
    def rows(self) -> int:
        """Codes a step: N."""
        return self.units


class GradedConfig(EventsConfig):
    """ON and OFF units of each channel at `grades` thresholds (*ours*)."""

    kind: Literal["graded"]
    channels: Positive
    grades: Positive
    threshold: Annotated[float, Field(gt=0)] = 0.5  # the first: 0.5 rounds, more is silent longer

    @property
    def units(self) -> int:
        """N."""
        return 2 * self.channels * self.grades

    @property
    def rows(self) -> int:
        """Codes a step: N."""
        return self.units


class LadderConfig(EventsConfig):
    """ON and OFF units of each bin, units of higher grades, and ladders of loudness (*ours*).

    Bin k of size |y| / step(k) fires as many of its units as there are thresholds below; the first
    lies at `threshold` of grade 1, the others as far between two grades. Bands of higher pitch have
    levels of loudness of their own, each for `band_steps`.
    """

    kind: Literal["ladder"]
    bins: Positive
    step: Annotated[float, Field(gt=0)]  # grade 1 of bin 0, in units of the loudness
    tilt: Weight  # step(k) = step · (1 + k / knee)^−tilt: finer where music is softer
    knee: Annotated[float, Field(gt=0)]  # bins
    grades: Annotated[tuple[Annotated[float, Field(ge=1)], ...], Field(min_length=1)]
    threshold: Annotated[float, Field(gt=0, le=1)]
    loudness: Positive  # levels of 3 dB, the highest for a full-scale square wave
    bands: Positive
    band_steps: Annotated[int, Field(ge=1, le=255)]
    band_levels: Positive  # the highest for coefficients as large as full scale
    band_step: Annotated[float, Field(gt=0)]  # from level to level, of 3 dB

    @model_validator(mode="after")
    def _ascending(self) -> "LadderConfig":
        if any(low >= high for low, high in pairwise(self.grades)):
            raise ValueError("grades must ascend")
        return self

    @property
    def rows(self) -> int:
        """Codes a step, N: ON, OFF, the grades from the second on, loudness, levels of bands."""
        bands = self.bands * self.band_levels
        return (len(self.grades) + 1) * self.bins + self.loudness + bands


class MelConfig(Section):
    """No codec: the decoder is given a mel spectrogram (Lisboa & Bellec 2024, MEL)."""

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


class ConformerConfig(Section):
    """Conformer layers before L and as many after H (Lisboa & Bellec 2024, SPARSE)."""

    kind: Literal["conformer"]
    layers: Positive
    heads: Positive
    kernel: Positive

    @property
    def reach(self) -> int:
        """Steps on either side that its convolutions take in; its attention hears all."""
        return self.layers * (self.kernel // 2)


class GainConfig(Section):
    """Gains (*ours*): a level scales and shifts the latents, before L and after H."""

    kind: Literal["gain"]

    @property
    def reach(self) -> int:
        """Each step is for itself."""
        return 0


class StepsConfig(Section):
    """Levels of the ladder's step (*ours*): step(μ) = step · 2^(μ / `doubling`)."""

    kind: Literal["steps"]
    levels: Annotated[int, Field(ge=2, le=32)]
    doubling: Annotated[float, Field(gt=0)]  # levels
    default: Count  # μ that the codec takes where it is asked for none

    @model_validator(mode="after")
    def _default_exists(self) -> "StepsConfig":
        if self.default >= self.levels:
            raise ValueError(f"default must be one of the levels 0..{self.levels - 1}")
        return self

    @property
    def reach(self) -> int:
        """Each step is for itself."""
        return 0
