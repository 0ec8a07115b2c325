"""MEL has no bottleneck: a mel spectrogram passes as it is."""

from torch import Tensor, nn

from spiking_music.errors import CodeError
from spiking_music.model.bottleneck.quantised import Quantised


class Passage(nn.Module):
    """Latents (B, C, T) float32 are their own code, of no bit rate worth a name."""

    def __init__(self, width: int) -> None:
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
