"""Damaged MIDI files are read as the independent reader reads them, or refused; never else."""

import time
from random import Random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiking_music.data.midi import parse_midi
from spiking_music.errors import DataError
from tests.data.midi_bytes import END, chunk, files, midi, reference, tempo, track

EXAMPLES, WAYS = 150, 20  # some 15 s
SLOWEST = 10.0  # seconds of CPU for each of the large files; they take up to 1
FRAGMENTS = [b"\xff", b"\x00", b"\x80", b"\xf7", b"\xf0", b"\xff\x2f\x00", b"MTrk", b"\x7f" * 3]
HEAD = b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x01\xe0MTrk"


def damaged(data: bytes, other: bytes, random: Random) -> bytes:
    """`data` after it was cut, spliced with `other`, or had bytes changed."""
    content = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(content))
        how = random.choice(["cut", "change", "insert", "delete", "repeat", "splice"])
        if how == "cut":
            del content[at:]
        elif how == "change":
            content[at : at + 1] = random.randbytes(1)
        elif how == "insert":
            content[at:at] = random.choice([*FRAGMENTS, random.randbytes(2)])
        elif how == "delete":
            del content[at : at + random.randint(1, 8)]
        elif how == "repeat":
            content[at:at] = content[at : at + random.randint(1, 40)]
        else:
            content[at:] = other[random.randint(0, len(other)) :]
    return bytes(content)


def assert_right_or_refused(data: bytes) -> None:
    try:
        ours = parse_midi(data, "a.mid")
    except DataError as error:
        assert str(error).startswith("MIDI file 'a.mid' ") and "\n" not in str(error)
        return
    expected = reference(data)
    found = sorted(zip(ours.start, ours.pitch, ours.velocity, strict=True))
    np.testing.assert_allclose(found, expected.notes, rtol=1e-12, atol=1e-9)
    moves = np.stack([ours.pedal_time, ours.pedal_value], axis=1)
    np.testing.assert_allclose(moves, np.reshape(expected.pedal, (-1, 2)), rtol=1e-12, atol=1e-9)
    assert np.isfinite(ours.stop).all() and (ours.stop >= ours.start).all()


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(files(), files(), st.integers(0, 2**32))
def test_damaged_files(data: bytes, other: bytes, seed: int) -> None:
    random = Random(seed)
    for _ in range(WAYS):
        assert_right_or_refused(damaged(data, other, random))


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_any_bytes_as_a_track(content: bytes) -> None:
    whole = HEAD + len(content).to_bytes(4, "big")
    for data in (content, whole + content, whole + b"\x00\x90\x3c\x50" + content[4:]):
        assert_right_or_refused(data)


def test_large_files_cost_time_in_proportion() -> None:
    size = 2**17
    many = {
        "strikes of one key": midi(track((0, b"\x90\x3c\x50"), *[(0, b"\x3c\x50")] * size)),
        "ends": midi(track((0, b"\x90\x3c\x50"), *[(0, b"\x3c\x00")] * size)),
        "tempos": midi(track((0, b"\x90\x3c\x50"), *[(1, tempo(9))] * (size // 4))),
        "tracks": midi(track((0, b"\x90\x3c\x50")), *[track(END)] * 65534),
        "foreign chunks": midi(*[chunk(b"XFIH", b"")] * (size // 4), track((0, b"\x90\x3c\x50"))),
        "alternating": midi(
            track((0, b"\x90\x3c\x50"), *[(0, b"\x3c\x50"), (1, b"\x3c\x00")] * size)
        ),
    }
    for name, data in many.items():
        begin = time.process_time()
        assert len(parse_midi(data, name).start) > 0
        assert time.process_time() - begin < SLOWEST, name
