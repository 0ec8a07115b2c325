"""Sections of config.yaml about listening tests: one class each."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from spiking_music.config.sections import Fraction, Positive, Section, Weight

Score = Annotated[float, Field(ge=0, le=100)]


class RatingsConfig(Section):
    """What listeners thought (docs/listening.md)."""

    folder: str | None  # of result files (.csv); none, or an empty one: objective scores stand in
    variants: tuple[str, ...]  # of the objective stand-in, where they are trained
    resamplings: Positive  # of the 95 % intervals
    level: Annotated[float, Field(gt=0, lt=1)]  # of tests: the chance of any false difference

    @field_validator("folder")
    @classmethod
    def _expanded(cls, value: str | None) -> str | None:
        return value and str(Path(value).expanduser())


class SimulatedConfig(Section):
    """Listeners that do not exist: what they prefer, and how well they tell it (points of 100)."""

    listeners: Positive
    clips: Positive
    scores: dict[str, Score]  # true quality, by system
    taste: Weight  # standard deviation of what a listener thinks of a system, clip after clip
    noise: Weight  # standard deviation from one rating to the next
    lazy: Fraction  # chance that a listener does not listen, and rates anything anyhow


class ListeningConfig(Section):
    """All about listening tests."""

    ratings: RatingsConfig
    simulated: SimulatedConfig
