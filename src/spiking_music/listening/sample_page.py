"""The sample page: everything to be heard and seen of the systems, in one file.

Sounds lie as base64 in elements of their own (`stored_sound`), decoded when their clip is chosen.
The MDCT codec's rows are streams, which the page decodes itself. The page shares the audio engine
of the listening test, and like it reaches for nothing outside itself.
"""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.codec.si_snr import si_snr
from spiking_music.config import SamplesConfig, SignalConfig, StimuliConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.evaluation.rates import clip_rates
from spiking_music.listening import browser_model, codec_page, inline_html, test_page
from spiking_music.listening.inline_html import Page, base64_text, json_text
from spiking_music.listening.rasters import (
    frequency_ticks,
    loudest_db,
    raster,
    spectrogram_settings,
)
from spiking_music.listening.selection import Chosen, read_chosen
from spiking_music.listening.stored_sound import NOTE, sound_element
from spiking_music.listening.systems import (
    Excerpt,
    Note,
    SystemOutput,
    loudness_match,
    notes,
    system_outputs,
)

FOLDER = Path(__file__).parent
# of the test's page
SHARED = ("dom", "excerpts", "fader", "player", "transport", "voices", "waveform", "words")
ENTRY = 'import "samples/main";'
RAMP = 0.008  # seconds of every fade
SHORTEST_LOOP = 0.25  # seconds


@dataclass(frozen=True)
class Sources:
    """The files that a page is made of."""

    chosen: Path  # clips.csv of the stimuli
    clips: Sequence[Path]  # the shards that those were chosen among
    performances: Path
    root: Path  # where MIDI names in `performances` start
    notes: bool  # whether they are known, and shown
    variants: Mapping[str, tuple[Path, Path]]  # weights and codes by name
    tuning: Mapping[str, Path]  # tables of `write_tuning` by variant, where notes are known


def build(
    sources: Sources,
    dataset: str,
    out: Path,
    signal: SignalConfig,
    stimuli: StimuliConfig,
    samples: SamplesConfig,
) -> None:
    """Write the page `out` (.html) of the data set called `dataset`.

    Equal inputs give equal bytes. Raises as `system_outputs` does, and `DataError` where a file is
    missing or damaged.
    """
    chosen, source = read_chosen(sources.chosen), Clips(sources.clips)
    excerpt = Excerpt(source, [each.index for each in chosen], sources.tuning)
    shown = [*system_outputs(excerpt, sources.variants, samples.levels, samples.mp3)]
    played = [
        notes(each, sources.performances, sources.root, source.sample_rate, source.clip_samples)
        if sources.notes
        else None
        for each in chosen
    ]
    write_page(chosen, shown, played, dataset, out, signal, stimuli)


def write_page(
    chosen: Sequence[Chosen],
    shown: Sequence[SystemOutput],
    played: Sequence[Sequence[Note] | None],
    dataset: str,
    out: Path,
    signal: SignalConfig,
    stimuli: StimuliConfig,
) -> None:
    """Write the page of the `chosen` clips, the notes `played` in each, and what is `shown`.

    played: None where no notes are known. shown: the reference first.
    """

    def clips() -> Iterator[Clip]:
        for i, (each, of_clip) in enumerate(zip(chosen, played, strict=True)):
            audio = [system.audio[i] for system in shown]
            matched = loudness_match(
                audio, signal.sample_rate, stimuli.loudness_lufs, stimuli.peak_dbfs
            )
            yield Clip(_about(each, signal) | {"notes": of_clip}, shown, i, matched)

    write_clips(clips(), dataset, f"{len(chosen)} clips of unseen pieces", out, signal)


@dataclass(frozen=True)
class Clip:
    """A clip: what the page says of it, and the systems, the reference first, that are heard."""

    about: dict[str, Any]  # clip (its name), composer, title, start (s), notes
    shown: Sequence[SystemOutput]
    place: int  # among the clips of `shown`
    sounds: Sequence[NDArray[np.float32]]  # as they are played, one of each system


def write_clips(
    clips: Iterable[Clip], dataset: str, where: str, out: Path, signal: SignalConfig
) -> None:
    """Write the page of `clips`, which may differ in length and in their systems; see `build`.

    where: what the page says of them.
    """
    described: list[dict[str, Any]] = []
    sounds: list[str] = []
    models: dict[str, Path | None] = {}
    live: dict[str, dict[str, Any]] = {}
    for clip in clips:
        pictures = [*_pictures(clip, signal)]
        seconds = len(clip.sounds[0]) / signal.sample_rate
        top = {"seconds": seconds, "topDb": loudest_db(clip.sounds[0], signal)}
        described.append({**clip.about, **top, "systems": pictures})
        sounds += [
            sound_element(
                f"{clip.about['clip']}/{system.name}", sound, signal.sample_rate, entry["siSnr"]
            )
            for system, sound, entry in zip(clip.shown, clip.sounds, pictures, strict=True)
            if not system.streams
        ]
        models |= {system.model: system.weights for system in clip.shown if system.streams}
        live |= {
            system.model: {"order": _order(system), "sorting": system.sorting}
            for system in clip.shown
            if system.streams
        }
    data = {
        "dataset": dataset,
        "where": where,
        "note": NOTE,
        "sampleRate": signal.sample_rate,
        "ramp": RAMP,
        "shortestLoop": SHORTEST_LOOP,
        "frequencies": frequency_ticks(signal),
        "clips": described,
        "spectrogram": spectrogram_settings(signal),
        "live": live,
    }
    with files.atomic(out) as temporary:
        temporary.write_text(_render(data, [*sounds, *_decoders(models)]), encoding="utf-8")
    files.wrote(out)


def _about(chosen: Chosen, signal: SignalConfig) -> dict[str, Any]:
    return {
        "clip": chosen.clip,
        "composer": chosen.composer,
        "title": chosen.title,
        "start": chosen.offset / signal.sample_rate,
    }


def _pictures(clip: Clip, signal: SignalConfig) -> Iterator[dict[str, Any]]:
    """All that is shown of every system on one clip."""
    shown, place = clip.shown, clip.place
    original = shown[0].audio[place : place + 1]
    seconds = original.shape[1] / signal.sample_rate
    for system, sound in zip(shown, clip.sounds, strict=True):
        audio = system.audio[place]
        entry: dict[str, Any] = {
            "name": system.name,
            "variant": system.variant,
            "group": system.group,
            "level": system.level,
            "siSnr": None if system is shown[0] else float(si_snr(audio[None], original)[0]),
        }
        if system.codes is not None and system.origin is not None:
            codes = system.codes[place]
            entry["rates"] = clip_rates(codes, system.origin, system.coder, seconds)
            if not system.streams:
                entry["codes"] = raster(codes, system.origin, system.order, system.sorting)
        if system.streams:
            entry |= {"stream": base64_text(system.streams[place]), "model": system.model}
            peak = float(np.abs(audio).max())
            entry["gain"] = float(np.abs(sound).max()) / peak if peak else 1.0
        if system.rates:
            entry["rates"] = system.rates[place]
        yield entry


def _order(system: SystemOutput) -> list[int]:
    """Units in the order of a picture."""
    assert system.codes is not None
    order = np.arange(system.codes.shape[1]) if system.order is None else system.order
    return [int(unit) for unit in order]


def _decoders(models: Mapping[str, Path | None]) -> Iterator[str]:
    """Elements of the codec's worker and of its models, by variant; none without a model."""
    parts = codec_page.decoder() if models else {}
    for name, weights in models.items():
        parts[f"model-{name}"] = codec_page.model_text(browser_model.packed(weights))
    for name, text in parts.items():
        yield f'<script type="text/plain" id="{html.escape(name)}">{text}</script>'


def _render(data: dict[str, Any], sounds: Sequence[str]) -> str:
    shared, own = FOLDER / "page", FOLDER / "samples"
    test = test_page.modules()
    modules = {name: test[name] for name in (f"mushra/{each}" for each in SHARED)}
    modules |= codec_page.client_modules()
    modules |= {f"samples/{path.stem}": path for path in (own / "modules").glob("*.js")}
    style = "".join((folder / "style.css").read_text(encoding="utf-8") for folder in (shared, own))
    page = Page(
        title=f"Piano music in events: {data['dataset']}",
        metas='<meta name="color-scheme" content="light dark">',
        style=style,
        modules=modules,
        entry=ENTRY,
        sources=codec_page.SOURCES if data["live"] else "data:",
    )
    return inline_html.render(
        page, own / "body.html", data=json_text(data), sounds="\n".join(sounds)
    )
