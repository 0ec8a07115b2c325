"""The RVQ baseline: Q residual codebooks of K vectors (SoundStream, EnCodec), with EMA upkeep."""

import torch
from torch import Tensor, nn

from spiking_music.config import RvqConfig
from spiking_music.errors import CodeError
from spiking_music.models.across import drawn, gathered
from spiking_music.models.parts import FRAMEWISE, Drawn
from spiking_music.models.quantizers.base import (
    Quantised,
    Quantizer,
    index_statistics,
    require_indices,
)

KMEANS_ROUNDS = 10
SMOOTHING = 1e-5  # of counts, so that no code is divided by zero


class Codebook(nn.Module):
    """K vectors (K, C) that follow moving averages of what is nearest to them.

    All state is in buffers, hence in the weights file: `vectors` = `sums` / `counts`. A file may do
    without `sums`, as those to be shipped do (`Rvq.derived`).
    """

    vectors: Tensor
    sums: Tensor
    counts: Tensor
    started: Tensor

    def __init__(self, config: RvqConfig, width: int) -> None:
        super().__init__()
        self.decay, self.dead_below = config.decay, config.dead_below
        self.register_buffer("vectors", torch.zeros(config.codebook_size, width))
        self.register_buffer("sums", torch.zeros(config.codebook_size, width))
        self.register_buffer("counts", torch.ones(config.codebook_size))
        self.register_buffer("started", torch.tensor(False))
        self.register_load_state_dict_pre_hook(_add_sums)

    def nearest(self, x: Tensor) -> Tensor:
        """Index (…) of the vector nearest to each x (…, C)."""
        return nearest(x.flatten(0, -2), self.vectors).view(x.shape[:-1])

    @torch.no_grad()
    def start(self, x: Tensor) -> None:
        """k-means of vectors x (M, C), from a draw of them by torch's global generator."""
        self.vectors.copy_(_drawn(x, len(self.vectors)))
        for _ in range(KMEANS_ROUNDS):
            counts, sums = self._totals(x, self.nearest(x))
            means = sums / counts.clamp(min=1)[:, None]
            self.vectors.copy_(torch.where(counts[:, None] > 0, means, self.vectors))
        self.counts.copy_(counts)
        self.sums.copy_(self.vectors * counts[:, None])
        self.vectors.copy_(self.sums / self._smoothed()[:, None])
        self.started.fill_(True)

    @torch.no_grad()
    def follow(self, x: Tensor, indices: Tensor) -> None:
        """Move towards x (M, C), each assigned to the index (M,); then replace dead codes."""
        counts, sums = self._totals(x, indices)
        self.counts.lerp_(counts, 1 - self.decay)
        self.sums.lerp_(sums, 1 - self.decay)
        self.vectors.copy_(self.sums / self._smoothed()[:, None])
        dead = (self.counts < self.dead_below).nonzero()[:, 0]
        if len(dead) and len(x):
            dead = dead[drawn(torch.randperm(len(dead), device=dead.device))[: len(x)]]
            self.vectors[dead] = _drawn(x, len(dead))
            self.counts[dead] = self.dead_below
            self.sums[dead] = self.vectors[dead] * self.dead_below

    def _totals(self, x: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
        """How many x (M, C) each code has, (K,), and their sum, (K, C)."""
        chosen = nn.functional.one_hot(indices, len(self.vectors)).to(x.dtype)  # (M, K)
        return chosen.sum(dim=0), chosen.T @ x

    def _smoothed(self) -> Tensor:
        total = self.counts.sum()
        return (self.counts + SMOOTHING) / (total + len(self.counts) * SMOOTHING) * total


def _add_sums(_: nn.Module, state: dict[str, Tensor], prefix: str, *__: object) -> None:
    """Before a `Codebook` is loaded: what the state lacks, as it follows from the rest."""
    if f"{prefix}sums" not in state and f"{prefix}vectors" in state:
        counts = state[f"{prefix}counts"][:, None]
        state[f"{prefix}sums"] = state[f"{prefix}vectors"] * counts


class Rvq(Quantizer):
    """Latents (B, C, T) → indices (B, Q, T) in 0..K−1 → latents (B, C, T).

    Codebook q quantises what the codebooks before it left over. The first training batch starts
    them by k-means. In training, a share `dropout` of the clips uses a random number of the first
    codebooks only, so that any number of them decodes: one model, many rates.

    Lisboa & Bellec 2024, RVQ.
    """

    drawn = Drawn("residual vector quantiser", codebooks=("vectors",))
    receptive_field = FRAMEWISE

    def __init__(self, config: RvqConfig, width: int) -> None:
        super().__init__()
        self.codebooks, self.codebook_size = config.codebooks, config.codebook_size
        self.commitment, self.dropout = config.commitment, config.dropout
        self.layers = nn.ModuleList(Codebook(config, width) for _ in range(config.codebooks))

    @property
    def derived(self) -> frozenset[str]:
        return frozenset(f"layers.{q}.sums" for q in range(self.codebooks))

    def forward(self, latent: Tensor) -> Quantised:
        with torch.autocast(latent.device.type, enabled=False):  # averages need full precision
            return self._quantise(latent.float())

    def _quantise(self, latent: Tensor) -> Quantised:
        x = latent.transpose(1, 2)  # (B, T, C)
        used = self._used(len(x)).to(x.device)  # (B,)
        batch = gathered(used) if self.training else used  # processes agree on codebooks
        residual, found, commitment = x, torch.zeros_like(x), x.new_zeros(())
        codes = []
        for q, codebook in enumerate(self._books()):
            on = used > q  # (B,)
            vectors = residual.detach()
            if self.training and not codebook.started:
                codebook.start(gathered(vectors).flatten(0, 1))
            elif not codebook.started:
                raise _empty()
            indices = codebook.nearest(vectors)  # (B, T)
            code = codebook.vectors[indices]  # (B, T, C), without a gradient
            if self.training:
                everyones, chosen = gathered(vectors)[batch > q], gathered(indices)[batch > q]
                codebook.follow(everyones.flatten(0, 1), chosen.flatten())
            # the residual differs from the latent by constants: every layer reaches the encoder
            commitment = commitment + (on[:, None, None] * (residual - code).square()).mean()
            found = found + on[:, None, None] * code
            residual = residual - code
            codes.append(indices)
        straight = latent + (found.transpose(1, 2) - latent).detach()
        indices = torch.stack(codes, dim=1)
        losses = {"commitment": self.commitment * commitment}
        return Quantised(straight, indices, losses, index_statistics(indices, self.codebook_size))

    @torch.no_grad()
    def encode(self, latent: Tensor) -> Tensor:
        """Indices (B, Q, T) int64; `CodeError` before the first training step."""
        residual, codes = latent.transpose(1, 2).float(), []
        for codebook in self._books():
            if not codebook.started:
                raise _empty()
            codes.append(codebook.nearest(residual))
            residual = residual - codebook.vectors[codes[-1]]
        return torch.stack(codes, dim=1)

    def decode(self, codes: Tensor) -> Tensor:
        """Latents (B, C, T) of indices (B, q, T) of the first q ≤ Q codebooks.

        `CodeError` unless they are in 0..K−1.
        """
        rows = max(1, min(codes.shape[1], self.codebooks)) if codes.ndim == 3 else self.codebooks
        require_indices(codes, rows, self.codebook_size)
        chosen = [
            codebook.vectors[row]
            for codebook, row in zip(self._books(), codes.long().unbind(1), strict=False)
        ]
        return torch.stack(chosen).sum(dim=0).transpose(1, 2)

    def _used(self, clips: int) -> Tensor:
        """How many codebooks each clip uses, (clips,)."""
        used = torch.full((clips,), self.codebooks)
        if self.training and self.dropout:
            fewer = torch.rand(clips) < self.dropout
            used = torch.where(fewer, torch.randint(1, self.codebooks + 1, (clips,)), used)
        return used

    def _books(self) -> list[Codebook]:
        return [layer for layer in self.layers if isinstance(layer, Codebook)]


def nearest(x: Tensor, vectors: Tensor) -> Tensor:
    """Index (M,) of the vector (K, C) nearest to each x (M, C)."""
    distance = vectors.square().sum(dim=1) - 2 * x @ vectors.T  # (M, K), less |x|²
    return distance.argmin(dim=1)


def _drawn(x: Tensor, count: int) -> Tensor:
    """`count` of the vectors x (M, C), none twice where there are enough."""
    if len(x) >= count:
        return x[drawn(torch.randperm(len(x), device=x.device))[:count]]
    return x[drawn(torch.randint(len(x), (count,), device=x.device))]


def _empty() -> CodeError:
    return CodeError("the codebooks are empty: train the model for a step before coding")
