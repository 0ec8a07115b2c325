"""Codes → bits: what each of the paper's formats costs for each clip, and the entropy beside it."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.codec import formats
from spiking_music.codec.bits import width
from spiking_music.errors import CodeError
from spiking_music.evaluation.codes import NO_LEVEL, CodesFile, open_codes

BATCH = 256  # clips read at a time
COLUMNS = (
    "clip",
    "events",
    "density",
    "kbps_dense",
    "kbps_coo",
    "kbps_time",
    "kbps_units",
    "kbps_cheapest",
    "format",
    "events_per_second",
    "kbps_entropy",
)


def storage(codes: Path, out: Path) -> None:
    """Account for the file `codes`; write a row a clip with the columns `COLUMNS`.

    Rates are kbit a second of audio. Binary codes: kbps_<format> is the paper's formula alone;
    kbps_cheapest adds the 2 bits that name the format, the ⌈log2(S_max+1)⌉ bits of S, S_max
    being the largest S in the file, and where the model has levels the 5 bits of μ; kbps_entropy is
    N·T·H2(S/(N·T)), independent entries.
    RVQ codes: Q·T·⌈log2 K⌉ bits in kbps_dense and kbps_cheapest; kbps_entropy is the length of the
    clip under an ideal code for each codebook's frequencies in this file (order 0; a little
    optimistic, as the frequencies themselves are not sent); all else is empty. A mel spectrogram is
    no code: its rows are empty.

    Raises `CodeError` where the codes are missing or damaged.
    """
    with open_codes(codes) as coded:
        bits = BITS[coded.origin.kind](coded)
        seconds = coded.seconds
    rates = bits.columns[bits.columns.str.startswith("kbps_")]
    bits[rates] = bits[rates] / (1000 * seconds)
    bits["events_per_second"] = bits["events"] / seconds
    bits.insert(0, "clip", range(len(bits)))
    files.write_csv(bits.reindex(columns=COLUMNS), out)


def binary_bits(units: int, steps: int, events: NDArray[np.int64], level_bits: int) -> pd.DataFrame:
    """Bits of clips with S = `events` (clips,), under the names of the columns of `storage`.

    Lisboa & Bellec 2024, storage formats, with the overheads of a clip.
    """
    index, cheapest = formats.cheapest(units, steps, events)
    overhead = formats.FORMAT_BITS + formats.count_bits(int(events.max(initial=0))) + level_bits
    costs = {f"kbps_{name}": formats.cost(name, units, steps, events) for name in formats.FORMATS}
    return pd.DataFrame(
        {
            "events": events,
            "density": events / (units * steps),
            **costs,
            "kbps_cheapest": cheapest + overhead,
            "format": np.array(formats.FORMATS)[index],
            "kbps_entropy": formats.entropy_bound(units, steps, events),
        }
    )


def storage_report(units: int, steps: int, events: int) -> str:
    """A table for people: what `events` events in `units` x `steps` cost in each format.

    Raises `CodeError` where the events do not fit.
    """
    stored = {
        "dense": "every entry",
        "coo": "(unit, time) pairs",
        "time": "times, unit by unit, and pointers",
        "units": "units, step by step, and pointers",
    }
    index, _ = formats.cheapest(units, steps, events)
    bound = float(formats.entropy_bound(units, steps, events))
    exact = float(formats.enumeration_bound(units, steps, events))
    lines = [f"N = {units} units, T = {steps} steps, S = {events} events", ""]
    lines.append(f"{'format':<8}{'what is stored':<36}{'bits':>12}")
    for name, what in stored.items():
        bits = int(formats.cost(name, units, steps, events))
        mark = "  cheapest" if name == formats.FORMATS[int(index)] else ""
        lines.append(f"{name:<8}{what:<36}{bits:>12}{mark}")
    lines.append(f"{'entropy of independent entries':<44}{bound:>12.1f}")
    lines.append(f"{'log2 of the number of such matrices':<44}{exact:>12.1f}")
    return "\n".join(lines)


def _binary_bits(coded: CodesFile) -> pd.DataFrame:
    counts = []
    for z in coded.batches(BATCH):  # (clips, N, T)
        if z.max(initial=0) > 1:
            raise CodeError(f"codes '{coded.path}' are not binary: encode again")
        counts.append(np.count_nonzero(z, axis=(1, 2)))
    events = np.concatenate([np.zeros(0, np.int64), *counts])
    level_bits = 0 if coded.origin.level == NO_LEVEL else formats.LEVEL_BITS
    return binary_bits(coded.rows, coded.steps, events, level_bits)


def _rvq_bits(coded: CodesFile) -> pd.DataFrame:
    size = coded.origin.codebook_size
    books = np.arange(coded.rows)[:, None] * size  # (Q, 1): where a codebook's entries start
    counts = np.zeros(coded.rows * size, dtype=np.int64)
    for indices in coded.batches(BATCH):  # (clips, Q, T)
        if indices.max(initial=0) >= size:
            raise CodeError(f"codes '{coded.path}' exceed their codebook of {size}: encode again")
        counts += np.bincount((indices + books).ravel(), minlength=len(counts))
    frequency = counts / max(1, len(coded) * coded.steps)
    ideal = -np.log2(frequency, out=np.zeros_like(frequency), where=counts > 0)  # bits an entry
    entropy = [ideal[indices + books].sum(axis=(1, 2)) for indices in coded.batches(BATCH)]
    dense = np.full(len(coded), coded.rows * coded.steps * int(width(size)))
    return pd.DataFrame(
        {
            "events": np.nan,
            "kbps_dense": dense,
            "kbps_cheapest": dense,
            "format": "dense",
            "kbps_entropy": np.concatenate([np.zeros(0), *entropy]),
        }
    )


def _no_bits(coded: CodesFile) -> pd.DataFrame:
    return pd.DataFrame({"events": np.full(len(coded), np.nan)})


BITS = {"binary": _binary_bits, "rvq": _rvq_bits, "mel": _no_bits}
