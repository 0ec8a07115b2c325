"""Codes as lists of events, and lists of events back as streams (*ours*).

An event is a unit that fires in a frame. Its time is the centre of that frame, in seconds of the
recording. Events do not carry all that decoding needs: see `Coding`.
"""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking_music.codec.event_tables import BLOCK, EVENT, NO_LEVEL
from spiking_music.codec.model_folder import CodecModel
from spiking_music.codec.stream import Block, Header, Reader, StreamWriter
from spiking_music.codec.units import units
from spiking_music.errors import CodeError, DataError

LONGEST = 24 * 3600  # seconds that are synthesised


@dataclass(frozen=True)
class Coding:
    """What decoding needs beside the events.

    samples: of the recording, at the codec's rate. blocks: (B,) of `BLOCK`: where each starts, in
    seconds, its level μ (−1: the model has none) and the gain that its samples were multiplied by
    before coding, 1 unless they were beyond full scale.
    """

    samples: int
    blocks: NDArray[np.void]


class Events(np.ndarray):
    """Events (n,) of fields `time` (float64, s) and `unit` (int32), by time and then by unit.

    `coding` is kept by copies, slices and masks, and lost by functions that make a new array, such
    as `np.concatenate`: hand it to `synthesize` then.
    """

    coding: Coding | None

    def __new__(cls, events: NDArray[np.void], coding: Coding | None = None) -> "Events":
        made = events.view(cls)
        made.coding = coding
        return made

    def __array_finalize__(self, origin: object) -> None:
        self.coding = getattr(origin, "coding", None)

    def __getitem__(self, key: Any) -> Any:
        """A field is a plain array, and anything else events."""
        return np.asarray(self)[key] if isinstance(key, str) else super().__getitem__(key)


class EventReader:
    """The events of a stream, block by block: iterate over it for pairs of an entry of `BLOCK` and
    that block's events (n,) of `EVENT`.

    Needs memory for one block. Raises `CodeError` where the stream is damaged, of another model or
    of one without events, or where the section is beyond its end.
    """

    def __init__(
        self, codec: CodecModel, reader: Reader, start: float, duration: float | None
    ) -> None:
        codec.require(reader.header)
        self.units = units(codec.config)
        self.header: Header = reader.header
        self._reader = reader
        if not 0 <= start < math.inf or (duration is not None and not 0 < duration < math.inf):
            raise CodeError("a section starts at 0 seconds or later and lasts more than 0 seconds")
        self._start, self._end = start, math.inf if duration is None else start + duration

    @property
    def samples(self) -> int:
        """Of the recording, at the codec's rate; 0 while a pipe has not told."""
        return 0 if self._reader.trailer is None else self._reader.trailer.samples

    def __iter__(self) -> Iterator[tuple[NDArray[np.void], NDArray[np.void]]]:
        header = self.header
        seconds = header.block_samples / header.sample_rate
        if self.samples and self._start >= self.samples / header.sample_rate:
            length = self.samples / header.sample_rate
            raise CodeError(f"the recording lasts {length:.3f} s: start before its end")
        for block in self._reader.blocks(int(self._start / seconds)):
            if block.index * seconds >= self._end:
                return
            found = _events(block, header)
            inside = (found["time"] >= self._start) & (found["time"] < self._end)
            level = NO_LEVEL if block.level is None else block.level
            yield np.array([(block.index * seconds, level, block.gain)], BLOCK), found[inside]


def gathered(reader: EventReader) -> Events:
    """All of them in one array, with their coding."""
    blocks, events = zip(*reader, strict=True)
    return Events(np.concatenate(events), Coding(reader.samples, np.concatenate(blocks)))


def stream_of(
    codec: CodecModel,
    events: ArrayLike,
    samples: int | None,
    level: int | None,
    coding: Coding | None,
) -> bytes:
    """Events as a stream of `codec`, to be decoded; arguments and errors as `Codec.synthesize`."""
    count = len(units(codec.config))
    header = codec.header(codec.config.signal.sample_rate)
    coding = coding or getattr(events, "coding", None)
    frame, unit = checked(events, header.sample_rate, header.hop, count)
    order = np.argsort(frame, kind="stable")
    frame, unit = frame[order], unit[order]
    samples = _length(samples, frame, header, coding)
    levels, gains = _of_blocks(codec, coding, level, -(-samples // header.block_samples))
    file = io.BytesIO()
    with StreamWriter(file, header, format="dense") as writer:
        for index in range(len(levels)):
            first = index * header.block_steps
            steps = min(header.block_steps, -(-samples // header.hop) - first)
            codes = np.zeros((count, steps), np.uint8)
            begin, end = np.searchsorted(frame, [first, first + steps])
            codes[unit[begin:end], frame[begin:end] - first] = 1
            writer.write(Block(index, codes, gains[index], levels[index]))
        writer.finish(samples, samples)
    return file.getvalue()


def _events(block: Block, header: Header) -> NDArray[np.void]:
    """The events of a block (n,) of `EVENT`."""
    frame, unit = np.nonzero(block.codes.T)
    found = np.empty(len(frame), EVENT)
    frames = block.index * header.block_steps + frame + 0.5
    found["time"], found["unit"] = frames * header.hop / header.sample_rate, unit
    return found


def frames_of(time: NDArray[np.float64], sample_rate: int, hop: int) -> NDArray[np.int64]:
    """The frame in which each time (s) lies: frame t covers hop samples from t · hop on."""
    return np.floor(time * (sample_rate / hop)).astype(np.int64)


def checked(
    events: ArrayLike, sample_rate: int, hop: int, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Frames and units of events; `DataError` for what are none of a model of `count` units."""
    found = np.asarray(events)
    names = found.dtype.names or ()
    if found.ndim != 1 or not {"time", "unit"} <= {*names}:
        raise DataError(
            "events are a structured array (n,) with the fields time and unit, as `events` gives it"
        )
    try:
        time, unit = found["time"].astype(np.float64), found["unit"].astype(np.int64)
        whole = bool((unit == found["unit"]).all())
    except (TypeError, ValueError):
        raise DataError("times of events are seconds, and their units whole numbers") from None
    if not whole or ((unit < 0) | (unit >= count)).any():
        raise DataError(f"the model has the units 0 .. {count - 1}: drop events of others")
    if not ((time >= 0) & (time < LONGEST)).all():
        raise DataError(f"an event lies at 0 s .. {LONGEST} s: correct the times, or drop it")
    return frames_of(time, sample_rate, hop), unit


def _length(
    samples: int | None, frame: NDArray[np.int64], header: Header, coding: Coding | None
) -> int:
    """Samples to make: those asked for, or of the recording, or up to the end of the last frame."""
    last = int(frame[-1]) + 1 if len(frame) else 0
    if samples is None:
        samples = coding.samples if coding else last * header.hop
    if not 0 < samples <= LONGEST * header.sample_rate:
        raise DataError(f"{samples} samples cannot be made of events: give samples from 1 on")
    if last > -(-samples // header.hop):
        second = (last - 1) * header.hop / header.sample_rate
        raise DataError(
            f"an event at {second:.3f} s is beyond the end, {samples / header.sample_rate:.3f} s: "
            "drop it, or give more samples"
        )
    return samples


def _of_blocks(
    codec: CodecModel, coding: Coding | None, level: int | None, count: int
) -> tuple[list[int | None], list[float]]:
    """Level and gain of each block; those beyond the coding go on at its last level, unscaled."""
    known = coding.blocks[:count] if coding else np.empty(0, BLOCK)
    levels = [None if each == NO_LEVEL else each for each in known["level"].tolist()]
    gains = known["gain"].tolist() + [1.0] * (count - len(known))
    if level is None and not levels and codec.config.levels:
        raise CodeError(
            "these events do not say at which level they were coded: give level=…, or "
            "coding=events.coding of those that were edited"
        )
    last = levels[-1] if levels else None
    levels += [last] * (count - len(levels))
    return [level] * count if level is not None else levels, gains
