"""What every part of a model says of itself, so that nobody else has to know which parts there are.

How far it reaches over time (windowed coding depends on it), and how figure 2 shows it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from spiking_music.models.noise import Noise
from spiking_music.models.receptive_field import FRAMEWISE, ReceptiveField

__all__ = [
    "FRAMEWISE",
    "Conditioner",
    "Decoder",
    "Drawn",
    "Encoder",
    "Part",
    "ReceptiveField",
]


@dataclass(frozen=True)
class Drawn:
    """How figure 2 shows a module: by a name, or (`composite`) by its children and then itself
    where it ends in another size than they do.

    channels_last: its output is (B, length, channels). codebooks: buffers that training learns.
    Without a name it is not shown.
    """

    name: str
    composite: bool = False
    channels_last: bool = False
    codebooks: tuple[str, ...] = ()


class Part(nn.Module, ABC):
    """A part of a model on the T-grid. A class without a receptive field cannot be built."""

    drawn: ClassVar[Drawn | None] = None

    @property
    @abstractmethod
    def receptive_field(self) -> ReceptiveField:
        """Of this part alone."""


class Encoder(Part):
    """Audio (B, 1, T·hop) → latents (B, C, T)."""


class Decoder(Part):
    """Latents (B, C, T) → audio (B, 1, T·hop), by regression unless a class says otherwise."""

    def learn(self, audio: Tensor, latent: Tensor) -> tuple[Tensor | None, dict[str, Tensor]]:
        """In training: the reconstruction, None where the decoder learns from something else, and
        its own losses (scalars) for `audio`.
        """
        return self(latent), {}

    def start_from(self, other: "Decoder") -> None:
        """Copy all tensors of `other`; `RuntimeError` where names or shapes are not the same."""
        self.load_state_dict(other.state_dict())

    def synthesize(self, latent: Tensor, noise: Noise) -> Tensor:
        """Audio of latents, with the random numbers of `noise` where it takes any."""
        return self(latent)


class Conditioner(Part):
    """Latents (B, C, T) and levels μ (B,) int64 → latents (B, C, T): context, rate conditioning."""

    @abstractmethod
    def forward(self, x: Tensor, level: Tensor | None = None) -> Tensor:
        """`CodeError` where a level is missing, not asked for, or out of range."""

    def near_identity(self) -> None:
        """Before training among parts that were trained without it: change as little as can be."""
