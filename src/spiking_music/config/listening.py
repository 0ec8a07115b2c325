"""Sections of config.yaml about listening tests: one class each."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from spiking_music.config.paths import expand
from spiking_music.config.sections import Count, Fraction, Positive, Section, Weight

# columns of the results
RESERVED = ("session_", "trial_", "rating_", "choice_", "attention_", "seed", "method")
Method = Literal["mushra", "mos", "dcr", "ab", "abx"]
Score = Annotated[float, Field(ge=0, le=100)]
Seconds = Annotated[float, Field(gt=0)]
Column = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]  # of the results
Text = Annotated[str, Field(min_length=1)]
ADDRESS = r"https?://[^\s;,'\"]+"
HERE = r"/(?:[^/\s;,'\"][^\s;,'\"]*)?"  # a path on the page's own server


class QuestionConfig(Section):
    """What is asked besides the fields, before or after the ratings."""

    name: Column
    text: Text
    when: Literal["before", "after"]
    choices: tuple[Text, ...] = ()  # none: a line of text
    admit: tuple[str, ...] = ()  # answers with which one may take part; none: all

    @model_validator(mode="after")
    def _answerable(self) -> "QuestionConfig":
        if len(set(self.choices)) < len(self.choices):
            raise ValueError(f"question '{self.name}' offers a choice twice")
        if self.admit and self.when == "after":
            raise ValueError(f"question '{self.name}' comes too late to screen out: ask it before")
        if unknown := set(self.admit) - set(self.choices):
            raise ValueError(f"question '{self.name}' does not offer '{min(unknown)}'")
        return self


class EndingConfig(Section):
    """How the platform that sent a listener learns how the test ended."""

    code: Text | None  # shown
    url: Annotated[str, Field(pattern=f"^{ADDRESS}$")] | None  # gone to

    def names(self) -> set[str]:
        """What stands in braces in the address."""
        return set(re.findall(r"\{(\w+)\}", self.url or ""))


class PageConfig(Section):
    """The page of a listening test (docs/listening.md)."""

    method: Method
    pairs: tuple[tuple[Text, Text], ...]  # of ab and abx; none: see `listening.design`
    repeats: Positive  # of each pair of a clip
    attention: Count  # pages on which one is told what to answer
    headphones: bool  # whether loudspeakers are screened out
    title: Annotated[str, Field(min_length=1)]
    contact: str | None  # who answers questions, shown to participants
    language: Literal["de", "en", "es", "fr"]
    post_url: Annotated[str, Field(pattern=f"^(?:{ADDRESS}|{HERE})$")] | None
    fields: tuple[Column, ...]  # asked of participants
    fields_from_address: dict[str, Text]  # parameter of the address, by field
    consent: Text | None
    questions: tuple[QuestionConfig, ...]
    clips: Positive | None  # of a listener; null: all
    completion: EndingConfig
    screened_out: EndingConfig
    loop_seconds: Seconds  # the shortest region that can be looped
    heard_seconds: Seconds  # of a sound, before it can be rated
    ramp_ms: Annotated[float, Field(ge=5, le=10)]  # BS.1534-3's fades, here of every switch

    @model_validator(mode="after")
    def _compared(self) -> "PageConfig":
        for first, second in self.pairs:
            if first == second:
                raise ValueError(f"a pair compares '{first}' with itself")
        if len({frozenset(pair) for pair in self.pairs}) < len(self.pairs):
            raise ValueError("a pair is there twice: set 'repeats'")
        if self.method not in ("ab", "abx") and (self.pairs or self.repeats > 1):
            raise ValueError(f"'pairs' and 'repeats' are of ab and abx, not of '{self.method}'")
        return self

    @model_validator(mode="after")
    def _columns(self) -> "PageConfig":
        names = [*self.fields, *(question.name for question in self.questions)]
        if len(set(names)) < len(names):
            raise ValueError("a field is asked for twice")
        for name in names:
            if name.startswith(RESERVED):
                raise ValueError(f"'{name}' is a column of the results already")
        in_urls = (self.completion.names() | self.screened_out.names()) - {"session"}
        if unknown := (in_urls | set(self.fields_from_address)) - set(self.fields):
            raise ValueError(f"'{min(unknown)}' is none of the fields")
        return self


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


class PowerConfig(Section):
    """What tests of simulated listeners are tried out (docs/listening.md)."""

    listeners: Annotated[tuple[Annotated[int, Field(ge=2)], ...], Field(min_length=1)]
    differences: Annotated[tuple[Score, ...], Field(min_length=1)]  # of two systems, in points
    shares: Annotated[
        tuple[Annotated[float, Field(ge=0.5, le=1)], ...], Field(min_length=1)
    ]  # of pages, in ab and abx
    tests: Positive  # of each


class ListeningConfig(Section):
    """All about listening tests."""

    stimuli: StimuliConfig
    samples: SamplesConfig
    page: PageConfig
    ratings: RatingsConfig
    simulated: SimulatedConfig
    power: PowerConfig
