"""MIDI files as performances: what files say is what is read, and damaged ones are refused."""

import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from spiking_music.config import SignalConfig
from spiking_music.data.compose import Piece, compose
from spiking_music.data.harmony import Key
from spiking_music.data.layout import LARGEST_MEMBER
from spiking_music.data.midi import parse_midi, read_midi, require_pair, write_midi
from spiking_music.data.onsets import grid
from spiking_music.errors import DataError
from tests.data.midi_bytes import (
    END,
    Event,
    chunk,
    files,
    meta,
    midi,
    packet,
    reference,
    tempo,
    track,
)

SIGNAL = SignalConfig(sample_rate=22050, clip_samples=131072, hop=512)
MIDI, AUDIO = Path("m"), Path("a")
HOUR = 2 * 480 * 3600  # ticks, at the default tempo


def on(key: int, velocity: int = 80, channel: int = 0) -> bytes:
    return bytes([0x90 | channel, key, velocity])


def off(key: int, channel: int = 0) -> bytes:
    return bytes([0x80 | channel, key, 64])


def pedal(value: int, channel: int = 0) -> bytes:
    return bytes([0xB0 | channel, 64, value])


def assert_equals_reference(data: bytes) -> int:
    """Hold what is read to the independent reader; the number of notes."""
    ours, expected = parse_midi(data, "a.mid"), reference(data)
    found = sorted(zip(ours.start, ours.pitch, ours.velocity, strict=True))
    np.testing.assert_allclose(found, expected.notes, rtol=1e-12, atol=1e-9)
    moves = np.stack([ours.pedal_time, ours.pedal_value], axis=1)
    np.testing.assert_allclose(moves, np.reshape(expected.pedal, (-1, 2)), rtol=1e-12, atol=1e-9)
    assert (np.diff(ours.start) >= 0).all() and (ours.stop >= ours.start).all()
    return len(found)


def steps(data: bytes) -> list[tuple[int, int, int]]:
    """(key, step, velocity) of the first clip."""
    onsets, velocity, _ = grid(parse_midi(data, "a.mid"), 0, SIGNAL.clip_samples, SIGNAL)
    key, step = np.nonzero(onsets)
    return [(int(k) + 21, int(s), int(velocity[k, s])) for k, s in zip(key, step, strict=True)]


def one(*events: Event, **header: int) -> bytes:
    """A file of one track."""
    return midi(track(*events, END), **header)


def members(archive: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(archive) as file:
        for name in file.namelist():
            if name.endswith((".mid", ".midi")):
                yield file.read(name)


def test_all_real_midi_is_read_as_the_independent_reader_reads_it(
    disklavier: Path, salamander: Path, maestro_midi: Path
) -> None:
    paths = [*salamander.rglob("*.mid"), *disklavier.rglob("*.mid")]
    assert len(paths) == 392
    assert sum(assert_equals_reference(path.read_bytes()) for path in paths) > 50_000
    for data in list(members(maestro_midi))[::40]:  # of all of them: benchmarks/midi.py
        assert_equals_reference(data)


def test_maestro_is_read_within_ten_minutes(maestro_midi: Path) -> None:
    begin, notes = time.process_time(), 0
    for data in list(members(maestro_midi))[::20]:
        notes += len(parse_midi(data, "a.mid").start)
    assert (time.process_time() - begin) / notes * 7.04e6 < 600


@given(files())
def test_generated_files_are_read_as_the_independent_reader_reads_them(data: bytes) -> None:
    assert assert_equals_reference(data) > 0


def test_a_note_needs_no_end() -> None:
    data = one((0, on(60)), (480, on(62)), (480, on(64)), (40, off(64)), form=0)
    assert steps(data) == [(60, 0, 80), (62, 21, 80), (64, 43, 80)]
    # it sounds until the track ends, a second at least
    np.testing.assert_allclose(parse_midi(data, "").stop, [1 + 1 / 24, 1.5, 1 + 1 / 24])


def test_overlapping_notes_of_one_key_all_count() -> None:
    data = one((0, on(60)), (240, on(60, 90)), (240, off(60)), (320, on(60, 70)), (100, off(60)))
    assert steps(data) == [(60, 0, 80), (60, 10, 90), (60, 35, 70)]
    np.testing.assert_allclose(parse_midi(data, "").stop, [0.5, 0.5, 0.9375])


def test_a_strike_is_not_ended_by_what_ends_the_strike_before() -> None:
    data = one((0, on(60)), (480, on(60)), (0, off(60)), (480, off(60)), (0, on(61)), (0, off(61)))
    assert parse_midi(data, "").stop.tolist() == [0.5, 1, 1]


def test_velocity_0_ends_and_starts_nothing() -> None:
    data = one((0, on(60, 0)), (240, on(60)), (240, on(60, 0)), (240, on(60, 0)))
    found = parse_midi(data, "")
    assert (found.start.tolist(), found.stop.tolist()) == ([0.25], [0.5])


def test_more_strikes_in_a_step_than_a_byte_counts() -> None:
    onsets, _, _ = grid(parse_midi(one(*[(0, on(60))] * 300), ""), 0, 131072, SIGNAL)
    assert onsets.max() == 255


@pytest.mark.parametrize("channel", [0, 5, 9])
def test_pedal_counts_on_any_track_and_channel(channel: int) -> None:
    notes = track((0, on(60)), (240, off(60)), (240, on(64)), END)
    moves = track((100, pedal(127, channel)), (600, pedal(0, channel)), END)
    found = grid(parse_midi(midi(notes, moves), ""), 0, 131072, SIGNAL)[2]
    assert found.tolist() == [0] * 4 + [127] * 27 + [0] * (256 - 31)


def test_f7_packets_and_sysex_are_skipped_and_their_time_counts() -> None:
    data = one(
        (0, packet(0xF0, b"\x43\x12\x00")),
        (0, on(60)),
        (200, packet(0xF7, b"\x43\x12\x00\x43\x12\x00")),
        (40, off(60)),
        (60, packet(0xF7, b"\x90\x40\x50\xf3\xff")),
        (180, on(64)),
        (480, b"\x43\x50"),
    )
    assert steps(data) == [(60, 0, 80), (64, 21, 80), (67, 43, 80)]


def test_running_status_goes_on_after_sysex_and_meta_events() -> None:
    data = one((0, on(60)), (1, packet(0xF0, b"\x01\xf7")), (239, b"\x3e\x50"), (0, meta(1, b"a")))
    assert steps(data) == [(60, 0, 80), (62, 10, 80)]


def test_tempo_changes_add_up_on_whatever_track_they_are() -> None:
    notes = track(*[(delta, on(60)) for delta in (0, 480, 240, 240, 960)], END)
    first, second = track((480, tempo(1_000_000)), END), track((960, tempo(250_000)), END)
    for parts in ((first, second, notes), (notes, second, first)):
        # 120 quarters a minute until the first change
        found = parse_midi(midi(*parts), "").start
        np.testing.assert_allclose(found, [0, 0.5, 1.0, 1.5, 2.0], atol=1e-9)


@pytest.mark.parametrize(("frames", "rate"), [(24, 24), (25, 25), (29, 30000 / 1001), (30, 30)])
def test_smpte_time_knows_no_tempo(frames: int, rate: float) -> None:
    data = one((0, tempo(1)), (100, on(60)), division=(0x100 - frames) << 8 | 40)
    np.testing.assert_allclose(parse_midi(data, "").start, [100 / 40 / rate])


def test_drums_are_left_out() -> None:
    assert parse_midi(one((0, on(60)), (480, on(60, 80, 9))), "").start.tolist() == [0]


def test_long_headers_foreign_chunks_and_missing_ends_are_read() -> None:
    header = chunk(b"MThd", b"\x00\x01\x00\x01\x01\xe0and more")
    notes = chunk(b"MTrk", b"\x00" + on(60))
    foreign = chunk(b"XFIH", b"MTrk\x00")
    for data in (
        header + notes,
        midi(foreign, notes, foreign),
        midi(notes) + foreign + bytes(3),
        midi(track((0, on(60)), END, (9, b"not read"))),
    ):
        assert steps(data) == [(60, 0, 80)]


NOTE = (0, on(60))
WRONG = {
    "it is no MIDI file": [b"", b"hello" * 50, b"RIFF" + midi(track(NOTE, END))],
    "it is cut short": [
        one(NOTE)[:-1],
        midi(track(NOTE, END), tracks=2),
        b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk",
        midi(b"MTrk\xff\xff\xff\xff" + track(NOTE, END)),
    ],
    "its header is too short": [chunk(b"MThd", b"\x00\x01\x00\x01") + track(NOTE, END)],
    "its format is 2": [one(NOTE, form=2)],
    "its format is 258": [one(NOTE, form=258)],
    "its division is 0": [one(NOTE, division=0)],
    "its division is 40 parts of 1/26 s": [one(NOTE, division=0xE628)],
    "its division is 0 parts of 1/25 s": [one(NOTE, division=0xE700)],
    "a data byte is above 127": [
        one((0, on(60, 255))),
        one((0, on(200))),
        one(NOTE, (0, b"\xb0\x40\xc8")),
        one(NOTE, (0, b"\xb0\x07\xc8")),
        one(NOTE, (0, b"\xc0\xff")),
        one(NOTE, (0, b"\x3e\xff")),
    ],
    "a track begins without a status byte": [one((0, b"\x3c\x50"), NOTE)],
    "a track holds the byte F8": [one(NOTE, (0, b"\xf8"))],
    "a track ends within an event": [
        midi(chunk(b"MTrk", b"\x00\x90\x3c\x50\x00\x90\x3c")),
        midi(chunk(b"MTrk", b"\x00\x90\x3c\x50\x81")),
        midi(chunk(b"MTrk", b"\x00\x90\x3c\x50\x00\xff\x01\x40a")),
        midi(chunk(b"MTrk", b"\x00\x90\x3c\x50\x00\xf7\x40a")),
    ],
    "a number has more than four bytes": [one((0, on(60)), (2**28, on(62)))],
    "a change of tempo": [
        one(NOTE, (0, meta(0x51, b"\x07\xa1"))),
        one(NOTE, (0, meta(0x51, b"\x00\x07\xa1\x20"))),
        one(NOTE, (0, meta(0x51, b""))),
        one(NOTE, (0, tempo(0))),
    ],
    "the length of a track is wrong": [midi(b"MTrk\x00\x00\x00\x04" + track(NOTE, NOTE, END)[8:])],
    "it has more tracks than its header says": [
        midi(track(NOTE, END), track(NOTE, END), tracks=1),
        midi(track(NOTE, END), chunk(b"XFIH", b""), track(END), tracks=1),
    ],
    "it lasts 25.0 h": [one((0, on(60)), *[(HOUR, off(1))] * 24, (HOUR, pedal(0)))],
}


@pytest.mark.parametrize(
    ("reason", "data"), [(reason, data) for reason, cases in WRONG.items() for data in cases]
)
def test_malformed_files_are_one_sentence(reason: str, data: bytes) -> None:
    with pytest.raises(DataError, match=rf"^MIDI file 'a\.mid' cannot be read \({reason}") as error:
        parse_midi(data, "a.mid")
    assert str(error.value).endswith("): replace the file") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("late", "what"),
    [
        ((960, on(62)), "a note begins at 4.00 s"),
        ((HOUR, pedal(0)), "a key or the pedal is moved at 3603.00 s"),
        ((HOUR, off(60)), "a key or the pedal is moved at 3603.00 s"),
    ],
)
def test_notes_that_go_on_after_the_recording(late: Event, what: str) -> None:
    begun = (0, on(60)), (480, pedal(64)), (2400, on(61)), (0, off(61))
    require_pair(parse_midi(one(*begun, (9600, pedal(0)), (0, off(60))), ""), 2.9, MIDI, AUDIO)
    notes = parse_midi(one(*begun, late, (0, off(60))), "")
    with pytest.raises(DataError, match=rf"^MIDI file 'm' does not .* 'a': {what} and the audio"):
        require_pair(notes, 2.9, MIDI, AUDIO)


@pytest.mark.parametrize("kept", [4, 10, 14, 20, 100, 1000, 0.5, -10, -1])
def test_a_file_cut_short_is_refused(maestro_midi: Path, tmp_path: Path, kept: float) -> None:
    content = next(members(maestro_midi))
    path = tmp_path / "a.mid"
    path.write_bytes(content[: len(content) // 2 if kept == 0.5 else int(kept)])
    with pytest.raises(DataError, match=rf"^MIDI file '{path}' cannot be read \(it is cut short\)"):
        read_midi(path)


@pytest.mark.parametrize("data", [midi(), one(), one((0, on(60, 0))), one((0, on(60, 80, 9)))])
def test_files_without_a_note_are_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"^MIDI file 'a\.mid' holds no note: replace the file$"):
        parse_midi(data, "a.mid")


def test_missing_empty_and_huge_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    with pytest.raises(DataError, match=r"MIDI file '.*a\.mid' is missing: restore it"):
        read_midi(path)
    path.touch()
    with pytest.raises(DataError, match=r"MIDI file '.*a\.mid' is empty \(0 bytes\): copy it"):
        read_midi(path)
    with path.open("r+b") as file:
        file.truncate(LARGEST_MEMBER + 1)
    with pytest.raises(DataError, match=r"it has 67108865 bytes, as no MIDI file has"):
        read_midi(path)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    p = compose(Piece((1,), "nocturne", Key(0, "major"), 4, 90.0, 20.0))
    write_midi(p, tmp_path / "p.midi")
    q = read_midi(tmp_path / "p.midi")
    for one_, other in zip(vars(p).values(), vars(q).values(), strict=True):
        np.testing.assert_allclose(one_, other, atol=1e-9)
