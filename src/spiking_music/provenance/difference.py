"""By how much two files differ: tables, tensors, arrays and numbers of JSON, else their bytes."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from spiking_music.hdf5 import opened

NAMED = 3  # parts, before the others are counted
BLOCK = 2**20  # numbers that are compared at once

Parts = Mapping[str, Any]  # anything that slices as an array does, with a shape


class _Part(NamedTuple):
    """How a column, a tensor or an array differs."""

    name: str
    largest: float  # absolute difference; NaN: not comparable as numbers
    scale: float  # largest absolute value of the first file

    def __str__(self) -> str:
        if np.isnan(self.largest):
            return self.name
        share = f" ({100 * self.largest / self.scale:.2g} %)" if self.scale else ""
        return f"{self.name} by up to {self.largest:.2g}{share}"


def difference(a: Path, b: Path) -> str:
    """What differs between two files of one kind, whose bytes do, as part of a sentence.

    Percentages are of the largest absolute value in `a`. Where all numbers are equal, or a file is
    damaged or of no known kind, the sizes are told.
    """
    kind = next((each for each in READERS if a.name.endswith(each)), None)
    told = ""
    if kind is not None:
        try:
            told = _told(a, b, READERS[kind])
        except (
            ValueError,
            KeyError,
            OSError,
            TypeError,
            EOFError,
            SafetensorError,
        ):  # damaged, or not what its name says
            told = ""
    return told or f"other bytes ({a.stat().st_size} and {b.stat().st_size})"


def _told(a: Path, b: Path, reader: Callable[[Path, Path], Iterator[_Part | str]]) -> str:
    found = list(reader(a, b))
    words = [each for each in found if isinstance(each, str)]
    parts = [each for each in found if isinstance(each, _Part)]
    parts.sort(key=lambda part: -part.largest / part.scale if part.scale else 0.0)
    words += [str(part) for part in parts[:NAMED]]
    if len(parts) > NAMED:
        words.append(f"{len(parts) - NAMED} further parts by less")
    return ", ".join(words)


def _between(a: Parts, b: Parts) -> Iterator[_Part | str]:
    """Parts that only one has, and all that both have and that differ."""
    for one, other, name in ((a, b, "first"), (b, a, "second")):
        if alone := [key for key in one if key not in other]:
            few = ", ".join(alone[:NAMED]) + (", …" if len(alone) > NAMED else "")
            yield f"only the {name} has {few}"
    for key in a:
        if key in b:
            yield from _part(key, a[key], b[key])


def _part(name: str, a: Any, b: Any) -> Iterator[_Part | str]:
    if a.shape != b.shape:
        yield f"{name} has shape {[*a.shape]} and {[*b.shape]}"
        return
    largest, scale, other = 0.0, 0.0, False
    rows = max(1, BLOCK // max(1, int(np.prod(a.shape[1:])))) if a.shape else 1
    for start in range(0, len(a) if a.shape else 1, rows):
        x, y = ((each[start : start + rows] if a.shape else each[()]) for each in (a, b))
        x, y = np.asarray(x), np.asarray(y)
        if not (_numeric(x) and _numeric(y)):
            other = other or bool((x != y).any())
            continue
        x, y = x.astype(np.float64), y.astype(np.float64)
        same = (x == y) | (np.isnan(x) & np.isnan(y))
        one_nan = np.isnan(x) != np.isnan(y)
        gap = np.where(same | one_nan, 0.0, np.abs(np.nan_to_num(x) - np.nan_to_num(y)))
        other = other or bool(one_nan.any())
        largest = max(largest, float(gap.max(initial=0.0)))
        scale = max(scale, float(np.abs(np.nan_to_num(x)).max(initial=0.0)))
    if largest:
        yield _Part(name, largest, scale)
    elif other:
        yield _Part(name, float("nan"), 0.0)


def _numeric(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "biuf"


def _tables(a: Path, b: Path) -> Iterator[_Part | str]:
    one, other = (pd.read_csv(path) for path in (a, b))
    if len(one) != len(other):
        yield f"{len(one)} and {len(other)} rows"
        return
    yield from _between(
        *(
            {str(name): column.to_numpy() for name, column in table.items()}
            for table in (one, other)
        )
    )


def _tensors(a: Path, b: Path) -> Iterator[_Part | str]:
    with safe_open(a, "numpy") as one, safe_open(b, "numpy") as other:
        yield from _between(_Lazy(one), _Lazy(other))


class _Lazy(Mapping[str, Any]):
    """The tensors of a file, each read when it is asked for."""

    def __init__(self, file: Any) -> None:
        self._file, self._names = file, sorted(file.keys())

    def __getitem__(self, name: str) -> Any:
        return self._file.get_tensor(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


def _hdf5(a: Path, b: Path) -> Iterator[_Part | str]:
    with opened(a) as one, opened(b) as other:
        yield from _between(_datasets(one), _datasets(other))


def _datasets(file: Any) -> dict[str, h5py.Dataset]:
    found: dict[str, h5py.Dataset] = {}

    def keep(name: str, each: Any) -> None:
        if isinstance(each, h5py.Dataset):
            found[name] = each

    file.visititems(keep)
    return found


def _arrays(a: Path, b: Path) -> Iterator[_Part | str]:
    with np.load(a) as one, np.load(b) as other:
        yield from _between(
            {name: one[name] for name in one}, {name: other[name] for name in other}
        )


def _json(a: Path, b: Path) -> Iterator[_Part | str]:
    one, other = (json.loads(path.read_text(encoding="utf-8")) for path in (a, b))
    yield from _between(
        *(
            {
                name: np.asarray(float("nan") if each is None else each)
                for name, each in leaves(value, lists=True)
            }
            for value in (one, other)
        )
    )


def leaves(value: Any, name: str = "", lists: bool = False) -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of all that holds nothing further; lists: numbered, not whole."""
    if isinstance(value, dict) and value:
        inner = list(value.items())
    elif lists and isinstance(value, list):
        inner = list(enumerate(value))
    else:
        yield name, value
        return
    for key, each in inner:
        yield from leaves(each, f"{name}.{key}" if name else str(key), lists)


READERS: dict[str, Callable[[Path, Path], Iterator[_Part | str]]] = {
    ".csv": _tables,
    ".safetensors": _tensors,
    ".h5": _hdf5,
    ".npz": _arrays,
    ".json": _json,
}
