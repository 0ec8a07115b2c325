"""MEL's bottleneck is none: a mel spectrogram passes as it is."""

from torch import Tensor

from spiking_music.config import MelConfig
from spiking_music.errors import CodeError
from spiking_music.models.parts import FRAMEWISE, Drawn
from spiking_music.models.quantizers.base import Quantised, Quantizer


class Identity(Quantizer):
    """Latents (B, C, T) float32 are their own code, of no bit rate worth a name."""

    drawn = Drawn("as it is")
    receptive_field = FRAMEWISE

    def __init__(self, config: MelConfig, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, latent: Tensor) -> Quantised:
        return Quantised(latent, latent, {}, {})

    def encode(self, latent: Tensor) -> Tensor:
        """The latents themselves."""
        return latent

    def decode(self, codes: Tensor) -> Tensor:
        """The codes themselves; `CodeError` where they have another shape."""
        if codes.ndim != 3 or codes.shape[1] != self.width:
            raise CodeError(
                f"the model decodes spectrograms of shape (B, {self.width}, T), "
                f"not {tuple(codes.shape)}"
            )
        return codes
