"""Every key of the configuration reaches the rules that keys.yaml lists, and no other.

That the verbs read just these keys is held in test_reading.py.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from spiking_music.config import merge, read, variants
from spiking_music.config.reading import TABLES
from tests.conftest import DEFAULTS
from tests.workflow.reach import Reach, leaves

TABLE = yaml.safe_load((Path(__file__).parent / "keys.yaml").read_text())
COPY = "-copy"


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reach]:
    folder = tmp_path_factory.mktemp("reach")
    (folder / "ratings").mkdir()
    (folder / "ratings" / "1.csv").touch()
    for name in variants(read(DEFAULTS)):  # for models_from
        lent = folder / "results" / "other" / "models" / name
        lent.mkdir(parents=True)
        (lent / "weights.safetensors").touch()
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Reach(monkeypatch, folder)


@pytest.mark.parametrize("case", TABLE["cases"])
def test_a_key_reaches_the_listed_rules(reach: Reach, case: str) -> None:
    described = TABLE["cases"][case]
    base = merge(_copies(reach.defaults), described["overlay"])
    whole = merge(reach.defaults, base)
    before = reach.rules(base)
    others = TABLE["others"] | described.get("others", {})
    found = {}
    for path in leaves(reach.defaults):
        if path[0] in described["sections"]:
            changed = merge(base, _change(whole, path, others))
            found[".".join(path)] = reach.reached(before, changed)
    expected = {key: _listed(described["reach"], key, every=set(before)) for key in found}
    wrong = {
        key: {"reaches, not listed": rules - expected[key], "listed only": expected[key] - rules}
        for key, rules in found.items()
        if rules != expected[key]
    }
    assert not wrong
    unused = set(described["reach"]) - {_entry(described["reach"], key) for key in found}
    assert not unused, "entries that no key of config.yaml has"


def test_every_section_is_held_against_the_rules(reach: Reach) -> None:
    held = {section for case in TABLE["cases"].values() for section in case["sections"]}
    assert held == set(reach.defaults)


def _copies(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Each row of a table twice, so that a variant may name another one that is alike."""
    return {
        table: {f"{name}{COPY}": row for name, row in defaults[table].items()}
        for table in TABLES.values()
    }


def _change(
    values: Mapping[str, Any], path: tuple[str, ...], others: Mapping[str, Any]
) -> dict[str, Any]:
    """An overlay in which the value at `path` is another one."""
    value: Any = values
    for key in path:
        value = value[key]
    changed: Any = {path[-1]: _other(".".join(path), value, others)}
    if isinstance(changed[path[-1]], Mapping):  # neighbours that have to change with it
        changed = changed[path[-1]]
    for key in reversed(path[:-1]):
        changed = {key: changed}
    return changed


def _other(key: str, value: Any, others: Mapping[str, Any]) -> Any:
    if key in others:
        return others[key]
    if key.startswith("variants.") and key.rpartition(".")[2] in TABLES:
        return f"{value}{COPY}"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + (2 if key.endswith(".kernel") else 1)  # which is odd
    if isinstance(value, float):
        return 0.9 * value + 0.011  # another value: 0.1 is one of those that 0.01 would leave
    assert isinstance(value, list) and len(value) > 1, f"name another value of {key} in keys.yaml"
    return value[:-1]


def _listed(reach: Mapping[str, Any], key: str, every: set[str]) -> set[str]:
    entry = _entry(reach, key)
    assert entry, f"list in keys.yaml what {key} reaches"
    return every if reach[entry] == "all" else set(reach[entry])


def _entry(reach: Mapping[str, Any], key: str) -> str:
    """The longest entry that is `key` or a section around it, where * is any row; "" if none."""
    while key:
        for entry in (key, re.sub(r"^(\w+)\.[^.]+", r"\1.*", key)):
            if entry in reach:
                return entry
        key = key.rpartition(".")[0]
    return ""
