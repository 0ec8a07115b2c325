"""A folder of recordings → its table: durations read, MIDI files paired by name, splits dealt.

`artist/album/name.flac` is by `artist` and called `album / name`; a file beside the table is by
`unknown`. `name.mid` or `name.midi` in the folder of a recording is its MIDI file. A folder of MIDI
files only gets the table for `source: midi`, which renders them.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import yaml

from spiking_music import files
from spiking_music.audio import RECORDINGS
from spiking_music.audio.containers import is_recording
from spiking_music.data.durations import audio_seconds
from spiking_music.data.index import COLUMNS, MIDI, SPLITS, UNNEEDED, check
from spiking_music.data.midi import read_midi
from spiking_music.errors import DataError

NAME = "metadata.csv"
NOTES = {".mid", ".midi"}
UNKNOWN = "unknown"  # composer


def make_table(folder: Path, seed: int, validation: float, test: float, force: bool) -> None:
    """Write `folder`/metadata.csv, with a row a recording; the same files and seed, the same bytes.

    `validation` and `test` are shares, 0 to 1; a split with a share has one recording at least.
    Hidden files are left out. Raises `DataError` where there is a table and no `force`, where there
    are too few recordings for the splits, where one cannot be read or named in a table, or where
    two have one MIDI file.
    """
    _refuse_table(folder, force)
    sounds, notes = _found(folder)
    pairs = _pairs(sounds, notes) if sounds else {name: name for name in notes}
    if not pairs:
        raise DataError(f"'{folder}' holds no recording: give a folder of .wav, .flac, .mp3, …")
    for name in (*pairs, *pairs.values()):
        _require_text(name)
    splits = _dealt(len(pairs), seed, validation, test)
    rows = [
        _row(folder, name, midi, split)
        for (name, midi), split in zip(pairs.items(), splits, strict=True)
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    check(table.to_csv(index=False).encode(), str(folder / NAME), COLUMNS, [MIDI, *UNNEEDED])
    files.write_csv(table, folder / NAME)
    _tell(folder, table, len(notes), rendered=not sounds)


def _refuse_table(folder: Path, force: bool) -> None:
    if not folder.is_dir():
        raise DataError(f"'{folder}' is no folder: unpack it, or correct the path")
    if (folder / NAME).is_dir():
        raise DataError(f"'{folder / NAME}' is a folder, where the table should be: rename it")
    tables = sorted(path.name for path in folder.glob("*.csv"))
    if tables and not force:
        raise DataError(
            f"'{folder}' has the table '{tables[0]}' already: give --force to write '{NAME}' anew"
        )


def _found(folder: Path) -> tuple[list[str], list[str]]:
    """Names of recordings and of MIDI files, relative to `folder`, sorted."""
    sounds, notes = [], []
    for name in _names(folder):
        suffix = PurePosixPath(name).suffix.lower()
        if suffix in RECORDINGS or (
            suffix not in NOTES and (folder / name).is_file() and is_recording(folder / name)
        ):
            sounds.append(name)
        elif suffix in NOTES:
            notes.append(name)
    return sorted(sounds), sorted(notes)


def _names(folder: Path) -> Iterator[str]:
    """All files but hidden ones, links followed; a folder that cannot be read is an `OSError`."""
    seen = set()

    def fail(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=fail, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = [] if real in seen else sorted(f for f in folders if not f.startswith("."))
        if real in seen:  # a link that leads back
            continue
        seen.add(real)
        for name in names:
            if not name.startswith("."):
                yield Path(place, name).relative_to(folder).as_posix()


def _pairs(sounds: list[str], notes: list[str]) -> dict[str, str]:
    """The MIDI file of each recording, or ''."""
    called: dict[PurePosixPath, list[str]] = defaultdict(list)
    for name in notes:
        called[PurePosixPath(name).with_suffix("")].append(name)
    pairs: dict[str, str] = {}
    taken: dict[str, str] = {}
    for name in sounds:
        found = called[PurePosixPath(name).with_suffix("")]
        if len(found) > 1:
            raise DataError(
                f"recording '{name}' has two MIDI files, '{found[0]}' and '{found[1]}': remove one"
            )
        pairs[name] = found[0] if found else ""
        if found and (other := taken.setdefault(found[0], name)) != name:
            raise DataError(
                f"'{other}' and '{name}' are two recordings of one MIDI file, '{found[0]}': "
                "remove or rename one"
            )
    return pairs


def _dealt(count: int, seed: int, validation: float, test: float) -> list[str]:
    """A split for each of `count` recordings, drawn from `seed`."""
    if not (validation >= 0 and test >= 0 and validation + test <= 1 + 1e-9):
        raise DataError(
            f"--validation {validation:g} and --test {test:g} are no shares of one whole: "
            "give numbers from 0 to 1 that are 1 together at most"
        )
    shares = {"train": 1 - validation - test, "validation": validation, "test": test}
    wanted = [split for split, share in shares.items() if share > 1e-9]
    if count < len(wanted):
        raise DataError(
            f"{count} recordings are too few for {len(wanted)} splits: add some, or give a split "
            "no share, as --validation 0 --test 1 does"
        )
    sizes = {split: max(1, round(count * shares[split])) for split in wanted}
    while (excess := sum(sizes.values()) - count) != 0:  # of rounding
        largest = max(sizes, key=lambda split: sizes[split])
        sizes[largest] -= 1 if excess > 0 else -1
    names = [split for split in SPLITS for _ in range(sizes.get(split, 0))]
    return np.random.default_rng((seed, 4)).permutation(names).tolist()


def _row(folder: Path, name: str, midi: str, split: str) -> dict[str, Any]:
    """The row of the recording `name`, or of the one that is to be made of `midi`."""
    path = PurePosixPath(name)
    folders = path.parent.parts
    rendered = name == midi
    seconds = read_midi(folder / midi).duration if rendered else audio_seconds(folder / name)
    return {
        "canonical_composer": folders[0] if folders else UNKNOWN,
        "canonical_title": " / ".join((*folders[1:], path.stem)),
        "split": split,
        "year": "",
        "midi_filename": midi,
        "audio_filename": str(path.with_suffix(".flac")) if rendered else name,
        "duration": seconds,
    }


def _require_text(name: str) -> None:
    """Refuse the name of a file that would be another one once it was read from a table."""
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(name).decode(errors="replace")
        raise DataError(
            f"the name of '{shown}' is not UTF-8, as a table must be: rename the file"
        ) from None
    if name != name.strip() or "\r" in name:
        raise DataError(f"a table cannot hold the name '{name}': rename the file")


def _tell(folder: Path, table: pd.DataFrame, notes: int, rendered: bool) -> None:
    """What was found, and the settings that use it."""
    counts = ", ".join(f"{(table['split'] == split).sum()} {split}" for split in SPLITS)
    paired = int((table[MIDI] != "").sum())
    print(
        f"{len(table)} recordings ({counts}), {table['duration'].sum() / 3600:.2f} h, "
        f"{paired} with MIDI",
        file=sys.stderr,
    )
    if notes > paired:
        print(f"{notes - paired} MIDI files have no recording of their name", file=sys.stderr)
    settings = {"source": "midi" if rendered else "folder", "path": str(folder.resolve())}
    settings |= {} if paired == len(table) else {"notes": "none"}
    line = yaml.safe_dump(
        {"dataset": settings}, default_flow_style=True, width=10**6, sort_keys=False
    )
    print(f"use it with {line[1:-2]}", file=sys.stderr)
