"""Rows of `variants` that take what they do not say themselves from another: `like: other-row`."""

from collections.abc import Mapping
from typing import Any

from spiking_music.config.messages import instead
from spiking_music.errors import ConfigError


def inherited(rows: Mapping[str, Any]) -> dict[str, Any]:
    """The rows that are not switched off (null), each with what it inherits, and no `like`.

    Mappings merge key by key; a key whose own value is null is as if nobody had set it. Raises
    `ConfigError` for a row that is like none, like itself in the end, or like one switched off.
    """
    return {name: _resolved(rows, name, ()) for name, row in rows.items() if row is not None}


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` overlaid with `over`: mappings merge key by key, all else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            value = merge(old, value)
        merged[key] = value
    return merged


def _resolved(rows: Mapping[str, Any], name: str, path: tuple[str, ...]) -> Any:
    row = rows[name]
    other = row.get("like") if isinstance(row, Mapping) else None
    if not isinstance(row, Mapping) or "like" not in row:
        return row
    if other is None:  # an overlay takes an earlier file's `like` back
        return {key: value for key, value in row.items() if key != "like"}
    if name in path:
        chain = " → ".join((*path[path.index(name) :], name))
        raise ConfigError(f"variants.{name}.like leads back to itself ({chain}): break the circle")
    if not isinstance(other, str) or rows.get(other) is None:
        what = (
            "is switched off"
            if str(other) in rows
            else f"there is not{instead(str(other), rows.keys() - {name})}"
        )
        raise ConfigError(f"variants.{name} is like '{other}', a row that {what}")
    own = {key: value for key, value in row.items() if key != "like"}
    merged = merge(_resolved(rows, other, (*path, name)), own)
    return {key: value for key, value in merged.items() if value is not None}
