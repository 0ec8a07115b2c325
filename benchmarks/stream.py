"""Streams: clips a second that are written and read, in each format, container included.

Run `python benchmarks/stream.py`. One core, whose own time is measured (other jobs of the machine
do not count); blocks of 80 units x 256 steps at four densities, and of 8 RVQ indices of 10 bits.
"""

import io
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from spiking_music.codec.stream import Block, Header, StreamReader, StreamWriter, summary
from spiking_music.errors import CodeError

UNITS, CODEBOOKS, CODEBOOK, STEPS, HOP, RATE = 80, 8, 1024, 256, 512, 22_050
CLIPS, ROUNDS = 300, 3
FORMATS = ("best", "dense", "coo", "time", "units")


def header(kind: str) -> Header:
    rows, size = (UNITS, 1) if kind == "binary" else (CODEBOOKS, CODEBOOK)
    return Header(bytes(16), kind, rows, size, RATE, HOP, STEPS, RATE)


def write(clips: np.ndarray, kind: str, format: str) -> bytes:
    file = io.BytesIO()
    with StreamWriter(file, header(kind), format=format) as writer:
        for index, codes in enumerate(clips):
            writer.write(Block(index, codes))
        writer.finish(samples := len(clips) * STEPS * HOP, samples)
    return file.getvalue()


def read(stream: bytes, start: int = 0) -> int:
    return sum(1 for _ in StreamReader(io.BytesIO(stream)).blocks(start))


def seconds(work: Callable[[], object]) -> float:
    """Shortest processor time of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    draw = np.random.default_rng(0)
    table = Table("codes", "format", "write, clips/s", "read, clips/s", "bytes a clip")

    def row(name: str, clips: np.ndarray, kind: str, format: str) -> bytes:
        try:
            stream = write(clips, kind, format)
        except CodeError:
            table.add_row(name, format, "–", "–", "more than dense")
            return b""
        assert read(stream) == len(clips)
        forth = len(clips) / seconds(lambda: write(clips, kind, format))
        back = len(clips) / seconds(lambda: read(stream))
        size = f"{len(stream) / len(clips):.0f}"
        table.add_row(name, format, f"{forth:.0f}", f"{back:.0f}", size)
        return stream

    for density in (0.005, 0.05, 0.1, 0.5):
        clips = (draw.random((CLIPS, UNITS, STEPS)) < density).astype(np.uint8)
        for format in FORMATS:
            row(f"events, {density:.1%}", clips, "binary", format)
    indices = draw.integers(CODEBOOK, size=(CLIPS, CODEBOOKS, STEPS))
    stream = row("RVQ", indices, "rvq", "packed")
    console = Console()
    console.print(table)

    info = CLIPS / seconds(lambda: summary(io.BytesIO(stream)))
    seek = CLIPS / seconds(lambda: read(stream, CLIPS - 1))
    console.print(f"summary: {info:.0f} clips/s; jumping to the last block: {seek:.0f} clips/s")


if __name__ == "__main__":
    main()
