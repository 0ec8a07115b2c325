"""The front page of a data set's results, in one file, which needs no network."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
import soundfile
from markupsafe import Markup, escape

from spiking_music.config import label
from spiking_music.errors import DataError
from spiking_music.evaluation import summary
from spiking_music.evaluation.tables import read, with_interval, write_text
from spiking_music.front_page import captions
from spiking_music.front_page.figures import Figure, collect
from spiking_music.listening.manifest import read_manifest, read_stimulus

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Sources:
    """The files that a page is made of."""

    summary: Path
    claims: Path
    figures: Sequence[Path]  # .png
    captions: Sequence[Path]  # one a figure
    stimuli: Path  # manifest.json


@dataclass(frozen=True)
class Sound:
    """What one system makes of the clip that is played on the page."""

    system: str
    flac: bytes


def build(sources: Sources, raw: Mapping[str, Any], out: Path) -> None:
    """Write the page `out` (.html): question, table, sounds, figures, claims, and how to go on.

    raw: a configuration, of which `names.SETTINGS` are read. Links lead to files beside `out`; all
    else is within. Equal inputs give equal bytes. Raises `DataError` where a file is missing or
    damaged.
    """
    config = captions.settings(raw)
    if len(sources.figures) != len(sources.captions):
        raise DataError("give as many captions as figures")
    table = read(sources.summary, ["variant", "clips"])
    claims = [_claim(row) for row in read(sources.claims, ["claim", "verdict"]).to_dict("records")]
    figures = [*collect(sources.figures, sources.captions, config, claims, out)]
    title, sounds = _sounds(sources.stimuli)
    text = (
        _environment()
        .get_template("page.html")
        .render(
            dataset=config["dataset"]["name"],
            signal=config["signal"],
            version=version("spiking-music"),
            style=(FOLDER / "style.css").read_text(encoding="utf-8"),
            headings=[*summary.HEADINGS.values()],
            rows=summary.cells(table),
            note=summary.note(table),
            claims=claims,
            verdicts=_count(claims),
            sections=[
                [kind, [*group]] for kind, group in groupby(figures, lambda figure: figure.kind)
            ],
            clip=title,
            sounds=sounds,
        )
    )
    write_text(text, out)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["embedded"] = _embedded
    environment.filters["picture"] = _picture
    environment.filters["name"] = label
    environment.filters["code"] = _code
    return environment


def _code(text: str) -> Markup:
    """Names between backticks, as Markdown has them, in HTML."""
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts)
    )


def _picture(figure: Figure) -> str:
    return _embedded(figure.picture.read_bytes(), "image/png")


def _embedded(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _claim(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of claims.csv and how it is shown."""
    measured = with_interval(row["value"], row["low"], row["high"])
    verdict = str(row["verdict"])
    return {**row, "shown": measured, "kind": verdict.replace(" ", "-")}


def _count(claims: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many claims have each verdict."""
    verdicts = [str(claim["verdict"]) for claim in claims]
    return {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)}


def _sounds(manifest: Path) -> tuple[str, list[Sound]]:
    """The title of the first clip of a listening test, and what every system makes of it."""
    about = read_manifest(manifest)
    clip = about.clips[0]
    return clip.title, [
        Sound(each.system, _flac(read_stimulus(manifest.parent, each, about)))
        for each in clip.stimuli
    ]


def _flac(wav: bytes) -> bytes:
    """The same samples in about half the bytes."""
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="int16")
    file = io.BytesIO()
    soundfile.write(file, samples, rate, "PCM_16", format="FLAC")
    return file.getvalue()
