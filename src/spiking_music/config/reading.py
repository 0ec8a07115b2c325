"""Read configuration files and hand out typed sections."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from spiking_music.config.external import ROW, External
from spiking_music.config.legacy import hint_of_kind
from spiking_music.config.listening import (
    ListeningConfig,
    PageConfig,
    PowerConfig,
    RatingsConfig,
    SamplesConfig,
    SimulatedConfig,
    StimuliConfig,
)
from spiking_music.config.messages import instead, sentence
from spiking_music.config.models import (
    Backbone,
    Bottleneck,
    Conditioning,
    Context,
    Decoder,
    Sparsity,
    TrainingConfig,
    VariantConfig,
    VariantRow,
)
from spiking_music.config.parts import hide, part
from spiking_music.config.paths import expand
from spiking_music.config.probes import ProbeConfig
from spiking_music.config.rows import inherited, merge
from spiking_music.config.schedule import require_fit
from spiking_music.config.sections import (
    NAME,
    ClassicalConfig,
    DatasetConfig,
    DownloadConfig,
    EntropyConfig,
    EvaluationConfig,
    FiguresConfig,
    Section,
    SelectivityConfig,
    SignalConfig,
)
from spiking_music.errors import ConfigError


class Config(Section):
    """The whole of config.yaml."""

    results: Annotated[str, Field(min_length=1)]
    models_from: Annotated[str, Field(pattern=NAME)] | None
    pretrained: bool
    seed: int
    signal: SignalConfig
    dataset: DatasetConfig
    download: DownloadConfig
    backbones: dict[str, Backbone]
    bottlenecks: dict[str, Bottleneck]
    contexts: dict[str, Context]
    conditionings: dict[str, Conditioning]
    sparsities: dict[str, Sparsity]
    decoders: dict[str, Decoder]
    training: TrainingConfig
    variants: dict[Annotated[str, Field(pattern=NAME)], VariantRow | None]
    evaluation: EvaluationConfig
    entropy: EntropyConfig
    classical: ClassicalConfig
    external: dict[Annotated[str, Field(pattern=ROW)], External | None]
    selectivity: SelectivityConfig
    probe: ProbeConfig
    figures: FiguresConfig
    listening: ListeningConfig

    @field_validator("results")
    @classmethod
    def _expanded(cls, value: str) -> str:
        return os.path.normpath(expand(value))  # Snakemake wants no `./`, `//` or `/` at the end

    @model_validator(mode="after")
    def _of_another(self) -> "Config":
        if self.models_from == self.dataset.name:
            raise ValueError("models_from must name another data set than dataset.name")
        return self

    @model_validator(mode="after")
    def _one_pretrained(self) -> "Config":
        if self.pretrained:
            for table in ("variants", *TABLES.values()):
                if PRETRAINED in getattr(self, table):
                    raise ValueError(
                        f"'{PRETRAINED}' in {table} is the name of the package's own model: call "
                        "the row otherwise, or set pretrained to false"
                    )
        return self


SECTIONS: dict[type, str] = {
    SignalConfig: "signal",
    DatasetConfig: "dataset",
    DownloadConfig: "download",
    TrainingConfig: "training",
    EvaluationConfig: "evaluation",
    EntropyConfig: "entropy",
    SelectivityConfig: "selectivity",
    ProbeConfig: "probe",
    FiguresConfig: "figures",
    StimuliConfig: "listening.stimuli",
    SamplesConfig: "listening.samples",
    PageConfig: "listening.page",
    RatingsConfig: "listening.ratings",
    SimulatedConfig: "listening.simulated",
    PowerConfig: "listening.power",
}
TABLES = {  # what a variant's row names, and the table it is a row of
    "backbone": "backbones",
    "bottleneck": "bottlenecks",
    "context": "contexts",
    "conditioning": "conditionings",
    "sparsity": "sparsities",
    "decoder": "decoders",
}
PRETRAINED = "mdct-shipped"  # the row of the model that comes with the package
LABELS = {PRETRAINED: "mdct (shipped)"}  # of rows whose names no reader should have to guess
Model = TypeVar("Model", bound=BaseModel)
Part = TypeVar("Part", bound=Section)


def read(sources: Iterable[str]) -> dict[str, Any]:
    """Merge YAML files and inline JSON (sources that start with `{`), later over earlier."""
    import yaml  # here, as codecs need it not

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the former is eight times as fast
    merged: dict[str, Any] = {}
    for source in sources:
        try:
            inline = source.lstrip().startswith("{")
            loaded = yaml.load(source if inline else Path(source).read_text("utf-8"), loader)
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


def section(raw: Mapping[str, Any], model: type[Part]) -> Part:
    """The typed section of class `model`; `ConfigError` where it is absent or wrong.

    Keys may be left out of it: reading one of these raises `ConfigError` (`config.parts`).
    """
    name = SECTIONS[model]
    return _part(model, section_at(raw, name), name)


def seed(raw: Mapping[str, Any]) -> int:
    """The number every random draw derives from."""
    value = raw.get("seed")
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigError(f"configuration value 'seed' must be a whole number (got {value!r})")
    return value


def variants(raw: Mapping[str, Any]) -> list[str]:
    """Names of the rows of `variants`; an overlay switches a row off with `name: null`."""
    return list(_table(raw, "variants"))


def label(name: str) -> str:
    """What tables and figures call the row `name`, or system `name@level`."""
    row, at, level = name.partition("@")
    return LABELS.get(row, row) + at + level


def variant(raw: Mapping[str, Any], name: str) -> VariantConfig:
    """Variant `name` with its rows and its training overrides resolved.

    `ConfigError` where a row is unknown or wrong, or a schedule does not fit into the training.
    """
    built = build(VariantConfig, _resolved(raw, name), f"variants.{name}")
    require_fit(built)
    return built


def network(raw: Mapping[str, Any], name: str) -> VariantConfig:
    """Variant `name` as far as `cut_network` hands it over: what says how it is trained is absent.

    Reading that raises `ConfigError` (`config.parts`).
    """
    return _part(VariantConfig, _resolved(raw, name), f"variants.{name}")


def _resolved(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    row = build(VariantRow, pick(raw, "variants", name), f"variants.{name}")
    training = merge(raw.get("training") or {}, row.training)
    if isinstance(start := training.get("start_from"), str):
        training["start_from"] = start.replace("{variant}", name)
    resolved = {
        "name": name,
        "seed": seed(raw) if row.seed is None else row.seed,
        "signal": raw.get("signal"),
        "training": training,
    }
    for kind, table in TABLES.items():
        chosen = getattr(row, kind)
        resolved[kind] = None if chosen is None else pick(raw, table, chosen)
    return resolved


def validate(raw: Mapping[str, Any]) -> Config:
    """Check the whole configuration and every variant; `ConfigError` names the first mistake."""
    rows = _rows(raw, "variants")
    config = build(Config, dict(raw) | {"variants": dict(rows) | inherited(rows)}, "")
    for name in variants(raw):
        variant(raw, name)
    return config


def section_at(raw: Mapping[str, Any], name: str) -> Any:
    value: Any = raw
    for key in name.split("."):
        if not isinstance(value, Mapping) or key not in value:
            raise ConfigError(f"the configuration has no section '{name}'")
        value = value[key]
    return value


def _table(raw: Mapping[str, Any], table: str) -> dict[str, Any]:
    """The rows of `table` that are not switched off, each variant's further seeds after it."""
    if table == "variants":
        return _with_seeds(raw, inherited(_rows(raw, table)))
    return {name: row for name, row in _rows(raw, table).items() if row is not None}


def _rows(raw: Mapping[str, Any], table: str) -> Mapping[str, Any]:
    """The rows of `table` as they stand; `ConfigError` where it is no table."""
    rows = raw.get(table) or {}
    if not isinstance(rows, Mapping):
        raise ConfigError(f"the section '{table}' must be a table of rows (got {rows!r})")
    return rows


def _with_seeds(raw: Mapping[str, Any], rows: Mapping[str, Any]) -> dict[str, Any]:
    spread = {}
    for name, row in rows.items():
        checked = build(VariantRow, row, f"variants.{name}")
        spread[name] = {key: value for key, value in row.items() if key != "seeds"}
        if checked.seeds > 1:
            first = seed(raw) if checked.seed is None else checked.seed
            for number in range(first + 1, first + checked.seeds):
                further = f"{name}-seed-{number}"
                if further in rows:
                    raise ConfigError(
                        f"variants.{name}.seeds makes a row '{further}', which there is already"
                    )
                spread[further] = spread[name] | {"seed": number}
    return spread


def pick(raw: Mapping[str, Any], table: str, name: str) -> Any:
    rows = _table(raw, table)
    if name not in rows:
        kind = next((part for part, named in TABLES.items() if named == table), "variant")
        raise ConfigError(
            f"unknown {kind} '{name}'{hint_of_kind(kind, name) or instead(name, rows)}"
        )
    return rows[name]


def build(model: type[Model], value: Any, where: str) -> Model:
    """`value`, found at `where`, as a section; `ConfigError` names the first mistake."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ConfigError(sentence(model, error, where)) from None


def _part(model: type[Part], value: Any, where: str) -> Part:
    """`build` of a section that may lack some of its keys."""
    if not isinstance(value, Mapping):
        return build(model, value, where)
    hide(built := build(part(model, value, where), value, where))
    return built
