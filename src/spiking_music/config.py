"""The typed, frozen view of config.yaml: one class a section, and the sentences a bad value earns.

The classes *are* the schema: unknown keys, wrong types and values out of range are refused here,
for the workflow and for the command line alike. A verb reads just the sections it needs, so that a
rule which does not hand over a section cannot depend on it.
"""

import difflib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from spiking_music.errors import ConfigError

Split = Literal["train", "validation", "test"]
Positive = Annotated[int, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """Base of all sections: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SignalConfig(Section):
    """SPEC 1: sample rate in Hz, clip length and encoder hop in samples."""

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


class DemoConfig(Section):
    """Size of the generated data set."""

    minutes: Annotated[float, Field(gt=0)]
    performances: Annotated[int, Field(ge=3)]


class SubsetConfig(Section):
    """Which performances of the table to use; empty lists and nulls do not filter."""

    splits: tuple[Split, ...]
    years: tuple[int, ...]
    composers: tuple[str, ...]
    max_performances: Positive | None
    max_hours: Annotated[float, Field(gt=0)] | None


class DatasetConfig(Section):
    """Where recordings come from and how they become clips."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    source: Literal["demo", "folder", "midi"]
    path: str | None
    soundfont: str | None
    shards: Positive
    demo: DemoConfig
    subset: SubsetConfig
    tail: Literal["drop", "pad"]
    silence: Literal["keep", "drop"]
    silence_dbfs: Annotated[float, Field(lt=0)]
    bad_recordings: Literal["fail", "skip"]

    @field_validator("path", "soundfont")
    @classmethod
    def _expanded(cls, value: str | None) -> str | None:
        """Paths may hold `~` and environment variables, so that overlays can be shared."""
        expanded = value and os.path.expandvars(Path(value).expanduser())
        if expanded and "$" in expanded:
            raise ValueError(f"{value} names an environment variable that is not set")
        return expanded

    @model_validator(mode="after")
    def _path_given(self) -> "DatasetConfig":
        if self.source != "demo" and self.path is None:
            raise ValueError(
                f"source '{self.source}' needs path: a folder or archive in MAESTRO layout"
            )
        return self


class SpectralConfig(Section):
    """STFT front end, ConvNeXt blocks at the frame rate, iSTFT head (*ours*)."""

    kind: Literal["spectral"]
    latent: Positive
    n_fft: Positive
    width: Positive
    depth: Positive
    kernel: Positive
    expansion: Positive


class SeanetConfig(Section):
    """SPEC 2: EnCodec's SEANet."""

    kind: Literal["seanet"]
    latent: Positive
    channels: Positive
    ratios: tuple[Positive, ...]
    lstm_layers: Annotated[int, Field(ge=0)]


class RvqConfig(Section):
    """SPEC 3: residual vector quantiser with EMA codebooks."""

    kind: Literal["rvq"]
    codebooks: Positive
    codebook_size: Annotated[int, Field(ge=2)]
    decay: Fraction
    commitment: Weight
    dead_below: Weight


class BinaryConfig(Section):
    """SPEC 3, FREE: z = H(BN(L(enc(x)))) with N units."""

    kind: Literal["binary"]
    units: Positive
    surrogate: Literal["triangle", "sigmoid"]


Backbone = Annotated[SpectralConfig | SeanetConfig, Field(discriminator="kind")]
Bottleneck = Annotated[RvqConfig | BinaryConfig, Field(discriminator="kind")]


class LossConfig(Section):
    """Weights of the reconstruction terms (0 switches a term off) and the STFT sizes in samples."""

    stft: Weight
    mel: Weight
    waveform: Weight
    si_snr: Weight
    n_ffts: tuple[Positive, ...]


class TrainingConfig(Section):
    """Everything the training loop reads; times in optimiser steps, crops in samples."""

    steps: Positive
    batch_size: Positive
    crop_samples: Positive
    learning_rate: Annotated[float, Field(gt=0)]
    final_learning_rate: Weight
    warmup_steps: Annotated[int, Field(ge=0)]
    weight_decay: Weight
    gradient_clip: Annotated[float, Field(gt=0)]
    ema_decay: Annotated[float, Field(ge=0, lt=1)]
    loss: LossConfig
    log_every: Positive
    validate_every: Positive
    validation_clips: Positive
    checkpoint_every: Positive
    workers: Annotated[int, Field(ge=0)]
    accelerator: Literal["auto", "cpu", "cuda"]
    devices: Positive
    precision: Literal["32-true", "bf16-mixed", "16-mixed"]


class VariantRow(Section):
    """One row of `variants`: names of rows elsewhere, and what differs from `training`."""

    backbone: str
    bottleneck: str
    decoder: Literal["regression"]
    training: dict[str, Any] = {}


class VariantConfig(Section):
    """A variant with every name resolved: all that makes a model and its training."""

    name: str
    seed: int
    signal: SignalConfig
    backbone: Backbone
    bottleneck: Bottleneck
    decoder: Literal["regression"]
    training: TrainingConfig


class EvaluationConfig(Section):
    """How trained models are measured."""

    split: Split
    batch_size: Positive
    max_lag: Annotated[int, Field(ge=0)]
    silence_dbfs: Annotated[float, Field(lt=0)]
    perceptual: bool
    bootstrap: Positive
    processes: Positive


class FiguresConfig(Section):
    """What the pictures show."""

    storage_units: Positive
    storage_steps: Positive
    clips: Positive


class Config(Section):
    """The whole of config.yaml."""

    results: str
    seed: int
    signal: SignalConfig
    dataset: DatasetConfig
    backbones: dict[str, Backbone]
    bottlenecks: dict[str, Bottleneck]
    training: TrainingConfig
    variants: dict[str, VariantRow | None]
    evaluation: EvaluationConfig
    figures: FiguresConfig


SECTIONS: dict[type, str] = {
    SignalConfig: "signal",
    DatasetConfig: "dataset",
    TrainingConfig: "training",
    EvaluationConfig: "evaluation",
    FiguresConfig: "figures",
}
Model = TypeVar("Model", bound=Section)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` overlaid with `over`: mappings merge key by key, all else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            value = merge(old, value)
        merged[key] = value
    return merged


def read(sources: Iterable[str]) -> dict[str, Any]:
    """Merge YAML files and inline JSON objects (they start with `{`), later over earlier."""
    merged: dict[str, Any] = {}
    for source in sources:
        inline = source.lstrip().startswith("{")
        try:
            loaded = yaml.safe_load(source if inline else Path(source).read_text())
        except (OSError, UnicodeError) as error:
            raise ConfigError(
                f"configuration '{source}' cannot be read ({error}): name a YAML file"
            ) from None
        except yaml.YAMLError as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"configuration '{source}' is not valid YAML ({reason})") from None
        if not isinstance(loaded, dict):
            raise ConfigError(f"configuration '{source}' must hold a mapping of sections")
        merged = merge(merged, loaded)
    return merged


def section(raw: Mapping[str, Any], model: type[Model]) -> Model:
    """The typed section of class `model`; `ConfigError` where it is absent or wrong."""
    name = SECTIONS[model]
    if name not in raw:
        raise ConfigError(f"the configuration has no section '{name}'")
    return _build(model, raw[name], name)


def seed(raw: Mapping[str, Any]) -> int:
    """The number every random draw derives from."""
    value = raw.get("seed")
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigError(f"configuration value 'seed' must be a whole number (got {value!r})")
    return value


def variant(raw: Mapping[str, Any], name: str) -> VariantConfig:
    """Variant `name` with its backbone, bottleneck and training overrides resolved."""
    row = _build(VariantRow, _pick(raw, "variants", name), f"variants.{name}")
    resolved = {
        "name": name,
        "seed": seed(raw),
        "signal": raw.get("signal"),
        "backbone": _pick(raw, "backbones", row.backbone),
        "bottleneck": _pick(raw, "bottlenecks", row.bottleneck),
        "decoder": row.decoder,
        "training": merge(raw.get("training") or {}, row.training),
    }
    return _build(VariantConfig, resolved, f"variants.{name}")


def validate(raw: Mapping[str, Any]) -> Config:
    """Check the whole configuration and every variant; `ConfigError` names the first mistake."""
    config = _build(Config, raw, "")
    for name in variants(raw):
        variant(raw, name)
    return config


def variants(raw: Mapping[str, Any]) -> list[str]:
    """Names of the rows of `variants`; an overlay switches a row off with `name: null`."""
    return [name for name, row in raw["variants"].items() if row is not None]


def cut(raw: Mapping[str, Any], *names: str) -> str:
    """The sections `names` as inline JSON: exactly what a rule hands to its verb."""
    return json.dumps({name: raw[name] for name in names}, sort_keys=True)


def cut_variant(raw: Mapping[str, Any], name: str) -> str:
    """What concerns variant `name`, and nothing of its neighbours, as inline JSON."""
    row = _pick(raw, "variants", name)
    concerned = {key: raw[key] for key in ("seed", "signal", "training")}
    concerned["variants"] = {name: row}
    concerned["backbones"] = {row["backbone"]: _pick(raw, "backbones", row["backbone"])}
    concerned["bottlenecks"] = {row["bottleneck"]: _pick(raw, "bottlenecks", row["bottleneck"])}
    return json.dumps(concerned, sort_keys=True)


def _pick(raw: Mapping[str, Any], table: str, name: str) -> Any:
    rows = {key: row for key, row in (raw.get(table) or {}).items() if row is not None}
    if name not in rows:
        raise ConfigError(f"unknown {table[:-1]} '{name}'{_instead(name, rows)}")
    return rows[name]


def _instead(name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    if not known:
        return ""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(known)}"


def _build(model: type[Model], value: Any, where: str) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ConfigError(_sentence(model, error, where)) from None


def _sentence(model: type[BaseModel], error: ValidationError, where: str) -> str:
    """The first complaint of pydantic as one sentence with the full path of the key."""
    first = error.errors()[0]
    path = _path(first["loc"], error)
    key = ".".join(([where] if where else []) + path)
    if first["type"] == "extra_forbidden":
        return f"unknown configuration key '{key}'{_instead(path[-1], _fields(model, path[:-1]))}"
    if first["type"] == "missing":
        return f"configuration key '{key}' is missing"
    complaint = first["msg"].removeprefix("Value error, ")
    given = "" if isinstance(first["input"], dict) else f" (got {first['input']!r})"
    return f"configuration value '{key}': {complaint}{given}"


def _path(location: tuple[int | str, ...], error: ValidationError) -> list[str]:
    """pydantic's location without what is no key of the file: the tag of a union, a class name."""
    names = [str(part) for part in location]
    tagged = names[0] in ("backbones", "bottlenecks", "backbone", "bottleneck")
    tag = 2 if names[0].endswith("s") else 1
    if tagged and len(names) > tag:
        del names[tag]
    return [name for name in names if name not in ("VariantRow",)]


def _fields(model: type[BaseModel], path: list[str]) -> list[str]:
    """Names of the keys allowed at `path` inside `model`."""
    members: list[Any] = [model]
    for part in path:
        annotations = [
            field.annotation
            for member in members
            if (field := getattr(member, "model_fields", {}).get(part)) is not None
        ]
        if annotations:  # otherwise `part` is the name of a row, of the classes at hand
            members = [leaf for annotation in annotations for leaf in _leaves(annotation)]
    return [name for member in members for name in getattr(member, "model_fields", {})]


def _leaves(annotation: Any) -> list[Any]:
    """The classes inside an annotation such as `dict[str, Annotated[A | B, …]]`."""
    parts = get_args(annotation)
    return [leaf for part in parts for leaf in _leaves(part)] if parts else [annotation]
