"""Cut out of the configuration what concerns one rule, as inline JSON for its verb."""

import json
from collections.abc import Mapping
from typing import Any

from spiking_music.config.reading import TABLES, pick, section_at
from spiking_music.config.rows import merge

NETWORK: dict[
    str, dict[str, tuple[str, ...]]
] = {  # keys of a row that the network is built of, where these are not all of them
    "sparsity": {
        "storage-cost": ("kind",),
        "target-events": ("kind", "levels"),
        "entropy": ("kind",),
        "conditional-entropy": ("kind", "levels"),
    },
    "conditioning": {"step-size": ("kind", "levels", "doubling")},
    "decoder": {"gan": ("kind",)},
}


def cut(raw: Mapping[str, Any], *names: str) -> str:
    """The keys and sections `names` as inline JSON: exactly what a rule hands to its verb.

    A dotted name, such as evaluation.level, is a part of a section without its neighbours.
    """
    concerned: dict[str, Any] = {}
    for name in names:
        value = section_at(raw, name)
        for key in reversed(name.split(".")):
            value = {key: value}
        concerned = merge(concerned, value)
    return json.dumps(concerned, sort_keys=True)


def cut_variant(raw: Mapping[str, Any], name: str) -> str:
    """What training variant `name` depends on, and nothing else, as inline JSON.

    A key that the row sets itself is not handed over as it is for all variants.
    """
    row = pick(raw, "variants", name)
    concerned = _rows(raw, name) | {"training": _without(raw["training"], row.get("training", {}))}
    return json.dumps(concerned, sort_keys=True)


def cut_network(raw: Mapping[str, Any], name: str) -> str:
    """What the network of variant `name` is built of, without how it is trained, as inline JSON."""
    concerned = _rows(raw, name)
    row = {key: value for key, value in pick(raw, "variants", name).items() if key != "training"}
    for part_of, kept in NETWORK.items():
        table = TABLES[part_of]
        for chosen, value in concerned.get(table, {}).items():
            if kept.get(value["kind"]) is not None:
                few = {key: value[key] for key in kept[value["kind"]] if key in value}
                concerned[table] = {chosen: few}
    return json.dumps(concerned | {"variants": {name: row}}, sort_keys=True)


def _rows(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The row of variant `name` and those that it names, with signal and seed."""
    row = pick(raw, "variants", name)
    concerned: dict[str, Any] = {"signal": raw["signal"], "variants": {name: row}}
    if row.get("seed") is None:
        concerned["seed"] = raw["seed"]
    for part_of, table in TABLES.items():
        if row.get(part_of) is not None:
            concerned[table] = {row[part_of]: pick(raw, table, row[part_of])}
    return concerned


def _without(values: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """`values` without the keys that `other` has, mapping by mapping."""
    kept = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(other.get(key), Mapping):
            kept[key] = _without(value, other[key])
        elif key not in other:
            kept[key] = value
    return kept
