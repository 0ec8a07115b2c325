"""MIDI files as performances: held to pretty_midi, refused where damaged, written and read back."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
import symusic

from spiking_music.dataset.compose import Piece, compose
from spiking_music.dataset.harmony import Key
from spiking_music.dataset.midi import parse_midi, read_midi, write_midi
from spiking_music.errors import DataError


def assert_equals_pretty_midi(data: bytes) -> None:
    ours, peer = parse_midi(data, "a.mid"), pretty_midi.PrettyMIDI(io.BytesIO(data))
    tracks = [track for track in peer.instruments if not track.is_drum]
    notes = sorted((n.start, n.pitch, n.end, n.velocity) for track in tracks for n in track.notes)
    found = np.stack([ours.start, ours.pitch, ours.stop, ours.velocity], axis=1)
    np.testing.assert_allclose(found, np.array(notes), rtol=0, atol=1e-9)
    moves = [(c.time, c.value) for t in tracks for c in t.control_changes if c.number == 64]
    pedal = np.stack([ours.pedal_time, ours.pedal_value], axis=1)
    expected = np.array(sorted(moves, key=lambda move: move[0])).reshape(-1, 2)
    np.testing.assert_allclose(pedal, expected, rtol=0, atol=1e-9)


def members(archive: Path, every: int) -> list[bytes]:
    with zipfile.ZipFile(archive) as file:
        names = [name for name in file.namelist() if name.endswith((".mid", ".midi"))]
        return [file.read(name) for name in names[::every]]


def test_real_midi_reads_as_pretty_midi_reads_it(
    disklavier: Path, salamander: Path, maestro_midi: Path
) -> None:
    paths = sorted(salamander.rglob("*.mid"))[::40] + sorted(disklavier.rglob("*.mid"))[::3]
    found = members(maestro_midi, 150) + [path.read_bytes() for path in paths]
    assert len(found) > 15
    for data in found:
        assert_equals_pretty_midi(data)


def test_tempo_changes_add_up(tmp_path: Path) -> None:
    score = symusic.Score(480)
    score.tempos.extend(symusic.Tempo(at, qpm=qpm) for at, qpm in ((480, 60), (960, 240)))
    score.tracks.append(symusic.Track())
    ticks = [0, 480, 720, 960, 1920]
    score.tracks[0].notes.extend(symusic.Note(tick, 240, 60, 80) for tick in ticks)
    score.dump_midi(tmp_path / "a.mid")
    found = read_midi(tmp_path / "a.mid")
    # 120 quarters a minute until the first change
    np.testing.assert_allclose(found.start, [0, 0.5, 1.0, 1.5, 2.0], atol=1e-9)
    np.testing.assert_allclose(found.stop, [0.25, 1.0, 1.5, 1.625, 2.125], atol=1e-9)


def test_drums_are_left_out(tmp_path: Path) -> None:
    score = symusic.Score(480)
    for is_drum in (False, True):
        score.tracks.append(symusic.Track(is_drum=is_drum))
        score.tracks[-1].notes.append(symusic.Note(480 * is_drum, 240, 60, 80))
    score.dump_midi(tmp_path / "a.mid")
    assert read_midi(tmp_path / "a.mid").start.tolist() == [0]


@pytest.mark.parametrize("kept", [4, 10, 14, 20, 100, 1000, 0.5, -10, -1])
def test_a_file_cut_short_is_refused(maestro_midi: Path, tmp_path: Path, kept: float) -> None:
    content = members(maestro_midi, 10_000)[0]
    path = tmp_path / "a.mid"
    path.write_bytes(content[: len(content) // 2 if kept == 0.5 else int(kept)])
    with pytest.raises(DataError, match=rf"^MIDI file '{path}' cannot be read \(it is cut short\)"):
        read_midi(path)


def test_what_follows_the_last_track_does_not_matter(maestro_midi: Path) -> None:
    content = members(maestro_midi, 10_000)[0]
    whole = parse_midi(content, "a.mid")
    longer = parse_midi(content + b"XTRA\x00\x00\x00\x01a" + bytes(3), "a.mid")
    np.testing.assert_array_equal(longer.start, whole.start)


@pytest.mark.parametrize(
    "data", [b"", b"hello" * 50, b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk"]
)
def test_broken_bytes_are_named(data: bytes) -> None:
    with pytest.raises(DataError, match=r"MIDI file 'a\.mid' .*: replace the file"):
        parse_midi(data, "a.mid")


def test_missing_and_empty_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"MIDI file '.*a\.mid' is missing: restore it"):
        read_midi(tmp_path / "a.mid")
    (tmp_path / "a.mid").touch()
    with pytest.raises(DataError, match=r"MIDI file '.*a\.mid' is empty \(0 bytes\): copy it"):
        read_midi(tmp_path / "a.mid")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    p = compose(Piece((1,), "nocturne", Key(0, "major"), 4, 90.0, 20.0))
    write_midi(p, tmp_path / "p.midi")
    q = read_midi(tmp_path / "p.midi")
    for one, other in zip(vars(p).values(), vars(q).values(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)
