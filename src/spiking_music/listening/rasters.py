"""Codes and sound as small pictures: events in bits, spectrograms as PNG."""

import io
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from spiking_music.config import MelConfig, SignalConfig
from spiking_music.evaluation.codes import Codes, Origin, open_codes, pictured
from spiking_music.evaluation.correlation import correlate
from spiking_music.evaluation.pairs import open_pairs
from spiking_music.evaluation.selectivity import count
from spiking_music.listening.inline import base64_text
from spiking_music.models.mel import FLOOR_DB, LogMel

NEAR = 2  # steps between an event and the notes that it may speak of
MEL = MelConfig(kind="mel", n_mels=96, n_fft=2048)
RANGE_DB = 70.0  # below the loudest of the reference
SHADES = 64
FREQUENCIES = (100, 500, 1000, 2000, 5000)  # Hz, ticks

Levels = NDArray[np.float32]  # (n_mels, frames), dB re a full-scale sine


def unit_order(codes: Path, onsets: Path | None) -> NDArray[np.int64]:
    """Units (N,) by the note each speaks of most, lowest first, so that rasters look like rolls.

    That note's onsets are near the unit's events most beyond chance, over the whole split: in
    standard deviations of a Poisson count. Units of one note, and all where there are no onsets:
    rarest first. Raises as `open_pairs` and `open_codes`.
    """
    if onsets is None:
        with open_codes(codes) as file:
            return np.argsort(sum(batch.sum((0, 2), dtype=np.int64) for batch in file.batches(32)))
    with open_pairs(codes, onsets) as (pairs, _):
        together = correlate(pairs, NEAR).sum(axis=-1) * pairs.clips  # (N, 88)
        events, notes = count(pairs)
        chances = (2 * NEAR + 1) / (pairs.clips * pairs.steps)
    expected = np.outer(events, notes) * chances
    excess = (together - expected) / np.sqrt(np.maximum(expected, 1e-12))
    return np.lexsort((events, np.where(expected > 0, excess, 0).argmax(axis=1)))


def raster(codes: Codes, origin: Origin, order: NDArray[np.int64] | None) -> dict[str, Any]:
    """Codes (rows, T) for the page: events as bits, row by row; RVQ indices as bytes of shade."""
    if order is not None:
        sorted_codes = codes[order]
        shown = sorted_codes[pictured(sorted_codes)]
        packed = np.packbits(shown.astype(bool).ravel())
        return _picture("binary", shown, packed.tobytes()) | {"units": len(codes)}
    shades = codes.astype(np.int64) * 255 // (origin.codebook_size - 1)
    return _picture("rvq", codes, shades.astype(np.uint8).tobytes())


def _picture(kind: str, codes: Codes, content: bytes) -> dict[str, Any]:
    rows, steps = codes.shape
    return {"kind": kind, "rows": rows, "steps": steps, "data": base64_text(content)}


def mel_levels(audio: NDArray[np.float32], signal: SignalConfig) -> Levels:
    """Mel spectrogram of `audio` (samples,), two frames a step."""
    fine = signal.model_copy(update={"hop": signal.hop // 2})
    bands = LogMel(MEL, fine)(torch.from_numpy(audio)[None, None])[0].numpy()  # -1 .. 1
    return np.asarray((1 - bands) * FLOOR_DB / 2)


def spectrogram_png(levels: Levels, top_db: float) -> str:
    """A picture of `levels`, low bands at the bottom: PNG with `SHADES` colours in base64."""
    share = np.clip((levels[::-1] - top_db) / RANGE_DB + 1, 0, 1)
    colours = matplotlib.colormaps["magma"](np.linspace(0, 1, SHADES))[:, :3]
    image = Image.fromarray(np.rint(share * (SHADES - 1)).astype(np.uint8), "P")
    image.putpalette(np.rint(255 * colours).astype(np.uint8).tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return base64_text(file.getvalue())


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
