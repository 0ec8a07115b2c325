"""Recordings of every container and codec, made by FFmpeg and libsndfile in memory."""

import io
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import soundfile

from spiking_music.audio.recording import opened

SAMPLES = 20_000
# name: (FFmpeg's container, codec, rate, options of the container)
BY_FFMPEG: dict[str, tuple[str, str, int, dict[str, str]]] = {
    "wav": ("wav", "pcm_s16le", 44100, {}),
    "wav-float": ("wav", "pcm_f32le", 44100, {}),
    "wav-24": ("wav", "pcm_s24le", 44100, {}),
    "rf64": ("wav", "pcm_s16le", 44100, {"rf64": "always"}),
    "w64": ("w64", "pcm_s16le", 44100, {}),
    "aiff": ("aiff", "pcm_s16be", 44100, {}),
    "aiff-c": ("aiff", "pcm_s16le", 44100, {}),
    "au": ("au", "pcm_s16be", 44100, {}),
    "caf": ("caf", "pcm_s16be", 44100, {}),
    "caf-alac": ("caf", "alac", 44100, {}),
    "flac": ("flac", "flac", 44100, {}),
    "ogg-opus": ("ogg", "libopus", 48000, {}),
    "ogg-flac": ("ogg", "flac", 44100, {}),
    "mp3": ("mp3", "libmp3lame", 44100, {}),
    "mp3-bare": ("mp3", "libmp3lame", 44100, {"write_xing": "0"}),
    "mp2": ("mp2", "mp2", 44100, {}),
    "m4a": ("ipod", "aac", 44100, {}),
    "m4a-alac": ("ipod", "alac", 44100, {}),
    "mp4-opus": ("mp4", "libopus", 48000, {}),
    "mp4-mp3": ("mp4", "libmp3lame", 44100, {}),
    "mov": ("mov", "pcm_s16le", 44100, {}),
    "aac": ("adts", "aac", 44100, {}),
    "webm": ("webm", "libopus", 48000, {}),
    "mkv": ("matroska", "flac", 44100, {}),
    "wma": ("asf", "wmav2", 44100, {}),
    "wv": ("wv", "wavpack", 44100, {}),
    "tta": ("tta", "tta", 44100, {}),
}
BY_LIBSNDFILE = {
    "ogg-vorbis": ("OGG", "VORBIS"),
    "rf64-snd": ("RF64", "PCM_24"),
    "mp3-snd": ("MP3", "MPEG_LAYER_III"),
    "caf-alac-snd": ("CAF", "ALAC_16"),
    "8svx": ("SVX", "PCM_16"),
    "nist": ("NIST", "PCM_16"),
    "voc": ("VOC", "PCM_16"),
    "avr": ("AVR", "PCM_16"),
}
# encoders whose containers cannot tell what the encoder added: whole frames
PADDED = {"mp3-bare": 21_888, "mp2": 20_736, "aac": 21_504, "wma": 18_432}
KINDS = [*BY_FFMPEG, *BY_LIBSNDFILE]


class Pipe:
    """Can be written, and nothing else."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += bytes(data)
        return len(data)


def sound(samples: int = SAMPLES, channels: int = 2, rate: int = 44100) -> np.ndarray:
    """(n, channels) float32: a tone for each channel, and noise."""
    rng = np.random.default_rng(0)
    time = np.arange(samples)[:, None] / rate
    tones = 0.3 * np.sin(2 * np.pi * 220 * (1 + np.arange(channels)) * time)
    return (tones + 0.02 * rng.standard_normal(tones.shape)).astype(np.float32)


@cache
def made(name: str, piped: bool = False, samples: int = SAMPLES) -> bytes:
    """A stereo recording of a kind; piped: written without a seek, so that no length is known."""
    if name in BY_LIBSNDFILE:
        container, subtype = BY_LIBSNDFILE[name]
        file = io.BytesIO()
        channels = 1 if container == "SVX" else 2
        soundfile.write(file, sound(samples, channels), 44100, subtype, format=container)
        return file.getvalue()
    container, codec, rate, options = BY_FFMPEG[name]
    target = Pipe() if piped else io.BytesIO()
    with av.open(target, "w", format=container, options=options) as out:
        stream = out.add_stream(codec, rate=rate, layout="stereo")
        stream.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound(samples, rate=rate).T), "fltp", "stereo"
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        context = stream.codec_context
        size = context.frame_size or 4096
        resampler = av.AudioResampler(context.format.name, "stereo", rate, frame_size=size)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return bytes(target.data) if isinstance(target, Pipe) else target.getvalue()


def read(data: bytes, folder: Path) -> np.ndarray:
    """All mono samples (n,) of a recording with these bytes and a name that tells nothing."""
    path = folder / "recording.bin"
    path.write_bytes(data)
    with opened(path) as recording:
        return np.concatenate([np.zeros(0, np.float32), *recording.mono()])
