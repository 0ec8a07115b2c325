"""One interface to demo, folder and MIDI: what is made, what is refused, what is skipped aloud."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from spiking_music.config import DatasetConfig, SignalConfig
from spiking_music.data.compose import Piece, compose
from spiking_music.data.harmony import Key
from spiking_music.data.index import COLUMNS, read_performances, write_index
from spiking_music.data.midi import read_midi, write_midi
from spiking_music.data.sources import MANIFEST, prepare
from spiking_music.errors import DataError

SPLITS = ("train", "validation", "test")


@pytest.fixture
def whole(dataset: DatasetConfig) -> DatasetConfig:
    subset = dataset.subset.model_copy(update={"splits": SPLITS})
    small = dataset.demo.model_copy(update={"minutes": 0.3})
    return dataset.model_copy(update={"subset": subset, "demo": small})


@pytest.fixture
def folder(tmp_path: Path, whole: DatasetConfig) -> DatasetConfig:
    """Three performances in MAESTRO layout: wav and flac, mono and stereo, several rates."""
    root = tmp_path / "data"
    (root / "2004").mkdir(parents=True)
    rows = []
    for number, (split, ending, rate, channels) in enumerate(
        zip(SPLITS, ("wav", "flac", "wav"), (8000, 44100, 48000), (1, 2, 2), strict=True)
    ):
        name = f"2004/{number}"
        samples = 0.1 * np.random.default_rng(number).standard_normal((rate // 2, channels))
        soundfile.write(root / f"{name}.{ending}", samples, rate)
        piece = Piece((number,), "chorale", Key(0, "major"), 4, 90.0, 4.0)
        write_midi(compose(piece), root / f"{name}.midi")
        rows.append(("Anon", name, split, 2004, f"{name}.midi", f"{name}.{ending}", 0.5))
    pd.DataFrame(rows, columns=COLUMNS).to_csv(root / "metadata.csv", index=False)
    return whole.model_copy(update={"source": "folder", "path": str(root)})


def run(dataset: DatasetConfig, signal: SignalConfig, out: Path, seed: int = 3) -> pd.DataFrame:
    """Catalogue and all shards; the manifests joined."""
    write_index(dataset, seed, out / "performances.csv")
    root, manifests = (
        Path(str(dataset.path)) if dataset.source == "folder" else out / "recordings",
        [],
    )
    for shard in range(dataset.shards):
        manifest = out / "recordings" / f"manifest-{shard}.csv"
        prepare(dataset, signal, seed, out / "performances.csv", shard, root, manifest)
        manifests.append(pd.read_csv(manifest))
        assert list(manifests[-1].columns) == MANIFEST
    return pd.concat(manifests)


def test_demo(whole: DatasetConfig, signal: SignalConfig, tmp_path: Path) -> None:
    sharded = whole.model_copy(update={"shards": 2})
    manifest = run(sharded, signal, tmp_path / "a")
    assert (manifest["status"] == "ok").all() and len(manifest) == 3
    total = 0.0
    for row in read_performances(tmp_path / "a" / "performances.csv").itertuples():
        file = tmp_path / "a" / "recordings" / str(row.audio_filename)
        info = soundfile.info(file)
        assert (info.samplerate, info.channels, info.subtype) == (44100, 2, "PCM_16")
        assert info.duration == pytest.approx(row.duration, abs=1e-4)
        assert file.parent.name == str(row.year)
        midi = tmp_path / "a" / "recordings" / str(row.midi_filename)
        assert read_midi(midi).duration == pytest.approx(row.duration, abs=1e-6)
        total += info.duration
    assert total >= 60 * whole.demo.minutes
    run(sharded, signal, tmp_path / "b")
    made = sorted(p for p in (tmp_path / "a").rglob("*.*") if p.is_file())
    assert len(made) == 3 + 3 + 2 + 1
    for path in made:
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_demo_onsets_are_where_the_midi_says(
    whole: DatasetConfig, signal: SignalConfig, tmp_path: Path
) -> None:
    manifest = run(whole, signal, tmp_path)
    row = manifest.iloc[0]
    audio, rate = soundfile.read(tmp_path / "recordings" / row["audio_filename"])
    first = read_midi(tmp_path / "recordings" / row["midi_filename"]).start[0]
    heard = np.argmax(np.abs(audio[:, 0]) > 0.02 * np.abs(audio).max()) / rate
    assert abs(heard - first) < 0.012


def test_demo_table_of_another_seed(
    whole: DatasetConfig, signal: SignalConfig, tmp_path: Path
) -> None:
    write_index(whole, 1, tmp_path / "p.csv")
    with pytest.raises(DataError, match="no piece of this demo: make the table"):
        prepare(whole, signal, 2, tmp_path / "p.csv", 0, tmp_path, tmp_path / "m.csv")


def test_folder(folder: DatasetConfig, signal: SignalConfig, tmp_path: Path) -> None:
    before = sorted(Path(str(folder.path)).rglob("*"))
    assert (run(folder, signal, tmp_path / "out")["status"] == "ok").all()
    assert sorted(Path(str(folder.path)).rglob("*")) == before


def test_real_folders(
    salamander: Path,
    disklavier: Path,
    whole: DatasetConfig,
    signal: SignalConfig,
    tmp_path: Path,
) -> None:
    few = whole.subset.model_copy(update={"max_performances": 12})
    for name, path in (("s", salamander), ("d", disklavier)):
        real = {"source": "folder", "path": str(path), "subset": few}
        manifest = run(whole.model_copy(update=real), signal, tmp_path / name)
        assert len(manifest) == 12 and (manifest["status"] == "ok").all()


def spoil(root: Path, how: str) -> str:
    """Damage the second recording; return what the message must say."""
    audio, midi = root / "2004/1.flac", root / "2004/1.midi"
    if how == "audio missing":
        audio.unlink()
        return r"recording '.*1\.flac' is missing: restore it or take its row out"
    if how == "MIDI missing":
        midi.unlink()
        return r"MIDI file '.*1\.midi' is missing"
    if how == "audio empty":
        audio.write_bytes(b"")
        return r"1\.flac' is empty \(0 bytes\): copy it again"
    if how == "MIDI empty":
        midi.write_bytes(b"")
        return r"1\.midi' is empty \(0 bytes\)"
    if how == "audio garbage":
        audio.write_bytes(b"no sound at all" * 99)
        return r"recording '.*1\.flac' cannot be read"
    if how == "MIDI garbage":
        midi.write_bytes(b"no MIDI at all" * 99)
        return r"MIDI file '.*1\.midi' cannot be read"
    if how == "no samples":
        soundfile.write(audio, np.zeros((0, 1)), 8000, format="WAV")
        return r"recording '.*1\.flac' holds no samples: replace the file"
    soundfile.write(audio, np.zeros((99, 4)), 8000)
    return r"1\.flac' has 4 channels: mix it down"


@pytest.mark.parametrize(
    "how",
    [
        "audio missing",
        "MIDI missing",
        "audio empty",
        "MIDI empty",
        "audio garbage",
        "MIDI garbage",
        "no samples",
        "four channels",
    ],
)
def test_one_bad_recording_among_many(
    folder: DatasetConfig,
    signal: SignalConfig,
    tmp_path: Path,
    how: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    message = spoil(Path(str(folder.path)), how)
    with pytest.raises(DataError, match=message):
        run(folder, signal, tmp_path / "fail")
    assert not (tmp_path / "fail" / "recordings" / "manifest-0.csv").exists()
    manifest = run(folder.model_copy(update={"bad_recordings": "skip"}), signal, tmp_path / "skip")
    assert list(manifest["status"] == "ok") == [True, False, True]
    assert manifest["status"].str.contains(message, regex=True)[1]
    assert "skipped 2004/1.flac: " in capsys.readouterr().err


def test_empty_shards_are_legal(
    folder: DatasetConfig, signal: SignalConfig, tmp_path: Path
) -> None:
    assert len(run(folder.model_copy(update={"shards": 3}), signal, tmp_path / "out")) == 3
    assert (tmp_path / "out/recordings/manifest-2.csv").read_text() == ",".join(MANIFEST) + "\n"


def midi_zip(folder: DatasetConfig, to: Path) -> Path:
    root = Path(str(folder.path))
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(root / "metadata.csv", "maestro-v3.0.0/maestro-v3.0.0.csv")
        for path in sorted(root.rglob("*.midi")):
            archive.write(path, f"maestro-v3.0.0/{path.relative_to(root)}")
    return to


def test_midi_from_folder_and_zip_are_the_same(
    folder: DatasetConfig, signal: SignalConfig, tmp_path: Path
) -> None:
    archive = midi_zip(folder, tmp_path / "midi.zip")
    for name, path in (("folder", str(folder.path)), ("zip", str(archive))):
        midi = folder.model_copy(update={"source": "midi", "path": path})
        assert (run(midi, signal, tmp_path / name)["status"] == "ok").all()
    for path in (tmp_path / "zip" / "recordings" / "2004").iterdir():
        assert path.read_bytes() == (tmp_path / "folder/recordings/2004" / path.name).read_bytes()
    info = soundfile.info(tmp_path / "zip/recordings/2004/0.flac")
    assert (info.samplerate, info.channels) == (signal.sample_rate, 1)
    original = Path(str(folder.path)) / "2004/0.midi"
    assert (tmp_path / "zip/recordings/2004/0.midi").read_bytes() == original.read_bytes()


def test_midi_members_missing_damaged_empty(
    folder: DatasetConfig,
    signal: SignalConfig,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = Path(str(folder.path))
    (root / "2004/0.midi").write_bytes(b"")
    shutil.copy(root / "2004/2.midi", tmp_path / "kept")
    (root / "2004/1.midi").unlink()
    archive = midi_zip(folder, tmp_path / "midi.zip")
    data = bytearray(archive.read_bytes())
    at = data.index(b"2004/2.midi") + 40
    data[at : at + 40] = bytes(40)
    archive.write_bytes(data)
    skip = {"source": "midi", "path": str(archive), "bad_recordings": "skip"}
    status = list(run(folder.model_copy(update=skip), signal, tmp_path / "out")["status"])
    assert "has 0 bytes" in status[0]
    assert "has no member 'maestro-v3.0.0/2004/1.midi'" in status[1]
    assert "2.midi' of" in status[2] and "is damaged" in status[2]
    assert capsys.readouterr().err.count("skipped") == 3


def test_maestro_midi(
    maestro_midi: Path, whole: DatasetConfig, signal: SignalConfig, tmp_path: Path
) -> None:
    few = whole.subset.model_copy(update={"max_hours": 0.08})
    midi = {"source": "midi", "path": str(maestro_midi), "subset": few}
    manifest = run(whole.model_copy(update=midi), signal, tmp_path)
    assert (manifest["status"] == "ok").all() and len(manifest) >= 3
    performances = read_performances(tmp_path / "performances.csv")
    for row in performances.itertuples():
        info = soundfile.info(tmp_path / "recordings" / str(row.audio_filename))
        assert abs(info.duration - row.duration) < 3
