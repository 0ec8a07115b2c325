"""Tables of an entropy coder: whole numbers only, shipped with the model as safetensors."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from spiking_music.codec import bits
from spiking_music.codec.entropy.adaptive import CLASSES, CONTEXTS, AdaptiveTables
from spiking_music.config.legacy import current_table
from spiking_music.errors import CodeError
from spiking_music.files import atomic
from spiking_music.models.event_tables import GROUP, PARENTS, TAPS, LearnedTables, check
from spiking_music.rangecoder.binary_code import EventDecoder
from spiking_music.rangecoder.static import Decoded, Events, Frequencies, Predicted

KEY, VERSION = "entropy", 1  # one key, as safetensors writes several in any order
MOST_ROWS, LARGEST_CODEBOOK = 4096, 65536
Labels = NDArray[np.uint16]


class BinaryModel(Protocol):
    """A method for binary matrices."""

    def predict(self, z: Events) -> Predicted | None:
        """Symbols of z (N, T) and their k in coding order; None where it cannot code them."""

    def decode(self, decoder: EventDecoder, steps: int) -> Decoded:
        """The inverse."""

    def operations(self, z: Events) -> int:
        """Multiply-accumulates that predicting z (N, T), which it can code, takes."""


class ModelState(Protocol):
    """A method between two pieces of a matrix; it stays as it is when it codes the next."""

    def predict(self, z: Events) -> "tuple[Predicted, ModelState] | None":
        """As of `BinaryModel`, and the state after the piece."""

    def decode(self, decoder: EventDecoder, steps: int) -> "tuple[Decoded, ModelState]":
        """The inverse."""


class ContinuedModel(BinaryModel, Protocol):
    """A method for binary matrices that may come in pieces of some steps."""

    def start(self) -> ModelState:
        """The state before the first piece."""


class ModelTables(Protocol):
    """Tables of a method from another room, which alone knows what they hold."""

    def check(self) -> int:
        """How many rows of codes they are for; `CodeError` where they cannot be used."""

    def arrays(self) -> dict[str, NDArray]:
        """All of them by name."""

    def model(self) -> ContinuedModel:
        """The method that works with them."""


@dataclass(frozen=True)
class EntropyTables:
    """What the methods of one model's codes need.

    kind, rows (N or Q), codebook_size (K; 1 for binary): the codes' own.
    static: k (N,) of events, or weights (Q, K) of indices, 1..65535.
    adaptive: of binary codes, else None.
    learned: of events, or of the bits of RVQ's labels (Q·⌈log2 K⌉ rows); None if there is none.
    labels: (Q, K), the name of every index in bits, none twice in a codebook; None for binary.
    context_mixing: of quantised MDCT bins, whose layout it holds; None of all other codes.

    Raises `CodeError` where a table has another shape or type, or values that cannot be used.
    """

    kind: Literal["binary", "rvq"]
    rows: int
    codebook_size: int
    static: Frequencies
    adaptive: AdaptiveTables | None
    learned: LearnedTables | None
    labels: Labels | None
    context_mixing: ModelTables | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("binary", "rvq") or not 1 <= self.rows <= MOST_ROWS:
            raise _unusable(f"{self.rows} rows of {self.kind} codes")
        if not (1 if self.kind == "binary" else 2) <= self.codebook_size <= LARGEST_CODEBOOK:
            raise _unusable(f"a codebook of {self.codebook_size}")
        rvq = (self.rows, self.codebook_size)
        _require(self.static, (self.rows,) if self.kind == "binary" else rvq, np.uint16, least=1)
        if self.adaptive is not None:
            _require(self.adaptive.k, (self.rows, CONTEXTS), np.uint16, least=1)
            _require(self.adaptive.thresholds, (CLASSES - 1,), np.int32)
        if self.learned is not None:
            n = self.rows * (self.width if self.kind == "rvq" else 1)
            shapes = ((2, n), (n, min(n, PARENTS), TAPS), (n, 2, GROUP))
            for table, shape in zip(self.learned, shapes, strict=True):
                _require(table, shape, np.int16)
            check(self.learned)
        if self.labels is not None:
            _require(self.labels, rvq, np.uint16)
            ordered = np.sort(self.labels.astype(np.int64), axis=1)
            if (np.diff(ordered, axis=1) == 0).any() or ordered.max() >> self.width:
                raise _unusable("labels that do not tell indices apart")
        if (self.labels is None) == (self.kind == "rvq" and self.learned is not None):
            raise _unusable(f"{self.kind} codes with labels out of place")
        if self.context_mixing is not None:
            rows = self.context_mixing.check()
            if self.kind != "binary" or rows != self.rows:
                raise _unusable(f"a model of {rows} rows where {self.rows} rows of codes belong")

    @property
    def width(self) -> int:
        """⌈log2 K⌉, bits of an index."""
        return int(bits.width(self.codebook_size))


def save_tables(tables: EntropyTables, path: Path | str) -> None:
    """Write `tables` to `path`; equal tables are equal bytes."""
    arrays: dict[str, NDArray] = {"static": tables.static}
    if tables.adaptive is not None:
        arrays |= _prefixed("adaptive", tables.adaptive._asdict())
    if tables.learned is not None:
        arrays |= _prefixed("learned", tables.learned._asdict())
    if tables.labels is not None:
        arrays["labels"] = tables.labels
    if tables.context_mixing is not None:
        arrays |= _prefixed("context_mixing", tables.context_mixing.arrays())
    about = {"version": VERSION, "kind": tables.kind, "codebook_size": tables.codebook_size}
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with atomic(path) as temporary:
        temporary.write_bytes(save(contiguous, metadata={KEY: json.dumps(about, sort_keys=True)}))


def load_tables(path: Path | str) -> EntropyTables:
    """The tables at `path`; `CodeError` where they are missing, damaged or of another program."""
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {}).get(KEY, "{}"))
            arrays = {current_table(name): file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise CodeError(f"no entropy tables at '{path}': make them by `train entropy`") from None
    except OSError as error:
        raise CodeError(f"'{path}' cannot be read ({error}): see to the disk it is on") from None
    except (SafetensorError, ValueError, TypeError) as error:
        raise CodeError(f"'{path}' is damaged or no safetensors file ({error})") from None
    if not isinstance(about, dict) or about.get("version") != VERSION:
        raise CodeError(f"'{path}' holds no entropy tables of this version: repeat `train entropy`")
    try:
        return EntropyTables(
            kind=about["kind"],
            rows=len(arrays["static"]),
            codebook_size=int(about["codebook_size"]),
            static=arrays["static"],
            adaptive=_group(arrays, AdaptiveTables, "adaptive"),
            learned=_group(arrays, LearnedTables, "learned"),
            labels=arrays.get("labels"),
            context_mixing=_context_mixing(arrays),
        )
    except (KeyError, ValueError, TypeError):
        raise CodeError(f"'{path}' lacks a table: repeat `train entropy`") from None


def _prefixed(prefix: str, arrays: dict[str, NDArray]) -> dict[str, NDArray]:
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def _group(arrays, kind, prefix):  # type: ignore[no-untyped-def]
    """The named tuple of the arrays `prefix`.<field>; None where there are none."""
    if not any(name.startswith(f"{prefix}.") for name in arrays):
        return None
    return kind(*(arrays[f"{prefix}.{field}"] for field in kind._fields))


def _context_mixing(arrays: dict[str, NDArray]) -> ModelTables | None:
    prefix = "context_mixing."
    found = {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}
    if not found:
        return None
    from spiking_music.mdct.context_mixing import ContextMixingTables  # a room that builds on this

    return ContextMixingTables.of(found)


def _require(table: NDArray, shape: tuple[int, ...], dtype: type, least: int | None = None) -> None:
    if table.shape != shape or table.dtype != dtype:
        raise _unusable(f"a table {table.shape} of {table.dtype} where {shape} belongs")
    if least is not None and table.min() < least:
        raise _unusable("a probability of zero")


def _unusable(what: str) -> CodeError:
    return CodeError(f"entropy tables cannot be used, as they have {what}: fit them again")
