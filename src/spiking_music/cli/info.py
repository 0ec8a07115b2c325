"""What `spiking-music info` prints of a stream."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.model_folder import CodecModel, load_model
from spiking_music.codec.picture import raster
from spiking_music.codec.pretrained import called, shipped
from spiking_music.codec.stream import EntropyCoder, Header, Reader, Summary, open_stream, summary
from spiking_music.codec.stream.compact.header import unknown

LINES = 20  # of the picture: every unit of 80


def report(name: str, file: BinaryIO, model: CodecModel | None, blocks: bool = True) -> str:
    """Numbers and picture of the stream in `file`, which can be sought; `CodeError` if damaged.

    blocks: whether to draw with characters that some terminals do not have.
    """
    facts, pretrained, model = _known(file, model)
    coder = None if model is None else model.coder
    picture, events = (
        ["  events     are entropy-coded: give their --model for a picture"],
        facts.events,
    )
    if facts.header.kind == "rvq":
        picture = []
    elif _readable(facts, coder):
        lines, events = _picture(facts, file, coder)
        picture = lines if blocks else []
    elif not blocks:
        picture = []
    told = (f"  {key:<10} {value}" for key, value in _facts(facts, events, pretrained, blocks))
    return "\n".join([name, *told, *picture])


def as_json(name: str, file: BinaryIO, model: CodecModel | None) -> str:
    """The same numbers as an object of JSON in one line; null is what is not known."""
    facts, pretrained, model = _known(file, model)
    header, trailer, events = facts.header, facts.trailer, facts.events
    coder = None if model is None else model.coder
    if header.kind == "binary" and events is None and _readable(facts, coder):
        events = sum(int(block.codes.sum()) for block in _opened(facts, file, coder).blocks())
    levels = Counter(block.level for block in facts.blocks if block.level is not None)
    found = {
        "file": name,
        "seconds": facts.seconds,
        "sample_rate": header.sample_rate,
        "samples": trailer.samples,
        "original_rate": header.original_rate,
        "original_samples": trailer.original_samples,
        "bytes": facts.total_bytes,
        "payload_bytes": facts.payload_bytes,
        "overhead_bytes": facts.overhead_bytes,
        "kbps": facts.kbps,
        "kind": header.kind,
        "rows": header.rows,
        "codebook_size": header.codebook_size,
        "hop": header.hop,
        "events": events,
        "model": header.fingerprint.hex(),
        "pretrained": None if pretrained is None else called(pretrained),
        "blocks": len(facts.blocks),
        "block_steps": header.block_steps,
        "formats": dict(facts.formats),
        "levels": {str(level): levels[level] for level in sorted(levels)},
        "blocks_beyond_full_scale": sum(block.gain != 1 for block in facts.blocks),
    }
    return json.dumps(found, ensure_ascii=False)


def draw_events(file: BinaryIO, model: CodecModel | None, picture: Path) -> None:
    """Draw the sound and what fires; `CodeError` where the stream has no events or no model."""
    from spiking_music.codec.session import Codec
    from spiking_music.figures.events import draw

    file.seek(0)
    facts, _, model = _known(file, model)
    if model is None:
        unknown(facts.header.fingerprint)
    assert model is not None  # or that was raised
    file.seek(0)
    draw(Codec(model), file, picture, 0.0, facts.seconds, None)


def _known(
    file: BinaryIO, model: CodecModel | None
) -> tuple[Summary, Path | None, CodecModel | None]:
    """What a stream says, the folder of its model if that is the package's, and its model."""
    facts = summary(file, own if model is None else model.known)
    pretrained = shipped(facts.header.fingerprint)
    if model is not None:
        model.require(facts.header)
    elif pretrained is not None:
        model = load_model(pretrained)
    return facts, pretrained, model


def _readable(facts: Summary, coder: EntropyCoder | None) -> bool:
    """Whether the codes can be read."""
    return coder is not None or not {"entropy", "chained"} & {*facts.formats}


def _opened(facts: Summary, file: BinaryIO, coder: EntropyCoder | None) -> Reader:
    file.seek(0)
    return open_stream(file, lambda _: facts.header, coder)


def own(fingerprint: bytes) -> Header:
    """What a compact stream leaves to its model, of those that come with the package."""
    folder = shipped(fingerprint)
    return unknown(fingerprint) if folder is None else load_model(folder).known(fingerprint)


def _facts(
    facts: Summary, events: int | None, pretrained: Path | None, blocks: bool
) -> Iterator[tuple[str, str]]:
    header, trailer = facts.header, facts.trailer
    minutes, seconds = divmod(facts.seconds, 60)
    yield (
        "duration",
        f"{minutes:.0f}:{seconds:06.3f}, {trailer.samples} samples at {header.sample_rate} Hz "
        f"({trailer.original_samples} at {header.original_rate} Hz)",
    )
    yield "size", f"{facts.total_bytes} bytes, {facts.kbps:.3f} kbps"
    payload, overhead = facts.payload_bytes, facts.overhead_bytes
    yield (
        "",
        f"{payload} of payload, {payload / facts.seconds / 125:.3f} kbps; "
        f"{overhead} of headers and checksums, {overhead / facts.seconds / 125:.3f} kbps",
    )
    if header.kind == "binary":
        yield "codes", f"{header.rows} units, hop {header.hop}"
        if events is not None:
            entries = header.rows * sum(block.steps for block in facts.blocks)
            rate = events / facts.seconds
            yield "events", f"{rate:.1f} a second, density {events / entries:.2%}"
    else:
        yield "codes", f"{header.rows} codebooks of {header.codebook_size}, hop {header.hop}"
    known = "" if pretrained is None else f" ({called(pretrained)})"
    yield "model", f"{header.fingerprint.hex()}{known}"
    count = len(facts.blocks)
    shares = (f"{format} {n / count:.0%}" for format, n in facts.formats.most_common())
    yield "blocks", f"{count} of {header.block_steps} steps: {', '.join(shares)}"
    levels = Counter(block.level for block in facts.blocks if block.level is not None)
    if levels:
        yield "levels", _histogram(levels) if blocks else f"{min(levels)} .. {max(levels)}"
    scaled = sum(block.gain != 1 for block in facts.blocks)
    if scaled:
        yield "gain", f"{scaled} blocks were beyond full scale"


def _histogram(levels: Counter[int]) -> str:
    """A bar for each level μ from the lowest to the highest in use."""
    bars, most = " ▁▂▃▄▅▆▇█", max(levels.values())
    low, high = min(levels), max(levels)
    heights = (-(-levels[level] * 8 // most) for level in range(low, high + 1))
    return f"{low} {''.join(bars[height] for height in heights)} {high}"


def _picture(facts: Summary, file: BinaryIO, coder: EntropyCoder | None) -> tuple[list[str], int]:
    """The events as lines of text, and how many there are."""
    header, events = facts.header, 0

    def matrices() -> Iterator[NDArray[np.uint8]]:
        nonlocal events
        for block in _opened(facts, file, coder).blocks():
            events += int(block.codes.sum())
            yield block.codes

    steps = sum(block.steps for block in facts.blocks)
    width = max(1, shutil.get_terminal_size().columns - 1)
    return raster(matrices(), header.rows, steps, width, LINES), events
