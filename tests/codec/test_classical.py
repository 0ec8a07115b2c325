"""MP3 and Opus through their real encoders: exact lengths and delays, true bytes, refusals."""

import io
from dataclasses import replace

import av
import numpy as np
import pytest
import soundfile
from scipy.signal import correlate, lfilter

from spiking_music.codec import classical
from spiking_music.codec.classical import (
    LEAST,
    MP3,
    OPUS,
    SAMPLE_RATE,
    Coded,
    at_rates,
    available,
    compress,
    restore,
)
from spiking_music.codec.si_snr import si_snr
from spiking_music.errors import CodeError, ConfigError, DataError, SpikingMusicError

OPUS_KBPS = (6, 8, 9, 10, 12, 14, 16, 24, 32, 48, 64, 128)  # all modes: SILK, hybrid, CELT
EVERY = [("mp3", kbps) for kbps in MP3] + [("opus", kbps) for kbps in OPUS_KBPS]


def noise(samples: int, seed: int = 0) -> np.ndarray:
    """Noise that loses 6 dB an octave above 400 Hz: all frequencies, most energy at low ones."""
    white = np.random.default_rng(seed).standard_normal(samples)
    return (0.03 * lfilter([1], [1, -0.9], white)).astype(np.float32)


def lag(estimate: np.ndarray, reference: np.ndarray) -> int:
    """Samples by which `estimate` is late: the peak of the cross-correlation."""
    centred = reference - reference.mean()
    return int(correlate(estimate, centred, "full", "fft").argmax()) - (len(reference) - 1)


@pytest.mark.parametrize(("codec", "kbps"), EVERY)
def test_what_comes_back_is_as_long_and_as_late_as_what_went_in(codec: str, kbps: int) -> None:
    x = noise(44_101)
    y = restore(compress(x, codec, kbps))
    assert (y.dtype, y.shape) == (np.float32, x.shape)
    # what is left at 1 kbps, 1000 samples a second, tells a 22nd of one from none at random
    assert abs(lag(y, x)) <= (1 if (codec, kbps) == ("mp3", 1) else 0)


@pytest.mark.parametrize("codec", ["mp3", "opus"])
@pytest.mark.parametrize("samples", [1, 2, 575, 577, 1153, 22_049, 22_051])
def test_any_length_is_exact(codec: str, samples: int) -> None:
    for kbps in (1, 8, 16, 64) if codec == "mp3" else (8, 16, 64):
        assert restore(compress(noise(samples), codec, kbps)).shape == (samples,)


def test_long_recordings_neither_drift_nor_lose_their_end() -> None:
    x = noise(60 * SAMPLE_RATE + 7)
    for codec, kbps in (("mp3", 24), ("mp3", 64), ("opus", 12), ("opus", 64)):
        y = restore(compress(x, codec, kbps))
        assert y.shape == x.shape
        assert lag(y[-30_000:], x[-30_000:]) == 0, (codec, kbps)


@pytest.mark.parametrize(("codec", "kbps"), EVERY)
def test_the_bit_rate_is_what_was_asked_for(codec: str, kbps: int) -> None:
    coded = compress(noise(6 * SAMPLE_RATE), codec, kbps)
    if codec == "mp3":  # constant, but frames reach beyond both ends
        frames = 3 * 0.072 * max(1, LEAST / kbps) / 6  # of 72 ms at most, as many as 3 too many
        assert 1 <= coded.kbps / kbps < 1.04 + frames * (kbps < LEAST)
    else:  # constrained variable: less where the signal needs less, as noise does for SILK
        assert 0.6 < coded.kbps / kbps < 1.06


@pytest.mark.parametrize(("codec", "kbps"), [("mp3", 8), ("mp3", 64), ("mp3", 256), ("opus", 16)])
def test_every_byte_of_the_file_is_payload_or_header(codec: str, kbps: int) -> None:
    coded = compress(noise(30_000), codec, kbps)
    assert coded.payload + coded.header == len(coded.stream)
    with av.open(io.BytesIO(coded.stream)) as file:
        assert file.streams.audio[0].codec_context.name.startswith(codec)
        assert sum(packet.size for packet in file.demux()) == coded.payload
    start = {"mp3": b"\xff", "opus": b"OggS"}[codec]
    assert coded.stream.startswith(start)
    tag = {"mp3": (b"Info", b"Lav"), "opus": (b"OpusHead", b"OpusTags")}[codec]
    assert all(coded.stream.find(word, 0, coded.header) >= 0 for word in tag)


def test_more_bits_are_closer_and_equal_recordings_are_equal_files() -> None:
    x = noise(30_000)
    for codec in ("mp3", "opus"):
        files = [compress(x, codec, kbps) for kbps in (8, 24, 64, 128)]
        quality = [si_snr(restore(file)[None], x[None])[0] for file in files]
        assert quality == sorted(quality)
        assert compress(x, codec, 24) == files[1]


def test_below_the_least_mp3_less_is_left_of_the_treble() -> None:
    x = noise(6 * SAMPLE_RATE)
    treble = []
    for kbps in (1, 2, 4):
        power = np.abs(np.fft.rfft(restore(compress(x, "mp3", kbps)))) ** 2
        nyquist = 500 * kbps * len(x) // SAMPLE_RATE  # Hz, as a bin
        assert power[int(1.05 * nyquist) :].sum() < 1e-4 * power.sum()
        treble.append(np.cumsum(power).searchsorted(0.999 * power.sum()))
    assert treble == sorted(treble)


def test_a_ladder_is_what_each_rate_gives() -> None:
    x = noise(30_000)
    versions = list(at_rates(x, "mp3", [2, 64]))
    assert [(version.codec, version.setting) for version in versions] == [("mp3", 2), ("mp3", 64)]
    for version in versions:
        coded = compress(x, "mp3", version.setting)
        assert np.array_equal(version.audio, restore(coded))
        bits = 8e-3 * len(coded.stream) * SAMPLE_RATE / len(x)
        assert version.kbps + version.header_kbps == pytest.approx(bits)


def test_a_missing_encoder_leaves_a_codec_out_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert available("mp3", (8, 64)) == (8, 64)
    monkeypatch.setattr(classical.av, "codecs_available", {"libopus"})
    assert available("opus", [6]) == (6,)
    assert capsys.readouterr().err == ""
    assert available("mp3", (8, 64)) == available("mp3", ()) == ()
    assert capsys.readouterr().err.count("note: mp3 is left out, as this FFmpeg has no") == 1
    with pytest.raises(ConfigError, match="mp3 has no 9 kbps"):
        available("mp3", (9,))
    with pytest.raises(ConfigError, match="mp3 cannot be made, as this FFmpeg has no encoder"):
        compress(noise(900), "mp3", 8)


def test_silence_stays_silence_and_loud_stays_loud() -> None:
    for codec, gain in (("mp3", 0.95), ("opus", 1.0)):  # LAME leaves itself room
        assert np.abs(restore(compress(np.zeros(9_001, np.float32), codec, 64))).max() < 1e-4
        loud = 5 * noise(30_000)  # beyond full scale, where integers would clip
        assert 1.2 < np.abs(loud).max() < 2
        y = restore(compress(loud, codec, 128))
        assert np.std(y) / np.std(loud) == pytest.approx(gain, abs=0.02)


@pytest.mark.parametrize(
    ("codec", "kbps", "samples", "error", "message"),
    [
        ("aac", 64, np.zeros(9), ConfigError, "unknown codec 'aac'; known are mp3, opus"),
        ("mp3", 6, np.zeros(9), ConfigError, "mp3 has no 6 kbps; it has 1, 2, 4, 8, 16, 24"),
        ("mp3", 12, np.zeros(9), ConfigError, "mp3 has no 12 kbps"),
        ("mp3", 384, np.zeros(9), ConfigError, "mp3 has no 384 kbps"),
        ("opus", OPUS[0] - 1, np.zeros(9), ConfigError, "opus at 5 kbps is out of range"),
        ("opus", OPUS[1] + 1, np.zeros(9), ConfigError, "choose 6 to 128"),
        ("opus", 64, np.array([0, np.nan]), DataError, "NaN or infinite"),
        ("mp3", 64, np.array([0, np.inf]), DataError, "NaN or infinite"),
        ("mp3", 64, np.zeros(0), DataError, r"shape \(n,\), n ≥ 1, not float64 of \(0,\)"),
        ("opus", 64, np.zeros((2, 9)), DataError, r"not float64 of \(2, 9\)"),
        ("opus", 64, np.zeros(9, np.int16), DataError, "not int16"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    codec: str, kbps: int, samples: np.ndarray, error: type[SpikingMusicError], message: str
) -> None:
    with pytest.raises(error, match=message) as told:
        compress(samples, codec, kbps)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("codec", ["mp3", "opus"])
def test_a_damaged_file_is_refused(codec: str) -> None:
    coded = compress(noise(30_000), codec, 64)

    def with_stream(stream: bytes) -> Coded:
        return replace(coded, stream=stream)

    for stream in (b"", b"nothing at all", coded.stream[: len(coded.stream) // 2]):
        with pytest.raises(CodeError, match=rf"the {codec} file (cannot be decoded|holds)"):
            restore(with_stream(stream))
    foreign = io.BytesIO()  # a container that FFmpeg reads, with audio of another rate
    soundfile.write(foreign, np.zeros(900), 96_000, format="WAV")
    with pytest.raises(CodeError, match="holds no audio that this codec has made"):
        restore(with_stream(foreign.getvalue()))
    with pytest.raises(CodeError, match="samples of 90000"):
        restore(replace(coded, samples=90_000))
