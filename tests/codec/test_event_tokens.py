"""Tokens of events: exact both ways, few, and told in a sentence where they are none."""

import numpy as np
import pytest

import spiking_music
from spiking_music.codec.event_tokens import from_event_tokens, to_event_tokens
from spiking_music.codec.events import EVENT
from spiking_music.errors import CodeError, DataError
from tests.codec.conftest import HOP, RATE, MakeCodec, music


def test_there_and_back() -> None:
    codec = spiking_music.load()
    audio = music(6.0)
    audio[-RATE:] = 0  # frames without events, which have tokens as well
    events = codec.events(audio, RATE)
    tokens = to_event_tokens(codec.model, events)
    end = len(codec.units)
    assert (tokens == end).sum() == -(-len(audio) // HOP)
    assert len(tokens) == len(events) + (tokens == end).sum()
    back = from_event_tokens(codec.model, tokens)
    assert np.array_equal(back["unit"], events["unit"])
    assert np.abs(back["time"] - events["time"]).max() < 1e-9
    sound = codec.synthesize(back, len(audio), level=codec.model.config.default_level)
    assert np.array_equal(sound, codec.synthesize(events))
    # beside the integers of all units, of 16 bits
    assert len(tokens) / 6 < 1200 < len(codec.units) / 16 * RATE / HOP / 6


def test_the_order_of_tokens(codec_of: MakeCodec) -> None:
    model = codec_of("free").model
    end = len(codec_of("free").units)
    events = np.zeros(4, EVENT)
    events["time"] = (np.array([2, 0, 0, 0]) + 0.5) * HOP / RATE
    events["unit"] = [1, 5, 2, 5]
    tokens = to_event_tokens(model, events)
    assert tokens.tolist() == [2, 5, end, end, 1, end]
    cut = from_event_tokens(model, [5, 2, 5, end, end, 1])  # out of order, twice, no last end
    assert cut["unit"].tolist() == [2, 5, 1]
    assert np.allclose(cut["time"], np.array([0.5, 0.5, 2.5]) * HOP / RATE)
    assert not len(from_event_tokens(model, [])) and not len(to_event_tokens(model, events[:0]))


def test_what_are_no_tokens(codec_of: MakeCodec) -> None:
    model = codec_of("free").model
    for wrong in ([-1], [len(codec_of("free").units) + 1], [0.5], [[1, 2]]):
        with pytest.raises(CodeError, match="event tokens are"):
            from_event_tokens(model, wrong)
    with pytest.raises(DataError):
        to_event_tokens(model, np.zeros(3))
