"""The look of every figure, and the one way to write one: equal input gives equal bytes.

Colours are Paul Tol's *vibrant* scheme, which stays distinct for colour-blind readers; each variant
also has a marker of its own, so that no statement rests on colour alone.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from spiking_music.files import atomic, wrote

INK = "#22262B"  # text and axes
MUTED = "#7A828C"  # secondary text, context
FAINT = "#DDE1E6"  # grid, separators
PALETTE = ("#0077BB", "#EE7733", "#009988", "#AA3377", "#33BBEE", "#CC3311", "#8A7A1F", "#4B3F8F")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")
WIDTH = 180.0  # mm, the two columns of a journal page
DPI = 200
TICKS = [2.0**power for power in range(-3, 10)]  # kbps
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
FLOOR_DB = -20.0  # of SI-SNR axes

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
    "svg.fonttype": "path",
}


@dataclass(frozen=True)
class Look:
    """How one variant is drawn in every figure."""

    colour: str
    marker: str


def looks(names: Iterable[str]) -> dict[str, Look]:
    """A colour and a marker for each name, by position: callers keep the order of config.yaml."""
    return {
        name: Look(PALETTE[i % len(PALETTE)], MARKERS[i % len(MARKERS)])
        for i, name in enumerate(names)
    }


def tint(colour: str, amount: float) -> tuple[float, float, float]:
    """`colour` mixed with white: `amount` 1 is the colour itself, 0 is white."""
    red, green, blue = (1 - amount * (1 - channel) for channel in to_rgb(colour))
    return red, green, blue


@contextmanager
def page(stem: Path | str, height: float, width: float = WIDTH) -> Iterator[Figure]:
    """Yield an empty figure of `width` × `height` mm, then write `<stem>.png` and `<stem>.svg`.

    Matplotlib's defaults are restored within, so that nobody's matplotlibrc changes a figure.
    """
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)  # type: ignore[arg-type]
        figure = Figure(figsize=(width / 25.4, height / 25.4), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        # without the date and the version, equal drawings are equal files
        for suffix, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
            with atomic(f"{stem}.{suffix}") as temporary:
                figure.savefig(temporary, format=suffix, dpi=DPI, metadata=metadata)
    wrote(f"{stem}.png", f"{stem}.svg")


def letter(axes: Axes, mark: str, title: str) -> None:
    """Title a panel: its bold letter, then what it shows."""
    axes.set_title(marked(mark, title), parse_math=True)


def marked(mark: str, title: str) -> str:
    """A bold letter before a title, for a text that parses math; of the title nothing is math."""
    return rf"$\mathbf{{{mark}}}$   " + title.replace("$", r"\$")


def octaves(axes: Axes) -> None:
    """A log axis of bit rates (kbps), from right to left half as much at every tick."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda kbps, _: f"{kbps:g}"))


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


def floor(axes: Axes, decibels: Mapping[str, float]) -> list[str]:
    """Cut the y axis at `FLOOR_DB`: noise is noise, and would squeeze all else; what lies below."""
    if axes.dataLim.y0 < FLOOR_DB:
        axes.set_ylim(bottom=FLOOR_DB)
    return [name for name, value in decibels.items() if value < FLOOR_DB]
