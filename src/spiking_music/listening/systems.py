"""The systems under comparison: the reference, models, MP3 and anchors, on the clips of a test."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyloudnorm
import torch
from numpy.typing import NDArray

from spiking_music.codec import classical
from spiking_music.codec.classical import AtRate
from spiking_music.codec.entropy import EntropyCoder, load_tables, make_coder
from spiking_music.codec.model_folder import TABLES, load_model
from spiking_music.codec.session import Codec
from spiking_music.config import VariantConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.index import read_performances
from spiking_music.data.midi import read_midi
from spiking_music.errors import ConfigError
from spiking_music.evaluation.anchor import ANCHORS
from spiking_music.evaluation.codes_file import NO_LEVEL, Codes, Origin
from spiking_music.evaluation.inference import chosen_codes, decode_batch, device_at_hand, levels
from spiking_music.listening import browser_model
from spiking_music.listening.rasters import unit_order
from spiking_music.listening.scores import ANCHOR_NAMES, REFERENCE
from spiking_music.listening.selection import Chosen
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import load_weights

Audio = NDArray[np.float32]  # (clips, samples)
Sound = NDArray[np.float32]  # (samples,), mono, full scale = 1


@dataclass(frozen=True)
class Decoded:
    """A model, and the codes and sound of the chosen clips."""

    model: Autoencoder
    config: VariantConfig
    origin: Origin
    codes: Codes  # (clips, rows, T)
    audio: Audio


def decode_chosen(weights: Path, codes: Path, chosen: Sequence[int], clips: int) -> Decoded:
    """Decode the `chosen` clips of a split of `clips` from the file `codes` of a model.

    Raises as `chosen_codes` does.
    """
    model, config = load_weights(weights, device_at_hand())
    matrices, origin = chosen_codes(codes, weights, config, chosen, clips)
    return Decoded(model, config, origin, matrices, decode_batch(model, matrices, origin.level))


def references(source: Clips, chosen: Sequence[int]) -> Audio:
    """The chosen clips themselves."""
    return np.stack([source.read(clip, 0, source.clip_samples) for clip in chosen])


def anchors(audio: Audio, sample_rate: int) -> dict[str, Audio]:
    """The anchors of `audio`, by their names in a listening test."""
    return {
        name: np.stack([ANCHORS[kind](clip, sample_rate) for clip in audio.astype(np.float64)])
        .astype(np.float32)
        for kind, name in ANCHOR_NAMES.items()
    }  # fmt: skip


Note = tuple[float, float, int, int]  # start and end in seconds of the clip, MIDI number, velocity


Sorting = Literal["note", "rarity", "frequency"]


@dataclass(frozen=True)
class SystemOutput:
    """One system, at one level where it has levels."""

    variant: str  # or the anchor's name, or "reference"
    group: str  # reference | model | codec | anchor
    audio: Audio  # (clips, samples)
    origin: Origin | None = None  # of codes
    codes: Codes | None = None  # (clips, rows, T)
    order: NDArray[np.int64] | None = None  # of the units, see `unit_order`
    coder: EntropyCoder | None = None
    rates: tuple[dict[str, Any], ...] = ()  # a clip each, as `clip_rates`, where they are known
    streams: tuple[bytes, ...] = ()  # a clip each, which the page decodes by itself
    weights: Path | None = None  # of the model that decodes them
    shared: str | None = None  # the model's name, where several rows have one; None: the variant's
    sorting: Sorting = "note"  # what `order` sorts units by

    @property
    def level(self) -> int | None:
        """μ; None where there is none."""
        return None if self.origin is None or self.origin.level == NO_LEVEL else self.origin.level

    @property
    def model(self) -> str:
        """The name of the model that decodes its streams."""
        return self.shared or self.variant

    @property
    def name(self) -> str:
        """Its own name on the page."""
        return self.variant if self.level is None else f"{self.variant}@{self.level}"


@dataclass(frozen=True)
class Excerpt:
    """The clips of a split that are compared, and what their variants' units are sorted by."""

    source: Clips
    chosen: Sequence[int]
    tuning: Mapping[str, Path]  # tables of `write_tuning` by variant, where notes are known


def system_outputs(
    excerpt: Excerpt,
    variants: Mapping[str, tuple[Path, Path]],
    wanted: Sequence[int],
    mp3: Sequence[int],
) -> Iterator[SystemOutput]:
    """The reference, all variants (weights and codes by name), MP3 and the anchors.

    A model with levels is shown at those `wanted` and at its codes' own, one of the MDCT codec at
    all it has, MP3 at the rates `mp3` (kbps). Entropy tables are looked for beside weights. Raises
    `CodeError` or `DataError` where files do not belong together, `ConfigError` where a model lacks
    a level, or MP3 a rate.
    """
    original = references(excerpt.source, excerpt.chosen)
    sample_rate = excerpt.source.sample_rate
    yield SystemOutput(REFERENCE, "reference", original)
    for name, (weights, codes) in variants.items():
        decoded = decode_chosen(weights, codes, excerpt.chosen, len(excerpt.source))
        kind = decoded.origin.kind
        shown = SystemOutput(name, "model", decoded.audio)
        if kind != "mel":
            tables, tuning = weights.with_name(TABLES), excerpt.tuning.get(name)
            shown = replace(
                shown,
                origin=decoded.origin,
                codes=decoded.codes,
                order=unit_order(codes, tuning) if kind == "binary" else None,
                sorting="rarity" if tuning is None else "note",
                coder=make_coder(load_tables(tables)) if tables.is_file() else None,
            )
        if shown.coder is not None and browser_model.runs(decoded.config):
            yield from live_outputs(shown, weights, original, sample_rate)
        elif shown.level is None:
            yield shown
        else:
            yield from _levels(shown, decoded, original, sorted({*wanted, shown.level}))
    yield from _mp3(original, sample_rate, mp3)
    for name, audio in anchors(original, sample_rate).items():
        yield SystemOutput(name, "anchor", audio)


def live_outputs(
    shown: SystemOutput, weights: Path, original: Audio, sample_rate: int
) -> Iterator[SystemOutput]:
    """A model of the MDCT codec at every level, as streams; `shown` at the level of its codes."""
    codec = Codec(load_model(weights))
    assert shown.origin is not None
    for level in range(codec.model.config.levels) or (NO_LEVEL,):
        wished = None if level == NO_LEVEL else level
        streams = tuple(codec.encode(clip, sample_rate, level=wished) for clip in original)
        yield replace(
            shown,
            audio=np.stack([codec.decode(stream) for stream in streams]),
            codes=np.stack([stream_codes(codec, stream) for stream in streams]),
            origin=replace(shown.origin, level=level),
            streams=streams,
            weights=weights,
        )


def stream_codes(codec: Codec, stream: bytes) -> Codes:
    """All events (rows, T) of a stream."""
    signal, events = codec.model.config.signal, codec.events(stream)
    assert events.coding is not None
    steps = -(-events.coding.samples // signal.hop)
    z = np.zeros((len(codec.units), steps), np.uint8)
    z[events["unit"], np.floor(events["time"] * signal.sample_rate / signal.hop).astype(int)] = 1
    return z


def _mp3(original: Audio, sample_rate: int, rates: Sequence[int]) -> Iterator[SystemOutput]:
    """MP3 at each of `rates`; none, and a note on stderr, where there is no encoder."""
    for kbps in classical.available("mp3", rates):
        classical.require_sample_rate(sample_rate)
        versions = tuple(
            version for clip in original for version in classical.at_rates(clip, "mp3", [kbps])
        )
        yield SystemOutput(
            f"mp3-{kbps}",
            "codec",
            np.stack([version.audio for version in versions]),
            rates=tuple(codec_rates(version) for version in versions),
        )


def codec_rates(version: AtRate) -> dict[str, Any]:
    """What the page says of a file of another codec."""
    return {"kbps": version.kbps, "headers": version.header_kbps}


def _levels(
    shown: SystemOutput, decoded: Decoded, original: Audio, wanted: Sequence[int]
) -> Iterator[SystemOutput]:
    """The same model at every level."""
    device = next(decoded.model.parameters()).device
    if wanted[-1] >= decoded.model.levels:
        raise ConfigError(
            f"variant '{shown.variant}' has {decoded.model.levels} levels, not {wanted[-1]}: "
            "change `levels` in section `listening.samples`"
        )
    latents = decoded.model.latents(torch.from_numpy(original)[:, None].to(device))
    for level in wanted:
        mu = levels(level, len(original), device)
        codes = decoded.model.codes_at(latents, mu).cpu().numpy().astype(np.uint8)
        audio = decode_batch(decoded.model, codes, level)
        yield replace(shown, audio=audio, codes=codes, origin=replace(decoded.origin, level=level))


def notes(
    chosen: Chosen, performances: Path, root: Path, sample_rate: int, samples: int
) -> list[Note]:
    """Notes that sound in a clip, pedal included, and where they begin and end in it."""
    names = read_performances(performances).set_index("performance")["midi_filename"]
    played = read_midi(root / str(names[chosen.performance]))
    begin, seconds = chosen.offset / sample_rate, samples / sample_rate
    start, stop = played.start - begin, played.sounding_until() - begin
    sounding = (start < seconds) & (stop > 0)
    columns = start[sounding], stop[sounding], played.pitch[sounding], played.velocity[sounding]
    return [
        (round(max(float(a), 0.0), 3), round(min(float(b), seconds), 3), int(pitch), int(velocity))
        for a, b, pitch, velocity in zip(*columns, strict=True)
    ]


def loudness(audio: Sound, sample_rate: int) -> float:
    """Integrated loudness in LUFS (BS.1770) of at least 0.4 s of `audio`; -inf for silence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of means over no block: all gated
        value = pyloudnorm.Meter(sample_rate).integrated_loudness(audio.astype(np.float64))
    return float(value) if np.isfinite(value) else -np.inf


def loudness_match(
    sounds: Sequence[Sound], sample_rate: int, target_lufs: float, peak_dbfs: float
) -> list[Sound]:
    """`sounds`, the reference first, at `target_lufs` each, none with a peak above `peak_dbfs`.

    Where one would exceed it, all go down together, so that they stay equally loud. What has no
    loudness (silence) is given the reference's gain.
    """
    levels = np.array([loudness(sound, sample_rate) for sound in sounds])
    gains = 10 ** ((target_lufs - np.where(np.isfinite(levels), levels, levels[0])) / 20)
    scaled = [gain * sound.astype(np.float64) for gain, sound in zip(gains, sounds, strict=True)]
    peak = max(float(np.abs(sound).max()) for sound in scaled)
    room = min(1.0, 10 ** (peak_dbfs / 20) / peak)
    return [(room * sound).astype(np.float32) for sound in scaled]
