"""Captions of the report (reStructuredText with Jinja, as Snakemake reads them) → HTML."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from docutils.core import publish_parts
from docutils.utils import SystemMessage
from jinja2 import Environment, StrictUndefined, TemplateError

from spiking_music import config as configuration
from spiking_music.config.reading import SECTIONS
from spiking_music.errors import DataError
from spiking_music.front_page.names import SETTINGS

CLASSES = {name: section for section, name in SECTIONS.items()}
DOCUTILS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "halt_level": 2,  # warnings
    "report_level": 5,  # they are raised, not printed
    "smart_quotes": False,
}


def settings(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the configuration `raw` at `SETTINGS`, nested as there; `ConfigError` where one
    is absent or wrong.
    """
    found: dict[str, Any] = {}
    for key in SETTINGS:
        place, _, name = key.rpartition(".")
        inner = found
        for part in place.split("."):
            inner = inner.setdefault(part, {})
        inner[name] = getattr(configuration.section(raw, CLASSES[place]), name)
    return found


def render(path: Path, config: Mapping[str, Any], wildcards: Mapping[str, str]) -> str:
    """The caption in the file `path` as HTML paragraphs.

    config: of `settings`. A caption sees what Snakemake's report gives it, `snakemake.config` and
    `snakemake.wildcards`. Raises `DataError` where it is no caption, or asks for what is not there.
    """
    known = SimpleNamespace(config=config, wildcards=SimpleNamespace(**wildcards))
    try:
        template = Environment(undefined=StrictUndefined).from_string(
            path.read_text(encoding="utf-8")
        )
        text = template.render(snakemake=known)
        parts = publish_parts(text, writer="html5", settings_overrides=DOCUTILS)
    except (OSError, UnicodeDecodeError, TemplateError, SystemMessage) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"'{path}' is no caption ({reason}): correct it") from None
    return str(parts["fragment"])
