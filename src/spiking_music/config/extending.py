"""A configuration with a further row, made of what weights say of their variant."""

from collections.abc import Mapping
from typing import Any

from spiking_music.config.reading import TABLES
from spiking_music.config.rows import merge


def with_variant(raw: Mapping[str, Any], name: str, resolved: Mapping[str, Any]) -> dict[str, Any]:
    """`raw` with a further row `name`, which is the variant `resolved` in all but name.

    resolved: what `VariantConfig` dumps, as weights carry it. Its parts become rows of that name.
    """
    parts = {part: resolved[part] for part in TABLES if resolved.get(part) is not None}
    added: dict[str, Any] = {TABLES[part]: {name: value} for part, value in parts.items()}
    own = {key: resolved[key] for key in ("seed", "training")}
    row = dict.fromkeys(parts, name) | own
    return merge(raw, added | {"variants": {name: row}})
