"""One interface to all sources: after `prepare`, every recording lies in MAESTRO's layout.

- demo: the performances are composed from the seed and rendered in stereo at 44.1 kHz;
- midi: MIDI files of a zip or folder are copied and rendered in mono at the project's rate;
- folder: the recordings are there already, and are only checked.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.progress import track

from spiking_music import files
from spiking_music.config import DatasetConfig, SignalConfig
from spiking_music.dataset import demo
from spiking_music.dataset.audio import opened
from spiking_music.dataset.catalogue import read_performances
from spiking_music.dataset.compose import compose
from spiking_music.dataset.layout import Layout
from spiking_music.dataset.midi import parse_midi, read_midi, write_midi
from spiking_music.errors import DataError

DEMO_RATE, DEMO_CHANNELS = 44100, 2  # as in MAESTRO
MANIFEST = ["audio_filename", "midi_filename", "status"]

Make = Callable[[str, str], None]  # (midi_filename, audio_filename): make or check one recording


def prepare(
    dataset: DatasetConfig,
    signal: SignalConfig,
    seed: int,
    performances: Path,
    shard: int,
    root: Path,
    manifest: Path,
) -> None:
    """Make (demo, midi) or check (folder) the recordings of `shard` under `root`; write `manifest`.

    The manifest has a row a recording: audio_filename, midi_filename, status (`ok`, or why it
    cannot be used). With `dataset.bad_recordings: fail` the first bad recording raises `DataError`;
    with `skip` it is reported on stderr and in the manifest. The same seed gives the same bytes.
    """
    table = read_performances(performances)
    table = table[table["shard"] == shard]
    make = _maker(dataset, signal, seed, root) if len(table) else _nothing
    console = Console(stderr=True)
    names = list(zip(table["audio_filename"], table["midi_filename"], strict=True))
    rows = []
    for audio, midi in track(names, "recordings", console=console, disable=not console.is_terminal):
        status = "ok"
        try:
            make(midi, audio)
        except DataError as error:
            if dataset.bad_recordings == "fail":
                raise DataError(f"{error}, or set dataset.bad_recordings to 'skip'") from None
            status = str(error)
            print(f"skipped {audio}: {status}", file=sys.stderr)
        rows.append((audio, midi, status))
    if rows and dataset.source != "folder":
        files.wrote(root)
    files.write_csv(pd.DataFrame(rows, columns=MANIFEST), manifest)


def _maker(dataset: DatasetConfig, signal: SignalConfig, seed: int, root: Path) -> Make:
    if dataset.source == "demo":
        return _demo_maker(dataset, seed, root)
    if dataset.source == "midi":
        return _midi_maker(dataset, signal, root)
    return _folder_checker(root)


def _nothing(midi: str, audio: str) -> None:
    """For an empty shard."""


def _demo_maker(dataset: DatasetConfig, seed: int, root: Path) -> Make:
    from spiking_music.dataset.render import open_soundfont, render  # slow: imports scipy.signal

    font = open_soundfont(dataset.soundfont, DEMO_RATE)
    pieces = demo.plan(dataset.demo, seed)

    def make(midi: str, audio: str) -> None:
        piece = pieces.get(str(Path(audio).with_suffix("")))
        if piece is None:
            raise DataError(
                f"'{audio}' is no piece of this demo: make the table of performances again"
            )
        performance = compose(piece)
        with files.atomic(root / midi) as temporary:
            write_midi(performance, temporary)
        render(performance, font, DEMO_CHANNELS, root / audio)

    return make


def _midi_maker(dataset: DatasetConfig, signal: SignalConfig, root: Path) -> Make:
    from spiking_music.dataset.render import open_soundfont, render  # slow: imports scipy.signal

    font = open_soundfont(dataset.soundfont, signal.sample_rate)
    layout = Layout(Path(str(dataset.path)))

    def make(midi: str, audio: str) -> None:
        data = layout.read(midi)
        performance = parse_midi(data, midi)
        with files.atomic(root / midi) as temporary:
            temporary.write_bytes(data)
        render(performance, font, 1, root / audio)

    return make


def _folder_checker(root: Path) -> Make:
    def check(midi: str, audio: str) -> None:
        read_midi(root / midi)
        with opened(root / audio) as file:
            if file.channels > 2:
                raise DataError(
                    f"recording '{root / audio}' has {file.channels} channels: mix it down to mono "
                    "or stereo"
                )
            if not len(file.read(1)):
                raise DataError(f"recording '{root / audio}' holds no samples: replace the file")

    return check
