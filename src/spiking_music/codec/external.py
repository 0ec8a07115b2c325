"""Codecs that are programs of their own: a clip out to their command lines, and back.

Every command runs in a folder of its own that is deleted afterwards, as a list of words: no shell
reads it, and it reads nothing from standard input.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from spiking_music.codec.sound_file import as_int16
from spiking_music.config.external import CommandsConfig, ExternalSystem
from spiking_music.errors import ConfigError, DataError

Samples = NDArray[np.float32]
LIMIT = 600  # seconds that a command may take for one clip
EXCESS = 0.5  # seconds that may be decoded beyond what was coded: codecs code whole frames
TAIL = 16  # zeros put behind a clip, for what resampling takes from its end


class Received(NamedTuple):
    """A clip as it comes back, and the bytes that it took."""

    audio: Samples  # (n,), as long and as late as the clip
    payload: int  # bytes of sound
    header: int  # all other bytes of the coded file, where they are counted apart


def through_commands(
    system: ExternalSystem, config: CommandsConfig, clip: Samples, rate: int
) -> Received:
    """The clip (n,), full scale = 1, `rate` Hz, coded and decoded by the commands of a row.

    Raises `ConfigError` where a program is not there, `DataError` where one fails, takes too long,
    or leaves no file, or sound of another rate, number of channels or length.
    """
    padding = TAIL + round(config.padding * rate)
    padded = np.pad(clip.astype(np.float32), (0, padding))
    sent = soxr.resample(padded, rate, config.sample_rate, "VHQ")
    with TemporaryDirectory(prefix="spiking-music-") as place:
        source, coded, decoded = (
            Path(place, name, f"clip.{ending}")
            for name, ending in (
                ("source", config.sound),
                ("coded", config.stream),
                ("decoded", config.sound),
            )
        )
        for path in (source, coded, decoded):
            path.parent.mkdir()
        _write(sent, source, config)
        _run(system, config.encode, source, coded)
        payload = coded.stat().st_size
        header = 0
        if config.payload == "packets":
            payload, header = _packets(system, coded), payload
            header -= payload
        _run(system, config.decode, coded, decoded)
        audio = _read(system, decoded, config.sound)
    most = len(sent) + round(EXCESS * config.sample_rate)
    return Received(fitted(system, audio, len(clip), rate, most), payload, header)


def from_file(system: ExternalSystem, path: Path, samples: int, rate: int) -> Samples:
    """A clip (`samples`,) at `rate` Hz as another machine has decoded it to the file `path`.

    Raises `DataError` where there is no such file, or it does not hold that clip.
    """
    if not path.is_file():
        raise DataError(f"external '{system.name}' has no file '{path}', which its table names")
    most = round((samples / rate + EXCESS) * system.config.sample_rate)
    return fitted(system, _read(system, path, "wav"), samples, rate, most)


def fitted(system: ExternalSystem, audio: Samples, samples: int, rate: int, most: int) -> Samples:
    """Decoded sound without its delay, at `rate` Hz, and what lies behind the clip cut off.

    most: samples that there may be behind the delay. Raises `DataError` where there are more, or
    fewer than the clip has, rounded down.
    """
    own = system.config.sample_rate
    audio = audio[system.config.delay :]
    least = samples * own // rate
    if not least <= len(audio) <= most:
        raise DataError(
            f"external '{system.name}' gives {len(audio)} samples at {own} Hz behind its delay for "
            f"a clip of {least} to {most}: correct sample_rate, delay or padding of its row"
        )
    if not np.isfinite(audio).all():
        raise DataError(f"external '{system.name}' gives samples that are NaN or infinite")
    restored: Samples = soxr.resample(audio, own, rate, "VHQ")[:samples]
    return np.pad(restored, (0, samples - len(restored)))  # by the part of a sample, rounded off


def _run(system: ExternalSystem, words: Sequence[str], source: Path, target: Path) -> None:
    """One command; `DataError` unless it ends well and leaves the file `target`, not empty."""
    values = {"input": source, "output": target, "folder": target.parent, "rate": system.rate}
    filled = [_filled(word, {name: str(value) for name, value in values.items()}) for word in words]
    try:
        done = subprocess.run(
            filled,
            cwd=target.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=LIMIT,
            check=False,
        )
    except (FileNotFoundError, PermissionError):
        raise ConfigError(
            f"external '{system.name}' needs the program '{words[0]}', which cannot be run here: "
            "install it, or switch the row off"
        ) from None
    except subprocess.TimeoutExpired:
        raise DataError(
            f"'{words[0]}' of external '{system.name}' took more than {LIMIT} s for a clip: "
            "correct its command"
        ) from None
    if done.returncode:
        raise DataError(
            f"'{words[0]}' of external '{system.name}' failed with status {done.returncode}"
            f"{_last_line(done.stderr)}: correct its command"
        )
    if not target.is_file() or not target.stat().st_size:
        raise DataError(
            f"'{words[0]}' of external '{system.name}' ended well but left no {{output}} of the "
            f"name {target.name}{_last_line(done.stderr)}: correct its command"
        )


def _filled(word: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(f"{{{name}}}", value)
    return word


def _last_line(stderr: bytes) -> str:
    """The last thing that a program said, in brackets."""
    lines = stderr.decode(errors="replace").split("\n")
    said = [printable for line in lines if (printable := " ".join(line.split()))]
    return f" ({said[-1][:200]})" if said else ""


def _write(sound: Samples, path: Path, config: CommandsConfig) -> None:
    if config.sound == "raw":
        path.write_bytes(as_int16(sound).astype("<i2").tobytes())
    else:
        soundfile.write(path, as_int16(sound), config.sample_rate, "PCM_16")


def _read(system: ExternalSystem, path: Path, sound: str) -> Samples:
    """Mono sound (m,) at the rate of the row."""
    if sound == "raw":
        whole = path.read_bytes()
        if len(whole) % 2:
            raise DataError(
                f"external '{system.name}' gives {len(whole)} bytes of raw sound, an odd number, "
                "where a sample has two: correct its command"
            )
        pcm = np.frombuffer(whole, "<i2")
        return pcm.astype(np.float32) / np.float32(32768)
    try:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise DataError(
            f"external '{system.name}' gives a file '{path.name}' that is no sound ({error})"
        ) from None
    if (rate, audio.shape[1]) != (system.config.sample_rate, 1):
        raise DataError(
            f"external '{system.name}' gives sound of {rate} Hz and {audio.shape[1]} channels, not "
            f"of {system.config.sample_rate} Hz and one: correct sample_rate or its command"
        )
    return np.asarray(audio[:, 0])


def _packets(system: ExternalSystem, path: Path) -> int:
    """Bytes of all packets of a file that FFmpeg knows."""
    import av

    try:
        with av.open(str(path), "r") as container:
            return sum(packet.size for packet in container.demux(audio=0))
    except (av.FFmpegError, IndexError) as error:
        raise DataError(
            f"FFmpeg finds no packets in what external '{system.name}' writes ({error}): set "
            "payload to file"
        ) from None
