"""The look of every figure, and the one way to write one: equal input gives equal bytes.

A variant has the same colour and marker in every figure, by its name: those of the family are
fixed, others are drawn from what is left by a hash of the name. Colours of the family stay apart
for colour-blind readers and stand out on white, which a test checks. No statement rests on colour
alone, as each variant has a marker, too.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    NullFormatter,
    NullLocator,
    SymmetricalLogLocator,
)
from numpy.typing import NDArray

from spiking_music.files import atomic, wrote

INK = "#22262B"  # text and axes
MUTED = "#69717B"  # secondary text, context
FAINT = "#DDE1E6"  # grid, separators
PALETTE = ("#0077BB", "#FF5A31", "#6D998A", "#91366D", "#129BDC", "#C81A00", "#6A681F", "#4B3F8F")
WIDTH = 180.0  # mm, the two columns of a journal page
DPI = 200
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
FLOOR_DB = -20.0  # of SI-SNR axes
KINDS: dict[str, dict[str, None]] = {  # of files, and the metadata that would tell when and by what
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same glyphs everywhere
    "mathtext.fontset": "dejavusans",
    "text.parse_math": False,  # names hold what they hold: `$` and `\` are letters
    "font.size": 7.5,
    "axes.titlesize": 8.0,
    "axes.titlelocation": "left",
    "axes.titlepad": 7.0,
    "axes.labelsize": 7.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.minor.size": 1.6,
    "ytick.minor.size": 1.6,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 7.0,
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
    "svg.hashsalt": "spiking-music",  # ids inside the file depend on nothing but the drawing
    "svg.fonttype": "none",  # text stays text, to be edited and searched
    "pdf.fonttype": 42,  # fonts are embedded as TrueType, as journals ask
}


@dataclass(frozen=True)
class Look:
    """How one variant is drawn in every figure."""

    colour: str
    marker: str


FAMILY = {  # in the order of legends
    "rvq": Look("#0077BB", "o"),
    "free": Look("#FF5A31", "s"),
    "sparse": Look("#6D998A", "^"),
    "mu-sparse": Look("#91366D", "D"),
    "mel": Look("#129BDC", "v"),
    "rvq-impaired": Look("#707A9D", "X"),
    "free-gan": Look("#C81A00", "P"),
    "free-diffusion": Look("#9F8400", "p"),
    "freq-ae": Look("#6A681F", "<"),
    "time-ae": Look("#6D3614", ">"),
    "mdct": Look("#4B3F8F", "h"),
    "mdct-mu": Look("#14673F", "*"),
    "mdct-shipped": Look("#B44C81", "H"),
    "mp3": Look("#22262B", "."),
    "opus": Look("#8E91A4", "x"),
}
OWN_COLOURS = (
    *("#5E8C31", "#B5446E", "#2E6F8E", "#D17A22", "#6A51A3", "#1B998B", "#A63D40", "#56606B"),
    *("#9C6FB6", "#3C7A5A", "#B8860B", "#4F77B5"),
)
OWN_MARKERS = ("d", "8", "o", "s", "^", "D", "v", "P", "X", "p")
SEED = "-seed-"  # in the name of a further seed of a variant


def looks(names: Iterable[str]) -> dict[str, Look]:
    """A colour and a marker for each name: of the family fixed, of others by a hash.

    A further seed of a variant has its colour and another marker. Where two names of one figure
    would look alike, the later one takes the next look that is free.
    """
    found: dict[str, Look] = {}
    for name in names:
        choices = [FAMILY[name]] if name in FAMILY else _own_looks(name)
        free = [look for look in choices if look not in found.values()]
        found[name] = (free or choices)[0]
    return found


def _own_looks(name: str) -> list[Look]:
    """Looks for a name that is not of the family, the preferred one first."""
    base, _, seed = name.partition(SEED)
    colours = [FAMILY[base].colour] if seed and base in FAMILY else OWN_COLOURS
    choices = [Look(colour, marker) for marker in OWN_MARKERS for colour in colours]
    first = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % len(choices)
    return choices[first:] + choices[:first]


def in_order(names: Iterable[str]) -> list[str]:
    """The family in the order of legends, then others as they come: an overlay's rows are last."""
    place = {name: i for i, name in enumerate(FAMILY)}
    return sorted(names, key=lambda name: place.get(name, len(place)))


def tint(colour: str, amount: float) -> tuple[float, float, float]:
    """`colour` mixed with white: `amount` 1 is the colour itself, 0 is white."""
    red, green, blue = (1 - amount * (1 - channel) for channel in to_rgb(colour))
    return red, green, blue


@contextmanager
def page(
    stem: Path | str, height: float, width: float = WIDTH, kinds: Sequence[str] = tuple(KINDS)
) -> Iterator[Figure]:
    """Yield an empty figure of `width` × `height` mm, then write `<stem>.png`, `.svg` and `.pdf`,
    or those of them that `kinds` names.

    Matplotlib's defaults are restored within, so that nobody's matplotlibrc changes a figure.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)  # type: ignore[arg-type]
        figure = Figure(figsize=(width / 25.4, height / 25.4), layout="constrained", dpi=DPI)
        FigureCanvasAgg(figure)
        yield figure
        figure.draw_without_rendering()  # the layout, once: all files have the same
        figure.set_layout_engine("none")
        for axes in figure.axes:  # what else has been drawn may change the last of all digits
            left, bottom, wide, high = (round(side, 6) for side in axes.get_position().bounds)
            axes.set_position((left, bottom, wide, high))
        # without the date and the version, equal drawings are equal files
        for kind in kinds:
            with atomic(f"{stem}.{kind}") as temporary:
                figure.savefig(temporary, format=kind, dpi=DPI, metadata=KINDS[kind])
    wrote(*(f"{stem}.{kind}" for kind in kinds))


def letter(axes: Axes, mark: str, title: str) -> None:
    """Title a panel: its bold letter, then what it shows."""
    bold = axes.set_title(mark, loc="left", weight="bold")
    axes.annotate(
        title, (1, 0), (6, 0), xycoords=bold, textcoords="offset points", va="bottom",
        fontsize=bold.get_fontsize(),
    )  # fmt: skip


def marked(mark: str, title: str) -> str:
    """A bold letter before a title, for a text that parses math; of the title nothing is math."""
    return rf"$\mathbf{{{mark}}}$   " + title.replace("$", r"\$")


def octaves(axes: Axes) -> None:
    """A log axis of the bit rates (kbps) that are drawn, whose ticks are powers of two, and 0."""
    if axes.dataLim.x0 > 0:
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_locator(LogLocator(base=2, subs=(1.0,), numticks=10))
    else:  # codes that never change cost nothing
        positive = axes.dataLim.minposx
        least = 2.0 ** math.floor(math.log2(positive)) if math.isfinite(positive) else 1.0
        axes.set_xscale("symlog", base=2, linthresh=least, linscale=0.5)
        axes.xaxis.set_major_locator(SymmetricalLogLocator(base=2, linthresh=least))
        axes.set_xlim(left=-least / 8)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda kbps, _: f"{kbps:.3g}"))


def decades(axes: Axes) -> None:
    """A log y axis in powers of ten, written without math."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"10{str(round(math.log10(value))).translate(RAISED)}")
    )
    axes.yaxis.set_minor_formatter(NullFormatter())


def thousands(value: float) -> str:
    """12345 as 12 345, with a thin space."""
    return f"{value:,.0f}".replace(",", "\u2009")


def signed(value: float, digits: int = 0) -> str:
    """-1.25 as −1.2, with a minus and not a hyphen."""
    return f"{value:.{digits}f}".replace("-", "−")


def below_floor(names: Sequence[str]) -> str:
    """A note on what `floor` leaves out."""
    return f"below {signed(FLOOR_DB)} dB: {', '.join(names)}"


def wrapped(notes: Sequence[str], width: float) -> str | None:
    """Notes below a figure of `width` mm, in lines that fit; None where there are none."""
    lines = [fill(note, int(width / 1.25), break_on_hyphens=False) for note in notes]
    return "\n".join(lines) or None


def below(decibels: Mapping[str, float]) -> list[str]:
    """What lies below `FLOOR_DB`; nothing, where all does."""
    low = [name for name, value in decibels.items() if value < FLOOR_DB]
    return low if len(low) < len(decibels) else []


def floor(axes: Axes, decibels: Mapping[str, float]) -> list[str]:
    """Cut the y axis at `FLOOR_DB`: noise is noise, and would squeeze all else; what lies below.

    Not where nothing lies above.
    """
    if axes.dataLim.y0 < FLOOR_DB and max(decibels.values(), default=0.0) >= FLOOR_DB:
        axes.set_ylim(FLOOR_DB, max(axes.get_ylim()[1], FLOOR_DB + 10))
    return below(decibels)


def lines(rows: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """Events (rows, T) as at most so many lines: one that stands for neighbours shows any event."""
    if len(rows) <= most:
        return rows
    return np.maximum.reduceat(rows, np.linspace(0, len(rows), most, False, dtype=int))
