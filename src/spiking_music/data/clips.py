"""Recordings → clips of equal length in one HDF5 file and one table a shard of a split.

Table, a row a clip in the same order: performance, split, offset (samples from the start of the
resampled recording), samples (valid ones, less than clip_samples in a padded tail), gain, rms_dbfs
(over the valid samples, re full scale; -inf for digital silence).
"""

import sys
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.audio.recording import stream
from spiking_music.config import DatasetConfig, SignalConfig
from spiking_music.data.index import read_performances
from spiking_music.data.layout import check_file
from spiking_music.data.midi import read_midi, require_pair
from spiking_music.data.shard import ShardFile, quantise
from spiking_music.errors import DataError

COLUMNS = {
    "performance": "int64",
    "split": "str",
    "offset": "int64",
    "samples": "int64",
    "gain": "float32",
    "rms_dbfs": "float64",
}


def build_clips(
    performances: Path,
    root: Path,
    split: str,
    shard: int,
    audio: Path,
    table: Path,
    signal: SignalConfig,
    dataset: DatasetConfig,
    manifest: Path | None = None,
) -> None:
    """Cut the recordings of `shard` of `split` into clips; write `audio` (.h5) and `table` (.csv).

    `root` is the folder that the names in `performances` start from. Rows whose status in
    `manifest` is not "ok" are left out. A shard without clips is legal; recordings that give none
    are named on stderr. Both files are the same bytes in every run.

    Raises `DataError` for a recording that cannot be used (audio or MIDI missing, damaged, cut
    short, not finite; a note that begins more than a second after the audio ends), unless
    `dataset.bad_recordings` is "skip": then it is left out whole, and named on stderr.
    """
    rows: list[dict[str, Any]] = []
    recordings = _recordings(performances, split, shard, manifest)
    with files.atomic(audio) as temporary:
        with ShardFile(temporary, signal, split, shard) as target:
            for recording in recordings:
                first = len(target)
                try:
                    rows += _cut_recording(recording, root, target, signal, dataset)
                except DataError as error:
                    if dataset.bad_recordings == "fail":
                        raise DataError(
                            f"{error}, or set dataset.bad_recordings to 'skip'"
                        ) from None
                    target.forget_from(first)
                    _report(f"skipped: {error}")
        frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
        files.write_csv(frame, table)
    files.wrote(audio)


def cut(
    blocks: Iterable[NDArray[np.float32]], size: int
) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Re-cut blocks (n,) of any length into clips (size,); yield each with its valid samples.

    Only the last clip may have fewer than `size`; zeros follow them. The array is reused: copy it
    to keep it.
    """
    clip = np.zeros(size, np.float32)
    filled = 0
    for block in blocks:
        while len(block):
            taken = min(size - filled, len(block))
            clip[filled : filled + taken] = block[:taken]
            block, filled = block[taken:], filled + taken
            if filled == size:
                yield clip, size
                filled = 0
    if filled:
        clip[filled:] = 0
        yield clip, filled


def rms_dbfs(samples: NDArray[np.float32]) -> float:
    """Root mean square of `samples` (n,) in dB re full scale; -inf for zeros."""
    power = float(np.dot(samples, samples)) / len(samples)
    return 10 * float(np.log10(power)) if power > 0 else -np.inf


def _cut_recording(
    recording: dict[Hashable, Any],
    root: Path,
    target: ShardFile,
    signal: SignalConfig,
    dataset: DatasetConfig,
) -> list[dict[str, Any]]:
    """Append the clips of one recording to `target`; return their rows of the table."""
    path, midi = root / recording["audio_filename"], root / recording["midi_filename"]
    # before the audio, as it costs little and fails early; a recording may have no notes
    notes = read_midi(midi) if recording["midi_filename"] else None
    check_file(path, "recording")
    size, length, rows = signal.clip_samples, 0, []
    for clip, valid in cut(stream(path, signal.sample_rate), size):
        offset, length = length, length + valid
        level = rms_dbfs(clip[:valid])
        dropped = valid < size and dataset.tail == "drop"
        silent = level < dataset.silence_dbfs and dataset.silence == "drop"
        if dropped or silent:
            continue
        pcm, gain = quantise(clip)
        target.append(pcm, gain)
        row = (recording["performance"], recording["split"], offset, valid, gain, level)
        rows.append(dict(zip(COLUMNS, row, strict=True)))
    seconds = length / signal.sample_rate
    if notes is not None:
        require_pair(notes, seconds, midi, path)
    if not rows:
        _report(f"no clip from recording '{path}': {_why_none(length, signal)}")
    return rows


def _why_none(length: int, signal: SignalConfig) -> str:
    if length >= signal.clip_samples:
        return "it is silent throughout; set dataset.silence to 'keep' to have it"
    return (
        f"it lasts {length / signal.sample_rate:.2f} s and a clip "
        f"{signal.clip_samples / signal.sample_rate:.2f} s; set dataset.tail to 'pad' to have it"
    )


def _recordings(
    performances: Path, split: str, shard: int, manifest: Path | None
) -> list[dict[Hashable, Any]]:
    """Rows of `performances` that belong to the shard and are usable by the manifest."""
    table = read_performances(performances)
    table = table[(table["split"] == split) & (table["shard"] == shard)]
    rows = table.to_dict("records")
    if manifest is None:
        return rows
    try:
        states = pd.read_csv(manifest, dtype=str).set_index("audio_filename")["status"]
    except (OSError, KeyError, ValueError) as error:
        raise DataError(
            f"manifest '{manifest}' cannot be read ({error}): run the rule `recordings` again"
        ) from None
    usable = []
    for row in rows:
        status = states.get(row["audio_filename"], "not in the manifest")
        if status == "ok":
            usable.append(row)
        else:
            _report(f"skipped: recording '{row['audio_filename']}' is marked '{status}'")
    return usable


def _report(sentence: str) -> None:
    print(sentence, file=sys.stderr)
