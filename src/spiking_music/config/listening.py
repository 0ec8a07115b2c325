"""Sections of config.yaml about listening tests: one class each."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from spiking_music.config.paths import expand
from spiking_music.config.sections import Count, Fraction, Positive, Section, Weight

RESERVED = ("session_", "trial_", "rating_", "seed")  # columns of the results
Score = Annotated[float, Field(ge=0, le=100)]
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


class StimuliConfig(Section):
    """Which sounds are compared, and how loud they are (docs/listening.md)."""

    clips: Positive
    training: Count  # the first so many are for training, too
    systems: tuple[str, ...]  # variants, between the hidden reference and the anchors
    quiet_dbfs: Annotated[float, Field(lt=0)]  # no 400 ms of a clip are quieter
    loudness_lufs: Annotated[float, Field(lt=0)]
    peak_dbfs: Annotated[float, Field(le=0)]


class SamplesConfig(Section):
    """What the sample page shows besides all variants (docs/listening.md)."""

    levels: tuple[Count, ...]  # μ at which the slider stops, in ascending order
    mp3: tuple[Positive, ...]  # kbps of MP3, a row each


class RatingsConfig(Section):
    """What listeners thought (docs/listening.md)."""

    folder: str | None  # of result files (.csv); none, or an empty one: objective scores stand in
    variants: tuple[str, ...]  # of the objective stand-in, where they are trained
    resamplings: Positive  # of the 95 % intervals
    level: Annotated[float, Field(gt=0, lt=1)]  # of tests: the chance of any false difference

    @field_validator("folder")
    @classmethod
    def _expanded(cls, value: str | None) -> str | None:
        if value and not Path(expand(value)).is_dir():
            raise ValueError(f"'{value}' is no folder: correct it, or set it to null")
        return value and expand(value)


class SimulatedConfig(Section):
    """Listeners that do not exist: what they prefer, and how well they tell it (points of 100)."""

    listeners: Positive
    clips: Positive
    scores: dict[str, Score]  # true quality, by system
    bias: Weight  # standard deviation of what a listener thinks of a system, clip after clip
    noise: Weight  # standard deviation from one rating to the next
    random: Fraction  # chance that a listener does not listen, and rates anything anyhow


class ListeningConfig(Section):
    """All about listening tests."""

    stimuli: StimuliConfig
    samples: SamplesConfig
    page: PageConfig
    ratings: RatingsConfig
    simulated: SimulatedConfig
