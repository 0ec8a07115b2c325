"""Recordings through the codec: lengths, rates, levels, sections, damage, and what is refused."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import soxr
import torch

import spiking_music
from spiking_music.codec.encoding import Wish
from spiking_music.codec.model_folder import CodecModel
from spiking_music.codec.session import Codec
from spiking_music.codec.si_snr import si_snr
from spiking_music.codec.stream import CompactReader, summary
from spiking_music.codec.stream.frame import Frame
from spiking_music.errors import CodeError, ConfigError, DataError
from tests.codec.conftest import BLOCK, HOP, RATE, MakeCodec, MakeFolder, music


class Pipe(io.BytesIO):
    """Can be read, once, in pieces smaller than asked for."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise io.UnsupportedOperation("seek")

    def tell(self) -> int:
        raise io.UnsupportedOperation("tell")

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size, 1000) if size and size > 0 else size)


def damaged(model: CodecModel, stream: bytes, *blocks: int) -> bytes:
    """The stream with a bit flipped in the payload of each of `blocks`."""
    data = bytearray(stream)
    for frame in CompactReader(io.BytesIO(stream), model.known).frames():
        if frame.index in blocks:
            data[stream.index(frame.payload) + 2] ^= 1
    return bytes(data)


def _blocks(codec: Codec, stream: bytes | io.BytesIO) -> tuple[Frame, ...]:
    data = stream if isinstance(stream, bytes) else stream.getvalue()
    return summary(io.BytesIO(data), codec.model.known).blocks


def cost(block: Frame) -> int:
    """Bytes of a block with a level: marker, index, level, length, payload and sum."""
    return 2 + 1 + (1 if block.length < 128 else 2) + block.length + 3


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("samples", [1, 2, 12_345])
def test_lengths_are_exact(codec_of: MakeCodec, rate: int, samples: int) -> None:
    codec = codec_of("free")
    audio = music(samples / rate, rate)
    assert len(audio) == samples
    stream = codec.encode(audio, rate)
    assert len(codec.decode(stream)) == max(1, (2 * samples * RATE + rate) // (2 * rate))
    assert len(codec.decode(stream, original_rate=True)) == samples


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels_are_mixed_to_one(codec_of: MakeCodec, channels: int) -> None:
    codec = codec_of("free")
    audio = np.stack([music(1, seed=seed) for seed in range(channels)])
    mixed = audio.mean(axis=0, dtype=np.float32)
    assert codec.encode(audio, RATE) == codec.encode(mixed, RATE)


def test_streams_repeat_in_all_bits_however_samples_arrive(codec_of: MakeCodec) -> None:
    codec = codec_of("rvq")
    audio = music(3, 44100)
    stream = codec.encode(audio, 44100)
    pieces = np.split(audio, [1, 2, 3000, 3001, 90_000])
    file = io.BytesIO()
    done = codec.write(pieces, 44100, file, Wish())
    assert file.getvalue() == stream
    assert (done.samples, done.original_samples, done.missed) == (3 * RATE, 3 * 44100, None)


def test_silence_is_a_recording_too(codec_of: MakeCodec) -> None:
    codec = codec_of("free")
    assert np.isfinite(codec.decode(codec.encode(np.zeros(BLOCK + 5), RATE))).all()


@pytest.mark.parametrize(
    ("waveform", "says"),
    [
        (np.zeros(0), "array of floats"),
        (np.zeros((2, 2, 2)), "array of floats"),
        (np.zeros(10, np.int16), "array of floats"),
        (np.full(10, np.nan), "NaN"),
        (np.array([0.0, np.inf]), "NaN or infinite"),
    ],
)
def test_what_is_no_waveform_is_refused(codec_of: MakeCodec, waveform, says: str) -> None:
    with pytest.raises(DataError, match=says):
        codec_of("free").encode(waveform, RATE)


def test_no_samples_at_all_are_refused(codec_of: MakeCodec) -> None:
    with pytest.raises(DataError, match="no samples"):
        codec_of("free").write([], 48000, io.BytesIO(), Wish())


def test_beyond_full_scale_is_scaled_and_scaled_back(codec_of: MakeCodec) -> None:
    codec = codec_of("free")
    audio = music(3 * BLOCK / RATE)
    audio[BLOCK : 2 * BLOCK] *= 8 / np.abs(audio[BLOCK : 2 * BLOCK]).max()
    stream = codec.encode(audio, RATE)
    gains = [block.gain for block in _blocks(codec, stream)]
    assert gains == [1, 0.125, 1]
    quiet = audio.copy()
    quiet[BLOCK : 2 * BLOCK] /= 8
    middle = slice(BLOCK + 8 * HOP, BLOCK + 9 * HOP)  # beyond the reach of the other blocks
    calm = codec.decode(codec.encode(quiet, RATE))
    np.testing.assert_allclose(codec.decode(stream)[middle], 8 * calm[middle], atol=1e-4)


@pytest.mark.parametrize("name", ["free", "sparse", "seanet-rvq"])
@pytest.mark.parametrize("original_rate", [False, True])
@pytest.mark.parametrize(("start", "duration"), [(0, 0.5), (0.8, 0.7), (2.9, None), (1.1, 99)])
def test_a_section_is_a_slice_of_it_all(
    codec_of: MakeCodec, name: str, original_rate: bool, start: float, duration: float | None
) -> None:
    codec = codec_of(name)
    stream = codec.encode(music(4, 16000), 16000)
    whole = codec.decode(stream, original_rate=original_rate)
    rate = 16000 if original_rate else RATE
    end = None if duration is None else round(start * rate) + round(duration * rate)
    expected = whole[round(start * rate) : end]
    for file in (io.BytesIO(stream), Pipe(stream)):
        found = np.concatenate(list(codec.read(file, start, duration, original_rate)))
        np.testing.assert_allclose(found, expected, atol=2e-5)


def test_sections_that_are_not_there_are_refused(codec_of: MakeCodec) -> None:
    codec = codec_of("free")
    stream = codec.encode(music(1), RATE)
    for file in (io.BytesIO(stream), Pipe(stream)):
        with pytest.raises(CodeError, match=r"lasts 1\.000 s|there is no block"):
            list(codec.read(file, start=60))
    with pytest.raises(CodeError, match=r"lasts 1\.000 s"):
        list(codec.read(Pipe(stream), start=1.0))
    for start, duration in [(-1, None), (np.nan, None), (0, 0), (0, -3), (0, np.inf)]:
        with pytest.raises(CodeError, match="a section"):
            codec.decode(stream, start, duration)


def test_a_pipe_gives_what_a_file_gives(codec_of: MakeCodec) -> None:
    codec = codec_of("free")
    stream = codec.encode(music(2.5), RATE)
    piped = codec.read(Pipe(stream))
    assert piped.samples is None
    np.testing.assert_array_equal(np.concatenate(list(piped)), codec.decode(stream))


def test_back_at_its_rate_the_recording_is_what_resampling_gives(codec_of: MakeCodec) -> None:
    codec = codec_of("free")
    stream = codec.encode(music(2, 48000), 48000)
    expected = soxr.resample(codec.decode(stream), RATE, 48000, "HQ")
    found = codec.decode(stream, original_rate=True)
    np.testing.assert_allclose(found, expected[: len(found)], atol=1e-6)


def test_salvage_keeps_time_and_loses_damaged_blocks_only(codec_of: MakeCodec) -> None:
    codec = codec_of("free")
    stream = codec.encode(music(9.4 * BLOCK / RATE), RATE)
    whole = codec.decode(stream)
    bad = damaged(codec.model, stream, 3, 4, 9)  # the last block is one of them
    with pytest.raises(CodeError, match="block 3 is damaged"):
        codec.decode(bad)
    for file in (io.BytesIO(bad), Pipe(bad)):
        decoding = codec.read(file, salvage=True)
        found = np.concatenate(list(decoding))
        assert [(lost.first, lost.count) for lost in decoding.lost] == [(3, 2), (9, 1)]
        assert len(found) == len(whole)
        assert not found[3 * BLOCK : 5 * BLOCK].any() and not found[9 * BLOCK :].any()
        reach = codec.model.network.context.decoder * HOP
        for begin, end in [(0, 3 * BLOCK - reach), (5 * BLOCK + reach, 9 * BLOCK - reach)]:
            np.testing.assert_allclose(found[begin:end], whole[begin:end], atol=1e-5)
    section = codec.decode(bad, start=2.5 * BLOCK / RATE, duration=4 * BLOCK / RATE, salvage=True)
    np.testing.assert_allclose(section, found[5 * BLOCK // 2 :][: 4 * BLOCK], atol=1e-5)


def test_salvage_of_a_stream_cut_short_goes_as_far_as_it_is(codec_of: MakeCodec) -> None:
    codec = codec_of("free")
    stream = codec.encode(music(6 * BLOCK / RATE), RATE)
    short = stream[: 5 * len(stream) // 12]
    decoding = codec.read(io.BytesIO(short), salvage=True)
    assert len(np.concatenate(list(decoding))) == 2 * BLOCK
    assert (decoding.lost[0].first, decoding.lost[0].count) == (2, None)
    with pytest.raises(CodeError):
        codec.decode(short)


def test_a_stream_of_another_model_is_refused(codec_of: MakeCodec) -> None:
    stream = codec_of("free").encode(music(0.5), RATE)
    with pytest.raises(CodeError, match="needs the model of fingerprint"):
        codec_of("rvq").decode(stream)


def test_levels_are_what_was_asked_for(codec_of: MakeCodec) -> None:
    codec = codec_of("mu-sparse")
    audio = music(2)
    streams = [codec.encode(audio, RATE, level=level) for level in (0, 31)]
    for level, stream in zip((0, 31), streams, strict=True):
        assert {block.level for block in _blocks(codec, stream)} == {level}
        assert len(codec.decode(stream)) == len(audio)
    assert streams[0] != streams[1]
    for wish in ({}, {"level": 3, "kbps": 1.0}, {"level": 32}):
        with pytest.raises(CodeError, match=r"levels 0 \.\. 31"):
            codec.encode(audio, RATE, **wish)
    for wish in ({"level": 0}, {"kbps": 1.0}, {"min_si_snr": 9.0}):
        with pytest.raises(CodeError, match="has no levels"):
            codec_of("free").encode(audio, RATE, **wish)


def test_kbps_bounds_the_bytes_of_the_whole(codec_of: MakeCodec) -> None:
    """Header and trailer are paid for by the blocks, the first of which give a quarter at most."""
    codec = codec_of("mu-sparse")
    audio = music(4 * BLOCK / RATE)
    every = [
        _blocks(codec, codec.encode(audio, RATE, level=level, format="dense")) for level in range(3)
    ]
    assert len({cost(block) for each in every for block in each}) == 1  # dense: all cost the same
    size = cost(every[0][0])
    file = io.BytesIO()
    enough = 1.3 * (4 * size + 40) * 8 / 1000 / (4 * BLOCK / RATE)
    done = codec.write([audio], RATE, file, Wish(kbps=enough), "dense")
    assert done.missed is None
    assert [block.level for block in _blocks(codec, file)] == [0] * 4
    done = codec.write([audio], RATE, io.BytesIO(), Wish(kbps=enough / 1.4), "dense")
    assert done.missed is not None  # the blocks alone would be within
    assert 4 * size * 8 / 1000 / (4 * BLOCK / RATE) < enough / 1.4
    best = codec.encode(audio, RATE, kbps=1.5)
    assert len(best) * 8 / (4 * BLOCK / RATE) <= 1500
    done = codec.write([audio], RATE, io.BytesIO(), Wish(kbps=0.001))
    assert done.missed is not None and done.missed.blocks == 4
    assert "0.001 kbps or less" in done.missed.worst.wish


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
    blocks = [_blocks(codec, stream) for stream in streams]
    sizes = np.array([[cost(block) for block in each] for each in blocks])
    heard = np.stack([codec.decode(stream).reshape(4, BLOCK) for stream in streams])
    quality = np.array([si_snr(each, audio.reshape(4, BLOCK)) for each in heard])
    size, bound = np.median(sizes) + 0.5, float(np.median(quality)) - 0.01
    file = io.BytesIO()
    rate = (size + 10) * 8 / 1000 / (BLOCK / RATE)  # header and trailer have 40 bytes
    done = codec.write([audio], RATE, file, Wish(kbps=rate))
    levels = [block.level for block in _blocks(codec, file)]
    assert done.missed is None and len(set(levels)) > 1
    assert len(file.getvalue()) <= 4 * (size + 10)
    for i, level in enumerate(levels):
        assert level == 0 or sizes[level - 1, i] > 0.75 * (size + 10)
    file = io.BytesIO()
    done = codec.write([audio], RATE, file, Wish(min_si_snr=bound))
    levels = [block.level for block in _blocks(codec, file)]
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
        assert {block.level for block in _blocks(codec, file)} == {nearest}


def test_min_si_snr_is_met_or_its_miss_is_told(codec_of: MakeCodec) -> None:
    codec = codec_of("mu-sparse")
    audio = music(3 * BLOCK / RATE)
    audio[BLOCK:] = 0  # the last block sees silence only: nothing to miss
    file = io.BytesIO()
    assert codec.write([audio], RATE, file, Wish(min_si_snr=-200.0)).missed is None
    assert {block.level for block in _blocks(codec, file)} == {31}
    file = io.BytesIO()
    missed = codec.write([audio], RATE, file, Wish(min_si_snr=90.0)).missed
    assert missed is not None and missed.blocks == 1
    levels = [block.level for block in _blocks(codec, file)]
    assert levels[1:] == [31, 31]
    at = [codec.decode(codec.encode(audio, RATE, level=level))[:BLOCK] for level in (levels[0], 31)]
    quality = si_snr(np.stack(at), np.stack([audio[:BLOCK]] * 2))
    assert quality[0] >= quality[1]


def test_diffusion_decodes_window_by_window_and_repeats(codec_of: MakeCodec) -> None:
    codec = codec_of("diffusion")
    stream = codec.encode(music(2.2 * BLOCK / RATE), RATE)
    once, twice = codec.decode(stream), codec.decode(stream)
    np.testing.assert_array_equal(once, twice)
    assert len(once) == round(2.2 * BLOCK / RATE * RATE) and once.any()


def test_a_spectrogram_is_no_codec(model_folder: MakeFolder) -> None:
    with pytest.raises(CodeError, match="is no codec"):
        spiking_music.load(model_folder("mel"))


def test_models_that_are_not_there_are_refused(model_folder: MakeFolder, tmp_path) -> None:
    with pytest.raises(CodeError, match="no model"):
        spiking_music.load(tmp_path)
    with pytest.raises(ConfigError, match="no device 'abacus'"):
        spiking_music.load(model_folder("free"), "abacus")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="no device 'cuda'"):
            spiking_music.load(model_folder("free"), "cuda")


def test_folder_and_file_are_the_same_model(model_folder: MakeFolder) -> None:
    folder = model_folder("free")
    one, two = spiking_music.load(folder), spiking_music.load(folder / "weights.safetensors")
    assert one.model.fingerprint == two.model.fingerprint
    assert one.model.fingerprint != spiking_music.load(model_folder("rvq")).model.fingerprint


def test_blocks_read_back_are_the_models_codes(codec_of: MakeCodec) -> None:
    codec = codec_of("free")
    stream = codec.encode(music(1), RATE)
    assert codec.encode(music(1), RATE, format="dense") == stream  # the best for random events
    audio = np.pad(music(1), (0, -RATE % HOP))[None]
    found = [block.codes for block in CompactReader(io.BytesIO(stream), codec.model.known).blocks()]
    expected = codec.model.network.encode(audio)[0]
    np.testing.assert_array_equal(np.concatenate(found, axis=1), expected)
    with pytest.raises(CodeError, match="no format 'packed'"):
        codec.encode(music(1), RATE, format="packed")


def test_tables_beside_the_weights_make_streams_shorter(
    codec_of: MakeCodec, folder_with_tables: Path
) -> None:
    plain, codec = codec_of("free"), spiking_music.load(folder_with_tables)
    assert plain.model.fingerprint != codec.model.fingerprint
    audio = music(3)
    stream = codec.encode(audio, RATE)
    assert len(stream) < len(plain.encode(audio, RATE))
    assert summary(io.BytesIO(stream), codec.model.known).formats["entropy"] > 0
    np.testing.assert_array_equal(codec.decode(stream), plain.decode(plain.encode(audio, RATE)))
    with pytest.raises(CodeError, match="needs the model of fingerprint"):
        plain.decode(stream)


def test_tables_of_another_model_are_refused(
    model_folder: MakeFolder, folder_with_tables: Path, tmp_path: Path
) -> None:
    shutil.copytree(model_folder("rvq"), tmp_path / "rvq")
    shutil.copy(folder_with_tables / "entropy.safetensors", tmp_path / "rvq")
    with pytest.raises(CodeError, match="not those of model 'rvq'"):
        spiking_music.load(tmp_path / "rvq")
