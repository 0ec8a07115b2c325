"""Sections of config.yaml about listening tests: one class each."""

from typing import Annotated

from pydantic import Field, field_validator

from spiking_music.config.sections import Section

RESERVED = ("session_", "trial_", "rating_", "seed")  # columns of the results
Seconds = Annotated[float, Field(gt=0)]


class PageConfig(Section):
    """The page of a listening test (docs/listening.md)."""

    title: Annotated[str, Field(min_length=1)]
    contact: str | None  # who answers questions, shown to participants
    post_url: Annotated[str, Field(pattern=r"^https?://[^\s;,'\"]+$")] | None
    fields: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ...]  # asked of participants
    loop_seconds: Seconds  # the shortest region that can be looped
    heard_seconds: Seconds  # of a sound, before it can be rated
    ramp_ms: Annotated[float, Field(ge=5, le=10)]  # BS.1534-3's fades, here of every switch

    @field_validator("fields")
    @classmethod
    def _columns(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(fields)) < len(fields):
            raise ValueError("a field is asked for twice")
        for field in fields:
            if field.startswith(RESERVED):
                raise ValueError(f"'{field}' is a column of the results already")
        return fields


class ListeningConfig(Section):
    """All about listening tests."""

    page: PageConfig
