"""The RVQ baseline: Q residual codebooks of K vectors, as in EnCodec."""

from torch import Tensor, nn

from spiking_music.config import RvqConfig
from spiking_music.errors import CodeError
from spiking_music.model.bottleneck.indices import require_indices, statistics
from spiking_music.model.bottleneck.quantised import Quantised


class Rvq(nn.Module):
    """Latents (B, C, T) → indices (B, Q, T) in 0..K−1 → latents (B, C, T).

    Lisboa & Bellec 2024, RVQ: Q = 8, K = 1024, B_VQ = Q·T·⌈log2 K⌉ bits a clip.
    The first training batch starts the codebooks by k-means (drawn from torch's global generator);
    afterwards they follow moving averages and codes that fall out of use are replaced by latents of
    the batch. All of this state is in buffers, hence in the weights file.
    """

    def __init__(self, config: RvqConfig, width: int) -> None:
        # here, as it imports a compiler: seconds that FREE need not wait
        from vector_quantize_pytorch import ResidualVQ

        super().__init__()
        self.codebooks = config.codebooks
        self.codebook_size = config.codebook_size
        self.commitment = config.commitment
        self.quantiser = ResidualVQ(
            dim=width,
            num_quantizers=config.codebooks,
            codebook_size=config.codebook_size,
            decay=config.decay,
            kmeans_init=True,
            threshold_ema_dead_code=config.dead_below,
            commitment_weight=1.0,
            rotation_trick=False,
        )

    def forward(self, latent: Tensor) -> Quantised:
        self._require_codebooks()
        quantised, indices, commitments = self.quantiser(latent.transpose(1, 2))  # (B, T, C | Q)
        # The library lets every layer copy the gradient, Q-fold in sum; one copy is meant.
        quantised = latent + (quantised.transpose(1, 2) - latent).detach()
        # Residuals differ from the latent by constants: every commitment reaches the encoder.
        losses = {"commitment": self.commitment * commitments.sum()}
        codes = indices.transpose(1, 2)
        return Quantised(quantised, codes, losses, statistics(codes, self.codebook_size))

    def encode(self, latent: Tensor) -> Tensor:
        """Indices (B, Q, T) int64; `CodeError` before the first training step."""
        self._require_codebooks()
        _, indices, _ = self.quantiser(latent.transpose(1, 2), freeze_codebook=True)
        return indices.transpose(1, 2)

    def decode(self, codes: Tensor) -> Tensor:
        """Latents (B, C, T) of indices (B, Q, T); `CodeError` unless they are in 0..K−1."""
        require_indices(codes, self.codebooks, self.codebook_size)
        return self.quantiser.get_output_from_indices(codes.long().transpose(1, 2)).transpose(1, 2)

    def _require_codebooks(self) -> None:
        """Refuse to let the library run k-means on whatever is being coded."""
        if not self.training and not self.quantiser.layers[0]._codebook.initted:
            raise CodeError("the codebooks are empty: train the model for a step before coding")
