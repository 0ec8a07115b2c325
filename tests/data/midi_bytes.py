"""Standard MIDI files, byte by byte: a writer, and a reader that shares nothing with the library's.

The reader takes one event after the other off the front of the bytes and believes what it is told;
bytes that are no MIDI file end in whatever exception comes first.
"""

import io
from fractions import Fraction
from typing import NamedTuple

from hypothesis import strategies as st

END = (0, b"\xff\x2f\x00")
Event = tuple[int, bytes]  # (ticks since the event before, bytes without them)


class Read(NamedTuple):
    """Notes but those of channel 10, and pedal movements; sorted."""

    notes: list[tuple[float, int, int]]  # s, key, velocity
    pedal: list[tuple[float, int]]  # s, value; of equal times, in the order of the tracks


def number(value: int) -> bytes:
    """`value` in groups of seven bits."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.insert(0, value & 0x7F | 0x80)
    return bytes(groups)


def chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "big") + content


def track(*events: Event) -> bytes:
    return chunk(b"MTrk", b"".join(number(delta) + event for delta, event in events))


def midi(*chunks: bytes, form: int = 1, division: int = 480, tracks: int | None = None) -> bytes:
    count = sum(part[:4] == b"MTrk" for part in chunks) if tracks is None else tracks
    header = b"".join(value.to_bytes(2, "big") for value in (form, count, division & 0xFFFF))
    return chunk(b"MThd", header) + b"".join(chunks)


def packet(status: int, content: bytes) -> bytes:
    """A SysEx (F0) or F7 packet."""
    return bytes([status]) + number(len(content)) + content


def meta(kind: int, content: bytes) -> bytes:
    return bytes([0xFF, kind]) + number(len(content)) + content


def tempo(microseconds: int) -> bytes:
    return meta(0x51, microseconds.to_bytes(3, "big"))


def reference(data: bytes) -> Read:
    """What the file says, in exact arithmetic."""
    file = io.BytesIO(data)
    assert file.read(4) == b"MThd"
    header = io.BytesIO(file.read(int.from_bytes(file.read(4), "big")))
    _, count, division = (int.from_bytes(header.read(2), "big") for _ in range(3))
    events: list[tuple[int, int, bytes]] = []  # (tick, 0 for tempo and 1 for others, bytes)
    while count:
        kind, content = file.read(4), file.read(int.from_bytes(file.read(4), "big"))
        if kind == b"MTrk":
            events += _events(io.BytesIO(content))
            count -= 1
        assert kind
    return _timed(sorted(events, key=lambda event: event[:2]), division)


def _timed(events: list[tuple[int, int, bytes]], division: int) -> Read:
    quarter, seconds, before = 500_000, Fraction(0), 0
    notes, pedal = [], []
    for tick, _, event in events:
        if division & 0x8000:
            frames = {-24: 24, -25: 25, -29: Fraction(30000, 1001), -30: 30}
            length = 1 / Fraction(frames[(division >> 8) - 256] * (division & 0xFF))
        else:
            length = Fraction(quarter, 1_000_000 * division)
        seconds += (tick - before) * length
        before = tick
        if event[0] == 0xFF:
            quarter = int.from_bytes(event[1:], "big")
        elif event[0] >> 4 == 9 and event[2] and event[0] != 0x99:
            notes.append((float(seconds), event[1], event[2]))
        elif event[0] >> 4 == 11 and event[1] == 64:
            pedal.append((float(seconds), event[2]))
    return Read(sorted(notes), pedal)


def _events(file: io.BytesIO) -> list[tuple[int, int, bytes]]:
    found, tick, status = [], 0, 0
    while first := file.read(1):
        file.seek(-1, 1)
        tick += _number(file)
        (first,) = file.read(1)
        if first == 0xFF:
            (kind,) = file.read(1)
            content = file.read(_number(file))
            if kind == 0x51:
                found.append((tick, 0, b"\xff" + content))
            if kind == 0x2F:
                break
        elif first in (0xF0, 0xF7):
            file.read(_number(file))
        else:
            if first < 0x80:
                file.seek(-1, 1)
            else:
                status = first
            size = 1 if status >> 4 in (12, 13) else 2
            data = file.read(size)
            assert status and len(data) == size
            found.append((tick, 1, bytes([status]) + data))
    return found


def _number(file: io.BytesIO) -> int:
    value = 0
    while True:
        (byte,) = file.read(1)
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value


@st.composite
def tracks(draw: st.DrawFn, struck: bool = False) -> bytes:
    """A track: any events with any running status, SysEx, F7 packets, metas and tempos."""
    seven, status = st.integers(0, 127), 0
    events = [(draw(st.integers(0, 300)), bytes([0x90, 60, 64]))] if struck else []
    for _ in range(draw(st.integers(0, 25))):
        delta = draw(st.one_of(st.just(0), st.integers(0, 127), st.integers(0, 30_000)))
        what = draw(st.sampled_from("nnnnoopcxsFmtr"))
        if what in "noxpc":
            kind = {"n": 9, "o": 8, "p": 11, "c": 11, "x": draw(st.sampled_from([10, 12, 13, 14]))}
            channel = draw(st.sampled_from([0, 0, 0, 1, 9]))
            data = [draw(seven)] if kind[what] in (12, 13) else [draw(seven), draw(seven)]
            data[:1] = [64] if what == "p" else data[:1]
            data[:1] = [draw(st.integers(58, 62))] if what in "no" else data[:1]
            now = kind[what] << 4 | channel
            short = now == status and draw(st.booleans())  # running status
            events.append((delta, bytes([] if short else [now]) + bytes(data)))
            status = now
        elif what in "sF":
            content = draw(st.binary(max_size=9))
            events.append((delta, packet(0xF0 if what == "s" else 0xF7, content)))
        elif what == "m":
            kind = draw(st.integers(0, 127).filter(lambda kind: kind not in (0x2F, 0x51)))
            events.append((delta, meta(kind, draw(st.binary(max_size=140)))))
        else:
            events.append((delta, tempo(draw(st.integers(1, 2**24 - 1)))))
    return track(*events, *([END] if draw(st.booleans()) else []))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file that is right, with a note at least: formats 0 and 1, tempo and SMPTE time."""
    form = draw(st.sampled_from([0, 1]))
    parts = [draw(tracks(struck=True))]
    parts += draw(st.lists(tracks(), max_size=3)) if form else []
    place = draw(st.integers(0, len(parts)))
    foreign = chunk(draw(st.sampled_from([b"XFIH", b"TEST"])), draw(st.binary(max_size=20)))
    parts[place:place] = [foreign] * draw(st.integers(0, 1))
    smpte = [0xE728, 0xE804, 0xE350, 0xE250]
    division = draw(st.one_of(st.integers(20, 0x7FFF), st.sampled_from(smpte)))
    return midi(*parts, form=form, division=division)
