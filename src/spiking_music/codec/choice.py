"""What rate control decides by: the quality of a decoded block, and a level that meets a target."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.network import Audio, Codes, LevelNetwork, Levels
from spiking_music.codec.si_snr import si_snr
from spiking_music.errors import CodeError


@dataclass(frozen=True)
class Choice:
    """The level that a target leads to, or the plain statement that none does."""

    met: bool
    level: int  # where not met: the one that came nearest
    kbps: float
    si_snr_db: float
    wish: str

    def require(self) -> int:
        """The level; `CodeError` where the target is not met."""
        if not self.met:
            raise CodeError(
                f"no level gives {self.wish}: the nearest, {self.level}, gives"
                f" {self.si_snr_db:.1f} dB at {self.kbps:.2f} kbps; choose another bound"
            )
        return self.level


def over(bound_db: float) -> str:
    """The target of quality, in words."""
    return f"over {bound_db:g} dB"


def within(budget_kbps: float) -> str:
    """The target of rate, in words."""
    return f"{budget_kbps:g} kbps or less"


def quality_of(
    network: LevelNetwork, z: Codes, level: Levels, audio: Audio, counted: slice
) -> NDArray[np.float64]:
    """SI-SNR (B,) in dB of the steps `counted` of events z (B, N, T), nan for silence."""
    steps = audio.reshape(len(audio), z.shape[-1], -1)  # (B, T, hop)
    wanted = steps[:, counted].reshape(len(audio), -1)
    return si_snr(network.decode(z, level, kept=counted), wanted)
