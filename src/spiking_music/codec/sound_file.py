"""Recordings in from files and pipes, decoded sound out to them."""

import shutil
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.codec.samples import Samples
from spiking_music.errors import OutputError

SOFTWARE = "spiking-music"  # in the header: by this tag the file is known as one of ours
CONTAINERS = {".wav": "WAV", ".flac": "FLAC"}
UNKNOWN_LENGTH = 0xFFFFFFFF  # what programs that write WAV to a pipe leave in the header
WAV_BYTES = 2**32 - 4096  # what the 32-bit sizes of a WAV can say; beyond, it is RF64
Write = Callable[[Samples], None]


@contextmanager
def spooled(pipe: BinaryIO, begun: bytes = b"") -> Iterator[Path]:
    """All of a pipe as a file, deleted in the end: recordings are read with seeks.

    begun: what was read of it before.
    """
    with TemporaryDirectory(prefix="spiking-music-") as folder:
        path = Path(folder) / "standard-input"
        with path.open("wb") as file:
            try:
                file.write(begun)
                shutil.copyfileobj(pipe, file)
                file.flush()
            except OSError as error:
                raise OutputError(
                    f"cannot keep what a pipe gave in '{Path(folder).parent}' ({error.strerror}): "
                    "free some space there, or set TMPDIR to another folder"
                ) from None
        yield path


@contextmanager
def sound_file(path: Path, rate: int, samples: int | None) -> Iterator[Write]:
    """What writes mono pieces (n,) to `path`, 16 bits a sample, WAV or FLAC by its suffix.

    The file appears whole or not at all, with the tag `SOFTWARE`. `samples`: how many there will
    be, where that is known.
    Raises `OutputError` for another suffix, a rate the container cannot hold, and a full disk.
    """
    container = CONTAINERS.get(path.suffix.lower())
    if container is None:
        raise OutputError(f"cannot write '{path}': decoded sound is .wav or .flac, name one")
    if container == "WAV" and samples is not None and 2 * samples > WAV_BYTES:
        container = "RF64"
    with files.atomic(path) as temporary, files.Disk(temporary) as disk:
        try:
            file = soundfile.SoundFile(disk, "w", rate, 1, "PCM_16", format=container)
        except soundfile.LibsndfileError as error:
            raise OutputError(f"cannot write '{path}' ({error.error_string})") from None
        with file:
            file.software = SOFTWARE

            def write(piece: Samples) -> None:
                file.write(as_int16(piece))
                disk.check()

            yield write


def sound_pipe(pipe: BinaryIO, rate: int) -> Write:
    """What writes mono pieces (n,) to a pipe as 16-bit WAV, whose header tells no length."""
    unknown = struct.pack("<I", UNKNOWN_LENGTH)
    layout = struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16)  # PCM, mono
    pipe.write(b"RIFF" + unknown + b"WAVEfmt " + layout + b"data" + unknown)

    def write(piece: Samples) -> None:
        pipe.write(as_int16(piece).astype("<i2").tobytes())
        pipe.flush()

    return write


def is_decoded(path: Path) -> bool:
    """Whether `path` is a file of `sound_file`, by its tag."""
    try:
        with soundfile.SoundFile(path) as file:
            return file.software.startswith(SOFTWARE)
    except soundfile.LibsndfileError:
        return False


def as_int16(samples: Samples) -> NDArray[np.int16]:
    """Full scale = 1 → 16 bits, the nearest; what is beyond full scale is clipped."""
    return np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype(np.int16)
