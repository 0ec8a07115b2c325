"""Pieces in, pieces out: what comes is the same however it is cut, and comes in time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spiking_music
from spiking_music.codec.delay import layout, seconds
from spiking_music.codec.session import Codec
from spiking_music.codec.si_snr import si_snr
from spiking_music.errors import CodeError, DataError
from tests.codec.conftest import BLOCK, RATE, MakeCodec, music

LENGTH = 3.1  # seconds
AUDIO = music(LENGTH)


@pytest.fixture(scope="module")
def codec() -> Codec:
    return spiking_music.load()


def cut(size: int, draw: np.random.Generator) -> list[slice]:
    """Of 0 .. size − 1 in order: pieces of any size, some of them empty."""
    places = np.sort(draw.integers(0, size, draw.integers(0, 9)))
    return [slice(a, b) for a, b in zip([0, *places], [*places, size], strict=True)]


@given(seed=st.integers(0, 2**32), delay=st.sampled_from([None, 0.5, 1.0]), kbps=st.booleans())
@settings(max_examples=6)
def test_any_pieces_are_the_whole(codec: Codec, seed: int, delay: float | None, kbps: bool) -> None:
    draw = np.random.default_rng(seed)
    wish = {"kbps": 1.5} if kbps else {"level": 16}
    stream = codec.encode(AUDIO, RATE, delay=delay, **wish)
    with codec.encoder(RATE, delay=delay, **wish) as encoder:
        pieces = [encoder.push(AUDIO[part]) for part in cut(len(AUDIO), draw)]
        assert b"".join([*pieces, encoder.finish()]) == stream
    with codec.decoder() as decoder:
        found = [decoder.push(stream[part]) for part in cut(len(stream), draw)]
        whole = np.concatenate([*found, decoder.finish()])
    np.testing.assert_array_equal(whole, codec.decode(stream))
    assert len(whole) == len(AUDIO)


@pytest.mark.parametrize("name", ["free", "rvq", "mu-sparse"])
def test_models_whose_coder_cannot_go_on(codec_of: MakeCodec, name: str) -> None:
    codec, audio = codec_of(name), AUDIO[: 4 * BLOCK]
    level = 3 if codec.model.config.levels else None
    stream = codec.encode(audio, RATE, level=level, delay=0.5)
    assert len(codec.decode(stream)) == len(audio)
    with codec.encoder(RATE, level=level, delay=0.5) as encoder:
        assert encoder.push(audio) + encoder.finish() == stream


@pytest.mark.parametrize("delay", [0.5, 1.0, 2.0])
def test_what_goes_in_comes_out_in_time(codec: Codec, delay: float) -> None:
    step, late = RATE // 100, []
    with codec.encoder(RATE, level=16, delay=delay) as encoder, codec.decoder() as decoder:
        heard = 0
        for begin in range(0, len(AUDIO), step):
            heard += len(decoder.push(encoder.push(AUDIO[begin : begin + step])))
            late.append(min(begin + step, len(AUDIO)) - heard)
        heard += len(decoder.push(encoder.finish())) + len(decoder.finish())
    assert heard == len(AUDIO)
    assert max(late) <= delay * RATE
    assert max(late) > 0.8 * delay * RATE  # it is used


def test_a_short_delay_costs_few_bits_and_little_quality(codec: Codec, piano: np.ndarray) -> None:
    whole, short = (codec.encode(piano, RATE, level=10, delay=d) for d in (None, 0.5))
    assert len(short) < 1.05 * len(whole)
    quality = [si_snr(codec.decode(each)[None], piano[None])[0] for each in (whole, short)]
    assert quality[1] > quality[0] - 0.15


def test_sections_of_parts_are_slices_of_the_whole(codec: Codec) -> None:
    stream = codec.encode(AUDIO, RATE, kbps=1.5, delay=0.5)
    whole = codec.decode(stream)
    for start, duration in ((0.0, 0.3), (1.234, 0.5), (3.0, 1.0)):
        begin = round(start * RATE)
        found = codec.decode(stream, start=start, duration=duration)
        np.testing.assert_array_equal(found, whole[begin : begin + round(duration * RATE)])


def test_rates_are_changed_on_the_way(codec: Codec) -> None:
    audio = np.stack([music(1.5, 44100), music(1.5, 44100, 1)])
    stream = codec.encode(audio, 44100, level=16)
    with codec.encoder(44100, level=16) as encoder:
        pieces = [encoder.push(audio[:, i : i + 999]) for i in range(0, audio.shape[1], 999)]
        assert b"".join([*pieces, encoder.finish()]) == stream
    with codec.decoder(original_rate=True) as decoder:
        assert decoder.rate is None
        found = np.concatenate([decoder.push(stream), decoder.finish()])
        assert (decoder.rate, len(found)) == (44100, audio.shape[1])


def test_mistakes_are_told_in_time(codec: Codec) -> None:
    with pytest.raises(CodeError, match=r"a delay is 0\.5 s or more, not 0\.1"):
        codec.encoder(RATE, delay=0.1)
    with pytest.raises(CodeError, match="leave out one"):
        codec.encoder(RATE, delay=1.0, robust=True)
    with pytest.raises(CodeError, match="call `finish`"), codec.encoder(RATE) as encoder:
        encoder.push(AUDIO)
    with pytest.raises(CodeError, match="takes nothing further"):
        encoder.finish()
    with pytest.raises(DataError, match="no samples"), codec.encoder(RATE) as encoder:
        encoder.finish()
    with pytest.raises(DataError, match="integers"), codec.encoder(RATE) as encoder:
        encoder.push(np.zeros(3, int))
    stream = codec.encode(AUDIO, RATE, level=16)
    with pytest.raises(CodeError, match="ends within"), codec.decoder() as decoder:
        decoder.push(stream[:-1])
        decoder.finish()
    with pytest.raises(CodeError, match=r"no \.spk stream"), codec.decoder() as decoder:
        decoder.push(b"RIFF" * 30)


def test_layouts(codec: Codec) -> None:
    model = codec.model
    for delay in (0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 4.8):
        plan = layout(model, RATE, delay, robust=False)
        assert delay - 3 * 512 / RATE < seconds(plan, model) <= delay
        assert plan.header.block_steps * plan.header.parts <= 174
    whole = layout(model, RATE, None, robust=False)
    assert layout(model, RATE, 6.0, robust=False) == whole
