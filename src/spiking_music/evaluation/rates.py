"""Codes → bits: the paper's storage formats, the entropy coder's bytes, and bounds beside them.

`kbps` is what is written to disk: the payload of the entropy coder. `kbps_paper` is the cheapest of
the paper's storage formats with all that a receiver needs (`codec.formats.stored_bits`).
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.codec import formats
from spiking_music.codec.bits import width
from spiking_music.codec.entropy import (
    METHODS,
    EntropyCoder,
    fit_entropy,
    load_tables,
    make_coder,
    save_tables,
)
from spiking_music.errors import CodeError
from spiking_music.evaluation.codes_file import NO_LEVEL, Codes, CodesFile, Origin, open_codes
from spiking_music.mdct.thermometer import parse_layout
from spiking_music.progress import tracked

BATCH = 256  # clips read at a time; 64 where each is entropy coded
CODED_BATCH = 64
PAPER_COLUMNS = (
    "clip",
    "events",
    "density",
    "kbps_dense",
    "kbps_coo",
    "kbps_time",
    "kbps_units",
    "kbps_paper",
    "format",
    "events_per_second",
    "kbps_entropy",
)
CODED_COLUMNS = (
    *("clip", "bits", "ideal_bits", "method"),
    *(f"ideal_{name}" for name in METHODS),
    *("kbps", "encode_mmac", "decode_mmac"),
)


def paper_costs(codes: Path, out: Path) -> None:
    """What the paper's formats cost for the file `codes`: a row a clip, columns `PAPER_COLUMNS`.

    Rates are kbit a second of audio. Binary codes: kbps_<format> is the paper's formula alone;
    kbps_paper is `formats.stored_bits` of the cheapest, S_max being the largest S in the file;
    kbps_entropy is N·T·H2(S/(N·T)), the entropy of independent entries.
    RVQ codes: Q·T·⌈log2 K⌉ bits in kbps_dense and kbps_paper; kbps_entropy is the length of the
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
    files.write_csv(bits.reindex(columns=PAPER_COLUMNS), out)


def binary_bits(units: int, steps: int, events: NDArray[np.int64], levels: bool) -> pd.DataFrame:
    """Bits of clips with S = `events` (clips,), under the names of `PAPER_COLUMNS`.

    Lisboa & Bellec 2024, storage formats.
    """
    index, _ = formats.cheapest(units, steps, events)
    costs = {f"kbps_{name}": formats.cost(name, units, steps, events) for name in formats.FORMATS}
    largest = int(events.max(initial=0))
    return pd.DataFrame(
        {
            "events": events,
            "density": events / (units * steps),
            **costs,
            "kbps_paper": formats.stored_bits(units, steps, events, largest, levels),
            "format": np.array(formats.FORMATS)[index],
            "kbps_entropy": formats.entropy_bound(units, steps, events),
        }
    )


def fit_tables(codes: Path, out: Path, seed: int, steps: int) -> None:
    """Fit entropy tables to all clips of the file `codes`, in `steps` steps; write them to `out`.

    Raises `CodeError` where the codes are missing, damaged or no codes (a mel spectrogram).
    """
    with open_codes(codes) as coded:
        kind = coded.origin.kind
        if kind == "mel":
            raise CodeError(f"'{codes}' holds spectrograms, which are no codes: choose a variant")
        size = coded.origin.codebook_size
        layout = parse_layout(coded.origin.layout)
        batches = coded.batches(CODED_BATCH)
        tables = fit_entropy(batches, kind, size, seed, rounds=steps, layout=layout)
    save_tables(tables, out)
    files.wrote(out)


def entropy_costs(codes: Path, tables: Path, out: Path) -> None:
    """Code every clip of the file `codes`; write a row a clip with the columns `CODED_COLUMNS`.

    bits: 8 × bytes of the payload; ideal_<method>: −Σ log2 p and the byte that names the method,
    empty where the tables have no such method or it cannot code the clip; ideal_bits: the least of
    these; method: the one that was taken; kbps: bits in kbit a second of audio, without the
    stream's own fields; encode_mmac, decode_mmac: millions of multiply-accumulates a second that
    predictions take, of all methods that are tried, and of the one that was taken.

    Raises `CodeError` where codes or tables are missing or damaged, do not fit each other, or a
    payload does not decode to what it was made of.
    """
    coder = make_coder(load_tables(tables))
    rows: list[dict[str, object]] = []
    with open_codes(codes) as coded:
        _require_kind(coded, coder.tables.kind, coder.tables.codebook_size)
        for batch in tracked(coded.batches(CODED_BATCH), "clips", len(coded), len):
            for clip in batch:
                payload, ideal = coder.encode(clip), coder.bits(clip)
                work = coder.operations(clip, ideal)
                if not np.array_equal(coder.decode(payload, clip.shape[1]), clip):
                    raise CodeError(f"a clip of '{codes}' does not survive its entropy code")
                rows.append(
                    {
                        "clip": len(rows),
                        "bits": 8 * len(payload),
                        "ideal_bits": min(ideal.values()),
                        "method": METHODS[payload[0]],
                        **{f"ideal_{name}": bits for name, bits in ideal.items()},
                        "kbps": 8 * len(payload) / (1000 * coded.seconds),
                        "encode_mmac": sum(work.values()) / (1e6 * coded.seconds),
                        "decode_mmac": work[METHODS[payload[0]]] / (1e6 * coded.seconds),
                    }
                )
    files.write_csv(pd.DataFrame(rows).reindex(columns=list(CODED_COLUMNS)), out)


def written_kbps(coder: EntropyCoder, codes: Codes, seconds: float) -> float:
    """Kbit a second of the bytes that `coder` writes for codes (rows, T) of `seconds`."""
    return 8 * len(coder.encode(codes)) / (1000 * seconds)


def clip_rates(
    codes: Codes, origin: Origin, coder: EntropyCoder | None, seconds: float
) -> dict[str, Any]:
    """What codes (rows, T) of one clip of `seconds` cost, for the sample page.

    kbps: bytes of the entropy coder, None without its tables; kbpsPaper: the paper's cheapest
    format, `format`, with its overheads; formats: each without them, in kbps; eventsPerSecond and
    density: None but for binary codes.
    """
    rows, steps = codes.shape
    found: dict[str, Any] = {
        "kbps": None if coder is None else written_kbps(coder, codes, seconds),
        "eventsPerSecond": None,
        "density": None,
    }
    if origin.kind == "rvq":
        kbps = rows * steps * int(width(origin.codebook_size)) / (1000 * seconds)
        return found | {"kbpsPaper": kbps, "format": "dense", "formats": {"dense": kbps}}
    events = int(codes.sum())
    stored = formats.stored_bits(rows, steps, events, levels=origin.level != NO_LEVEL)
    index, _ = formats.cheapest(rows, steps, events)
    return found | {
        "kbpsPaper": int(stored) / (1000 * seconds),
        "format": formats.FORMATS[int(index)],
        "formats": {
            name: float(formats.cost(name, rows, steps, events)) / (1000 * seconds)
            for name in formats.FORMATS
        },
        "eventsPerSecond": events / seconds,
        "density": events / (rows * steps),
    }


def storage_report(units: int, steps: int, events: int) -> str:
    """A table for people: what `events` events in `units` x `steps` cost in each format.

    Raises `CodeError` where the events do not fit.
    """
    stored = {
        "dense": "every entry",
        "coo": "(unit, time) pairs",
        "time": "times, unit by unit, and pointers",
        "units": "units, frame by frame, and pointers",
    }
    index, _ = formats.cheapest(units, steps, events)
    bound = float(formats.entropy_bound(units, steps, events))
    exact = float(formats.enumeration_bound(units, steps, events))
    lines = [f"N = {units} units, T = {steps} frames, S = {events} events", ""]
    lines.append(f"{'format':<8}{'what is stored':<36}{'bits':>12}")
    for name, what in stored.items():
        bits = int(formats.cost(name, units, steps, events))
        mark = "  cheapest" if name == formats.FORMATS[int(index)] else ""
        lines.append(f"{name:<8}{what:<36}{bits:>12}{mark}")
    lines.append(f"{'entropy of independent entries':<44}{bound:>12.1f}")
    lines.append(f"{'log2 of the number of such matrices':<44}{exact:>12.1f}")
    return "\n".join(lines)


def _require_kind(coded: CodesFile, kind: str, codebook_size: int) -> None:
    if (coded.origin.kind, coded.origin.codebook_size) != (kind, codebook_size):
        raise CodeError(
            f"codes '{coded.path}' are {coded.origin.kind} with codebooks of "
            f"{coded.origin.codebook_size}, but the tables are for {kind} with {codebook_size}: "
            "fit them to codes of the same model"
        )


def _binary_bits(coded: CodesFile) -> pd.DataFrame:
    counts = []
    for z in coded.batches(BATCH):  # (clips, N, T)
        if z.max(initial=0) > 1:
            raise CodeError(f"codes '{coded.path}' are not binary: encode again")
        counts.append(np.count_nonzero(z, axis=(1, 2)))
    events = np.concatenate([np.zeros(0, np.int64), *counts])
    return binary_bits(coded.rows, coded.steps, events, coded.origin.level != NO_LEVEL)


def _rvq_bits(coded: CodesFile) -> pd.DataFrame:
    size = coded.origin.codebook_size
    starts = np.arange(coded.rows)[:, None] * size  # (Q, 1): where a codebook's entries start
    counts = np.zeros(coded.rows * size, dtype=np.int64)
    for indices in coded.batches(BATCH):  # (clips, Q, T)
        if indices.max(initial=0) >= size:
            raise CodeError(f"codes '{coded.path}' exceed their codebook of {size}: encode again")
        counts += np.bincount((indices + starts).ravel(), minlength=len(counts))
    frequency = counts / max(1, len(coded) * coded.steps)
    ideal = -np.log2(frequency, out=np.zeros_like(frequency), where=counts > 0)  # bits an entry
    entropy = [ideal[indices + starts].sum(axis=(1, 2)) for indices in coded.batches(BATCH)]
    dense = np.full(len(coded), coded.rows * coded.steps * int(width(size)))
    return pd.DataFrame(
        {
            "events": np.nan,
            "kbps_dense": dense,
            "kbps_paper": dense,
            "format": "dense",
            "kbps_entropy": np.concatenate([np.zeros(0), *entropy]),
        }
    )


def _no_bits(coded: CodesFile) -> pd.DataFrame:
    return pd.DataFrame({"events": np.full(len(coded), np.nan)})


BITS = {"binary": _binary_bits, "rvq": _rvq_bits, "mel": _no_bits}
