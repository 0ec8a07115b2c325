"""Rate control of a model with levels (Lisboa & Bellec 2024, μ-SPARSE): the sender picks μ.

It tries all levels. Two targets: the highest μ (fewest events) whose SI-SNR exceeds a bound, or the
lowest μ (best sound) within a bit rate. Neither quality nor rate need be monotone in μ (where they
are, `bisection` is quicker). A target may be out of reach: a `Choice` says so, and what is nearest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from spiking_music.codec import formats
from spiking_music.codec.choice import Choice, over, quality_of, within
from spiking_music.codec.network import Audio, LevelNetwork
from spiking_music.errors import CodeError

COLUMNS = ("clip", "level", "events", "kbps", "kbps_paper", "si_snr_db")


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


def sweep(
    network: LevelNetwork,
    audio: Audio,
    levels: Sequence[int],
    batch: int,
    sample_rate: int,
    counted: slice = slice(None),
    price: Callable[[NDArray[np.uint8]], float] | None = None,
) -> Sweep:
    """Code and decode `audio` (B, T_x) at all `levels`, `batch` clips at a time.

    Only the frames `counted` are kept and measured: what is around them is context. `price` gives
    the kbps at which events (N, T) of one clip are written. The network's μ-independent part runs
    once a clip. Raises `CodeError` where no level is given.
    """
    if not levels:
        raise CodeError("rate control needs one level at least")
    levels = sorted(set(levels))
    starts = range(0, len(audio), batch)
    latents = np.concatenate([network.latents(audio[i : i + batch]) for i in starts])
    each = np.repeat(np.array(levels, np.int64), len(audio))  # level by level
    clips = np.tile(np.arange(len(audio)), len(levels))
    codes, quality = [], []
    for i in range(0, len(each), batch):
        level, clip = each[i : i + batch], clips[i : i + batch]
        z = network.codes_at(latents[clip], level)
        codes.append(z[..., counted].astype(np.uint8, copy=False))
        steps = z.shape[-1]
        quality.append(quality_of(network, z, level, audio[clip], counted))
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
