"""Parts of the rules' commands, as functions that Snakemake calls for each job."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from shlex import quote
from typing import Any


def options(*names: str) -> Callable[[Any, Mapping[str, Any]], str]:
    """`--name file` for each file of the inputs `names`, for verbs that take several lists."""

    def of_input(wildcards: Any, input: Mapping[str, Any]) -> str:
        return " ".join(named(name, *_files(input[name])) for name in names if _files(input[name]))

    return of_input


def named(option: str, *values: object) -> str:
    """`--option value` for each of the values, quoted for the shell."""
    return " ".join(f"--{option} {quote(str(value))}" for value in values)


def out_folder(wildcards: Any, output: list[str]) -> str:
    """Where a rule that fills a folder writes."""
    return str(Path(output[0]).parent)


def out_prefix(wildcards: Any, output: list[str]) -> str:
    """The path of a figure without its ending."""
    return output[0].removesuffix(".png")


def per_attempt(first: int) -> Callable[[Any, int], int]:
    """A resource that each further attempt gets more of: twice, then three times the first."""
    return lambda wildcards, attempt: first * min(attempt, 3)


def wildcards_in(*patterns: str) -> list[str]:
    """The names of the wildcards of patterns such as `codes/{variant}/{split}.h5`, in order."""
    return list(dict.fromkeys(re.findall(r"{(\w+)", " ".join(patterns))))


def _files(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
