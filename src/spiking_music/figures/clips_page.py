"""A page of clips: what was played, what was recorded, and what each variant made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from spiking_music.config import MelConfig, SignalConfig
from spiking_music.config import label as row_label
from spiking_music.dataset.clip_dataset import Clips
from spiking_music.dataset.onsets import LOWEST, read_onsets
from spiking_music.evaluation.codes import NO_LEVEL, Codes, pictured
from spiking_music.evaluation.coding import chosen_codes, decode_batch
from spiking_music.evaluation.reconstruct import clip_places
from spiking_music.figures import style
from spiking_music.models.mel import FLOOR_DB, LogMel
from spiking_music.models.weights import load_weights

MEL = MelConfig(kind="mel", n_mels=96, n_fft=2048)
FREQUENCIES = (100, 500, 2000, 5000)  # Hz, ticks of the mel axis
ROLL, SPECTROGRAM, EVENTS, INDICES, TITLE = 16, 15, 13, 6, 6  # mm; a row's height, and its title's
LINES = 128  # most of a raster
OCTAVES = {24: "C1", 48: "C3", 72: "C5", 96: "C7"}  # MIDI numbers, ticks of the piano roll


@dataclass(frozen=True)
class Shown:
    """One column of the page; codes are as in a codes file, without what is no code (mel)."""

    title: str
    reference: NDArray[np.float32]  # (samples,)
    onsets: NDArray[np.uint8] | None  # (88, T), where notes are known
    audio: dict[str, NDArray[np.float32]]  # variant, and its level where it has one -> (samples,)
    codes: dict[str, Codes]  # of the same -> uint8 events (N, T) or uint16 RVQ indices (Q, T)


def draw(
    weights: Mapping[str, Path],
    codes: Mapping[str, Path],
    clips: Sequence[Path],
    onsets: Path | None,
    out: Path | str,
    count: int,
    signal: SignalConfig,
) -> None:
    """Draw `count` clips of a split, taken evenly over its performances, a column each.

    weights, codes: files of each variant. clips: the split's HDF5 shards, their tables beside them.
    onsets: the split's .zarr.zip, if there is one. Raises `DataError` or `CodeError` where they
    are missing or do not belong together.
    """
    tables = [path.with_suffix(".csv") for path in clips]
    notes = None if onsets is None else read_onsets(onsets, tables)
    audio = Clips(clips)
    places = clip_places(tables, len(audio))
    chosen = choose(places["performance"].to_numpy(), places["offset"].to_numpy(), count)
    written, decoded = {}, {}
    for name, path in weights.items():
        model, config = load_weights(path)
        matrices, origin = chosen_codes(codes[name], path, config, chosen, len(audio))
        level = origin.level
        label = name if level == NO_LEVEL else f"{name} at μ = {level}"
        decoded[label] = decode_batch(model, matrices, level)
        if model.kind != "mel":
            written[label] = matrices
    shown = [
        Shown(
            _title(places.iloc[clip], signal),
            audio.read(clip, 0, signal.clip_samples),
            None if notes is None else np.asarray(notes.onsets[clip]),
            {name: waveforms[i] for name, waveforms in decoded.items()},
            {name: matrices[i] for name, matrices in written.items()},
        )
        for i, clip in enumerate(chosen)
    ]
    draw_clips(shown, signal, out)


def choose(performance: NDArray[np.int64], offset: NDArray[np.int64], count: int) -> list[int]:
    """Indices of `count` clips (or all there are), spread evenly over performances and time."""
    order = np.lexsort((offset, performance))
    count = min(count, len(order))
    return [int(order[int((i + 0.5) * len(order) / count)]) for i in range(count)]


def draw_clips(shown: Sequence[Shown], signal: SignalConfig, out: Path | str) -> None:
    """A column a clip: piano roll, reference, then reconstruction and codes of each variant."""
    looks = style.looks(shown[0].audio)
    noted = shown[0].onsets is not None
    heights = [ROLL, SPECTROGRAM] if noted else [SPECTROGRAM]  # mm of each row
    for name in looks:
        heights.append(SPECTROGRAM)
        if name in shown[0].codes:
            heights.append(EVENTS if _binary(shown[0].codes[name]) else INDICES)
    with style.page(out, height=24 + sum(heights) + TITLE * len(heights)) as figure:
        grid = figure.subplots(
            len(heights),
            len(shown),
            sharex=True,
            sharey="row",
            squeeze=False,
            height_ratios=heights,
        )
        for column, clip in zip(grid.T, shown, strict=True):
            rows = iter(column)
            if clip.onsets is not None:
                _roll(next(rows), clip.onsets, signal)
            image = _mel(next(rows), clip.reference, signal)
            for name, look in looks.items():
                _mel(next(rows), clip.audio[name], signal)
                if name in clip.codes:
                    _matrix(next(rows), clip.codes[name], look, signal)
            column[-1].set(xlabel="time (s)", xlim=(0, signal.clip_samples / signal.sample_rate))
        _labels(grid, shown[0], looks)
        _scale(figure, grid, image)
        for axes, clip in zip(grid[0], shown, strict=True):
            axes.annotate(
                clip.title, (0, 1), (0, 16), xycoords="axes fraction", textcoords="offset points",
                color=style.MUTED,
            )  # fmt: skip
        for axes in grid[:, 1:].flat:
            axes.tick_params(axis="y", length=0)


def _title(place: "pd.Series[int]", signal: SignalConfig) -> str:
    start = place["offset"] / signal.sample_rate
    return f"performance {place['performance']}\nfrom {start:.1f} s"


def _binary(codes: Codes) -> bool:
    return codes.dtype == np.uint8


def _roll(axes: Axes, onsets: NDArray[np.uint8], signal: SignalConfig) -> None:
    """A dash for each note that begins, in the middle of its step."""
    key, step = np.nonzero(onsets)
    axes.scatter((step + 0.5) / signal.step_rate, key + LOWEST, s=7, marker="|", color=style.INK)
    axes.set(ylim=(LOWEST - 2, LOWEST + 89), yticks=list(OCTAVES), yticklabels=OCTAVES.values())
    axes.grid(axis="y")


def _mel(axes: Axes, audio: NDArray[np.float32], signal: SignalConfig) -> AxesImage:
    """Mel spectrogram in dB re a full-scale sine."""
    bands = LogMel(MEL, signal)(torch.from_numpy(audio)[None, None])[
        0
    ].numpy()  # (n_mels, T), -1..1
    image = axes.imshow(
        (1 - bands) * FLOOR_DB / 2, cmap="magma", vmin=FLOOR_DB, vmax=0, aspect="auto",
        origin="lower", interpolation="nearest",
        extent=(0, bands.shape[1] / signal.step_rate, -0.5, MEL.n_mels - 0.5),
    )  # fmt: skip
    places = _band(np.array(FREQUENCIES)) / _band(signal.sample_rate / 2) * (MEL.n_mels + 1) - 1
    axes.set_yticks(places, [f"{frequency / 1000:g}" for frequency in FREQUENCIES])
    return image


def _band(frequency: NDArray[np.int64] | float) -> NDArray[np.float64]:
    """Frequency in Hz → mel (HTK, as the spectrogram's filters)."""
    return 2595 * np.log10(1 + np.asarray(frequency) / 700)


def _matrix(axes: Axes, codes: Codes, look: style.Look, signal: SignalConfig) -> None:
    """Events as a raster in the variant's colour; RVQ indices as shades, first codebook on top.

    Of thousands of units, just those that fire here, and so many neighbours in a line as it takes.
    """
    rows, steps = codes.shape
    shown = codes[pictured(codes)]
    if _binary(codes) and len(shown) > LINES:
        shown = np.maximum.reduceat(shown, np.linspace(0, len(shown), LINES, False, dtype=int))
    colours = ListedColormap(["white", look.colour]) if _binary(codes) else "cividis"
    axes.imshow(
        shown, cmap=colours, aspect="auto", interpolation="nearest", vmin=0,
        vmax=max(1, int(codes.max())), extent=(0, steps / signal.step_rate, rows + 0.5, 0.5),
    )  # fmt: skip
    axes.set_yticks([1, rows])
    if _binary(codes):
        share = f"{100 * codes.mean():.{0 if codes.mean() > 0.01 else 1}f} % ones"
        axes.set_title(share, loc="right", pad=3, color=style.MUTED, fontsize=6.5)


def _labels(grid: NDArray[np.object_], clip: Shown, looks: Mapping[str, style.Look]) -> None:
    """What each row is: its name above the first column, its unit on the axis."""
    rows = [("reference", style.INK, "kHz")]
    if clip.onsets is not None:
        rows.insert(0, ("notes played", style.INK, "key"))
    for name, look in looks.items():
        rows.append((f"{name}: reconstruction", look.colour, "kHz"))
        codes = clip.codes.get(name)
        if codes is not None:
            kind, unit = ("units", "unit") if _binary(codes) else ("codebooks", "codebook")
            rows.append((f"{len(codes)} {kind}", look.colour, unit))
    for axes, (name, colour, unit) in zip(grid[:, 0], rows, strict=True):
        axes.set_ylabel(unit)
        axes.set_title(row_label(name), color=colour, weight="bold", pad=3, fontsize=7)
    figure = grid[0, 0].figure
    figure.align_ylabels(grid[:, 0])


def _scale(figure: Figure, grid: NDArray[np.object_], image: AxesImage) -> None:
    bar = figure.colorbar(image, ax=list(grid[:, -1]), shrink=0.25, aspect=14, anchor=(0, 0.95))
    bar.set_label("level (dB re full-scale sine)")
    bar.outline.set_visible(False)
