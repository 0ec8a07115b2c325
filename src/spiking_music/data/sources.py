"""One interface to all sources: after `prepare`, every recording lies in MAESTRO's layout.

- demo: the performances are composed from the seed and rendered as the section `demo` says;
- midi: MIDI files of a zip or folder are copied and rendered in mono at the project's rate;
- folder: the recordings are there already, and are only checked;
- maestro, fma: they are fetched from an archive, verified, and then checked like a folder's.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from spiking_music import files, overwriting
from spiking_music.audio.recording import opened
from spiking_music.config import DatasetConfig, SignalConfig
from spiking_music.data import demo
from spiking_music.data.compose import compose
from spiking_music.data.index import read_performances
from spiking_music.data.layout import Layout, check_file
from spiking_music.data.midi import parse_midi, read_midi, write_midi
from spiking_music.errors import DataError, OutputError
from spiking_music.progress import tracked

if TYPE_CHECKING:
    from spiking_music.data.maestro.store import Store  # imports urllib3

RENDERED = ("demo", "midi")  # sources of which we make the recordings
ENDINGS = (".flac", ".mid", ".midi")
MANIFEST = ["audio_filename", "midi_filename", "status"]

Make = Callable[[str, str], None]  # (midi_filename, audio_filename): make or check one recording


def prepare(
    dataset: DatasetConfig,
    signal: SignalConfig | None,
    seed: int,
    performances: Path,
    shard: int,
    root: Path,
    manifest: Path,
    store: "Store | None" = None,
) -> None:
    """Make (demo, midi), check (folder) or fetch from `store` the recordings of `shard`.

    They lie under `root` then. `manifest` has a row a recording: audio_filename, midi_filename,
    status (`ok`, or why it cannot be used), and with a `store` bytes and CRC-32 of both. With
    `dataset.bad_recordings: fail` the first bad recording raises `DataError`; with `skip` it is
    reported on stderr and in the manifest. A server that fails raises `DownloadError` either way,
    a recording that must not be replaced `OutputError`.
    The same seed gives the same bytes.
    """
    table = read_performances(performances)
    table = table[table["shard"] == shard]
    names = list(zip(table["audio_filename"], table["midi_filename"], strict=True))
    if dataset.source in RENDERED:
        for name in (name for pair in names for name in pair if name):
            overwriting.require_file(root / name, ENDINGS)
    make = _maker(dataset, signal, seed, root, store, names) if names else _nothing
    rows = []
    for audio, midi in tracked(names, "recordings", len(names)):
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
    made = pd.DataFrame(rows, columns=MANIFEST)
    files.write_csv(made if store is None else _with_sums(made, store), manifest)


def _maker(
    dataset: DatasetConfig,
    signal: SignalConfig | None,
    seed: int,
    root: Path,
    store: "Store | None",
    names: Sequence[tuple[str, str]],
) -> Make:
    if store is not None:
        return _fetcher(store, names, dataset.bad_recordings == "skip")
    if dataset.source == "demo":
        return _demo_maker(dataset, seed, root)
    if dataset.source == "midi":
        assert signal is not None  # whose sample rate no other source needs
        return _midi_maker(dataset, signal, root)
    return _folder_checker(root)


def _nothing(midi: str, audio: str) -> None:
    """For an empty shard."""


def _demo_maker(dataset: DatasetConfig, seed: int, root: Path) -> Make:
    from spiking_music.data.render import open_soundfont, render  # slow: imports scipy.signal
    from spiking_music.data.studio import Studio

    size = dataset.demo
    font = open_soundfont(dataset.soundfont, size.sample_rate)
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
        studio = Studio((*piece.seed, 2), size.sample_rate) if size.studio else None
        render(performance, font, size.channels, root / audio, studio)

    return make


def _midi_maker(dataset: DatasetConfig, signal: SignalConfig, root: Path) -> Make:
    from spiking_music.data.render import open_soundfont, render  # slow: imports scipy.signal

    font = open_soundfont(dataset.soundfont, signal.sample_rate)
    layout = Layout(Path(str(dataset.path)))
    if root.resolve() == layout.path.resolve():
        raise OutputError(f"'{root}' is dataset.path, whose files are kept: name another --root")

    def make(midi: str, audio: str) -> None:
        data = layout.read(midi)
        performance = parse_midi(data, midi)
        with files.atomic(root / midi) as temporary:
            temporary.write_bytes(data)
        render(performance, font, 1, root / audio)

    return make


def _fetcher(store: "Store", names: Sequence[tuple[str, str]], skip: bool) -> Make:
    """Fetch all of `names` at once; what is left for each recording is the folder's check."""
    failed = store.fetch([name for pair in names for name in pair if name], skip)
    check = _folder_checker(store.root)

    def make(midi: str, audio: str) -> None:
        for name in (audio, midi):
            if name in failed:
                raise failed[name]
        check(midi, audio)

    return make


def _with_sums(manifest: pd.DataFrame, store: "Store") -> pd.DataFrame:
    """The manifest with what the archive says of each file; empty where it has none such."""
    for kind in ("audio", "midi"):
        facts = [store.facts(name) for name in manifest[f"{kind}_filename"]]
        manifest[f"{kind}_bytes"] = [size for size, _ in facts]
        manifest[f"{kind}_crc32"] = [crc for _, crc in facts]
    return manifest


def _folder_checker(root: Path) -> Make:
    def check(midi: str, audio: str) -> None:
        if midi:
            read_midi(root / midi)
        check_file(root / audio, "recording")
        with opened(root / audio) as recording:
            if recording.channels > 2:
                raise DataError(
                    f"recording '{root / audio}' has {recording.channels} channels: mix it down to "
                    "mono or stereo"
                )
            recording.check()

    return check
