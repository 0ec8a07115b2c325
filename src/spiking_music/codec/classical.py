"""MP3 and Opus beside ours: LAME and libopus, run by FFmpeg (PyAV), in whole files.

MP3 is mono at a constant bit rate, at the sample rate that LAME itself chooses for mono of that bit
rate, up to 22 050 Hz; only frames of MPEG-1 need more. No MP3 is smaller than 8 kbps at 8 kHz:
below, a recording is resampled to fewer samples a second, and coded as if they were 8000. Opus is
mono at 48 kHz, application "audio", 20 ms a packet, in libopus's default of a constrained variable
bit rate.
"""

import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import av
import numpy as np
import soxr
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from spiking_music.errors import CodeError, ConfigError, DataError

Samples = NDArray[np.float32]
Name = Literal["mp3", "opus"]

SAMPLE_RATE = 22_050  # Hz of what goes in and comes out
LEAST, LEAST_RATE = 8, 8_000  # kbps, Hz: the smallest MP3 there is
MP3 = {kbps: LEAST_RATE * kbps // LEAST for kbps in (1, 2, 4)}
MP3 |= {8: 8_000, 16: 16_000, 24: 16_000}  # kbps: Hz, by LAME's own `optimum_samplefreq`
MP3 |= dict.fromkeys((32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160), SAMPLE_RATE)
MP3 |= dict.fromkeys((192, 224, 256, 320), 44_100)  # frames this large exist only in MPEG-1
OPUS = (6, 128)  # kbps, lowest and highest
OPUS_RATE = 48_000  # Hz
# FFmpeg skips the delay that the file tells of. Its Opus decoder lets SILK narrowband come later
# by 6 samples of 48 kHz than every other mode: measured on noise and on piano, at 6 to 9 kbps.
NARROWBAND_DELAY = 6
TAIL = 16  # zeros put behind a recording, for what that delay and rounding take from its end


@dataclass(frozen=True)
class _Way:
    """How FFmpeg is told to make a file of one codec."""

    encoder: str
    container: str
    sample_format: str
    encoder_options: dict[str, str]
    file_options: dict[str, str]


EXACT = {"fflags": "bitexact"}  # no random serial number in a file
AUDIO = {"vbr": "constrained", "application": "audio"}
WAYS: dict[str, _Way] = {
    "mp3": _Way("libmp3lame", "mp3", "fltp", {}, EXACT | {"id3v2_version": "0"}),
    "opus": _Way("libopus", "ogg", "flt", AUDIO, EXACT),
}


@dataclass(frozen=True)
class Coded:
    """A recording as the file `stream` (.mp3 or .opus) and what its bytes are."""

    codec: Name
    rate: int  # samples a second of recording that the codec was given
    stream: bytes
    samples: int  # n of the recording at 22 050 Hz
    payload: int  # bytes of audio: MP3 frames, Opus packets
    header: int  # all other bytes: LAME's info frame, Ogg pages with their two header packets

    @property
    def kbps(self) -> float:
        """Payload a second of recording; MP3 frames and Opus packets reach beyond its ends."""
        return 8e-3 * self.payload * SAMPLE_RATE / self.samples

    @property
    def header_kbps(self) -> float:
        """All other bytes a second of recording."""
        return 8e-3 * self.header * SAMPLE_RATE / self.samples


@dataclass(frozen=True)
class AtRate:
    """A recording as it comes back from one setting of a codec."""

    codec: str
    setting: int  # kbps asked for
    kbps: float  # bytes of audio, counted
    header_kbps: float
    audio: Samples  # (n,), as long and as late as the recording


def compress(waveform: NDArray[np.floating], codec: str, kbps: int) -> Coded:
    """Mono `waveform` (n,), full scale = 1, 22 050 Hz, as a file of `codec` at about `kbps`.

    Raises `ConfigError` for a codec that is neither "mp3" nor "opus", for a bit rate that it
    does not have and where FFmpeg has no encoder for it, `DataError` for a waveform that is empty,
    of another shape or not finite.
    """
    rate = _coding_rate(codec, kbps)
    if not _has_encoder(codec):
        raise ConfigError(f"{codec} cannot be made, as {_without(codec)}")
    _require_waveform(waveform)
    padded = _resample(np.pad(waveform.astype(np.float32), (0, TAIL)), SAMPLE_RATE, rate)
    name: Name = "mp3" if codec == "mp3" else "opus"
    spent = max(kbps, LEAST) if name == "mp3" else kbps  # kbps, as the codec counts time
    stream, payload = _encode(padded, max(rate, LEAST_RATE), WAYS[codec], spent)
    return Coded(name, rate, stream, len(waveform), payload, len(stream) - payload)


def restore(coded: Coded) -> Samples:
    """The recording (n,), float32 at 22 050 Hz, as late as it was: sample i is sample i.

    Raises `CodeError` where the file is damaged or holds less than the recording.
    """
    try:
        audio = _decode(coded)
    except av.FFmpegError as error:
        raise CodeError(
            f"the {coded.codec} file cannot be decoded ({error.strerror}): compress again"
        ) from None
    restored = _resample(audio, coded.rate, SAMPLE_RATE)[: coded.samples]
    if len(restored) < coded.samples:
        raise CodeError(
            f"the {coded.codec} file holds {len(restored)} samples of {coded.samples}: "
            "compress again"
        )
    return restored


def available(codec: str, rates: Iterable[int]) -> tuple[int, ...]:
    """`rates` (kbps) of `codec`; none, and a note on stderr, where FFmpeg has no encoder for it.

    Raises `ConfigError` for a codec that is neither "mp3" nor "opus" and for a rate it never has.
    """
    rates = tuple(rates)
    for kbps in rates:
        _coding_rate(codec, kbps)
    if not rates or _has_encoder(codec):
        return rates
    print(f"note: {codec} is left out, as {_without(codec)}", file=sys.stderr)
    return ()


def require_sample_rate(rate: int) -> None:
    """`DataError` unless `rate` (Hz) is that of all recordings here."""
    if rate != SAMPLE_RATE:
        raise DataError(f"MP3 and Opus take recordings at {SAMPLE_RATE} Hz, not at {rate}")


def at_rates(waveform: NDArray[np.floating], codec: str, rates: Iterable[int]) -> Iterator[AtRate]:
    """What comes back of `waveform` (n,) at each of `rates` (kbps); raises as `compress` does."""
    for kbps in rates:
        coded = compress(waveform, codec, kbps)
        yield AtRate(codec, kbps, coded.kbps, coded.header_kbps, restore(coded))


def _coding_rate(codec: str, kbps: int) -> int:
    """Hz at which `codec` codes at `kbps`."""
    if codec not in WAYS:
        raise ConfigError(f"unknown codec '{codec}'; known are {', '.join(WAYS)}")
    if codec == "mp3" and kbps not in MP3:
        raise ConfigError(f"mp3 has no {kbps} kbps; it has {', '.join(map(str, MP3))}")
    if codec == "opus" and not OPUS[0] <= kbps <= OPUS[1]:
        raise ConfigError(f"opus at {kbps} kbps is out of range: choose {OPUS[0]} to {OPUS[1]}")
    return MP3[kbps] if codec == "mp3" else OPUS_RATE


def _has_encoder(codec: str) -> bool:
    return WAYS[codec].encoder in av.codecs_available


def _without(codec: str) -> str:
    return f"this FFmpeg has no encoder {WAYS[codec].encoder}: install PyAV's own wheel"


def _require_waveform(waveform: NDArray[Any]) -> None:
    if waveform.ndim != 1 or not waveform.size or waveform.dtype.kind != "f":
        raise DataError(
            "a waveform to compress is an array of floats of shape (n,), n ≥ 1, not "
            f"{waveform.dtype} of {waveform.shape}"
        )
    if not np.isfinite(waveform).all():
        raise DataError("the waveform holds NaN or infinite samples: replace them first")


def _encode(audio: Samples, rate: int, way: _Way, kbps: int) -> tuple[bytes, int]:
    """The file, and how many of its bytes are frames or packets."""
    file, payload = io.BytesIO(), 0
    with av.open(file, "w", format=way.container, options=way.file_options) as container:
        stream = container.add_stream(way.encoder, rate=rate, options=way.encoder_options)
        assert isinstance(stream, AudioStream)
        stream.codec_context.layout = "mono"
        stream.codec_context.format = way.sample_format
        stream.codec_context.bit_rate = 1000 * kbps
        frame = av.AudioFrame.from_ndarray(audio[None], way.sample_format, "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        for packet in (*stream.encode(frame), *stream.encode(None)):
            payload += packet.size
            container.mux(packet)
    return file.getvalue(), payload


def _decode(coded: Coded) -> Samples:
    """Audio (m,) at the rate of coding, without its delay; no more than the recording needs."""
    pieces: list[NDArray[np.float32]] = []
    narrow = packets = total = 0
    wanted = -(-(coded.samples + TAIL) * coded.rate // SAMPLE_RATE)
    with av.open(io.BytesIO(coded.stream), "r") as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None or stream.codec_context.sample_rate != max(coded.rate, LEAST_RATE):
            raise CodeError("the file holds no audio that this codec has made: compress again")
        for packet in container.demux(stream):
            packets += 1
            narrow += stream.codec_context.name == "opus" and _is_narrowband(packet)
            for frame in packet.decode():
                pieces.append(frame.to_ndarray()[0])
                total += len(pieces[-1])
            if total >= wanted:
                break
    audio = np.concatenate([np.zeros(0, np.float32), *pieces])
    return audio[NARROWBAND_DELAY if 2 * narrow > packets else 0 :]


def _is_narrowband(packet: av.Packet) -> bool:
    """Whether an Opus packet is SILK narrowband: configurations 0 to 3 of RFC 6716, table 2."""
    return packet.size > 0 and bytes(packet)[0] >> 3 < 4


def _resample(audio: Samples, rate: int, new: int) -> Samples:
    resampled: Samples = soxr.resample(audio, rate, new, "VHQ")
    return resampled
