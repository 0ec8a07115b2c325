"""Which rules a key of the configuration reaches: the rules as Snakemake reads them, no job run."""

import inspect
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from snakemake.api import SnakemakeApi  # before the others, which import it in a circle

from snakemake import workflow  # isort: skip
from snakemake.iocontainers import Wildcards
from snakemake.rules import Rule
from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings

from spiking_music.config import merge, read
from spiking_music.data import index
from tests.conftest import DEFAULTS, ROOT

Fingerprints = dict[str, frozenset[str]]
SAMPLES = {  # of wildcards, but for those that the rule itself constrains
    "split": ["train", "test"],
    "shard": ["0"],
    "anchor": ["anchor"],
    "label": ["period"],
    "ticks": ["100"],
    "judges": ["objective"],
    "file": ["weights.safetensors"],
}


class Reach:
    """Reads the rules under one configuration after another; what does not change is read once."""

    def __init__(self, monkeypatch: Any, folder: Path) -> None:
        self.folder = folder
        self.defaults = read(DEFAULTS)
        parsed: dict[str, Any] = {}
        parse = workflow.parse

        def once(path: Any, *others: Any, **named: Any) -> Any:
            name = path.get_path_or_uri(secret_free=True)
            if name not in parsed:
                parsed[name] = parse(path, *others, **named)
            return parsed[name]

        monkeypatch.setattr(workflow, "parse", once)
        monkeypatch.setattr(index, "check_table", lambda config: None)  # of no data set at hand

    def rules(self, overlay: Mapping[str, Any]) -> Fingerprints:
        """Rule → all that Snakemake compares to decide whether its jobs run again."""
        (self.folder / "config.yaml").write_text("{}")
        settings = ConfigSettings(config=merge(self.defaults, overlay))
        with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
            read_rules = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=settings,
                snakefile=ROOT / "Snakefile",
                workdir=self.folder,
            )._workflow
            plan = read_rules.globals["plan"]
            samples = SAMPLES | {"variant": plan.variants, "external": list(plan.external)}
            rules = [each for each in read_rules.rules if each.shellcmd]
            found = {rule.name: frozenset(_facts(rule, samples)) for rule in rules}
            return {name: facts for name, facts in found.items() if facts}

    def reached(self, before: Fingerprints, overlay: Mapping[str, Any]) -> set[str]:
        """Rules that differ from `before` under `overlay`."""
        after = self.rules(overlay)
        return {name for name in before | after if before.get(name) != after.get(name)}


def leaves(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all values of the configuration, but of the names of kinds."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, key))
        elif key != "kind":
            yield (*path, key)


def _facts(rule: Rule, samples: Mapping[str, list[str]]) -> Iterator[str]:
    names = sorted(rule.wildcard_names)
    for values in product(*(_values(rule, name, samples[name]) for name in names)):
        wildcards = Wildcards(fromdict=dict(zip(names, values, strict=True)))
        files = [_file(each, wildcards) for each in rule.input]
        given = dict.fromkeys(rule.input._names, files) | {"input": files}
        inputs = _Inputs(files, given)
        output = [each.apply_wildcards(wildcards) for each in rule.output]
        known = {"wildcards": wildcards, "input": inputs, "output": output, "threads": 1}
        yield f"{values} input {files}"
        yield f"{values} output {output}"
        for name, value in rule.params.items():
            yield f"{values} {name} {_called(value, known)}"


class _Inputs(list[Any]):
    """Input files; each named group stands for all of them, which is as good to be compared."""

    def __init__(self, files: list[Any], named: Mapping[str, Any]) -> None:
        super().__init__(files)
        self._named = named

    def __getitem__(self, key: Any) -> Any:
        return [str(file) for file in self] if isinstance(key, str) else super().__getitem__(key)


def _values(rule: Rule, name: str, samples: list[str]) -> list[str]:
    if name != "variant":
        return samples
    allowed = rule.wildcard_constraints.get(name)
    return [each for each in samples if allowed is None or each in allowed.split("|")]


def _file(item: Any, wildcards: Wildcards) -> Any:
    called = getattr(item, "_file", item)
    return called(wildcards) if callable(called) else item.apply_wildcards(wildcards)


def _called(value: Any, known: Mapping[str, Any]) -> Any:
    if not callable(value):
        return value
    asked = list(inspect.signature(value).parameters)
    return value(*(known[name] for name in asked))
