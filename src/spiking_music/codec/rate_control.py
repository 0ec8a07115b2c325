"""Rate control of a model with levels (Lisboa & Bellec 2024, μ-SPARSE): the sender picks μ.

It tries all levels. Two targets: the highest μ (fewest events) whose SI-SNR exceeds a bound, or the
lowest μ (best sound) within a bit rate. Neither quality nor rate need be monotone in μ (where they
are, `bisection` is quicker). A target may be out of reach: a `Choice` says so, and what is nearest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from spiking_music.codec import formats
from spiking_music.codec.si_snr import si_snr
from spiking_music.errors import CodeError

COLUMNS = ("clip", "level", "events", "kbps", "kbps_paper", "si_snr_db")


class LevelModel(Protocol):
    """What rate control needs of an `Autoencoder`; B counts clips, each with its own level."""

    def latents(self, x: Tensor) -> Tensor:
        """What does not depend on μ, of audio (B, 1, T_x): (B, …), computed once for all levels."""

    def codes_at(self, latents: Tensor, level: Tensor) -> Tensor:
        """Events (B, N, T) in {0, 1} at `level` (B,) int64."""

    def decode(self, codes: Tensor, level: Tensor) -> Tensor:
        """Audio (B, 1, T_x)."""


@dataclass(frozen=True)
class Sweep:
    """B clips at each of L levels."""

    levels: NDArray[np.int64]  # (L,) ascending
    codes: NDArray[np.uint8]  # (L, B, N, T)
    events: NDArray[np.int64]  # (L, B), S
    kbps: NDArray[np.float64]  # (L, B), of what is written; nan where `sweep` was given no `price`
    kbps_paper: NDArray[np.float64]  # (L, B), see `formats.stored_bits`
    si_snr_db: NDArray[np.float64]  # (L, B), nan for silence

    def table(self, numbers: Sequence[int]) -> pd.DataFrame:
        """A row a clip and level, clips under their `numbers` (B,); columns `COLUMNS`."""
        count, clips = self.events.shape
        return pd.DataFrame(
            {
                "clip": np.repeat(numbers, count),
                "level": np.tile(self.levels, clips),
                "events": self.events.T.ravel(),
                "kbps": self.kbps.T.ravel(),
                "kbps_paper": self.kbps_paper.T.ravel(),
                "si_snr_db": self.si_snr_db.T.ravel(),
            }
        )


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


@torch.no_grad()
def sweep(
    model: LevelModel,
    audio: Tensor,
    levels: Sequence[int],
    batch: int,
    sample_rate: int,
    counted: slice = slice(None),
    price: Callable[[NDArray[np.uint8]], float] | None = None,
) -> Sweep:
    """Code and decode `audio` (B, 1, T_x) at all `levels`, `batch` clips at a time.

    Only the frames `counted` are kept and measured: what is around them is context. `price` gives
    the kbps at which events (N, T) of one clip are written. The model's μ-independent part runs
    once a clip. Raises `CodeError` where no level is given.
    """
    if not levels:
        raise CodeError("rate control needs one level at least")
    levels = sorted(set(levels))
    latents = torch.cat([model.latents(part) for part in audio.split(batch)])
    each = torch.tensor(levels, device=audio.device).repeat_interleave(len(audio))  # level by level
    clips = torch.arange(len(audio), device=audio.device).repeat(len(levels))
    codes, quality = [], []
    for level, clip in zip(each.split(batch), clips.split(batch), strict=True):
        z = model.codes_at(latents[clip], level)
        codes.append(z[..., counted].to(torch.uint8).cpu().numpy())
        steps = z.shape[-1]
        quality.append(quality_of(model, z, level, audio[clip], counted))
    shape = (len(levels), len(audio))
    matrices = np.concatenate(codes).reshape(*shape, *codes[0].shape[1:])  # (L, B, N, T)
    events = matrices.sum(axis=(2, 3), dtype=np.int64)
    units, kept = matrices.shape[2:]
    seconds = audio.shape[-1] / steps * kept / sample_rate
    paper = formats.stored_bits(units, kept, events, levels=True) / (1000 * seconds)
    kbps = np.full(shape, np.nan)
    if price is not None:
        kbps = np.array([[price(z) for z in clips_of_level] for clips_of_level in matrices])
    si_snr_db = np.concatenate(quality).reshape(shape)
    return Sweep(np.array(levels), matrices, events, kbps, paper, si_snr_db)


def quality_of(
    model: LevelModel, z: Tensor, level: Tensor, audio: Tensor, counted: slice
) -> NDArray[np.float64]:
    """SI-SNR (B,) in dB of the steps `counted` of events z (B, N, T), nan for silence."""
    heard, steps = model.decode(z, level), z.shape[-1]
    return si_snr(_samples(heard, steps, counted), _samples(audio, steps, counted))


def highest_level(table: pd.DataFrame, bound_db: float) -> Choice:
    """The highest level of one clip's rows (columns `COLUMNS`) whose SI-SNR exceeds `bound_db`.

    Lisboa & Bellec 2024, quality control, where the bound is 9 dB.

    Where none does (a silent clip has no SI-SNR and never does), nearest is the best SI-SNR.
    """
    quality = table["si_snr_db"].fillna(-np.inf).to_numpy()
    return _choose(table, quality > bound_db, -table["level"], -quality, over(bound_db))


def lowest_level(table: pd.DataFrame, budget_kbps: float) -> Choice:
    """The lowest level of one clip's rows that costs at most `budget_kbps`, else the cheapest.

    The counterpart of `highest_level` for a rate (*ours*).
    """
    kbps = table["kbps"].to_numpy()
    return _choose(table, kbps <= budget_kbps, table["level"], kbps, within(budget_kbps))


def over(bound_db: float) -> str:
    """The target of quality, in words."""
    return f"over {bound_db:g} dB"


def within(budget_kbps: float) -> str:
    """The target of rate, in words."""
    return f"{budget_kbps:g} kbps or less"


def controlled(table: pd.DataFrame, choose: Callable[[pd.DataFrame], Choice]) -> pd.DataFrame:
    """What `choose` picks for every clip of a sweep, and whether that met the target.

    Columns: clip, met, level, kbps, kbps_paper, si_snr_db.
    """
    chosen = {clip: choose(rows) for clip, rows in table.groupby("clip")}
    found = pd.DataFrame(
        {
            "clip": list(chosen),
            **{
                name: [getattr(choice, name) for choice in chosen.values()]
                for name in ("met", "level", "kbps", "si_snr_db")
            },
        }
    )
    paper = table[["clip", "level", "kbps_paper"]]
    columns = ["clip", "met", "level", "kbps", "kbps_paper", "si_snr_db"]
    return found.merge(paper, on=["clip", "level"], how="left")[columns]


def _choose(
    table: pd.DataFrame, fits: NDArray[np.bool_], first: ArrayLike, near: ArrayLike, wish: str
) -> Choice:
    """The fitting row smallest in `first`, or else the row smallest in `near`."""
    met = bool(fits.any())
    index = int(np.argmin(np.where(fits, first, np.inf) if met else near))
    level, kbps, si_snr_db = table[["level", "kbps", "si_snr_db"]].to_numpy(np.float64)[index]
    return Choice(met, int(level), float(kbps), float(si_snr_db), wish)


def _samples(audio: Tensor, steps: int, counted: slice) -> NDArray[np.float32]:
    """Samples (B, L) of the steps `counted`, of audio (B, 1, T_x) of so many steps."""
    return audio[:, 0].unflatten(-1, (steps, -1))[:, counted].flatten(1).float().cpu().numpy()
