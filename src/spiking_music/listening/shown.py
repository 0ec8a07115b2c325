"""What the sample page shows: every system and level, on the clips of the listening test."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from spiking_music.codec import classical
from spiking_music.codec.classical import Rung
from spiking_music.codec.entropy import EntropyCoder, load_tables, make_coder
from spiking_music.codec.model_folder import TABLES
from spiking_music.dataset.catalogue import read_performances
from spiking_music.dataset.midi import read_midi
from spiking_music.errors import ConfigError
from spiking_music.evaluation.codes import NO_LEVEL, Codes, Origin
from spiking_music.evaluation.coding import decode_batch, levels
from spiking_music.listening.pages import REFERENCE
from spiking_music.listening.rasters import unit_order
from spiking_music.listening.selection import Chosen
from spiking_music.listening.systems import Audio, Made, anchors, decoded

Note = tuple[float, float, int, int]  # start and end in seconds of the clip, MIDI number, velocity


@dataclass(frozen=True)
class Shown:
    """One system, at one level where it has levels."""

    variant: str  # or the anchor's name, or "reference"
    group: str  # reference | model | codec | anchor
    audio: Audio  # (clips, samples)
    origin: Origin | None = None  # of codes
    codes: Codes | None = None  # (clips, rows, T)
    order: NDArray[np.int64] | None = None  # of the units, see `unit_order`
    coder: EntropyCoder | None = None
    rungs: tuple[Rung, ...] = ()  # of a codec, a clip each

    @property
    def level(self) -> int | None:
        """μ; None where there is none."""
        return None if self.origin is None or self.origin.level == NO_LEVEL else self.origin.level

    @property
    def name(self) -> str:
        """Its own name on the page."""
        return self.variant if self.level is None else f"{self.variant}@{self.level}"


def systems(
    original: Audio,
    sample_rate: int,
    variants: Mapping[str, tuple[Path, Path]],
    chosen: Sequence[int],
    clips: int,
    onsets: Path | None,
    wanted: Sequence[int],
    mp3: Sequence[int],
) -> Iterator[Shown]:
    """The reference, all variants (weights and codes by name), MP3 and the anchors.

    original: the chosen clips (clips, samples) of a split of so many `clips`. A model with levels
    is shown at those `wanted` and at its codes' own, MP3 at the rates `mp3` (kbps). Entropy tables
    are looked for beside weights. Raises `CodeError` or `DataError` where files do not belong
    together, `ConfigError` where a model lacks a level, or MP3 a rate.
    """
    yield Shown(REFERENCE, "reference", original)
    for name, (weights, codes) in variants.items():
        made = decoded(weights, codes, chosen, clips)
        kind = made.origin.kind
        shown = Shown(name, "model", made.audio)
        if kind != "mel":
            tables = weights.with_name(TABLES)
            coder = make_coder(load_tables(tables)) if tables.is_file() else None
            order = unit_order(codes, onsets) if kind == "binary" else None
            shown = replace(shown, origin=made.origin, codes=made.codes, order=order, coder=coder)
        if shown.level is None:
            yield shown
        else:
            yield from _levels(shown, made, original, sorted({*wanted, shown.level}))
    yield from _ladder(original, sample_rate, mp3)
    for name, audio in anchors(original, sample_rate).items():
        yield Shown(name, "anchor", audio)


def _ladder(original: Audio, sample_rate: int, rates: Sequence[int]) -> Iterator[Shown]:
    """MP3 at each of `rates`; none, and a note on stderr, where there is no encoder."""
    for kbps in classical.available("mp3", rates):
        classical.require_sample_rate(sample_rate)
        rungs = tuple(rung for clip in original for rung in classical.ladder(clip, "mp3", [kbps]))
        yield Shown(f"mp3-{kbps}", "codec", np.stack([rung.audio for rung in rungs]), rungs=rungs)


def _levels(shown: Shown, made: Made, original: Audio, wanted: Sequence[int]) -> Iterator[Shown]:
    """The same model at every level."""
    device = next(made.model.parameters()).device
    if wanted[-1] >= made.model.levels:
        raise ConfigError(
            f"variant '{shown.variant}' has {made.model.levels} levels, not {wanted[-1]}: "
            "change `levels` in section `listening.samples`"
        )
    latents = made.model.latents(torch.from_numpy(original)[:, None].to(device))
    for level in wanted:
        mu = levels(level, len(original), device)
        codes = made.model.codes_at(latents, mu).cpu().numpy().astype(np.uint8)
        audio = decode_batch(made.model, codes, level)
        yield replace(shown, audio=audio, codes=codes, origin=replace(made.origin, level=level))


def notes(
    chosen: Chosen, performances: Path, root: Path, sample_rate: int, samples: int
) -> list[Note]:
    """Notes that sound in a clip, pedal included, and where they begin and end in it."""
    names = read_performances(performances).set_index("performance")["midi_filename"]
    played = read_midi(root / str(names[chosen.performance]))
    begin, seconds = chosen.offset / sample_rate, samples / sample_rate
    start, stop = played.start - begin, played.sounding_until() - begin
    heard = (start < seconds) & (stop > 0)
    columns = start[heard], stop[heard], played.pitch[heard], played.velocity[heard]
    return [
        (round(max(float(a), 0.0), 3), round(min(float(b), seconds), 3), int(pitch), int(velocity))
        for a, b, pitch, velocity in zip(*columns, strict=True)
    ]
