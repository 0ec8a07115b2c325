"""Codes and sound as small pictures: events in bits, and what spectrograms are drawn with."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from numpy.typing import NDArray

from spiking_music.config import SignalConfig
from spiking_music.evaluation.codes_file import Codes, Origin, pictured
from spiking_music.evaluation.excerpts import MEL, spectrogram_db
from spiking_music.evaluation.tuning import events_of, read_tuning
from spiking_music.listening.inline_html import base64_text

RANGE_DB = 70.0  # below the loudest of the reference
SHADES = 64
FREQUENCIES = (100, 500, 1000, 2000, 5000)  # Hz, ticks


def unit_order(codes: Path, tuning: Path | None) -> NDArray[np.int64]:
    """Units (N,) by the note each is tuned to most, lowest first, so that rasters look like rolls.

    tuning: table of `write_tuning`. Units of one note, and all without a table: rarest first.
    Raises as `open_codes` and `read_tuning`.
    """
    events = events_of(codes)
    if tuning is None:
        return np.argsort(events)
    found = read_tuning(tuning, len(events))
    return np.lexsort((found.events, found.notes))


def raster(
    codes: Codes, origin: Origin, order: NDArray[np.int64] | None, sorting: str
) -> dict[str, Any]:
    """Codes (rows, T) for the page: events as bits, row by row; RVQ indices as bytes of shade.

    sorting: what `order` is by, in a word that the page knows.
    """
    if order is not None:
        sorted_codes = codes[order]
        shown = sorted_codes[pictured(sorted_codes)]
        packed = np.packbits(shown.astype(bool).ravel())
        about = {"units": len(codes), "sorting": sorting}
        return _picture("binary", shown, packed.tobytes()) | about
    shades = codes.astype(np.int64) * 255 // (origin.codebook_size - 1)
    return _picture("rvq", codes, shades.astype(np.uint8).tobytes())


def _picture(kind: str, codes: Codes, content: bytes) -> dict[str, Any]:
    rows, steps = codes.shape
    return {"kind": kind, "rows": rows, "steps": steps, "data": base64_text(content)}


def spectrogram_settings(signal: SignalConfig) -> dict[str, Any]:
    """How the page draws spectrograms: two columns a frame of the codes, and in what colours."""
    return {
        "hop": signal.hop // 2,
        "fftSize": MEL.n_fft,
        "bands": MEL.n_mels,
        "sampleRate": signal.sample_rate,
        "rangeDb": RANGE_DB,
        "palette": palette().tolist(),
    }


def loudest_db(audio: NDArray[np.float32], signal: SignalConfig) -> float:
    """The highest level in the mel spectrogram of `audio` (samples,)."""
    finer = signal.model_copy(update={"hop": signal.hop // 2})
    return float(spectrogram_db(audio, finer).max())


def palette() -> NDArray[np.uint8]:
    """The colours of spectrograms, (SHADES, 3)."""
    colours = matplotlib.colormaps["magma"](np.linspace(0, 1, SHADES))[:, :3]
    return np.rint(255 * colours).astype(np.uint8)


def frequency_ticks(signal: SignalConfig) -> list[tuple[str, float]]:
    """Labels in kHz, and where they stand on the mel axis: 0 is the bottom, 1 the top."""
    top = _mel(signal.sample_rate / 2)
    return [
        (f"{frequency / 1000:g}", round(_mel(frequency) / top, 4))
        for frequency in FREQUENCIES
        if frequency < signal.sample_rate / 2
    ]


def _mel(frequency: float) -> float:
    """Frequency in Hz → mel (HTK, as the spectrogram's filters)."""
    return float(2595 * np.log10(1 + frequency / 700))
