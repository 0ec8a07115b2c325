"""Sections of which only some keys are given: the others cannot be read.

A rule of the workflow hands a verb just the keys that it reads. A default in the place of an absent
key would be a value that nobody chose and no rerun notices; reading one raises `ConfigError`.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import create_model, model_validator

from spiking_music.config.messages import leaves
from spiking_music.config.sections import Section

Part = TypeVar("Part", bound=Section)


def part(model: type[Part], given: Mapping[str, Any], where: str) -> type[Part]:
    """`model` with just the keys of `given`, which are checked as ever; nested sections likewise.

    The result is a subclass, or `model` itself where nothing is left out. Checks between keys are
    made only of sections that are whole. Rows of a `kind` keep their defaults. `where` is the
    section's place in the configuration. Of what was built, `hide` takes the absent keys away.
    """
    strict = "kind" not in model.model_fields
    fields: dict[str, Any] = {}
    absent = set()
    for name, field in model.model_fields.items():
        if name not in given:
            if strict or field.is_required():
                fields[name] = (Any, None)
                absent.add(name)
        elif nested := _section(field.annotation, given[name]):
            partial = part(nested, given[name], f"{where}.{name}")
            if partial is not nested:
                fields[name] = (partial, ...)
    if not fields:
        return model
    checks = model.__pydantic_decorators__.model_validators if absent else ()
    unchecked: Any = {name: model_validator(mode="after")(lambda self: self) for name in checks}
    result = create_model(model.__name__, __base__=model, __validators__=unchecked, **fields)
    result.place, result.absent = where, frozenset(absent)
    return result


def hide(section: Section) -> None:
    """Take away what stands in for keys that were not given, here and in nested sections."""
    for name in section.absent:
        del section.__dict__[name]
    for value in section.__dict__.values():
        if isinstance(value, Section):
            hide(value)


def _section(annotation: Any, given: Any) -> type[Section] | None:
    """The class of a nested section; of several that `kind` tells apart, the one that is meant."""
    if not isinstance(given, Mapping):
        return None
    classes = [
        each for each in leaves(annotation) if isinstance(each, type) and issubclass(each, Section)
    ]
    if "kind" not in given:
        return classes[0] if classes else None
    return next((each for each in classes if given["kind"] in _kinds(each)), None)


def _kinds(model: type[Section]) -> tuple[Any, ...]:
    return get_args(model.model_fields["kind"].annotation) if "kind" in model.model_fields else ()
