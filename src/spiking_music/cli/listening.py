"""Verbs of `listen`: models → sounds → a test for listeners, and a page of samples."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music.cli import configuration
from spiking_music.cli.codec import Model, require_section
from spiking_music.cli.options import (
    Clips,
    Configs,
    Out,
    Performances,
    Root,
    Start,
    Tunings,
    by_name,
)
from spiking_music.cli.targets import Writes, WritesFolder
from spiking_music.errors import ConfigError

Variants = Annotated[
    list[str] | None,
    typer.Option("--variant", help="Name of a variant; repeat it in the order of the files."),
]
Files = Annotated[list[Path] | None, typer.Option(help="One file a variant, in order.")]


def stimuli(
    clips: Clips,
    config: Configs,
    performances: Performances,
    test: Annotated[str, typer.Option(help="Name of the listening test.")],
    out: Annotated[Path, typer.Option(help="Folder to write."), WritesFolder()],
    variant: Variants = None,
    weights: Files = None,
    codes: Files = None,
) -> None:
    r"""Choose clips and make the sounds of a listening test, with their manifest.

    Example:
    spiking-music listen stimuli test-0.h5 --config config.yaml --performances performances.csv \
        --test piano --variant free --weights weights.safetensors --codes test.h5 --out stimuli
    """
    raw = configuration.read(config)
    settings = configuration.section(raw, configuration.StimuliConfig)
    variants = _models(variant, weights, codes)

    from spiking_music.listening.stimuli import make_stimuli

    make_stimuli(clips, performances, variants, test, out, settings, configuration.seed(raw))


def _models(
    names: list[str] | None, weights: list[Path] | None, codes: list[Path] | None
) -> dict[str, tuple[Path, Path]]:
    """Weights and codes of every variant by its name."""
    names, weights, codes = names or [], weights or [], codes or []
    if not len(names) == len(weights) == len(codes):
        raise ConfigError("give as many --variant as --weights and --codes")
    return dict(zip(names, zip(weights, codes, strict=True), strict=True))


def test_page(
    manifest: Annotated[Path, typer.Argument(help="Manifest of the stimuli (manifest.json).")],
    config: Configs,
    out: Annotated[Path, typer.Option(help="Folder to write."), WritesFolder()],
) -> None:
    """Make the page of a listening test, which opens from disk or any web server.

    MUSHRA, MOS, DCR, AB or ABX: `listening.page.method` of the configuration.

    Example:
    spiking-music listen test-page stimuli/manifest.json --config config.yaml --out test
    """
    from spiking_music.listening.test_page import build

    build(
        manifest, configuration.section(configuration.read(config), configuration.PageConfig), out
    )


def sample_page(
    clips: Clips,
    config: Configs,
    chosen: Annotated[Path, typer.Option(help="Clips that `listen stimuli` chose (clips.csv).")],
    performances: Performances,
    root: Root,
    dataset: Annotated[str, typer.Option(help="What the page is called after.")],
    out: Annotated[Out, Writes((".html",))],
    notes: Annotated[
        bool, typer.Option("--notes", help="Show the notes of the performances' MIDI files.")
    ] = False,
    variant: Variants = None,
    weights: Files = None,
    codes: Files = None,
    tuning: Tunings = None,
) -> None:
    r"""Make a page on which all systems are heard and seen, in one file.

    Example:
    spiking-music listen sample-page test-0.h5 --config config.yaml --chosen stimuli/clips.csv \
        --performances performances.csv --root recordings --dataset piano \
        --variant free --weights weights.safetensors --codes test.h5 --out samples.html
    """
    raw = configuration.read(config)
    signal = configuration.section(raw, configuration.SignalConfig)
    stimuli = configuration.section(raw, configuration.StimuliConfig)
    samples = configuration.section(raw, configuration.SamplesConfig)
    variants = _models(variant, weights, codes)

    from spiking_music.listening.sample_page import Sources, build

    sources = Sources(chosen, clips, performances, root, notes, variants, by_name(tuning))
    build(sources, dataset, out, signal, stimuli, samples)


def recording_page(
    recordings: Annotated[list[Path], typer.Argument(help="WAV, FLAC, MP3 or other recordings.")],
    out: Annotated[Out, Writes((".html",))],
    levels: Annotated[
        str | None, typer.Option(help="μ, a row of the page each; by default 0,10,20.")
    ] = None,
    start: Start = 0.0,
    duration: Annotated[float, typer.Option(help="Seconds of each recording, at most.")] = 60.0,
    model: Model = None,
) -> None:
    """Make a page of your own recordings, each beside what the codec makes of it, in one file.

    Before the name of a file the verb may be left out: spiking-music listen mine.wav …

    Example:
    spiking-music listen recording-page mine.wav --levels 0,10,20 --out page.html
    """
    require_section(start, duration)
    wanted = _numbers(levels)

    from spiking_music.listening.recording_page import Section, build

    build(recordings, wanted, Section(start, duration), out, model)


def _numbers(levels: str | None) -> list[int]:
    """Of "0,10,20"; `ConfigError` where it is something else."""
    parts = [] if levels is None else levels.replace(" ", "").split(",")
    if not all(part.isdecimal() for part in parts):
        raise ConfigError(f"--levels is '{levels}': give numbers from 0 on, as 0,10,20")
    return [int(part) for part in parts]


def codec_page(out: Annotated[Out, Writes((".html",))], model: Model = None) -> None:
    """Make a page that decodes streams and encodes recordings by itself, in one file.

    It holds the model: the package's, or another of the MDCT codec.

    Example:
    spiking-music listen codec-page --out codec.html
    """
    from spiking_music.listening.codec_page import build

    build(out, model)


VERBS = (stimuli, sample_page, test_page, codec_page, recording_page)
