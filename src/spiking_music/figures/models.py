"""Figure 2 as one sketch: encoders, bottlenecks side by side, and decoders, as they are built."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from spiking_music.config import label as row_label
from spiking_music.evaluation import tables
from spiking_music.figures import style
from spiking_music.figures.architecture import COLOURS, COLUMNS, short

# left edge and width of each column, mm; the part of the model, and how it is called
PLACES = {
    "encoder": (11.0, 41.0, "encoder"),
    "before": (56.0, 23.0, "context"),
    "bottleneck": (83.0, 32.0, "bottleneck"),
    "after": (119.0, 23.0, "context"),
    "decoder": (146.0, 33.5, "decoder"),
}
LETTER = 1.25  # mm, of the text in boxes, on average
LINE, PADDING, GAP, HEAD, FOOT = 2.9, 2.6, 1.8, 7.0, 5.0  # mm
SMALL = 0.02  # of a part's parameters and compute: what has less of both is not named
SIZE = 6.0  # points

Chain = tuple[tuple[Any, ...], ...]  # the rows of a table that are one part


@dataclass(frozen=True)
class Lane:
    """One architecture: its variants, and its parts, `()` where it has none."""

    names: tuple[str, ...]
    parts: Mapping[str, Chain]


def draw(files: Mapping[str, Path], out: Path | str) -> None:
    """Draw the variants' tables (.csv of `evaluation.architecture`) as `<out>.png`, .svg and .pdf.

    Lisboa & Bellec 2024, figure 2, from the built models. A lane from left to right is an
    architecture, with the variants that have it; a box over several lanes is a part that they have
    in common. Each variant has weights of its own. Below the blocks of a box: what it hands on, its
    parameters, and its floating-point operations for a second of audio, with all evaluations of a
    sampler. Raises `DataError` where a table is missing or has not the columns it should.
    """
    lanes = _lanes({name: _parts(files[name]) for name in style.in_order(files)})
    looks = style.looks(style.in_order(files))
    heights = _heights(lanes)
    total = HEAD + sum(heights) + GAP * len(lanes) + FOOT
    with style.page(out, height=total) as figure:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, style.WIDTH), ylim=(total, 0))
        axes.axis("off")
        tops = [HEAD + sum(heights[:i]) + GAP * i for i in range(len(lanes))]
        for lane, top, height in zip(lanes, tops, heights, strict=True):
            _arrow(axes, top + height / 2, looks[lane.names[0]].colour)
        for column, (left, width, called) in PLACES.items():
            if any(lane.parts[column] for lane in lanes):
                axes.text(
                    left + width / 2, HEAD - 2.2, called, ha="center", weight="bold",
                    color=COLOURS[called],
                )  # fmt: skip
            for first, last, chain in _shared(lanes, column):
                height = tops[last] + heights[last] - tops[first]
                names = lanes[first].names if column == "bottleneck" else ()
                words = [(row_label(name), looks[name].colour) for name in names]
                colour = words[0][1] if words else COLOURS[called]
                _box(axes, (left, tops[first], width, height), colour)
                _write(
                    axes, (left + width / 2, tops[first] + height / 2), words, _lines(chain, width)
                )
        axes.text(
            style.WIDTH / 2, total - FOOT / 2, "→ channels × length of what is handed on; "
            "FLOP: floating-point operations for a second of audio",
            ha="center", va="center", fontsize=SIZE, color=style.MUTED,
        )  # fmt: skip


def _parts(path: Path) -> dict[str, Chain]:
    table = tables.read(path, COLUMNS)
    rows = [tuple(row) for row in table[COLUMNS].itertuples(index=False)]
    found: dict[str, Chain] = dict.fromkeys(PLACES, ())
    for part, group in groupby(rows, key=lambda row: row[0]):
        behind = "after" if found["bottleneck"] else "before"
        found[behind if part == "context" else part] = tuple(group)
    return found


def _lanes(parts: Mapping[str, Mapping[str, Chain]]) -> list[Lane]:
    """In the order given, but those that share an encoder, and then a decoder, are neighbours."""
    same: dict[tuple[Chain, ...], list[str]] = {}
    for name, of in parts.items():
        same.setdefault(tuple(of.values()), []).append(name)
    lanes = [Lane(tuple(names), parts[names[0]]) for names in same.values()]
    for column in ("decoder", "encoder"):
        firsts = [lane.parts[column] for lane in lanes]
        lanes.sort(key=lambda lane: firsts.index(lane.parts[column]))
    return lanes


def _shared(lanes: Sequence[Lane], column: str) -> Iterator[tuple[int, int, Chain]]:
    """The first and the last lane of each box of a column, and its rows."""
    start = 0
    alone = column == "bottleneck"
    keys = [(i if alone else 0, lane.parts[column]) for i, lane in enumerate(lanes)]
    for (_, chain), group in groupby(keys):
        size = len([*group])
        if chain:
            yield start, start + size - 1, chain
        start += size


def _heights(lanes: Sequence[Lane]) -> list[float]:
    """mm of each lane, so that the words of every box have room."""
    heights = [(2 + len(lane.names)) * LINE + PADDING for lane in lanes]
    for column, (_, width, _) in PLACES.items():
        for first, last, chain in _shared(lanes, column):
            titles = len(lanes[first].names) if column == "bottleneck" else 0
            lines = len(_lines(chain, width)) + titles
            have = sum(heights[first : last + 1]) + GAP * (last - first)
            lacking = max(0.0, lines * LINE + PADDING - have) / (last - first + 1)
            heights[first : last + 1] = [height + lacking for height in heights[first : last + 1]]
    return heights


def _lines(chain: Chain, width: float) -> list[str]:
    """Words of a box: its larger blocks in order, and what they come to."""
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in chain]
    parameters, flops = (sum(row[key] for row in rows) for key in ("parameters", "flops"))
    runs = [[*group] for _, group in groupby(rows, key=_kind)]
    blocks = []
    for i, run in enumerate(runs):
        shares = (
            sum(row["parameters"] for row in run) > SMALL * parameters,
            sum(row["flops"] for row in run) > SMALL * flops,
        )
        if any(shares) or i in (0, len(runs) - 1):
            count = sum(row["repeats"] for row in run)
            blocks.append(_together(_kind(run[0]) + (f" ×{count}" if count > 1 else "")))
    steps = max(row["evaluations"] for row in rows)
    last = rows[-1]
    sums = [f"{short(parameters)} parameters"] if parameters else []
    sums += [f"{short(flops)}FLOP"] if flops else []
    words = [
        " →\u00a0".join(blocks),
        *([f"{steps} evaluations"] if steps > 1 else []),
        f"→ {style.thousands(last['channels'])} × {style.thousands(last['length'])}",
        ", ".join(map(_together, sums)),
    ]
    room = int(width / LETTER)
    return [line for each in words for line in wrap(each, room, break_long_words=False)]


def _kind(row: Mapping[str, Any]) -> str:
    """The name of a block without the sizes of its kernel."""
    return str(row["name"]).partition(",")[0]


def _together(words: str) -> str:
    """Words that stay on one line."""
    return words.replace(" ", "\u00a0")


def _arrow(axes: Axes, y: float, colour: str) -> None:
    """From audio to audio, behind the boxes."""
    end = PLACES["decoder"][0] + PLACES["decoder"][1]
    axes.plot([9, end - 2], [y, y], color=colour, linewidth=1.0, zorder=0)
    axes.text(8, y, "audio", ha="right", va="center", fontsize=SIZE, color=style.MUTED)


def _box(axes: Axes, place: tuple[float, float, float, float], colour: str) -> None:
    left, top, width, height = place
    axes.add_patch(
        FancyBboxPatch(
            (left, top), width, height, boxstyle="round,pad=0,rounding_size=1.2",
            facecolor=style.tint(colour, 0.12), edgecolor=colour, linewidth=0.8,
        )
    )  # fmt: skip


def _write(
    axes: Axes, centre: tuple[float, float], names: Sequence[tuple[str, str]], lines: Sequence[str]
) -> None:
    """Names in their colours, and lines below them."""
    words = [
        *((name, colour, True) for name, colour in names),
        *((line, style.INK, False) for line in lines),
    ]
    x, y = centre
    for i, (word, colour, heading) in enumerate(words):
        axes.text(
            x, y + (i - (len(words) - 1) / 2) * LINE, word, ha="center", va="center", color=colour,
            fontsize=SIZE + heading, weight="bold" if heading else "normal",
        )  # fmt: skip
