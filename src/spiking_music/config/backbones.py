"""Sections about backbones: what lies between the waveform and the latents."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from spiking_music.config.registry import BACKBONES
from spiking_music.config.sections import ConvNeXtConfig, Count, Positive, Section


class BackboneConfig(Section):
    """What all backbones have in common; each is registered with its encoder and its decoder."""

    keeps_phase: ClassVar[bool] = True  # else only a decoder that finds one will do
    framewise: ClassVar[bool] = False  # whether all layers run at the frame rate
    if TYPE_CHECKING:  # a field or a property of every class

        @property
        def kind(self) -> str: ...

        @property
        def latent(self) -> int: ...


@BACKBONES(
    encoder="spiking_music.models.backbones.spectral:SpectralEncoder",
    decoder="spiking_music.models.backbones.spectral:SpectralDecoder",
)
class SpectralConfig(BackboneConfig, ConvNeXtConfig):
    """STFT front end, ConvNeXt blocks at the frame rate, iSTFT head (*ours*)."""

    framewise: ClassVar[bool] = True
    kind: Literal["spectral"]
    latent: Positive
    n_fft: Positive


@BACKBONES(
    encoder="spiking_music.models.backbones.seanet:SeanetEncoder",
    decoder="spiking_music.models.backbones.seanet:SeanetDecoder",
)
class SeanetConfig(BackboneConfig):
    """EnCodec's SEANet, the backbone of Lisboa & Bellec 2024."""

    kind: Literal["seanet"]
    latent: Positive
    channels: Positive
    ratios: tuple[Positive, ...]
    lstm_layers: Count


@BACKBONES(
    encoder="spiking_music.models.backbones.waveform:WaveformEncoder",
    decoder="spiking_music.models.backbones.waveform:WaveformDecoder",
)
class WaveformConfig(BackboneConfig):
    """Strided 1-D convolutions on the waveform: the time-domain auto-encoder."""

    kind: Literal["waveform"]
    latent: Positive
    channels: Positive  # of the first convolution; doubled at each further one
    ratios: tuple[Positive, ...]


@BACKBONES(encoder="spiking_music.models.backbones.spectrogram:SpectrogramEncoder")
class SpectrogramConfig(BackboneConfig):
    """STFT magnitudes as an image under 2-D convolutions, without the phase."""

    keeps_phase: ClassVar[bool] = False
    kind: Literal["spectrogram"]
    latent: Positive
    n_fft: Positive
    exponent: Annotated[float, Field(gt=0, le=1)]  # of the magnitudes in the image
    channels: Positive  # of the first convolution; doubled at each further one
    ratios: tuple[Annotated[int, Field(gt=0, multiple_of=2)], ...]  # strides along frequency
