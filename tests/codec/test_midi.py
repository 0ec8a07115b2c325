"""Notes as symbols: nothing but the grid is lost, and bits are those of their frequencies."""

import numpy as np
import pytest

from spiking_music.codec.midi import ALPHABETS, Coder, Event, events, performed
from spiking_music.data.compose import compose
from spiking_music.data.demo import plan
from spiking_music.data.performance import Performance
from tests.conftest import demo

TICKS = 100


@pytest.fixture(scope="module")
def pieces() -> list[Performance]:
    return [compose(piece) for piece in plan(demo(minutes=2, performances=4), 3).values()]


def test_what_is_performed_is_what_was_played_on_the_grid(pieces: list[Performance]) -> None:
    for piece in pieces:
        coded = events(piece, TICKS)
        again = performed(coded, TICKS)
        assert events(again, TICKS) == coded
        order = np.lexsort((piece.pitch, np.rint(piece.start * TICKS)))
        assert again.pitch.tolist() == piece.pitch[order].tolist()
        assert again.velocity.tolist() == piece.velocity[order].tolist()
        np.testing.assert_allclose(again.start, piece.start[order], atol=0.5001 / TICKS)
        np.testing.assert_allclose(again.stop, piece.stop[order], atol=1.0001 / TICKS)
        assert len(again.pedal_time) > 0
        down = (piece.pedal_value >= 64).astype(int)
        changes = np.flatnonzero(np.diff(down, prepend=0))
        np.testing.assert_allclose(again.pedal_time, piece.pedal_time[changes], atol=0.5001 / TICKS)


def test_bits_by_hand() -> None:
    """Nothing was ever seen: every symbol of an alphabet costs as much; then counts tell."""
    coded = [Event(0, 60, 70, 5), Event(8)]
    first, second = Coder([]).bits(coded)
    sizes = ALPHABETS
    note = sum(np.log2(sizes[name]) for name in ("kind", "wait", "pitch", "velocity", "length"))
    assert first == pytest.approx(note + 2)  # 5 is 101: its first bit is known
    kind = -np.log2(0.5 / (0.5 * sizes["kind"] + 1))  # a note was seen, a pedal never
    wait = -np.log2(0.5 / (0.5 * sizes["wait"] + 1)) + 3  # 8 is 1000, and 0 was seen
    assert second == pytest.approx(kind + wait)


def test_knowing_other_pieces_saves_bits_and_changes_nothing(pieces: list[Performance]) -> None:
    coded = [events(piece, TICKS) for piece in pieces]
    alone, taught = Coder([]), Coder(coded[:-1])
    before = alone.bits(coded[-1]).sum()
    after = taught.bits(coded[-1]).sum()
    assert after < before
    assert taught.bits(coded[-1]).sum() == after  # a performance leaves no trace in the coder
    notes = sum(event.pitch >= 0 for event in coded[-1])
    assert 8 < after / notes < 30


def test_a_finer_grid_costs_more(pieces: list[Performance]) -> None:
    coarse, fine = (Coder([]).bits(events(pieces[0], ticks)).sum() for ticks in (50, 1000))
    assert fine > 1.2 * coarse
