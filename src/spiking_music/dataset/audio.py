"""Recordings as a stream of mono blocks at the rate of the project: decode, down-mix, resample.

A recording is never held whole, so memory does not grow with its length. 8- and 16-bit files are
decoded as integers and scaled while mixing, five times as fast as letting libsndfile make floats.
The resampler is soxr's HQ; benchmarks/clips.py holds it beside torchaudio's.
"""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from spiking_music.dataset.layout import check_file
from spiking_music.errors import DataError

BLOCK = 2**16  # frames a read: larger blocks leave the cache, smaller ones cost calls
SMALL_INTEGERS = {"PCM_S8", "PCM_U8", "PCM_16"}  # subtypes that int16 holds without loss
UNKNOWN_LENGTH = 0xFFFFFFFF  # what programs that write WAV to a pipe leave in the header


def stream(path: Path, sample_rate: int) -> Iterator[NDArray[np.float32]]:
    """Yield `path` as mono float32 blocks (n,) at `sample_rate` Hz, full scale = 1, n varying.

    Sample i of the output lies at i / sample_rate seconds: the resampler's delay is compensated.
    Raises `DataError` where the file is missing, unreadable, empty, cut short or not finite; blocks
    already yielded are then to be discarded.
    """
    with opened(path) as file:
        yield from resampled(mono(file, path), file.samplerate, sample_rate)


def resampled(
    blocks: Iterable[NDArray[np.float32]], rate: int, wanted: int
) -> Iterator[NDArray[np.float32]]:
    """Mono `blocks` (n,) at `rate` Hz as blocks at `wanted` Hz: ⌊n·wanted/rate + ½⌋ samples."""
    if rate == wanted:
        yield from blocks
        return
    resampler = soxr.ResampleStream(rate, wanted, 1, "float32", "HQ")
    for block in blocks:
        yield resampler.resample_chunk(block)
    yield resampler.resample_chunk(np.empty(0, np.float32), last=True)


def opened(path: Path) -> soundfile.SoundFile:
    """`path` opened to read; `DataError` where it is missing, empty, unreadable or cut short."""
    check_file(path, "recording")
    try:
        promised, present = _container_bytes(path)
        file = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise DataError(
            f"recording '{path}' cannot be read ({_reason(error)}): replace the file"
        ) from None
    if promised > present:
        file.close()
        raise _truncated(path, promised, present, "bytes")
    return file


def mono(file: soundfile.SoundFile, path: Path) -> Iterator[NDArray[np.float32]]:
    """The samples of `file`, opened from `path`, at its own rate; errors as for `stream`."""
    integers = file.subtype in SMALL_INTEGERS
    scale = 1 / 32768 if integers else 1.0
    weights = np.full(file.channels, scale / file.channels, np.float32)
    buffer = np.empty((BLOCK, file.channels), np.int16 if integers else np.float32)
    floats = np.empty_like(buffer, np.float32) if integers else buffer
    decoded = 0
    while len(block := _read(file, buffer, path)):
        decoded += len(block)
        if integers:
            floats[: len(block)] = block  # memory that is used again costs no page faults
        mixed = floats[: len(block)] @ weights  # (n, channels) -> (n,)
        if not integers and not np.isfinite(mixed).all():
            raise DataError(f"recording '{path}' holds NaN or infinite samples: export it again")
        yield mixed
    if decoded == 0:
        raise DataError(f"recording '{path}' holds no samples: replace the file")
    if decoded < file.frames:
        raise _truncated(path, file.frames, decoded, "frames")


def _read(file: soundfile.SoundFile, buffer: NDArray, path: Path) -> NDArray:
    try:
        return file.read(out=buffer)
    except soundfile.LibsndfileError as error:
        raise DataError(
            f"recording '{path}' is damaged or cut short ({_reason(error)}): replace the file"
        ) from None


def _container_bytes(path: Path) -> tuple[int, int]:
    """Bytes of samples that a WAV or AIFF header promises, and bytes that follow that header.

    libsndfile silently clips the promise to what is there, so that a copy cut short looks whole.
    (0, 0) for other containers: their decoders notice, or know the number of frames.
    """
    with path.open("rb") as file:
        magic = file.read(12)
        if magic[:4] not in (b"RIFF", b"RIFX", b"FORM"):
            return 0, 0
        order = "<" if magic[:4] == b"RIFF" else ">"
        size = path.stat().st_size
        while len(header := file.read(8)) == 8:
            name, promised = struct.unpack(f"{order}4sI", header)
            if name in (b"data", b"SSND"):
                return (0, 0) if promised == UNKNOWN_LENGTH else (promised, size - file.tell())
            file.seek(promised + promised % 2, 1)
    return 0, 0


def _truncated(path: Path, promised: int, present: int, unit: str) -> DataError:
    return DataError(
        f"recording '{path}' is cut short: its header promises {promised} {unit} and {present} "
        "are there; copy or download it again"
    )


def _reason(error: Exception) -> str:
    text = error.error_string if isinstance(error, soundfile.LibsndfileError) else str(error)
    return text.strip().rstrip(".")
