"""What callers of the Python interface hand in: brought to one form, or refused in one sentence."""

import io
import math
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking_music.errors import CodeError, DataError

MOST_CHANNELS = 64
SHOWN = 80  # characters of a value that is refused
LONGEST = 2.0**40  # seconds, beyond the end of every stream
FORM = "a waveform is an array of floats, full scale = 1, of shape (channels, n) or (n,)"


def mono(waveform: object, part: bool = False) -> NDArray[np.float32]:
    """The mean of the channels of an array, tensor or list of floats, (n,).

    part: of a longer one, which may have fewer samples than channels, or none. Raises `DataError`
    for another type, a shape that cannot be meant, no samples, and samples that are not finite.
    """
    audio = _array(waveform)
    if audio.ndim not in (1, 2):
        raise DataError(f"{FORM}, not of shape {audio.shape}")
    if not audio.size and part:
        return np.empty(0, np.float32)
    if not audio.size:
        raise DataError(f"{FORM}, and this one of shape {audio.shape} holds no samples")
    if audio.ndim == 2:
        _require_layout(audio.shape[0], max(audio.shape) if part else audio.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        mixed = audio.astype(np.float32) if audio.ndim == 1 else audio.mean(0, dtype=np.float32)
    return _finite(np.ascontiguousarray(mixed))


def pieces(blocks: object) -> Iterator[NDArray[np.float32]]:
    """The pieces (n,) of a mono recording as float32; `DataError` for what is none."""
    try:
        each = iter(blocks)  # type: ignore[call-overload]
    except TypeError:
        raise DataError("a recording comes as mono pieces, arrays of floats (n,)") from None
    for block in each:
        piece = _array(block)
        if piece.ndim != 1:
            raise DataError(f"a piece of a mono recording has shape (n,), not {piece.shape}")
        with np.errstate(over="ignore"):
            yield _finite(np.ascontiguousarray(piece, np.float32))


def rate(sample_rate: Any) -> int:
    """A sample rate as an integer of Hz; `DataError` where it is none."""
    if (isinstance(sample_rate, np.ndarray) or _is_tensor(sample_rate)) and sample_rate.ndim == 0:
        with suppress(RuntimeError):  # of tensors that hold no values
            sample_rate = sample_rate.item()
    value = _float(sample_rate)
    if value is not None and math.isfinite(value) and value.is_integer() and value > 0:
        return int(value)
    raise DataError(
        f"a sample rate is a whole number of Hz, such as 44100, not {_shown(sample_rate)}"
    )


def whole(name: str, value: object) -> int | None:
    """An integer, or None if nothing is given; `CodeError` for anything else."""
    if value is None:
        return None
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    raise CodeError(f"{name} is a whole number, not {_shown(value)}")


def number(name: str, value: object, finite: bool = True) -> float | None:
    """A number, or None if nothing is given; `CodeError` for anything else."""
    if value is None:
        return None
    plain = _float(value)
    if plain is not None and (math.isfinite(plain) or not finite):
        return plain
    raise CodeError(f"{name} is a number, not {_shown(value)}")


def seconds(name: str, value: object) -> float | None:
    """As `number`; what is beyond the end of any stream becomes `LONGEST`, which can be counted."""
    plain = number(name, value, finite=False)
    return LONGEST if plain is not None and LONGEST < plain < math.inf else plain


def flag(name: str, value: object) -> bool:
    """True or False; `CodeError` for anything else."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise CodeError(f"{name} is True or False, not {_shown(value)}")


def text(name: str, value: object) -> str:
    """A string; `CodeError` for anything else."""
    if isinstance(value, str):
        return value
    raise CodeError(f"{name} is a string, not {_shown(value)}")


def stream(data: object) -> io.BytesIO:
    """The bytes of a stream as a file; `CodeError` where they are none."""
    return io.BytesIO(piece(data))


def piece(data: object) -> bytes:
    """Bytes of a stream; `CodeError` where they are none."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise CodeError(
            f"a stream is bytes, as `encode` gives them, not {type(data).__name__}: read a file "
            "with Path(…).read_bytes()"
        )
    try:
        return bytes(data)
    except ValueError as error:  # a memoryview that was released
        raise CodeError(f"a stream is bytes, and these cannot be read ({error})") from None


def require_file(file: Any, verb: str) -> None:
    """`CodeError` unless `file` is one for bytes that is open to `verb`, read or write."""
    needed = (verb, "seekable") if verb == "read" else (verb, "flush")
    methods = all(callable(getattr(file, name, None)) for name in needed)
    if not methods or isinstance(file, io.TextIOBase | type):
        kind = file.__name__ if isinstance(file, type) else type(file).__name__
        names = " and ".join(needed)
        raise CodeError(
            f"a stream's file is open to {verb} bytes and has {names}, not {kind}: open one with "
            f"open(path, '{verb[0]}b')"
        )
    if getattr(file, "closed", False) is True:
        raise CodeError(f"a stream's file is open to {verb} bytes, and this one is closed")
    able = getattr(file, "readable" if verb == "read" else "writable", None)
    if callable(able) and not able():
        raise CodeError(
            f"a stream's file is open to {verb} bytes, and this one is not: open it with "
            f"open(path, '{verb[0]}b')"
        )


def path(place: object) -> Path | None:
    """A path, or None if nothing is given; `CodeError` for what is none."""
    if place is None:
        return None
    text = os.fspath(place) if isinstance(place, str | os.PathLike) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise CodeError(f"a model is named by the path of its folder, not {_shown(place)}")
    return Path(text)


def _float(value: object) -> float | None:
    """A real number as a float, infinite where it is beyond all floats; None for anything else."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]


def _shown(value: object) -> str:
    """The beginning of how `value` is written, or its type where it cannot be."""
    try:
        return repr(value)[:SHOWN]
    except Exception:  # integers of thousands of digits, and what foreign types may raise
        return f"such a {type(value).__name__}"


def _array(values: object) -> NDArray:
    """Floats as an array; `DataError` for anything else, with how to make floats of it."""
    if np.ma.is_masked(values):
        raise DataError(f"{FORM}, and of this one samples are masked: give waveform.filled(0)")
    try:
        audio = np.asarray(_of_tensor(values) if _is_tensor(values) else values)
    except Exception as error:  # ragged lists, sparse tensors, and what foreign types may raise
        raise DataError(f"{FORM}, not {type(values).__name__} ({str(error)[:SHOWN]})") from None
    if audio.dtype.kind in "iu":
        full = 2 ** (8 * audio.dtype.itemsize - 1)
        how = f"(waveform.astype('float32') - {full}) / {full}"
        if audio.dtype.kind == "i":
            how = f"waveform.astype('float32') / {full}"
        raise DataError(f"{FORM}, and these are integers, {audio.dtype}: give {how}")
    if audio.dtype.kind != "f":
        raise DataError(f"{FORM}, not {audio.dtype} of shape {audio.shape}")
    return audio


def _is_tensor(value: object) -> bool:
    """Whether that is one of torch's, which is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _of_tensor(values: Any) -> NDArray:
    """A tensor as an array; numpy has no type for 16 bits of which 8 are the exponent."""
    tensor = values.detach().cpu()
    wide: NDArray = (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    return wide


def _require_layout(channels: int, samples: int) -> None:
    if channels > MOST_CHANNELS or channels > samples:
        raise DataError(
            f"a waveform of shape ({channels}, {samples}) would have {channels} channels of "
            f"{samples} samples: give (channels, n), which is waveform.T here"
        )


def _finite(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(samples).all():
        raise DataError("the waveform holds NaN or infinite samples: repair or cut them")
    return samples
