"""Sounds as the sample page holds them: lossless, or so small that their loss cannot matter.

The reference is FLAC of 16 bits. Any other sound is MP3 where the noise that this adds is far below
what the system itself errs by, or far below the sound; else FLAC as well. `NOTE` tells readers.
"""

import html
import io

import numpy as np
import soundfile
from numpy.typing import NDArray

from spiking_music.codec.sound_file import as_int16
from spiking_music.listening.inline_html import base64_text

# of MP3 as soundfile counts, the smallest file first
QUALITIES = (0.9, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)
BELOW_ERROR_DB = 15.0  # where the noise of MP3 must lie, and below the sound between:
LEAST_DB, ENOUGH_DB = 15.0, 35.0
NOTE = (
    "References are lossless. Sound of the MDCT codec is decoded in this page. Other sounds are MP3"
    f" or lossless: noise of MP3 lies {BELOW_ERROR_DB:g} dB or more below what the system errs by,"
    f" or {ENOUGH_DB:g} dB below the sound. All numbers are of the sound before."
)
Sound = NDArray[np.float32]  # (samples,), full scale = 1


def sound_element(name: str, audio: Sound, sample_rate: int, si_snr_db: float | None) -> str:
    """An element that holds a sound of SI-SNR `si_snr_db`; None for the reference."""
    content = _written(audio, sample_rate, "FLAC", "PCM_16")
    kind = "audio/flac"
    if si_snr_db is not None and "MP3" in soundfile.available_formats():
        smaller = _mp3(
            audio, sample_rate, min(max(LEAST_DB, si_snr_db + BELOW_ERROR_DB), ENOUGH_DB)
        )
        if smaller is not None and len(smaller) < len(content):
            kind, content = "audio/mpeg", smaller
    return f'<script type="{kind}" data-sound="{html.escape(name)}">{base64_text(content)}</script>'


def _mp3(audio: Sound, sample_rate: int, snr_db: float) -> bytes | None:
    """The smallest MP3 that is as close to the sound, and as long; None where there is none."""
    for quality in QUALITIES:
        content = _written(audio, sample_rate, "MP3", "MPEG_LAYER_III", quality)
        heard, _ = soundfile.read(io.BytesIO(content), dtype="float32")
        if len(heard) == len(audio) and _snr(heard, audio) >= snr_db:
            return content
    return None


def _written(
    audio: Sound, sample_rate: int, format: str, subtype: str, quality: float | None = None
) -> bytes:
    file = io.BytesIO()
    samples = as_int16(audio)
    soundfile.write(file, samples, sample_rate, subtype, format=format, compression_level=quality)
    return file.getvalue()


def _snr(heard: Sound, audio: Sound) -> float:
    """In dB; infinite for a perfect copy, and for silence."""
    noise, power = np.square(heard - audio).sum(), np.square(audio).sum()
    return float(10 * np.log10(power / noise)) if noise and power else np.inf
