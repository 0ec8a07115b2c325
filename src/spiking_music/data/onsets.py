"""MIDI → note onsets, velocities and pedal on the grid of the latent steps, in the order of clips.

One zarr v3 group a split, in one zip file: `onsets` uint8 (clips, 88, T), notes of that key that
begin in the step (255 stands for more); `velocity` uint8 (clips, 88, T), the loudest of them, 0
where none begins; `pedal` uint8 (clips, T), the value 0..127 of the sustain pedal at the end of the
step (64 and above is down). Attributes: step_rate in Hz, and performance and offset (samples) of
each clip.

An event at t seconds is at sample n = round(t · sample_rate) and in step floor(n / hop).
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import zarr
from numpy.typing import NDArray
from zarr.storage import MemoryStore, ZipStore

from spiking_music import files
from spiking_music.config import SignalConfig
from spiking_music.data.clips import COLUMNS as CLIP_COLUMNS
from spiking_music.data.index import read_performances
from spiking_music.data.midi import read_midi
from spiking_music.data.performance import Performance
from spiking_music.errors import DataError
from spiking_music.progress import tracked

LOWEST = 21  # MIDI number of the lowest key, A0
KEYS = 88
CHUNK = 64  # clips a chunk: 1.4 MB of mostly zeros, a few kB compressed
ARRAYS = ("onsets", "velocity", "pedal")
EPOCH = (1980, 1, 1, 0, 0, 0)  # of all zip entries, so that equal contents are equal bytes

Grid = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True)
class Onsets:
    """Lazy arrays over a file of `build_onsets`: a slice along clips reads just its chunks."""

    onsets: zarr.Array  # uint8 (clips, 88, T) counts
    velocity: zarr.Array  # uint8 (clips, 88, T)
    pedal: zarr.Array  # uint8 (clips, T)
    step_rate: float  # Hz
    performance: NDArray[np.int64]  # (clips,)
    offset: NDArray[np.int64]  # (clips,) samples


def build_onsets(
    performances: Path, root: Path, tables: Sequence[Path], out: Path, signal: SignalConfig
) -> None:
    """Write the onsets of all clips in `tables` (clip tables of one split, shard after shard).

    Lisboa & Bellec 2024, figure 5: n^α, the onsets of the 88 notes on the grid of the frames.
    `root` is the folder that midi_filename in `performances` starts from. `out` (.zarr.zip) is the
    same bytes in every run. Raises `DataError` where a MIDI file cannot be read, the tables are not
    in the order of the performances, are of several splits, or hold no clip at all.
    """
    catalogue = read_performances(performances)
    clips = _ordered(catalogue, tables)
    entries: dict = {}  # the store of the group: compressed, 50 MB for all of MAESTRO
    group = zarr.create_group(MemoryStore(entries), attributes=_attributes(clips, signal))
    keys, steps = (KEYS, signal.steps), (signal.steps,)
    arrays = [
        group.create_array(
            name, shape=(len(clips), *shape), chunks=(CHUNK, *shape), dtype="uint8", fill_value=0
        )
        for name, shape in zip(ARRAYS, (keys, keys, steps), strict=True)
    ]
    grids = _grids(clips, catalogue, root, signal)
    starts = range(0, len(clips), CHUNK)
    for first in tracked(starts, "onsets of clips", len(clips), lambda _: CHUNK, "clip"):
        parts = zip(*islice(grids, CHUNK), strict=True)
        for array, part in zip(arrays, parts, strict=True):
            array[first : first + CHUNK] = np.stack(part)
    _write_zip({key: entry.to_bytes() for key, entry in entries.items()}, out)


def read_onsets(path: Path, tables: Sequence[Path] = ()) -> Onsets:
    """Open `path` (.zarr.zip); with `tables`, check that it has their clips in their order.

    Raises `DataError` where the file is missing, damaged or of other clips.
    """
    path = Path(path)
    try:
        group = zarr.open_group(ZipStore(path, mode="r"), mode="r")
        onsets, velocity, pedal = (_array(group, name) for name in ARRAYS)
        performance, offset = (
            np.array(group.attrs[name], np.int64) for name in ("performance", "offset")
        )
        step_rate = float(str(group.attrs["step_rate"]))
    except FileNotFoundError:
        raise DataError(f"no onsets at '{path}': run the rule `onsets` first") from None
    except OSError as error:
        raise DataError(
            f"onsets '{path}' cannot be read ({error.strerror or error}): see to the disk they are "
            "on"
        ) from None
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(
            f"onsets '{path}' cannot be read ({error}): run the rule `onsets` again"
        ) from None
    if tables:
        clips = _joined(tables)
        same = all(
            np.array_equal(clips[name], order)
            for name, order in (("performance", performance), ("offset", offset))
        )
        if not same:
            raise DataError(
                f"onsets '{path}' are not of the clips in '{tables[0]}' and its fellows: "
                "run the rule `onsets` again"
            )
    return Onsets(onsets, velocity, pedal, step_rate, performance, offset)


def _array(group: zarr.Group, name: str) -> zarr.Array:
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise ValueError(f"{name} is no array")
    return array


def grid(notes: Performance, offset: int, samples: int, signal: SignalConfig) -> Grid:
    """onsets (88, T), velocity (88, T) and pedal (T,) of the clip at `offset` of the recording.

    Only notes that begin in the first `samples` samples count: beyond them is padding, not sound.
    Keys outside the piano are left out.
    """
    counts = np.zeros((KEYS, signal.steps), np.int64)
    velocity = np.zeros((KEYS, signal.steps), np.uint8)
    position = np.rint(notes.start * signal.sample_rate).astype(np.int64) - offset  # samples
    first, last = np.searchsorted(position, (0, samples))
    key, step = notes.pitch[first:last] - LOWEST, position[first:last] // signal.hop
    piano = (key >= 0) & (key < KEYS)
    where = key[piano], step[piano]
    np.add.at(counts, where, 1)
    np.maximum.at(velocity, where, notes.velocity[first:last][piano].astype(np.uint8))
    moved = np.rint(notes.pedal_time * signal.sample_rate).astype(np.int64) - offset
    latest = np.searchsorted(moved // signal.hop, np.arange(signal.steps), side="right")
    pedal = np.concatenate([[0], notes.pedal_value])[latest].astype(np.uint8)  # up at the start
    return np.minimum(counts, 255).astype(np.uint8), velocity, pedal


def _grids(
    clips: pd.DataFrame, catalogue: pd.DataFrame, root: Path, signal: SignalConfig
) -> Iterator[Grid]:
    """The grid of each row of `clips`, reading each MIDI file once."""
    names = catalogue.set_index("performance")["midi_filename"]
    for performance, rows in clips.groupby("performance", sort=False):
        notes = read_midi(root / str(names[performance]))
        for offset, samples in zip(rows["offset"], rows["samples"], strict=True):
            yield grid(notes, offset, samples, signal)


def _joined(tables: Sequence[Path]) -> pd.DataFrame:
    try:
        parts = [pd.read_csv(table)[list(CLIP_COLUMNS)] for table in tables]
    except (OSError, KeyError, ValueError) as error:
        raise DataError(
            f"a clip table cannot be read ({error}): run the rule `clips` again"
        ) from None
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def _ordered(catalogue: pd.DataFrame, tables: Sequence[Path]) -> pd.DataFrame:
    """All clips of `tables`, which must be of one split and in the order of shards and rows."""
    clips = _joined(tables)
    listed = ", ".join(f"'{table}'" for table in tables)
    if clips.empty:
        raise DataError(
            f"no clip in {listed}: set dataset.tail to 'pad' or dataset.silence to 'keep', or take "
            "longer recordings"
        )
    rank = pd.Series(range(len(catalogue)), catalogue["performance"])
    shard = pd.Series(catalogue["shard"].to_numpy(), catalogue["performance"])
    unknown = set(clips["performance"]) - set(rank.index)
    if unknown or clips["split"].nunique() > 1:
        raise DataError(
            f"the clips in {listed} are not of one split of one catalogue: give the tables of one "
            "split, made from the same performances"
        )
    performance = clips["performance"]
    keys = list(zip(shard[performance], rank[performance], clips["offset"], strict=True))
    if any(later <= earlier for earlier, later in pairwise(keys)):
        raise DataError(
            f"the clips in {listed} are not in the order of the catalogue: give each table once, "
            "shard after shard, and build clips again if the catalogue changed"
        )
    return clips


def _attributes(clips: pd.DataFrame, signal: SignalConfig) -> dict:
    return {
        "step_rate": signal.step_rate,
        "performance": clips["performance"].tolist(),
        "offset": clips["offset"].tolist(),
    }


def _write_zip(entries: dict[str, bytes], out: Path) -> None:
    with files.atomic(out) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, entries[name])
    files.wrote(out)
