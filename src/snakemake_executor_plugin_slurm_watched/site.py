"""What differs from cluster to cluster: slurm/site.yaml, checked before any reaches sbatch."""

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from snakemake_executor_plugin_slurm.validation import get_forbidden_slurm_options

from snakemake_executor_plugin_slurm_watched.times import minutes

VARIABLE = "SPIKING_MUSIC_SITE"  # names another file
USUAL = Path("slurm", "site.yaml")


class SiteError(ValueError):
    """One sentence about a site file that cannot be used."""


def _name(value: Any) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (isinstance(value, str) and value.strip()):
        raise ValueError("must be a name; write one, or take the line out")
    return str(value).strip()


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("must be a whole number above 0")
    return value


def _minutes(value: Any) -> int:
    limit = None if isinstance(value, bool | float) else minutes(str(value))
    if not limit:
        raise ValueError("must be minutes, or a time as sbatch takes it, such as 2-00:00:00")
    return limit


def _options(value: Any) -> str:
    """Of sbatch, without those that the workflow sets itself."""
    try:
        words = " ".join(shlex.split(value if isinstance(value, str) else "'"))
    except ValueError:
        raise ValueError("must be options of sbatch in one line of text") from None
    if re.search(r"--signal\b", words):
        raise ValueError("must not set --signal, by which training learns of its time limit")
    for pattern, what in get_forbidden_slurm_options().items():
        if re.search(pattern, f"{words} "):
            raise ValueError(f"must not set the {what}, which the workflow sets itself")
    return str(value).strip()


Name = Annotated[str, BeforeValidator(_name)]
Count = Annotated[int, BeforeValidator(_count)]
Minutes = Annotated[int, BeforeValidator(_minutes)]
Options = Annotated[str, BeforeValidator(_options)]


class Table(BaseModel):
    """Base of both: unknown keys are errors. "" and 0 stand for what is not given."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Gpu(Table):
    """How GPUs are asked for."""

    type: Name = ""  # as the cluster calls it, such as a100
    request: Literal["gpus", "gpus-per-node", "gres"] = "gpus"  # the option of sbatch


class Site(Table):
    """The keys of slurm/site.yaml; docs/cluster.md says what each does."""

    account: Name = ""
    partition: Name = ""
    gpu_partition: Name = ""  # without: `partition`
    qos: Name = ""
    gpu_qos: Name = ""  # without: `qos`
    constraint: Name = ""
    cores: Count = 0  # without: what sinfo says
    gpu: Gpu = Gpu()
    time_limits: dict[Name, Minutes] = Field(default_factory=dict)  # of partitions
    memory: Literal["job", "core", "none"] = "job"  # whose memory is asked for
    extra: Options = ""
    modules: list[Name] = Field(default_factory=list)
    prologue: Name = ""  # lines of sh
    scratch: Name = ""  # folder on a node; variables are those of the job


def site() -> Site:
    """The settings of this cluster, for the profile; ends Snakemake with a sentence if wrong."""
    named = os.environ.get(VARIABLE)
    path = Path(named or USUAL)
    if not named and not path.exists():
        return Site()
    try:
        return read(path)
    except SiteError as error:
        sys.exit(f"error: {error}")


def read(path: Path) -> Site:
    """The checked file; `SiteError` for an unknown key or a wrong value."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SiteError(f"the site file '{path}' cannot be read ({reason})") from None
    except yaml.YAMLError as error:
        raise SiteError(f"'{path}' is not valid YAML ({' '.join(str(error).split())})") from None
    if told is not None and not isinstance(told, dict):
        raise SiteError(f"'{path}' must hold keys and values: see slurm/site.example.yaml")
    try:
        return Site.model_validate({str(key): value for key, value in (told or {}).items()})
    except ValidationError as error:
        raise SiteError(_sentence(error, path)) from None


def _sentence(error: ValidationError, path: Path) -> str:
    """pydantic's first complaint."""
    first = error.errors()[0]
    keys = [str(key) for key in first["loc"] if key != "[key]"]
    if first["type"] == "extra_forbidden":
        from spiking_music.config.messages import instead  # here: Snakemake loads all plugins

        model = Gpu if keys[:-1] == ["gpu"] else Site
        return f"unknown key '{'.'.join(keys)}' in '{path}'{instead(keys[-1], model.model_fields)}"
    complaint = first["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    complaint, _, remedy = complaint.partition(";")
    given = f"(got {first['input']!r})" + (f":{remedy}" if remedy else "")
    return f"'{'.'.join(keys)}' in '{path}' {complaint} {given}"
