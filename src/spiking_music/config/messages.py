"""pydantic's complaints as one sentence that names the key and, where there is one, the remedy."""

import difflib
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from spiking_music.config.legacy import hint, hint_of_kind

TAGGED = (
    "backbone",
    "bottleneck",
    "context",
    "conditioning",
    "sparsity",
    "decoder",
    "external",
)  # unions, told apart by `kind`
TAGGED_TABLES = (
    *("backbones", "bottlenecks", "contexts", "conditionings", "sparsities", "decoders"),
    "external",
)


def instead(name: str, known: Iterable[str]) -> str:
    """What a misspelt name may have meant, as the end of a sentence."""
    known = sorted(known)
    if not known:
        return ""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(known)}"


def sentence(model: type[BaseModel], error: ValidationError, where: str) -> str:
    """The first complaint as one sentence with the full path of the key."""
    first = error.errors()[0]
    path = _path(first["loc"])
    key = ".".join(([where] if where else []) + path)
    if first["type"] in ("union_tag_invalid", "literal_error") and (old := _old_kind(path, first)):
        return f"'{key.removesuffix('.kind')}' has the kind {old}"
    if first["type"] in ("union_tag_not_found", "missing") and len(path) > 1:
        became = hint_of_kind(_part(path), path[1])
        if became and (path[2:] or ["kind"]) == ["kind"]:
            return f"'{path[0]}' names a row that is no more: row '{path[1]}'" + became.replace(
                "; it is now", " is now"
            )
    if first["type"] == "extra_forbidden":
        loc = [str(part) for part in first["loc"]]
        kind = next((part for part in loc[:-1] if hint(_part(path), part, path[-1])), None)
        if kind:
            return f"unknown configuration key '{key}'{hint(_part(path), kind, path[-1])}"
        others = set(_fields(model, path[:-1])) - {path[-1]}  # another kind may have it
        return f"unknown configuration key '{key}'{instead(path[-1], others)}"
    if first["type"] == "union_tag_not_found":
        return f"configuration key '{key}.kind' is missing"
    if first["type"] == "missing":
        return f"configuration key '{key}' is missing"
    complaint = first["msg"].removeprefix("Value error, ")
    given = "" if isinstance(first["input"], dict) else f" (got {first['input']!r})"
    subject = f"configuration value '{key}'" if key else "the configuration"  # as a whole
    return f"{subject}: {complaint}{given}"


def _part(path: list[str]) -> str:
    """The part of a variant that a path of keys is about."""
    names = dict(zip(TAGGED_TABLES, TAGGED, strict=True))
    return names.get(path[0], path[0]) if path else ""


def _old_kind(path: list[str], error: Any) -> str:
    """The kind that a section had before it was renamed, and its new name; "" for another."""
    given = error["input"]
    kind = given.get("kind") if isinstance(given, dict) else given
    became = hint_of_kind(_part(path), str(kind))
    return f"'{kind}'{became}" if became else ""


def _path(location: tuple[int | str, ...]) -> list[str]:
    """pydantic's location without what is no key of the file: the tag of a union, a class name."""
    names = [str(part) for part in location]
    tag = 2 if names and names[0] in TAGGED_TABLES else 1
    if names and names[0] in TAGGED + TAGGED_TABLES and len(names) > tag:
        del names[tag]
    return [name for name in names if name != "VariantRow"]


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
            members = [leaf for annotation in annotations for leaf in leaves(annotation)]
    return [name for member in members for name in getattr(member, "model_fields", {})]


def leaves(annotation: Any) -> list[Any]:
    """The classes inside an annotation such as `dict[str, Annotated[A | B, …]]`."""
    parts = get_args(annotation)
    return [leaf for part in parts for leaf in leaves(part)] if parts else [annotation]
