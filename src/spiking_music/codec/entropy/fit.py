"""Codes of a train split → tables; and the coder that works with them."""

from collections.abc import Iterable, Iterator
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.entropy.adaptive import fit_adaptive
from spiking_music.codec.entropy.binarisation import fit_binarisation
from spiking_music.codec.entropy.coder import EntropyCoder
from spiking_music.codec.entropy.tables import EntropyTables
from spiking_music.errors import CodeError
from spiking_music.mdct.thermometer import Layout, Quantized, from_thermometer
from spiking_music.rangecoder.static import fit_static

SAMPLED = 2048  # clips that contexts and models are fitted to
LARGEST_LABELLED = 4096  # largest codebook whose indices get labels
LARGEST_LEARNED = 2048  # most rows of bits of a learned model
Batches = Iterable[NDArray]
Clip = TypeVar("Clip", NDArray, Quantized)


def fit_entropy(
    batches: Batches,
    kind: Literal["binary", "rvq"],
    codebook_size: int = 1,
    seed: int = 0,
    *,
    rounds: int,
    layout: Layout | None = None,
) -> EntropyTables:
    """Tables for codes like those of `batches`, (clips, rows, T) each, T and rows the same in all.

    layout: of quantised MDCT bins, which have a model of their own; None of all other codes.

    Static probabilities count every clip; all else is fitted to a seeded draw of `SAMPLED` clips,
    which is what is held in memory, the learned model in `rounds` rounds. Takes some 10 s of one
    core for 80 units, 30 s for MDCT bins. Raises `CodeError` where there are no codes or they are
    not of that kind.
    """
    counts = _Counts(kind, codebook_size)
    sample: _Sample[NDArray] = _Sample(seed)
    quantized: _Sample[Quantized] = _Sample(seed)
    for batch in batches:
        for clip in _checked(batch, kind, codebook_size):
            counts.add(clip)
            if layout is None:
                sample.add(clip)
            else:
                quantized.add(_parsed(clip, layout))
    if not len(counts.counts):
        raise CodeError("there are no codes to fit entropy tables to: encode the train split first")
    if layout is not None:
        return _fit_mdct(quantized.clips, layout, counts, seed, rounds)
    clips = np.stack(sample.clips)
    if kind == "binary":
        return _fit_binary(clips, counts, seed, rounds)
    return _fit_rvq(clips, counts, codebook_size, seed, rounds)


def make_coder(tables: EntropyTables) -> EntropyCoder:
    """The coder of blocks (rows, T) that works with `tables`."""
    return EntropyCoder(tables)


def ideal_bits(tables: EntropyTables, codes: NDArray) -> float:
    """Σ −log2 p of codes (rows, T) by the best method of `tables`, and 8 bits that name it."""
    return min(make_coder(tables).bits(codes).values())


class _Counts:
    """How often every unit was active, or every index was used."""

    def __init__(self, kind: str, codebook_size: int) -> None:
        self._bins = 2 if kind == "binary" else codebook_size
        self.counts = np.zeros((0, self._bins), dtype=np.int64)  # (rows, values)

    def add(self, clip: NDArray) -> None:
        rows = len(clip)
        if not len(self.counts):
            self.counts = np.zeros((rows, self._bins), dtype=np.int64)
        places = clip.astype(np.int64) + self._bins * np.arange(rows)[:, None]
        self.counts += np.bincount(places.ravel(), minlength=self.counts.size).reshape(rows, -1)


class _Sample(Generic[Clip]):
    """A uniform draw of up to `SAMPLED` clips of a sequence of unknown length (reservoir)."""

    def __init__(self, seed: int) -> None:
        self.clips: list[Clip] = []
        self._seen, self._draw = 0, np.random.default_rng(seed)

    def add(self, clip: Clip) -> None:
        self._seen += 1
        if len(self.clips) < SAMPLED:
            self.clips.append(clip)
        elif (place := int(self._draw.integers(self._seen))) < SAMPLED:
            self.clips[place] = clip


def _checked(batch: NDArray, kind: str, codebook_size: int) -> Iterator[NDArray]:
    """The clips of a batch (clips, rows, T), copied so that the batch can go."""
    largest = 1 if kind == "binary" else codebook_size - 1
    if batch.ndim != 3 or not batch.size or batch.min() < 0 or batch.max() > largest:
        raise CodeError(f"entropy tables need {kind} codes (clips, rows, T) of 0..{largest}")
    for clip in batch:
        yield clip.astype(np.uint8 if kind == "binary" else np.uint16)


def _parsed(clip: NDArray, layout: Layout) -> Quantized:
    found = from_thermometer(clip, layout) if len(clip) == layout.rows else None
    if found is None:
        raise CodeError(f"entropy tables need MDCT bins of layout {layout}: encode again")
    return found


def _fit_mdct(
    clips: list[Quantized], layout: Layout, counts: _Counts, seed: int, rounds: int
) -> EntropyTables:
    from spiking_music.mdct.fit_context_mixing import fit_context_mixing  # torch takes a second

    k = fit_static(counts.counts[:, 1], int(counts.counts[0].sum()))
    context_mixing = fit_context_mixing(clips, layout, seed, rounds)
    return EntropyTables("binary", len(k), 1, k, None, None, None, context_mixing)


def _fit_binary(clips: NDArray, counts: _Counts, seed: int, rounds: int) -> EntropyTables:
    from spiking_music.codec.entropy.fit_learned import fit_learned  # torch takes a second

    k = fit_static(counts.counts[:, 1], int(counts.counts[0].sum()))
    learned = fit_learned(clips, k, seed, rounds) if len(k) <= LARGEST_LEARNED else None
    adaptive = fit_adaptive(clips, k)
    return EntropyTables("binary", len(k), 1, k, adaptive, learned, None)


def _fit_rvq(
    clips: NDArray, counts: _Counts, codebook_size: int, seed: int, rounds: int
) -> EntropyTables:
    doubled = 2 * counts.counts + 1  # half an index more of each
    most = doubled.max(axis=1, keepdims=True)
    static = np.maximum(1, (65535 * doubled + most // 2) // most).astype(np.uint16)
    rows = len(static)
    plain = EntropyTables("rvq", rows, codebook_size, static, None, None, None)
    if codebook_size > LARGEST_LABELLED or rows * plain.width > LARGEST_LEARNED:
        return plain

    from spiking_music.codec.entropy.fit_learned import fit_learned

    labels = fit_binarisation(clips, counts.counts, codebook_size, seed)
    shifts = np.arange(plain.width - 1, -1, -1, dtype=np.uint16)[:, None]
    named = np.stack([np.take_along_axis(labels, clip.astype(np.int64), axis=1) for clip in clips])
    events = (named[:, :, None] >> shifts & 1).astype(np.uint8)  # (clips, Q, width, T)
    events = events.reshape(len(clips), -1, clips.shape[-1])
    ones = events.sum(axis=(0, 2), dtype=np.int64)
    k = fit_static(ones, len(clips) * clips.shape[-1])
    learned = fit_learned(events, k, seed, rounds)
    return EntropyTables("rvq", rows, codebook_size, static, None, learned, labels)
