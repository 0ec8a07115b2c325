"""Verbs of the listening room: models → sounds → a test for listeners, and a page of samples."""

from pathlib import Path
from typing import Annotated

import typer

from spiking_music import config as configuration
from spiking_music.cli.options import Clips, Configs, Out, Performances, Root
from spiking_music.config import PageConfig, SamplesConfig, SignalConfig, StimuliConfig
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
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    variant: Variants = None,
    weights: Files = None,
    codes: Files = None,
) -> None:
    """Choose clips and make the sounds of a listening test, with their manifest."""
    from spiking_music.listening.stimuli import make_stimuli

    raw = configuration.read(config)
    settings = configuration.section(raw, StimuliConfig)
    variants = _models(variant, weights, codes)
    make_stimuli(clips, performances, variants, test, out, settings, configuration.seed(raw))


def _models(
    names: list[str] | None, weights: list[Path] | None, codes: list[Path] | None
) -> dict[str, tuple[Path, Path]]:
    """Weights and codes of every variant by its name."""
    names, weights, codes = names or [], weights or [], codes or []
    if not len(names) == len(weights) == len(codes):
        raise ConfigError("give as many --variant as --weights and --codes")
    return dict(zip(names, zip(weights, codes, strict=True), strict=True))


def mushra_page(
    manifest: Annotated[Path, typer.Argument(help="Manifest of the stimuli (manifest.json).")],
    config: Configs,
    out: Annotated[Path, typer.Option(help="Folder to write.")],
) -> None:
    """Make the page of a MUSHRA listening test, which opens from disk or any web server."""
    from spiking_music.listening.mushra_page import build

    build(manifest, configuration.section(configuration.read(config), PageConfig), out)


def sample_page(
    clips: Clips,
    config: Configs,
    chosen: Annotated[Path, typer.Option(help="Clips that `stimuli` chose (clips.csv).")],
    performances: Performances,
    root: Root,
    dataset: Annotated[str, typer.Option(help="What the page is called after.")],
    out: Out,
    onsets: Annotated[
        Path | None, typer.Option(help="Onsets of the split (.zarr.zip), where notes are known.")
    ] = None,
    variant: Variants = None,
    weights: Files = None,
    codes: Files = None,
) -> None:
    """Make a page on which all systems are heard and seen, in one file."""
    from spiking_music.listening.sample_page import Sources, build

    raw = configuration.read(config)
    signal = configuration.section(raw, SignalConfig)
    stimuli = configuration.section(raw, StimuliConfig)
    samples = configuration.section(raw, SamplesConfig)
    variants = _models(variant, weights, codes)
    sources = Sources(chosen, clips, performances, root, onsets, variants)
    build(sources, dataset, out, signal, stimuli, samples)


VERBS = (stimuli, sample_page, mushra_page)
