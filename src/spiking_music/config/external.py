"""Rows of the table `external`: codecs that run as programs of their own, or elsewhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from spiking_music.config.paths import expand
from spiking_music.config.sections import Count, Positive, Section

ROW = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"
PLACEHOLDER = re.compile(r"\{(\w*)\}")
KNOWN = ("input", "output", "folder", "rate")
# as the program calls it: 12, 1.5, 700C; a name that ends in -<rate> says which is which
Rate = Annotated[str, BeforeValidator(str), Field(pattern=r"^[A-Za-z0-9.]+$")]


class _External(Section):
    """What all kinds say: the settings, and how the decoded sound lies to the recording."""

    rates: Annotated[tuple[Rate, ...], Field(min_length=1)]
    sample_rate: Positive  # Hz of the sound that it takes and gives
    delay: Count  # samples by which the decoded sound is late

    @field_validator("rates")
    @classmethod
    def _once(cls, rates: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(rates)) < len(rates):
            raise ValueError("a rate is named twice")
        return rates


class CommandsConfig(_External):
    """Two command lines, each a list of words: no shell ever sees them (docs/external.md)."""

    kind: Literal["commands"]
    encode: tuple[str, ...]
    decode: tuple[str, ...]
    sound: Literal["wav", "raw"]  # 16 bits, mono; raw: little-endian, without a header
    stream: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$")]  # ending of the coded file
    payload: Literal["file", "packets"]  # of the coded file; packets: FFmpeg knows the container
    padding: Annotated[float, Field(ge=0)]  # seconds of silence behind the recording

    @field_validator("encode", "decode")
    @classmethod
    def _placeholders(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if not words or PLACEHOLDER.search(words[0]):
            raise ValueError("the first word must be the name of a program")
        named = {name for word in words for name in PLACEHOLDER.findall(word)}
        if unknown := named - set(KNOWN):
            raise ValueError(
                f"'{{{min(unknown)}}}' is no placeholder; known are "
                + ", ".join(f"{{{name}}}" for name in KNOWN)
            )
        if "input" not in named or not named & {"output", "folder"}:
            raise ValueError("must name {input}, and {output} or its {folder}")
        return words


class FolderConfig(_External):
    """Decoded clips in a folder, with a table clips.csv of their files and bytes."""

    kind: Literal["folder"]
    folder: str

    @field_validator("folder")
    @classmethod
    def _expanded(cls, value: str) -> str:
        return expand(value)

    @model_validator(mode="after")
    def _one_a_rate(self) -> "FolderConfig":
        if len(self.rates) > 1 and "{rate}" not in self.folder:
            raise ValueError("several rates need a folder each: name {rate} in folder")
        return self


External = Annotated[CommandsConfig | FolderConfig, Field(discriminator="kind")]


@dataclass(frozen=True)
class ExternalSystem:
    """A row of `external` at one of its rates; tables call it <row>-<rate>."""

    row: str
    rate: str
    config: CommandsConfig | FolderConfig

    @property
    def name(self) -> str:
        return f"{self.row}-{self.rate}"

    @property
    def folder(self) -> str | None:
        """Where its decoded clips lie, if it does not run here."""
        if isinstance(self.config, CommandsConfig):
            return None
        return self.config.folder.replace("{rate}", self.rate)


def external_systems(
    rows: Mapping[str, CommandsConfig | FolderConfig | None],
) -> dict[str, ExternalSystem]:
    """Every row that is not switched off (null) at each of its rates, by name."""
    found = (
        ExternalSystem(row, rate, config)
        for row, config in rows.items()
        if config is not None
        for rate in config.rates
    )
    return {system.name: system for system in found}
