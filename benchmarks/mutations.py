"""A million damaged streams: python -m benchmarks.mutations [--count 1000000] [--seed 0]

Small streams of every kind and format are changed in ways that accidents or enemies might choose,
then read and salvaged, in turns from a file and from a pipe. Whatever comes out must be a block of
the original at its place, and the end must be `CodeError` or the whole original: anything else,
and any stream that takes a second, is printed and makes this script exit with 1. Where two streams
are spliced, all that comes out must be of one of them, and which is for header and trailer to say.

Two expectations are not absolute. A changed block passes its CRC-32 by chance once in 2^32, so
that a million streams end in one false alarm with a probability of 2 in 10 000. And the streams of
the row `forged` are enemies': their checksums are made right again, so that what they hold may be
read; of them it is only asked that nothing but `CodeError` is raised.
"""

import argparse
import io
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from benchmarks.mutation_kinds import MUTATIONS
from rich.console import Console
from rich.progress import track
from rich.table import Table

from spiking_music.codec.entropy import fit_entropy, make_coder
from spiking_music.codec.entropy.coder import EntropyCoder
from spiking_music.codec.stream import (
    Block,
    CompactHeader,
    CompactWriter,
    Header,
    Lost,
    Reader,
    StreamWriter,
    open_stream,
)
from spiking_music.errors import CodeError

BINARY = Header(bytes(range(16)), "binary", 6, 1, 22_050, 512, 12, 44_100)
RVQ = replace(BINARY, kind="rvq", rows=3, codebook_size=1000, block_steps=6)
COMPACT, PARTED = CompactHeader.of(BINARY), CompactHeader.of(BINARY, parts=2)
COMPACT_RVQ = CompactHeader.of(RVQ)
MODELS = {(model.kind, model.rows): model for model in (BINARY, RVQ)}
BLOCKS = 4
SLOW = 1.0  # seconds: so long no stream of a few hundred bytes may take


class Original:
    """A stream, and the blocks that are in it."""

    def __init__(self, header: Header, format: str, seed: int) -> None:
        draw = np.random.default_rng(seed)
        self.header = header
        self.blocks: list[Block] = []
        file = io.BytesIO()
        coder = coder_of(header) if format == "entropy" else None
        made = CompactWriter if isinstance(header, CompactHeader) else StreamWriter
        with made(file, header, coder, format) as writer:
            for index in range(BLOCKS):
                codes = (draw.random((header.rows, header.block_steps)) < 0.2).astype(np.uint8)
                if header.kind == "rvq":
                    codes = codes * draw.integers(header.codebook_size, size=codes.shape)
                self.blocks.append(Block(index, codes, gain=0.5 + index, level=index))
                writer.write(self.blocks[-1])
            writer.finish(samples := BLOCKS * header.block_samples, 2 * samples)
        self.stream = file.getvalue()

    def has(self, block: Block) -> bool:
        if block.index >= len(self.blocks):
            return False
        mine = self.blocks[block.index]
        same = np.array_equal(block.codes, mine.codes) and block.codes.dtype == mine.codes.dtype
        return same and (block.gain, block.level) == (mine.gain, mine.level)


def coder_of(header: Header) -> EntropyCoder | None:
    """The model's entropy coder for headers of the shape of `BINARY` or `RVQ`; none for others."""
    return coders().get((header.kind, header.rows, header.codebook_size))


@cache
def coders() -> dict[tuple[str, int, int], EntropyCoder]:
    """Coders with all their methods, fitted to codes like those of the originals."""
    found = {}
    for header in (BINARY, RVQ):
        draw = np.random.default_rng(0)
        codes = (draw.random((40, header.rows, 64)) < 0.2).astype(np.uint8)
        if header.kind == "rvq":
            codes = codes * draw.integers(header.codebook_size, size=codes.shape)
        tables = fit_entropy([codes], header.kind, header.codebook_size, rounds=2)
        found[header.kind, header.rows, header.codebook_size] = make_coder(tables)
    return found


def originals(entropy: bool = True) -> list[Original]:
    """Two of each kind and format: their headers are equal but for the salt."""
    made = [(BINARY, format) for format in ("dense", "coo", "time", "units")] + [(RVQ, "packed")]
    made += [(COMPACT, "best"), (COMPACT, "time"), (PARTED, "units"), (COMPACT_RVQ, "packed")]
    if entropy:
        made += [(COMPACT, "entropy"), (PARTED, "entropy"), (COMPACT_RVQ, "entropy")]
        made += [(BINARY, "entropy"), (RVQ, "entropy")]
    return [Original(*what, seed) for seed in (1, 2) for what in made]


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False


class WrongCodes(Exception):
    """Something was returned that no original holds."""


class Judge:
    """Takes the blocks that come out of a mutant, and objects to what was never put in."""

    def __init__(self, originals: Sequence[Original]) -> None:
        self.originals = originals  # of which the blocks may be
        self.seen = 0

    def accept(self, block: Block) -> None:
        self.originals = [one for one in self.originals if one.has(block)]
        if not self.originals:
            raise WrongCodes(f"block {block.index} is of no original, or of another than before")
        self.seen += 1

    def whole(self) -> None:
        if self.seen != BLOCKS:
            raise WrongCodes(f"{self.seen} blocks and no error")


class Gullible(Judge):
    """For forgeries, which may hold anything."""

    def accept(self, block: Block) -> None:
        self.seen += 1

    def whole(self) -> None:
        pass


def read(reader: Callable[[], Reader], judge: Judge) -> str:
    heard: list[Block] = []  # parts of a block from a pipe, which come before its checksum
    try:
        opened = reader()
        parts = getattr(opened.header, "parts", 1)
        for number, block in enumerate(opened.blocks()):
            if block.index != number:
                raise WrongCodes(f"block {block.index} in place of {number}")
            if number % parts == 0:
                heard = accepted(heard, judge)
            heard.append(block)
    except CodeError:
        return "refused"
    accepted(heard, judge)
    judge.whole()
    return "read"


def accepted(heard: list[Block], judge: Judge) -> list[Block]:
    for block in heard:
        judge.accept(block)
    return []


def salvage(reader: Callable[[], Reader], judge: Judge) -> str:
    """How much was recovered: `nothing`, `some` or `all`."""
    last = -1
    try:
        for block in reader().salvage():
            if isinstance(block, Lost):
                continue
            if block.index <= last:
                raise WrongCodes(f"block {block.index} after {last}")
            last = block.index
            judge.accept(block)
    except CodeError:
        return "nothing"
    return "all" if judge.seen == BLOCKS else "some"


def mutants(
    choices: Sequence[Original], count: int, seed: int
) -> Iterator[tuple[str, bytes, list[Original]]]:
    """Kind of mutation, stream, and the originals that are in it."""
    draw = random.Random(seed)
    kinds = list(MUTATIONS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        one, other = draw.choice(choices), draw.choice(choices)
        parents = [one, other] if kind == "spliced" else [one]
        yield kind, MUTATIONS[kind](draw, one.stream, other.stream), parents


def outcomes(kind: str, data: bytes, parents: list[Original], pipe: bool) -> tuple[list[str], str]:
    """Outcomes of reading and of salvaging, and what is wrong with them, if anything."""

    model = MODELS[parents[0].header.kind, parents[0].header.rows]

    def reader() -> Reader:
        opened = open_stream(Pipe(data) if pipe else io.BytesIO(data), lambda _: model)
        opened.coder = coder_of(opened.header)
        return opened

    judge = Gullible if kind == "forged" else Judge
    start = time.process_time()
    try:
        found = [read(reader, judge(parents)), salvage(reader, judge(parents))]
    except Exception as error:
        return ["WRONG"], f"{type(error).__name__}: {error}"
    took = time.process_time() - start
    return found, f"took {took:.1f} s" if took > SLOW else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    console = Console()
    start = time.process_time()
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in MUTATIONS}
    failures = 0
    all_mutants = enumerate(mutants(originals(), arguments.count, arguments.seed))
    for number, (kind, data, parents) in track(all_mutants, "streams", arguments.count):
        found, wrong = outcomes(kind, data, parents, pipe=bool(number % 2))
        counts[kind].update(found)
        if wrong:
            failures += 1
            console.print(f"stream {number} ({kind}): {wrong}\n{data.hex()}")

    columns = ("read", "refused", "nothing", "some", "all")
    table = Table("mutation", "streams", "read whole", "CodeError", "salvaged: none", "some", "all")
    for kind, outcome in counts.items():
        streams = outcome["read"] + outcome["refused"] + outcome["WRONG"]
        table.add_row(kind, str(streams), *(str(outcome[column]) for column in columns))
    console.print(table)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = time.process_time() - start
    console.print(f"{failures} failures; {seconds:.0f} s of one core, at most {memory:.0f} MiB")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
