"""The table `external` of a configuration, row by row."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from spiking_music.config.external import ROW, External, ExternalSystem, external_systems
from spiking_music.config.messages import instead
from spiking_music.config.reading import build, section_at
from spiking_music.config.sections import Section
from spiking_music.errors import ConfigError


class ExternalRows(Section):
    """The table alone, as a rule hands it to its verb."""

    external: dict[Annotated[str, Field(pattern=ROW)], External | None]


def external_system(raw: Mapping[str, Any], name: str) -> ExternalSystem:
    """The row of `external` and its rate that tables call `name`, <row>-<rate>.

    `ConfigError` where there is none, or a row is wrong.
    """
    rows = build(ExternalRows, {"external": section_at(raw, "external")}, "")
    found = external_systems(rows.external)
    if name not in found:
        raise ConfigError(f"unknown external system '{name}'{instead(name, found)}")
    return found[name]
