"""A recording as the codec hears it: its sound, the notes where they are known, and the events."""

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from spiking_music.data.performance import Performance
from spiking_music.figures import style

if TYPE_CHECKING:
    from spiking_music.codec.session import Codec

KEYS = (29, 108)  # MIDI numbers shown, F1 to C8
OCTAVES = range(36, KEYS[1] + 1, 12)
DOTS = style.PALETTE[0]
LONGEST = 60.0  # seconds that a page shows, and that are held in memory
COLUMNS = 2000  # in which the sound is drawn
HERTZ = (50, 100, 200, 500, 1000, 2000, 4000)  # that are told beside the events
A4, A4_HZ = 69, 440.0


def draw(
    codec: "Codec",
    file: BinaryIO,
    out: Path,
    start: float,
    seconds: float,
    notes: Performance | None,
) -> None:
    """Draw `seconds`, or the first `LONGEST` of them, of the stream in `file`, from `start` on.

    `file` can be sought; out: .png, .svg or .pdf. The sound is the decoded one. Raises `CodeError`
    where the stream is damaged or of another model.
    """
    seconds = min(seconds, LONGEST)
    place = file.tell()
    found = [events for _, events in codec.read_events(file, start, seconds)]
    events = np.concatenate(found) if found else np.empty(0, [("time", "f8"), ("unit", "i4")])
    file.seek(place)
    audio = np.concatenate(list(codec.read(file, start, seconds)))
    heights = [0.5, *([1] if notes is not None else []), 1.5]
    with style.page(out.with_suffix(""), 50 * sum(heights), kinds=[out.suffix[1:]]) as figure:
        panels = list(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights))
        waveform(panels[0], audio, start, codec.sample_rate)
        style.letter(panels[0], "a", "the decoded sound")
        if notes is not None:
            roll(panels[1], notes)
            panels[1].set_ylim(KEYS)
            style.letter(panels[1], "b", "the notes that are played")
        _draw_events(panels[-1], events, codec.units)
        rate = f"{style.thousands(round(len(events) / seconds))} events a second"
        style.letter(panels[-1], "abc"[len(panels) - 1], rate)
        panels[-1].set(xlabel="time (s)", xlim=(start, start + seconds))


def waveform(axes: Axes, audio: NDArray[np.float32], start: float, rate: int) -> None:
    """The range of the samples (n,) in each of at most `COLUMNS` stretches."""
    edges = np.unique(np.linspace(0, len(audio), COLUMNS, endpoint=False, dtype=int))
    low, high = (extreme.reduceat(audio, edges) for extreme in (np.minimum, np.maximum))
    axes.fill_between(start + edges / rate, low, high, step="post", color=style.INK, linewidth=0.3)
    axes.set_ylabel("amplitude")
    most = max(float(np.abs(audio).max()), 1e-3)
    axes.set_ylim(-1.05 * most, 1.05 * most)


def roll(axes: Axes, performance: Performance) -> None:
    """A bar for each note, from its onset to its release."""
    length = performance.stop - performance.start
    axes.barh(
        performance.pitch, length, 1.6, performance.start,
        color=style.INK, edgecolor="white", linewidth=0.6,
    )  # fmt: skip
    axes.set_yticks(list(OCTAVES), [f"C{note // 12 - 1}" for note in OCTAVES])
    axes.set_ylabel("key")
    axes.grid(axis="y")


def points(
    events: NDArray[np.void], units: NDArray[np.void]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Time (s), key (MIDI number, a fraction) and quantiser level of each coded coefficient.

    events (n,) and units (N,) of an MDCT codec. Of the units that fire for one coefficient, the
    highest level counts.
    """
    of_bin = np.isin(units["kind"], ("on", "off", "further"))
    events = np.asarray(events)[of_bin[events["unit"]]]
    time, unit = events["time"], units[events["unit"]]
    order = np.lexsort((unit["quantiser_level"], unit["hz"], time))
    time, unit = time[order], unit[order]
    last = np.append((np.diff(time) > 0) | (np.diff(unit["hz"]) != 0), True)[: len(time)]
    key = A4 + 12 * np.log2(unit["hz"][last] / A4_HZ)
    return time[last], key, unit["quantiser_level"][last].astype(np.int64)


def raster(
    axes: Axes, time: NDArray[np.float64], key: NDArray[np.float64], level: NDArray[np.int64]
) -> None:
    """A dot for each coded coefficient, larger for higher quantiser levels."""
    axes.scatter(time, key, s=1.0 + 0.9 * level, color=DOTS, linewidth=0, alpha=0.8)
    axes.set_ylabel("frequency, as key")
    axes.grid(axis="y")


def _draw_events(axes: Axes, events: NDArray[np.void], units: NDArray[np.void]) -> None:
    """By frequency, or, where a trained encoder's units have none, by their numbers."""
    if np.isfinite(units["hz"]).any():
        raster(axes, *points(events, units))
        axes.set_yticks(A4 + 12 * np.log2(np.array(HERTZ) / A4_HZ), [str(hz) for hz in HERTZ])
        axes.set(ylim=KEYS, ylabel="frequency (Hz)")
        return
    axes.scatter(events["time"], events["unit"], s=2.0, color=DOTS, linewidth=0)
    axes.set(ylabel="unit", ylim=(-0.5, len(units) - 0.5))
