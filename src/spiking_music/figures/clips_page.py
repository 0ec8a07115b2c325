"""A page of clips: what was played, what was recorded, and what each variant made of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.transforms import ScaledTranslation
from numpy.typing import NDArray

from spiking_music.config import label as row_label
from spiking_music.errors import DataError
from spiking_music.evaluation import tables
from spiking_music.evaluation.excerpts import UNITS
from spiking_music.figures import raster, style
from spiking_music.figures.raster import Units

FREQUENCIES = (100, 1000, 5000)  # Hz, ticks of the mel axis
FLOOR_DB = -80  # of the colours: where spectrograms end
ROLL, SPECTROGRAM, EVENTS, INDICES = 10.0, 8.5, 8.5, 4.0  # mm; a row's height
TITLE, GAP = 3.7, 0.7  # mm; of a row with a title, and between rows
CLOSEST = 0.28  # of a raster's height, between ticks
BAR = 34.0  # mm; height of the scale of colours
LINES = 128  # most of a raster
LABEL = 9  # mm between the axes and their labels
LOWEST = 21  # MIDI number of the lowest key
OCTAVES = {24: "C1", 48: "C3", 72: "C5", 96: "C7"}  # MIDI numbers, ticks of the piano roll


@dataclass(frozen=True)
class Variant:
    """What one variant made of the C clips."""

    name: str
    label: str  # with its level where it has one
    rows: str  # what the rows of the codes are: units, codebooks, latents
    sound: NDArray[np.float32]  # (C, n_mels, T), dB
    codes: NDArray[np.integer] | None  # (C, rows, T); None where there is no code
    units: Units | None  # where the rows stand, if they are units


@dataclass(frozen=True)
class Page:
    """The arrays of `evaluation.excerpts`."""

    titles: list[str]
    seconds: float
    sample_rate: int
    reference: NDArray[np.float32]  # (C, n_mels, T), dB
    onsets: NDArray[np.uint8] | None  # (C, 88, T), where notes are known
    variants: list[Variant]


def draw(excerpts: Path, out: Path | str) -> None:
    """Draw the clips in `excerpts` (.npz of `evaluation.excerpts`), a column each.

    From the top: the notes played, the reference, then reconstruction and codes of each variant;
    units are sorted by frequency, or by the note that each is tuned to.
    Raises `DataError` where the file is missing or something else.
    """
    page = _read(excerpts)
    looks = style.looks(variant.name for variant in page.variants)
    heights = [SPECTROGRAM] if page.onsets is None else [ROLL, SPECTROGRAM]  # mm of each row
    for variant in page.variants:
        heights.append(SPECTROGRAM)
        if variant.codes is not None:
            heights.append(INDICES if variant.units is None else EVENTS)
    titled = len(page.variants) + 1 + (page.onsets is not None)
    height = 22 + sum(heights) + TITLE * titled + GAP * len(heights)
    with style.page(out, height=height) as figure:
        figure.set_layout_engine("constrained", h_pad=GAP / 2 / 25.4, hspace=0)
        grid = figure.subplots(
            len(heights), len(page.titles), sharex=True, squeeze=False, height_ratios=heights
        )
        for clip, column in enumerate(grid.T):
            image = _column(column, page, clip, looks)
        _labels(grid, page, looks)
        _scale(figure, grid, image, BAR / height)
        for axes, title in zip(grid[0], page.titles, strict=True):
            axes.annotate(
                title, (0, 1), (0, 16), xycoords="axes fraction", textcoords="offset points",
                color=style.MUTED,
            )  # fmt: skip


def _read(path: Path) -> Page:
    arrays = tables.arrays(path)
    try:
        names = arrays["names"].tolist()
        about = zip(names, arrays["levels"].tolist(), arrays["rows"].tolist(), strict=True)
        found = {
            name: Variant(
                name,
                row_label(name) + (f" at μ = {level}" if level >= 0 else ""),
                rows,
                arrays[f"sound-{i}"],
                arrays.get(f"codes-{i}"),
                Units.of(arrays, f"-{i}") if rows == UNITS else None,
            )
            for i, (name, level, rows) in enumerate(about)
        }
        return Page(
            arrays["titles"].tolist(),
            float(arrays["seconds"]),
            int(arrays["sample_rate"]),
            arrays["reference"],
            arrays.get("onsets"),
            [found[name] for name in style.in_order(names)],
        )
    except (ValueError, KeyError) as error:
        raise DataError(f"'{path}' holds no excerpts ({error}): run its rule again") from None


def _column(column: NDArray, page: Page, clip: int, looks: dict[str, style.Look]) -> AxesImage:
    """All rows of one clip; one of the spectrograms, for the scale of colours."""
    rows = iter(column)
    if page.onsets is not None:
        _roll(next(rows), page.onsets[clip], page.seconds)
    image = _mel(next(rows), page.reference[clip], page)
    for variant in page.variants:
        _mel(next(rows), variant.sound[clip], page)
        if variant.codes is not None:
            codes, look = variant.codes[clip], looks[variant.name]
            if variant.units is not None:
                _raster(next(rows), codes, look, variant.units, page.seconds)
            else:
                _indices(next(rows), codes, int(variant.codes.max()), page.seconds)
    column[-1].set(xlabel="time (s)", xlim=(0, page.seconds))
    return image


def _roll(axes: Axes, onsets: NDArray[np.uint8], seconds: float) -> None:
    """A dash for each note that begins, in the middle of its frame."""
    key, frame = np.nonzero(onsets)
    times = (frame + 0.5) * seconds / onsets.shape[1]
    axes.scatter(times, key + LOWEST, s=7, marker="|", color=style.INK)
    axes.set(ylim=(LOWEST - 2, LOWEST + 89), yticks=list(OCTAVES), yticklabels=OCTAVES.values())
    axes.grid(axis="y")


def _mel(axes: Axes, decibels: NDArray[np.float32], page: Page) -> AxesImage:
    """Mel spectrogram in dB re a full-scale sine."""
    bands = len(decibels)
    image = axes.imshow(
        decibels, cmap="magma", vmin=FLOOR_DB, vmax=0, aspect="auto", origin="lower",
        interpolation="nearest", extent=(0, page.seconds, -0.5, bands - 0.5),
    )  # fmt: skip
    places = _band(np.array(FREQUENCIES)) / _band(page.sample_rate / 2) * (bands + 1) - 1
    axes.set_yticks(places, [f"{frequency / 1000:g}" for frequency in FREQUENCIES])
    return image


def _band(frequency: NDArray[np.int64] | float) -> NDArray[np.float64]:
    """Frequency in Hz → mel (HTK, as the spectrogram's filters)."""
    return 2595 * np.log10(1 + np.asarray(frequency) / 700)


def _raster(
    axes: Axes, codes: NDArray[np.integer], look: style.Look, units: Units, seconds: float
) -> None:
    """Events of the units that fire in the clip, and how many do."""
    rows = units.rows(codes)
    raster.draw(axes, codes, rows, LINES, seconds, ListedColormap(["white", look.colour]))
    raster.ticks(axes, units, rows, CLOSEST)
    fires, share = int(codes.any(axis=1).sum()), 100 * codes.mean()
    told = f"{share:.{0 if share > 1 else 1}f} % ones"
    if fires < len(codes):
        told = f"{style.thousands(fires)} of {style.thousands(len(codes))} fire, {told}"
    axes.annotate(
        told, (1, 1), (-1, -1), xycoords="axes fraction", textcoords="offset points", ha="right",
        va="top", fontsize=6, bbox={"facecolor": "white", "alpha": 0.9, "linewidth": 0, "pad": 0.5},
    )  # fmt: skip


def _indices(axes: Axes, codes: NDArray[np.integer], highest: int, seconds: float) -> None:
    """Indices as shades, the first row on top."""
    rows = len(codes)
    axes.imshow(
        codes, cmap="cividis", aspect="auto", interpolation="nearest", vmin=0,
        vmax=max(1, highest), extent=(0, seconds, rows + 0.5, 0.5),
    )  # fmt: skip
    axes.set_yticks([1, rows])


def _labels(grid: NDArray, page: Page, looks: dict[str, style.Look]) -> None:
    """What each row is: names above the first column, and on the axis what it counts."""
    rows = [("reference", style.INK, "kHz", True)]
    if page.onsets is not None:
        rows.insert(0, ("notes played", style.INK, "key", True))
    for variant in page.variants:
        colour, name = looks[variant.name].colour, variant.label
        count = 0 if variant.codes is None else variant.codes.shape[1]
        codes = f", {style.thousands(count)} {variant.rows}" if count else ""
        rows.append((f"{name}: reconstruction{codes}", colour, "kHz", True))
        if count:
            kind = "" if variant.units is None else variant.units.label
            rows.append(("", colour, kind, variant.units is None))
    for axes, (name, colour, unit, _) in zip(grid[:, 0], rows, strict=True):
        axes.set_ylabel(unit, fontsize=6.5)
        if name:
            axes.set_title(name, color=colour, weight="bold", pad=2.5, fontsize=7, y=1)
    for line, (_, _, _, alike) in zip(grid, rows, strict=True):
        for place, axes in enumerate(line):
            axes.tick_params(axis="y", labelsize=6)
            axes.tick_params(axis="x", length=3 if axes in grid[-1] else 0)
            if place:  # which units fire differs by clip
                axes.tick_params(axis="y", length=0, labelleft=not alike)
    aside = ScaledTranslation(-LABEL / 25.4, 0, grid[0, 0].figure.dpi_scale_trans)
    for axes in grid[:, 0]:  # `align_ylabels` asks every axes at each label, for seconds
        axes.yaxis.set_label_coords(0, 0.5, transform=axes.transAxes + aside)


def _scale(figure: Figure, grid: NDArray, image: AxesImage, share: float) -> None:
    """The colours of spectrograms, over a `share` of the page's height."""
    bar = figure.colorbar(image, ax=list(grid[:, -1]), shrink=share, aspect=14, anchor=(0, 0.98))
    bar.set_label("level (dB re full-scale sine)")
    bar.outline.set_visible(False)
