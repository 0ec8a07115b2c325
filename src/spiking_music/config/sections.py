"""Sections of config.yaml about signal, data set, evaluation and figures: one class each."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from spiking_music.config.paths import expand
from spiking_music.errors import ConfigError

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"  # of a data set, hence of a folder
Split = Literal["train", "validation", "test"]


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("must be odd, as the middle of a kernel is the frame itself")
    return value


Positive = Annotated[int, Field(gt=0)]
Odd = Annotated[Positive, AfterValidator(_odd)]
Count = Annotated[int, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Velocity = Annotated[int, Field(ge=1, le=127)]
Factor = Annotated[float, Field(gt=0)]
Url = Annotated[str, Field(pattern=r"^https?://[^/]+/")]
Checksum = Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64}|sha1:[0-9a-f]{40})$")]


class Section(BaseModel):
    """Base of all sections: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    place: ClassVar[str] = ""  # in the configuration, and keys that were not given (`config.parts`)
    absent: ClassVar[frozenset[str]] = frozenset()

    if not TYPE_CHECKING:  # which would then take any attribute for one of a section

        def __getattr__(self, name: str) -> Any:
            """Called for what is absent."""
            if name in type(self).absent:
                raise ConfigError(
                    f"configuration value '{self.place}.{name}' is needed here, but was not given: "
                    "add it to --config"
                )
            return super().__getattr__(name)


class ConvNeXtConfig(Section):
    """Blocks at the frame rate: channels, blocks, frames a kernel, and the width within a block."""

    width: Positive
    depth: Positive
    kernel: Odd
    expansion: Positive


class SignalConfig(Section):
    """Sample rate in Hz, clip length and encoder hop in samples (Lisboa & Bellec 2024, signal)."""

    sample_rate: Positive
    clip_samples: Positive
    hop: Positive

    @property
    def steps(self) -> int:
        """T, latent steps a clip."""
        return self.clip_samples // self.hop

    @property
    def step_rate(self) -> float:
        """Latent steps a second."""
        return self.sample_rate / self.hop

    @model_validator(mode="after")
    def _whole_steps(self) -> "SignalConfig":
        if self.clip_samples % self.hop:
            raise ValueError("clip_samples must be a multiple of hop")
        return self


Style = Literal[
    "chorale", "sonatina", "prelude", "nocturne", "invention",
    "etude", "cascade", "march", "waltz", "tremolo", "elegy", "toccata", "trill",
]  # fmt: skip


def _ascending(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        raise ValueError("must be the lowest value, then the highest")
    return span


class DemoConfig(Section):
    """The generated data set: its size, its music, and how it is recorded."""

    minutes: Annotated[float, Field(gt=0)]
    performances: Annotated[int, Field(ge=3)]
    styles: Annotated[tuple[Style, ...], Field(min_length=1)]
    levels: Annotated[tuple[Velocity, Velocity], AfterValidator(_ascending)]  # a piece has one
    tempi: Annotated[tuple[Factor, Factor], AfterValidator(_ascending)]  # times that of the style
    octaves: Annotated[tuple[int, ...], Field(min_length=1)]  # a phrase is moved by one of them
    sample_rate: Positive
    channels: Literal[1, 2]
    studio: (
        bool  # a room, tone colour, tuning and noise of its own for each recording, which is mono
    )


class FmaConfig(Section):
    """Which rows of FMA train, validate and test (data/fma/tracks.py)."""

    split: Literal["published", "70/30"]


class SubsetConfig(Section):
    """Which performances of the table to use; empty lists and nulls do not filter."""

    splits: tuple[Split, ...]
    years: tuple[int, ...]
    composers: tuple[str, ...]
    max_performances: Positive | None
    max_hours: Annotated[float, Field(gt=0)] | None


class DatasetConfig(Section):
    """Where recordings come from and how they become clips."""

    name: Annotated[str, Field(pattern=NAME)]
    source: Literal["demo", "folder", "midi", "maestro", "fma"]
    path: str | None
    notes: Literal["midi", "none"]  # what is known of the notes that are played
    labels: tuple[str, ...]  # further columns of the table that are kept, for probes
    soundfont: str | None
    shards: Positive
    demo: DemoConfig
    fma: FmaConfig
    subset: SubsetConfig
    tail: Literal["drop", "pad"]
    silence: Literal["keep", "drop"]
    silence_dbfs: Annotated[float, Field(lt=0)]
    bad_recordings: Literal["fail", "skip"]

    @field_validator("path", "soundfont")
    @classmethod
    def _expanded(cls, value: str | None) -> str | None:
        return value and expand(value)

    @property
    def fetched(self) -> bool:
        """Whether recordings come from a server, or from its archive: section `download` says."""
        return self.source in ("maestro", "fma")

    @model_validator(mode="after")
    def _path_given(self) -> "DatasetConfig":
        if self.source in ("folder", "midi") and self.path is None:
            raise ValueError(
                f"source '{self.source}' needs path: a folder or archive in MAESTRO layout"
            )
        if self.source == "fma" and self.notes == "midi":
            raise ValueError("source 'fma' has no MIDI: set notes to none")
        return self


class DownloadConfig(Section):
    """Where a fetched source has its files from, and how it fetches them."""

    table: Url
    table_checksum: Checksum | None
    archive: Url
    archive_bytes: Positive | None
    archive_checksum: Checksum | None
    whole: bool  # the archive as a whole, and then its members from disk
    folder: str  # where the files are kept
    connections: Positive  # at a time, over all jobs that share the folder
    attempts: Positive  # in a row that bring nothing
    backoff: Annotated[float, Field(gt=0)]  # seconds before the second attempt; then doubled
    timeout: Annotated[float, Field(gt=0)]  # seconds

    @field_validator("folder")
    @classmethod
    def _expanded(cls, value: str) -> str:
        return expand(value)


class EvaluationConfig(Section):
    """How trained models are measured."""

    split: Split
    batch_size: Positive
    max_lag: Count
    silence_dbfs: Annotated[float, Field(lt=0)]
    perceptual: bool
    bootstrap: Positive
    processes: Positive
    level: Count  # μ at which models with levels stand in the tables
    levels: tuple[Count, ...]  # μ of the sweep
    sweep_clips: Positive
    bound_db: float  # of quality control
    budget_kbps: Annotated[float, Field(gt=0)]  # of rate control


class EntropyConfig(Section):
    """How the entropy coder's model of the events is fitted."""

    steps: Positive  # of its training


class ClassicalConfig(Section):
    """Codecs that need no training, and the bit rates (kbps) at which they stand in the tables."""

    mp3: tuple[Positive, ...]
    opus: tuple[Positive, ...]
    midi: tuple[Positive, ...]  # ticks a second of the notes played again (docs/external.md)


class SelectivityConfig(Section):
    """How selectivity is measured (docs/selectivity.md); times in latent steps of 23 ms."""

    split: Split
    max_lag: Positive  # L: correlation functions run over lags −L .. L
    window: Positive  # a coincidence is a lag below this; the paper's is 10
    surrogates: Positive  # joint draws of circular shifts, K
    level: Annotated[float, Field(gt=0, lt=1)]  # false-positive rate of the family, and FDR
    information_lag: Count  # an event speaks of onsets within ± this
    information_surrogates: Positive  # shifts that measure the bias of the information


class FiguresConfig(Section):
    """What the pictures show."""

    storage_units: Positive
    storage_steps: Positive
    clips: Positive
    selective: tuple[str, ...]  # variants side by side in figure 5
    matrices: tuple[Count, ...]  # μ of the event matrices in figure 4
