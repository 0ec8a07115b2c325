"""Levels of a stream's blocks: as given, or chosen for a rate or a quality."""

import io

import numpy as np
import pytest

from spiking_music.codec.encoding import Wish
from spiking_music.codec.si_snr import si_snr
from spiking_music.codec.stream.frame import Frame
from spiking_music.errors import CodeError
from tests.codec.conftest import BLOCK, RATE, MakeCodec, blocks_of, music


def cost(block: Frame) -> int:
    """Bytes of a block with a level: marker, index, level, length, payload and sum."""
    return 2 + 1 + (1 if block.length < 128 else 2) + block.length + 3


def test_levels_are_what_was_asked_for(codec_of: MakeCodec) -> None:
    codec = codec_of("mu-sparse")
    audio = music(2)
    streams = [codec.encode(audio, RATE, level=level) for level in (0, 31)]
    for level, stream in zip((0, 31), streams, strict=True):
        assert {block.level for block in blocks_of(codec, stream)} == {level}
        assert len(codec.decode(stream)) == len(audio)
    assert streams[0] != streams[1]
    for wish in ({}, {"level": 3, "kbps": 1.0}, {"level": 32}):
        with pytest.raises(CodeError, match=r"levels 0 \.\. 31"):
            codec.encode(audio, RATE, **wish)
    for wish in ({"level": 0}, {"kbps": 1.0}, {"min_si_snr": 9.0}):
        with pytest.raises(CodeError, match="has no levels"):
            codec_of("free").encode(audio, RATE, **wish)


def test_steps_have_a_level_for_those_who_ask_for_none(codec_of: MakeCodec) -> None:
    codec, audio = codec_of("mdct-mu"), music(2 * BLOCK / RATE)
    stream = codec.encode(audio, RATE)
    assert stream == codec.encode(audio, RATE, level=10)
    assert stream != codec.encode(audio, RATE, level=11)
    with pytest.raises(CodeError, match="exactly one of a level, kbps or min SI-SNR"):
        codec.encode(audio, RATE, level=10, kbps=2.0)


def test_steps_are_bisected(codec_of: MakeCodec) -> None:
    """The level of every block fits, and the next better one does not."""
    codec, audio = codec_of("mdct-mu"), music(4 * BLOCK / RATE)
    streams = [codec.encode(audio, RATE, level=level) for level in range(32)]
    blocks = [blocks_of(codec, stream) for stream in streams]
    sizes = np.array([[cost(block) for block in each] for each in blocks])
    heard = np.stack([codec.decode(stream).reshape(4, BLOCK) for stream in streams])
    quality = np.array([si_snr(each, audio.reshape(4, BLOCK)) for each in heard])
    size, bound = np.median(sizes) + 0.5, float(np.median(quality)) - 0.01
    file = io.BytesIO()
    rate = (size + 10) * 8 / 1000 / (BLOCK / RATE)  # header and trailer have 40 bytes
    done = codec.write([audio], RATE, file, Wish(kbps=rate))
    levels = [block.level for block in blocks_of(codec, file)]
    assert done.missed is None and len(set(levels)) > 1
    assert len(file.getvalue()) <= 4 * (size + 10)
    for i, level in enumerate(levels):
        assert level == 0 or sizes[level - 1, i] > 0.75 * (size + 10)
    file = io.BytesIO()
    done = codec.write([audio], RATE, file, Wish(min_si_snr=bound))
    levels = [block.level for block in blocks_of(codec, file)]
    for i, level in enumerate(levels):
        if quality[level, i] > bound:
            assert level == 31 or quality[level + 1, i] <= bound
        else:
            assert level == 0
    for wish, nearest in ((Wish(kbps=0.001), 31), (Wish(min_si_snr=99.0), 0)):
        file = io.BytesIO()
        missed = codec.write([audio], RATE, file, wish).missed
        assert missed is not None and missed.blocks == 4
        assert np.isfinite([missed.worst.kbps, missed.worst.si_snr_db]).all()
        assert {block.level for block in blocks_of(codec, file)} == {nearest}


def test_min_si_snr_is_met_or_its_miss_is_told(codec_of: MakeCodec) -> None:
    codec = codec_of("mu-sparse")
    audio = music(3 * BLOCK / RATE)
    audio[BLOCK:] = 0  # the last block sees silence only: nothing to miss
    file = io.BytesIO()
    assert codec.write([audio], RATE, file, Wish(min_si_snr=-200.0)).missed is None
    assert {block.level for block in blocks_of(codec, file)} == {31}
    file = io.BytesIO()
    missed = codec.write([audio], RATE, file, Wish(min_si_snr=90.0)).missed
    assert missed is not None and missed.blocks == 1
    levels = [block.level for block in blocks_of(codec, file)]
    assert levels[1:] == [31, 31]
    at = [codec.decode(codec.encode(audio, RATE, level=level))[:BLOCK] for level in (levels[0], 31)]
    quality = si_snr(np.stack(at), np.stack([audio[:BLOCK]] * 2))
    assert quality[0] >= quality[1]


def test_kbps_bounds_the_bytes_of_the_whole(codec_of: MakeCodec) -> None:
    """Header and trailer are paid for by the blocks, the first of which give a quarter at most."""
    codec = codec_of("mu-sparse")
    audio = music(4 * BLOCK / RATE)
    every = [blocks_of(codec, codec.encode(audio, RATE, level=i, format="dense")) for i in range(3)]
    assert len({cost(block) for each in every for block in each}) == 1  # dense: all cost the same
    size = cost(every[0][0])
    file = io.BytesIO()
    enough = 1.3 * (4 * size + 40) * 8 / 1000 / (4 * BLOCK / RATE)
    done = codec.write([audio], RATE, file, Wish(kbps=enough), "dense")
    assert done.missed is None
    assert [block.level for block in blocks_of(codec, file)] == [0] * 4
    done = codec.write([audio], RATE, io.BytesIO(), Wish(kbps=enough / 1.4), "dense")
    assert done.missed is not None  # the blocks alone would be within
    assert 4 * size * 8 / 1000 / (4 * BLOCK / RATE) < enough / 1.4
    best = codec.encode(audio, RATE, kbps=1.5)
    assert len(best) * 8 / (4 * BLOCK / RATE) <= 1500
    done = codec.write([audio], RATE, io.BytesIO(), Wish(kbps=0.001))
    assert done.missed is not None and done.missed.blocks == 4
    assert "0.001 kbps or less" in done.missed.worst.wish
