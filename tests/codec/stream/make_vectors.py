"""Writes the golden vectors: `python -m tests.codec.stream.make_vectors`, from the repository.

Each vector is a stream `<name>.spk` and `<name>.json` with what it holds. A test makes them again
and compares byte for byte: only a new version of the format may change them.
"""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from spiking_music.codec.stream import Block, CompactHeader, Header, Reader
from tests.codec.stream.examples import (
    BINARY,
    COMPACT,
    COMPACT_RVQ,
    PARTED,
    PARTED_RVQ,
    RVQ,
    reader,
    write,
)

FOLDER = Path(__file__).parent / "vectors"
EVENTS = [(0, 3), (1, 0), (1, 4), (2, 9), (3, 1), (3, 3), (4, 6)]  # the paper's, N = 5, T = 10
BEST = replace(BINARY, rows=16, block_steps=16, hop=320, sample_rate=16_000, original_rate=48_000)


def worked_example() -> np.ndarray:
    z = np.zeros((5, 10), dtype=np.uint8)
    z[tuple(zip(*EVENTS, strict=True))] = 1
    return z


def four_blocks() -> list[Block]:
    """The paper's example, nothing, everything, and two steps of a block that ends the stream."""
    z = worked_example()
    return [
        Block(0, z),
        Block(1, z * 0, gain=2**-24),
        Block(2, z * 0 + 1, gain=0.333251953125, level=31),
        Block(3, z[:, 3:5], gain=65504.0, level=0),
    ]


def best_blocks() -> list[Block]:
    """Each of the four formats is the smallest of some block."""
    every = np.arange(256).reshape(16, 16)
    dense = every * 7 // 4 % 2
    one = every == 255
    rows = (every // 16 // 2 == 2) & (every % 16 > 0)
    columns = ((every % 16 % 5 == 0) & (every < 160))[:, :12]
    return [
        Block(index, z.astype(np.uint8), level=index)
        for index, z in enumerate((dense, one, rows, columns))
    ]


def rvq_blocks() -> list[Block]:
    indices = np.arange(60).reshape(2, 3, 10) * 37 % 1000
    return [Block(0, indices[0]), Block(1, indices[1] // 500 * 999), Block(2, indices[0][:, :1])]


def vectors() -> dict[str, tuple[Header, bytes]]:
    """Name → header and stream."""
    made = {}
    for format in ("dense", "coo", "time", "units", "entropy"):
        made[f"binary-{format}"] = BINARY, write(BINARY, four_blocks(), format)
    made["binary-best"] = BEST, write(BEST, best_blocks())
    made["rvq-packed"] = RVQ, write(RVQ, rvq_blocks(), "packed")
    made["rvq-entropy"] = RVQ, write(RVQ, rvq_blocks(), "entropy")
    for format in ("dense", "coo", "time", "units", "entropy"):
        made[f"compact-{format}"] = COMPACT, write(COMPACT, four_blocks(), format)
    made["compact-best"] = (header := CompactHeader.of(BEST, parts=2)), write(header, best_blocks())
    made["compact-packed"] = COMPACT_RVQ, write(COMPACT_RVQ, rvq_blocks(), "packed")
    made["parts-chained"] = PARTED, write(PARTED, four_blocks(), "entropy")
    made["parts-short"] = PARTED, write(PARTED, four_blocks()[:2], "entropy")  # of its block
    made["parts-packed"] = PARTED_RVQ, write(PARTED_RVQ, rvq_blocks(), "packed")
    return made


def content(stream: bytes, model: Header = BINARY) -> dict:
    """What a reader finds, for JSON; `codes` is null where only the model's coder can tell."""
    opened = reader(stream, model=model)
    blocks = []
    for frame, block in zip(opened.frames(), reader(stream, model=model).blocks(), strict=True):
        fields = asdict(frame) | {"payload": frame.payload.hex()}
        del fields["length"]
        entropy = frame.format in ("entropy", "chained")
        blocks.append(fields | {"codes": None if entropy else block.codes.tolist()})
    header = asdict(opened.header) | {"fingerprint": opened.header.fingerprint.hex()}
    return {"header": header, "blocks": blocks, "trailer": trailer(opened)}


def trailer(opened: Reader) -> dict:
    assert opened.trailer is not None
    return asdict(opened.trailer) | {"checksum": opened.trailer.checksum.hex()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, (header, stream) in vectors().items():
        (FOLDER / f"{name}.spk").write_bytes(stream)
        text = json.dumps(content(stream, header), indent=1)
        text = re.sub(r"(?<=[\[\d,])\s+(?=[\d\]])", "", text)  # a row of codes is a line
        (FOLDER / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
