"""What a short delay costs: python experiments/delay.py FOLDER … [--level 10 16] [--seconds 120]

Every folder has MAESTRO's layout. The recordings of its test split are joined, cut after so many
seconds, and coded by the package's model with blocks as long as the model's (delay "–") and with
delays of 0.5, 1, 2 and 4 s. kbps is of all bytes of the stream; SI-SNR is of the whole. Speeds are
of one thread, in seconds of sound a second of CPU time, the best of three: `decode` the whole
stream, `push` as it comes, a kilobyte at a time.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import spiking_music
from spiking_music.audio.recording import stream
from spiking_music.codec.session import Codec
from spiking_music.codec.si_snr import si_snr

DELAYS, ROUNDS, PIECE = (None, 0.5, 1.0, 2.0, 4.0), 3, 1000
Audio = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--level", nargs="+", type=int, default=[10, 16])
    parser.add_argument("--seconds", type=float, default=120)
    arguments = parser.parse_args()
    codec = spiking_music.load()
    columns = ("recordings", "level", "delay, s", "kbps", "to –", "SI-SNR dB", "decode ×", "push ×")
    table = Table(*columns)
    for folder in arguments.folders:
        audio = joined(folder, codec.sample_rate, arguments.seconds)
        for level in arguments.level:
            for row in rows(codec, audio, level):
                table.add_row(folder.name, *row)
    Console().print(table)


def joined(folder: Path, rate: int, seconds: float) -> Audio:
    """The beginning of the recordings of a test split, one after the other."""
    known = pd.read_csv(folder / "metadata.csv")
    paths = (folder / name for name in known.audio_filename[known.split == "test"])
    pieces, there = [], 0
    for path in paths:
        for piece in stream(path, rate):
            pieces.append(piece)
            there += len(piece)
        if there >= seconds * rate:
            break
    return np.concatenate(pieces)[: round(seconds * rate)]


def rows(codec: Codec, audio: Audio, level: int) -> Iterator[tuple[str, ...]]:
    seconds, whole = len(audio) / codec.sample_rate, 0
    for delay in DELAYS:
        coded = codec.encode(audio, codec.sample_rate, level=level, delay=delay)
        whole = whole or len(coded)
        quality = si_snr(codec.decode(coded)[None], audio[None])[0]
        yield (
            str(level),
            "–" if delay is None else f"{delay:g}",
            f"{len(coded) * 8 / seconds / 1000:.3f}",
            f"{len(coded) / whole - 1:+.1%}",
            f"{quality:.2f}",
            f"{speed(partial(codec.decode, coded), seconds):.0f}",
            f"{speed(partial(pushed, codec, coded), seconds):.0f}",
        )


def pushed(codec: Codec, coded: bytes) -> None:
    with codec.decoder() as decoder:
        for begin in range(0, len(coded), PIECE):
            decoder.push(coded[begin : begin + PIECE])
        decoder.finish()


def speed(work: Callable[[], object], seconds: float) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return seconds / min(taken)


if __name__ == "__main__":
    main()
