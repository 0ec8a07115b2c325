"""A page of one's own recordings: each beside what the codec makes of it, level by level.

It is the sample page with recordings in the place of clips. Streams of the MDCT codec are in the
page as they are on disk, and are decoded there; other models are heard as `stored_sound` has them.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking_music.audio.mixing import resampled
from spiking_music.audio.recording import opened
from spiking_music.codec.model_folder import TABLES
from spiking_music.codec.session import Codec, load
from spiking_music.errors import ConfigError, DataError
from spiking_music.evaluation.codes_file import NO_LEVEL, Origin
from spiking_music.listening import browser_model
from spiking_music.listening.sample_page import Clip, write_clips
from spiking_music.listening.scores import REFERENCE
from spiking_music.listening.systems import Sorting, SystemOutput, stream_codes
from spiking_music.models.shipped import WEIGHTS
from spiking_music.progress import tracked

SHIPPED = "mdct-shipped"  # what pages call the package's model
LEVELS = (0, 10, 20)  # where none are asked for
SHORTEST = 0.5  # seconds: of less there is nothing to see

Sound = NDArray[np.float32]  # (samples,), mono, full scale = 1


@dataclass(frozen=True)
class Section:
    """Which part of each recording is on the page, in seconds."""

    start: float
    duration: float


def build(
    recordings: Sequence[Path], levels: Sequence[int], section: Section, out: Path,
    model: Path | None = None,
) -> None:  # fmt: skip
    """Write the page `out` (.html) of a section of each of the `recordings`.

    levels: μ, a row each; none: `LEVELS`, or the only one of a model without levels. model: folder
    or weights file; None: the package's MDCT codec. Where a recording is longer than its section,
    stderr says so. Raises `DataError` where a recording cannot be read or is too short,
    `ConfigError` where the model lacks a level, and as `load`.
    """
    codec = load(model)
    rows = [*_levels(codec, levels)]
    live = browser_model.runs(codec.model.config) and (_folder(codec) / TABLES).is_file()
    coder = _Rows(codec, rows, live, SHIPPED if model is None else codec.model.config.name)
    clips = (
        coder.clip(f"r{number}", path.name, section.start, _read(path, section, codec.sample_rate))
        for number, path in enumerate(tracked(recordings, "recordings", len(recordings)), start=1)
    )
    names = recordings[0].name if len(recordings) == 1 else f"{len(recordings)} recordings"
    write_clips(clips, names, "Beside what the codec makes of it", out, codec.model.config.signal)


def _levels(codec: Codec, wanted: Sequence[int]) -> Iterator[int]:
    count = codec.model.config.levels
    if not count and wanted:
        raise ConfigError("the model has no levels: leave out --levels")
    if unknown := [level for level in wanted if level >= count]:
        raise ConfigError(f"the model has levels 0 to {count - 1}, not {unknown[0]}")
    if not count:
        yield NO_LEVEL
    yield from dict.fromkeys(wanted or [level for level in LEVELS if level < count])


def _folder(codec: Codec) -> Path:
    path = codec.model.path
    return path if path.is_dir() else path.parent


def _read(path: Path, section: Section, rate: int) -> Sound:
    """The section of a recording, at the codec's rate."""
    with opened(path) as recording:
        first = round(section.start * recording.rate)
        last = first + round(section.duration * recording.rate)
        seen, parts = 0, []
        for block in chain(recording.mono(), [None]):
            if block is None or seen >= last:
                break
            parts.append(block[max(first - seen, 0) : last - seen])
            seen += len(block)
        original = recording.rate
    sound = np.concatenate(parts)
    if len(sound) < SHORTEST * original:
        raise DataError(
            f"'{path}' has {len(sound) / original:.1f} s from {section.start:g} s on: "
            f"a page needs {SHORTEST:g} s of sound"
        )
    if seen > last:
        end = section.start + section.duration
        told = f"{section.start:g} to {end:g} s are on the page; --start and --duration say which"
        print(f"'{path}' is longer: {told}", file=sys.stderr)
    return np.concatenate([*resampled([sound], original, rate)]).astype(np.float32)


@dataclass(frozen=True)
class _Rows:
    """What becomes the rows of a recording: the codec at each of `levels`."""

    codec: Codec
    levels: Sequence[int]
    live: bool  # whether the page decodes the streams
    name: str

    def clip(self, name: str, title: str, start: float, sound: Sound) -> Clip:
        shown = [SystemOutput(REFERENCE, "reference", sound[None])]
        shown += [self._row(sound, level) for level in self.levels]
        peak = max(float(np.abs(system.audio).max()) for system in shown)
        gain = min(1.0, 1.0 / peak) if peak else 1.0  # the same of all, so that none clips
        about = {"clip": name, "composer": "", "title": title, "start": start, "notes": None}
        return Clip(about, shown, 0, [gain * system.audio[0] for system in shown])

    def _row(self, sound: Sound, level: int) -> SystemOutput:
        rate = self.codec.sample_rate
        wished = None if level == NO_LEVEL else level
        stream = self.codec.encode(sound, rate, level=wished)
        seconds = len(sound) / rate
        rates: dict[str, Any] = {
            "bytes": len(stream),
            "what": "of the .spk file",
            "kbps": 8 * len(stream) / (1000 * seconds),
        }
        variant = self.name if wished is None else f"{self.name}@{level}"
        row = SystemOutput(variant, "model", self.codec.decode(stream)[None])
        if self.codec.model.config.bottleneck.codes == "binary":
            codes = stream_codes(self.codec, stream)
            rates |= {
                "eventsPerSecond": int(codes.sum()) / seconds,
                "density": float(codes.mean()),
            }
            order, sorting = _order(self.codec, codes)
            signal = self.codec.model.config.signal
            origin = Origin("binary", 1, NO_LEVEL, variant, signal.hop, signal.sample_rate, "")
            row = replace(row, origin=origin, codes=codes[None], order=order, sorting=sorting)
        if self.live:
            weights = _folder(self.codec) / WEIGHTS
            row = replace(row, streams=(stream,), weights=weights, shared=self.name)
        return replace(row, rates=(rates,))


def _order(codec: Codec, codes: NDArray[Any]) -> tuple[NDArray[np.int64], Sorting]:
    """Units by frequency, where it is known: lowest first, or those that have none; else rarest."""
    hertz = codec.units["hz"]
    if np.isnan(hertz).all():
        return np.argsort(codes.sum(axis=1), kind="stable"), "rarity"
    return np.argsort(np.nan_to_num(hertz, nan=-1.0), kind="stable"), "frequency"
