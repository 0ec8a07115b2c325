"""What Python callers may hand in, and the one sentence for what they may not."""

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from spiking_music.codec.encoding import Wish
from spiking_music.codec.session import Codec, load
from spiking_music.errors import CodeError, DataError, SpikingMusicError
from tests.codec.conftest import RATE, MakeCodec, music


@pytest.fixture(scope="module")
def codec(codec_of: MakeCodec) -> Codec:
    return codec_of("free")


@pytest.mark.parametrize("rate", [44100.0, np.int32(44100), np.float64(44100), np.array(44100)])
def test_whole_rates_of_any_type_are_taken(codec: Codec, rate) -> None:
    assert codec.encode(music(0.3, 44100), rate) == codec.encode(music(0.3, 44100), 44100)


class Mute:
    """Something that cannot even be written."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")


HUGE = [10**400, -(10**400), 10**5000, Fraction(10**400), [10**5000], Mute(), 1j, "1", True]
KIND = lambda value: type(value).__name__  # noqa: E731 (pytest cannot write them all)
RATES = [44100.5, np.nan, np.inf, 0, -8000, True, "44100", None, [1], 3]
RATES += [*HUGE, np.bool_(True), torch.zeros((), device="meta")]


@pytest.mark.parametrize("rate", RATES, ids=KIND)
def test_other_rates_are_refused(codec: Codec, rate) -> None:
    with pytest.raises((DataError, CodeError), match="rate"):
        codec.encode(music(0.1), rate)


@pytest.mark.parametrize("shape", [(6000, 2), (65, 6000), (6000, 1), (3, 2)])
def test_a_shape_that_cannot_be_meant_is_refused(codec: Codec, shape: tuple[int, int]) -> None:
    with pytest.raises(DataError, match=r"waveform\.T"):
        codec.encode(np.zeros(shape), RATE)


@pytest.mark.parametrize(
    ("waveform", "says"),
    [
        (np.zeros(10, np.int16), r"astype\('float32'\) / 32768"),
        (np.zeros(10, np.int32), r"astype\('float32'\) / 2147483648"),
        (np.zeros(10, np.uint8), r"- 128\) / 128"),
        (np.zeros(10, complex), "complex128"),
        (np.zeros(10, bool), "bool"),
        (np.array(["a", "b"]), "array of floats"),
        (np.array([None, 1.0]), "object"),
        ([[1.0], [1.0, 2.0]], "array of floats"),
        (None, "array of floats"),
        ("a.wav", "array of floats"),
        (1.0, "shape"),
        (np.zeros((2, 0)), "no samples"),
        (np.full(10, 1e300), "infinite"),
        (torch.zeros(10, dtype=torch.int16), "32768"),
        (np.ma.masked_array(np.zeros(10), mask=[1] + 9 * [0]), r"masked: give waveform\.filled"),
        ([1.0, 10**400], "array of floats"),
        pytest.param(Mute(), "array of floats", id="mute"),
        pytest.param([10**5000, 1.0], "array of floats", id="digits"),
    ],
)
def test_what_is_no_waveform_is_refused(codec: Codec, waveform, says: str) -> None:
    with pytest.raises(DataError, match=says):
        codec.encode(waveform, RATE)


def test_tensors_and_lists_are_waveforms(codec: Codec) -> None:
    audio = music(0.3)
    stream = codec.encode(audio, RATE)
    assert codec.encode(torch.from_numpy(audio).requires_grad_(), RATE) == stream
    assert codec.encode([float(sample) for sample in audio], RATE) == stream
    assert codec.encode(np.stack([audio, audio]), RATE) == stream
    codec.encode(torch.from_numpy(audio).bfloat16(), RATE)


@pytest.mark.parametrize("stream", [None, "x.spk", Path("x.spk"), 3, np.zeros(3), [1, 2]])
def test_what_is_no_stream_is_refused(codec: Codec, stream) -> None:
    with pytest.raises(CodeError, match=r"a stream is bytes|no \.spk stream"):
        codec.decode(stream)


@pytest.mark.parametrize("value", HUGE, ids=KIND)
def test_numbers_beyond_all_floats_and_values_without_words(codec: Codec, value) -> None:
    stream = codec.encode(music(0.3), RATE)
    for name in ("level", "kbps", "min_si_snr"):
        with pytest.raises(CodeError):
            codec.encode(music(0.3), RATE, **{name: value})
    for name in ("start", "duration"):
        if isinstance(value, int | Fraction) and value is not True and value > 0:
            continue  # beyond the end
        with pytest.raises(CodeError):
            codec.decode(stream, **{name: value})
    with pytest.raises(CodeError):
        codec.decode(stream, salvage=[value])


def test_a_section_may_begin_and_end_beyond_the_recording(codec: Codec) -> None:
    stream = codec.encode(music(0.3), RATE)
    with pytest.raises(CodeError, match="start before its end"):
        codec.decode(stream, start=1e305)
    assert len(codec.decode(stream, duration=1e305)) == len(music(0.3))


@pytest.mark.parametrize("flag", ["no", 1, None, np.array([1, 0]), 0.0])
def test_what_is_neither_true_nor_false_is_refused(codec: Codec, flag) -> None:
    for name in ("original_rate", "salvage"):
        with pytest.raises(CodeError, match=f"{name} is True or False"):
            codec.decode(b"", **{name: flag})


@pytest.mark.parametrize("device", ["meta\0", "privateuseone", "hpu", "cuda:99", "cpu\n", ""])
def test_devices_that_are_not_here_are_refused(device: str) -> None:
    with pytest.raises(SpikingMusicError, match="device"):
        load(None, device)


def test_memory_that_is_read_in_steps_is_a_stream(codec: Codec) -> None:
    stream = codec.encode(music(0.3), RATE)
    doubled = bytes(byte for each in stream for byte in (each, 0))
    assert np.array_equal(codec.decode(memoryview(doubled)[::2]), codec.decode(stream))
    gone = memoryview(stream)
    gone.release()
    with pytest.raises(CodeError, match="cannot be read"):
        codec.decode(gone)


class Sink(io.RawIOBase):
    """Takes what it is told to of each piece, and says so."""

    def __init__(self, takes: int | None) -> None:
        self.takes, self.data = takes, b""

    def writable(self) -> bool:
        return True

    def write(self, data, /):
        self.data += bytes(data[: self.takes])
        return self.takes and min(self.takes, len(data))


def test_a_file_may_take_a_part_and_must_tell_which(codec: Codec) -> None:
    audio, sink = music(0.3), Sink(3)
    codec.write([audio], RATE, sink, Wish())
    assert sink.data == codec.encode(audio, RATE)
    for silent in (Sink(None), Sink(0)):
        with pytest.raises(CodeError, match="returns their number"):
            codec.write([audio], RATE, silent, Wish())


@pytest.mark.parametrize("gives", ["text", None, 3])
def test_a_file_that_gives_no_bytes_is_refused(codec: Codec, gives) -> None:
    file = io.BytesIO()
    file.read = lambda size=-1: gives  # type: ignore[method-assign,assignment]
    with pytest.raises(CodeError, match="instead of bytes"):
        codec.read(file)


def test_a_file_that_is_closed_or_open_otherwise_is_refused(codec: Codec, tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as file, pytest.raises(CodeError, match="open to read bytes"):
        codec.read(file)
    with pytest.raises(CodeError, match="is closed"):
        codec.write([music(0.1)], RATE, file, Wish())
    with (tmp_path / "x").open("rb") as file, pytest.raises(CodeError, match="open to write bytes"):
        codec.write([music(0.1)], RATE, file, Wish())


@pytest.mark.parametrize("wish", [None, "best", {}, Wish("best"), Wish(True)])  # type: ignore[arg-type]
def test_what_is_no_wish_is_refused(codec: Codec, wish) -> None:
    with pytest.raises(CodeError):
        codec.write([music(0.1)], RATE, io.BytesIO(), wish)


@pytest.mark.parametrize("kbps", [0, -1.0])
def test_no_rate_is_below_nothing(codec_of: MakeCodec, kbps: float) -> None:
    with pytest.raises(CodeError, match="give a rate above 0"):
        codec_of("mu-sparse").encode(music(0.1), RATE, kbps=kbps)


@pytest.mark.parametrize("file", [None, "x.spk", io.StringIO("x"), io.BytesIO])
def test_what_is_no_file_is_refused(codec: Codec, file) -> None:
    with pytest.raises(CodeError, match="file is open to read bytes"):
        codec.read(file)
    with pytest.raises(CodeError, match="file is open to write bytes"):
        codec.write([music(0.1)], RATE, file, Wish())


@pytest.mark.parametrize("pieces", [None, 3, "abc", [None], [np.zeros((2, 9))], [np.zeros(3, int)]])
def test_what_is_no_piece_is_refused(codec: Codec, pieces) -> None:
    with pytest.raises(DataError):
        codec.write(pieces, RATE, io.BytesIO(), Wish())


@pytest.mark.parametrize("path", [3, b"x", "", "a\0b", "x" * 5000, object(), ["a"]])
def test_what_is_no_model_is_refused(path) -> None:
    with pytest.raises(CodeError):
        load(path)
    with pytest.raises(SpikingMusicError, match="device"):
        load(None, path)


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=60),
    st.complex_numbers(),
    st.just(Fraction(1, 3)),
    st.just(object()),
)
ARRAYS = npst.arrays(
    st.one_of(npst.scalar_dtypes(), st.just(np.dtype(object))),
    npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=70),
)
FLOATS = npst.arrays(npst.floating_dtypes(), npst.array_shapes(max_dims=2, max_side=40))
WAVEFORMS = st.one_of(ODD, ARRAYS, FLOATS, st.lists(ODD, max_size=4))


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(WAVEFORMS, st.one_of(st.just(RATE), ODD), ODD, ODD, ODD, st.one_of(st.just("best"), ODD))
def test_nothing_but_our_errors_leaves(codec, waveform, rate, level, kbps, snr, format) -> None:
    for call in (
        lambda: codec.encode(waveform, rate),
        lambda: codec.encode(waveform, RATE, level, kbps, snr, format),
        lambda: codec.encode(music(0.01), rate, level, kbps, snr, format),
        lambda: codec.write(waveform, rate, io.BytesIO(), Wish()),
        lambda: codec.decode(waveform, level, kbps),
        lambda: codec.decode(codec.encode(music(0.01), RATE), level, kbps),
        lambda: load(kbps, format),
    ):
        try:
            call()
        except SpikingMusicError as error:
            assert "\n" not in str(error)[:60]
