"""The bytes of a standard MIDI file → what is played, in ticks: strikes, pedal movements, tempos.

Our own reader, for what libraries do with the same bytes: symusic and pretty_midi take a strike
without an end for no note, and lose the pedal of a track without notes; mido refuses foreign
chunks and F7 packets that hold bytes above 127, takes running status after a SysEx for a second
SysEx, and needs 20 times as long. Where a file contradicts itself, it is refused: a guess would be
silently wrong.
"""

from array import array
from dataclasses import dataclass, field

SUSTAIN = 64  # controller number of the damper pedal
DRUMS = 9  # channel, counted from 0
END_OF_TRACK, TEMPO = 0x2F, 0x51  # types of meta events
FORMATS = (0, 1)  # 2 holds independent sequences, which have no common time
FRAMES = {24: 24.0, 25: 25.0, 29: 30000 / 1001, 30: 30.0}  # SMPTE frames a second
OPEN = -1  # end of a strike that has none
WRONG_DATA = "a data byte is above 127"
CUT = "it is cut short"
IN_EVENT = "a track ends within an event"


class MalformedError(ValueError):
    """The reason why bytes are no usable MIDI file."""


@dataclass(frozen=True)
class Events:
    """What all tracks say, track after track, in the order of the file; times in ticks.

    A key that is released ends all its strikes on that track and channel that began before; `stop`
    is `OPEN` where nothing does so, and `last` is the end of the track then.
    """

    seconds_a_tick: float | None  # of SMPTE time, which knows no tempo; None where tempos count
    ticks_a_quarter: int
    start: array = field(default_factory=lambda: array("q"))  # a strike; drums are left out
    stop: array = field(default_factory=lambda: array("q"))
    last: array = field(default_factory=lambda: array("q"))
    pitch: bytearray = field(default_factory=bytearray)
    velocity: bytearray = field(default_factory=bytearray)  # 1..127
    pedal: array = field(default_factory=lambda: array("q"))  # movements on any channel
    value: bytearray = field(default_factory=bytearray)  # 0..127
    tempo: array = field(default_factory=lambda: array("q"))  # changes
    quarter: array = field(default_factory=lambda: array("q"))  # µs a quarter note


def read(data: bytes) -> Events:
    """Read a file of format 0 or 1; raises `MalformedError` with the reason where it cannot be."""
    events, tracks, position = _header(data)
    while tracks:
        kind, begin, end = _chunk(data, position)
        if kind == b"MTrk":
            ended = _Track(data[begin:end], events).read()
            if not ended and not _between_chunks(data, end):
                raise MalformedError("the length of a track is wrong")
            tracks -= 1
        position = end
    _refuse_further_tracks(data, position)
    return events


def _header(data: bytes) -> tuple[Events, int, int]:
    """What the header says, the number of tracks, and where the next chunk begins."""
    if data[:4] != b"MThd":
        raise MalformedError("it is no MIDI file")
    _, begin, end = _chunk(data, 0)
    if end - begin < 6:
        raise MalformedError("its header is too short")
    form, tracks, division = (
        int.from_bytes(data[begin + at : begin + at + 2], "big") for at in (0, 2, 4)
    )
    if form not in FORMATS:
        raise MalformedError(f"its format is {form}, and only 0 and 1 have one time line")
    if division < 0x8000:
        if division == 0:
            raise MalformedError("its division is 0, so that its times are unknown")
        return Events(None, division), tracks, end
    frames, parts = 0x100 - (division >> 8), division & 0xFF
    if frames not in FRAMES or parts == 0:
        raise MalformedError(f"its division is {parts} parts of 1/{frames} s, as no SMPTE time has")
    return Events(1 / (FRAMES[frames] * parts), 0), tracks, end


def _chunk(data: bytes, position: int) -> tuple[bytes, int, int]:
    """Kind, begin and end of the chunk at `position`, which must lie within the file."""
    begin = position + 8
    end = begin + int.from_bytes(data[position + 4 : begin], "big")
    if end > len(data) or begin > len(data):
        raise MalformedError(CUT)
    return data[position : position + 4], begin, end


def _between_chunks(data: bytes, position: int) -> bool:
    """Whether the file ends at `position` or goes on with what looks like a chunk."""
    kind = data[position : position + 4]
    if not kind:
        return True
    size = int.from_bytes(data[position + 4 : position + 8], "big")
    return kind.isalnum() and position + 8 + size <= len(data)


def _refuse_further_tracks(data: bytes, position: int) -> None:
    """What follows the last track does not matter, unless it is another one."""
    while position < len(data) and _between_chunks(data, position):
        kind, _, position = _chunk(data, position)
        if kind == b"MTrk":
            raise MalformedError("it has more tracks than its header says")


class _Track:
    """One track's bytes, read once from first to last into `events`."""

    def __init__(self, data: bytes, events: Events) -> None:
        self._data = data
        self._events = events
        self._at = 0  # of the byte to be read next, outside of the loop of `read`
        self._sounding: dict[int, list[int]] = {}  # channel and key -> strikes
        self._first = len(events.start)

    def read(self) -> bool:
        """Read all events; whether the track has an end, as it should."""
        try:
            tick, ended = self._read()
        except IndexError:
            raise MalformedError(IN_EVENT) from None
        events = self._events
        events.last.extend([tick] * (len(events.start) - self._first))
        return ended

    def _read(self) -> tuple[int, bool]:
        """The tick at the end; a loop over bytes, as MAESTRO has some 20 million events."""
        data, size = self._data, len(self._data)
        at = tick = status = 0
        while at < size:
            byte = data[at]
            at += 1
            if byte > 0x7F:
                byte, at = self._number(at - 1)
            tick += byte
            first = data[at]
            at += 1
            if first > 0xEF:
                self._at = at
                if self._other(first, tick):
                    return tick, True
                at = self._at
                continue
            if first > 0x7F:
                status, first = first, data[at]
                at += 1
            kind = status >> 4
            if kind in (0xC, 0xD):  # programme and pressure: one byte
                second = 0
            else:
                second = data[at]
                at += 1
            if first > 0x7F or second > 0x7F:
                raise MalformedError(WRONG_DATA)
            if kind == 9 and second:
                self._strike(tick, status, first, second)
            elif kind in (8, 9):
                self._release(tick, status, first)
            elif kind == 0xB and first == SUSTAIN:
                self._events.pedal.append(tick)
                self._events.value.append(second)
            elif not status:
                raise MalformedError("a track begins without a status byte")
        return tick, False

    def _strike(self, tick: int, status: int, key: int, velocity: int) -> None:
        if status & 15 == DRUMS:
            return
        events = self._events
        self._sounding.setdefault((status & 15) << 7 | key, []).append(len(events.start))
        events.start.append(tick)
        events.stop.append(OPEN)
        events.pitch.append(key)
        events.velocity.append(velocity)

    def _release(self, tick: int, status: int, key: int) -> None:
        """End what began before this tick, or, where nothing did, what begins with it."""
        place = (status & 15) << 7 | key
        sounding = self._sounding.pop(place, ())
        start, stop = self._events.start, self._events.stop
        earlier = [note for note in sounding if start[note] < tick]
        for note in earlier or sounding:
            stop[note] = tick
        if earlier and len(earlier) < len(sounding):
            self._sounding[place] = [note for note in sounding if start[note] == tick]

    def _other(self, status: int, tick: int) -> bool:
        """A meta event, SysEx or F7 packet at `_at`; whether it ends the track."""
        if status == 0xFF:
            kind = self._data[self._at]
            content = self._content(self._at + 1)
            if kind == TEMPO:
                self._tempo(tick, content)
            return kind == END_OF_TRACK
        if status not in (0xF0, 0xF7):
            raise MalformedError(f"a track holds the byte {status:02X}, which no file may")
        self._content(self._at)
        return False

    def _tempo(self, tick: int, content: bytes) -> None:
        quarter = int.from_bytes(content, "big")
        if len(content) != 3 or not quarter:
            raise MalformedError("a change of tempo is no positive number of three bytes")
        self._events.tempo.append(tick)
        self._events.quarter.append(quarter)

    def _content(self, at: int) -> bytes:
        """The bytes whose number is at `at`."""
        size, begin = self._number(at)
        self._at = begin + size
        if self._at > len(self._data):
            raise MalformedError(IN_EVENT)
        return self._data[begin : self._at]

    def _number(self, at: int) -> tuple[int, int]:
        """The number of one to four bytes at `at`, and where the next byte is."""
        number = 0
        for place in range(at, at + 4):
            byte = self._data[place]
            number = number << 7 | byte & 0x7F
            if byte < 0x80:
                return number, place + 1
        raise MalformedError("a number has more than four bytes")
