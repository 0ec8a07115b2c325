"""Blocks of codes ↔ payloads: the cheapest of the methods, named by the first byte.

| byte | method | codes |
|---|---|---|
| 0 | raw: every entry in 1 bit, or ⌈log2 K⌉ bits, row by row, most significant first | both |
| 1 | static: shipped probabilities of each row | both |
| 2 | adaptive: contexts that learn within the block | binary |
| 3 | learned: a shipped logistic model of the events, or of the bits of indices | both |
| 4 | context mixing: a shipped network, of what lies around a bin | quantised MDCT bins |
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spiking_music.codec import bits
from spiking_music.codec.entropy.adaptive import Adaptive
from spiking_music.codec.entropy.binarisation import Binarisation
from spiking_music.codec.entropy.chain import CodeChain, require_length
from spiking_music.codec.entropy.learned import Learned
from spiking_music.codec.entropy.tables import BinaryModel, ContinuedModel, EntropyTables
from spiking_music.errors import CodeError
from spiking_music.rangecoder.binary_code import EventDecoder, encode_events
from spiking_music.rangecoder.probabilities import bits_of
from spiking_music.rangecoder.range_code import categorical, decode_rows, encode_rows
from spiking_music.rangecoder.static import Predicted, Static

RAW, STATIC, ADAPTIVE, LEARNED, CONTEXT_MIXING = range(5)
METHODS = ("raw", "static", "adaptive", "learned", "context-mixing")
TAG_BITS = 8
MOST_STEPS = 65535
Codes = NDArray[np.uint8 | np.int64]


class EntropyCoder:
    """Codes and decodes the blocks of one model; see `make_coder`."""

    def __init__(self, tables: EntropyTables) -> None:
        self.tables = tables
        self._binarisation: Binarisation | None = None
        if tables.labels is not None:
            self._binarisation = Binarisation(tables.labels, tables.width)
        self._models: dict[int, BinaryModel] = {}  # of binary matrices, by their byte
        if tables.learned is not None:
            self._models[LEARNED] = Learned(tables.learned)
        self._continued: ContinuedModel | None = None
        if tables.context_mixing is not None:
            self._continued = self._models[CONTEXT_MIXING] = tables.context_mixing.model()
        if tables.kind == "binary":
            self._models[STATIC] = Static(tables.static)
            if tables.adaptive is not None:
                self._models[ADAPTIVE] = Adaptive(tables.adaptive)
        else:
            self._columns = [categorical(row) for row in tables.static]
            weights = tables.static.astype(np.float64)
            self._column_bits = -np.log2(weights / weights.sum(axis=1, keepdims=True))

    def encode(self, codes: ArrayLike) -> bytes:
        """Codes (rows, T) of 1 ≤ T ≤ 65535 → payload, never larger than 1 byte and the raw codes.

        Raises `CodeError` where the shape or a value does not fit the tables.
        """
        codes = self._checked(codes)
        estimates = self._estimates(codes)
        method = min(estimates, key=lambda name: estimates[name][0])
        payload = b""
        if method != RAW:
            payload = bytes([method]) + self._coded(codes, estimates[method][1])
        raw_size = 1 + self._raw_size(codes.shape[1])
        if method == RAW or len(payload) >= raw_size:
            return bytes([RAW]) + self._raw(codes)
        return payload

    def decode(self, payload: bytes, steps: int) -> Codes:
        """The codes (rows, `steps`) of a payload, uint8 events or int64 indices.

        Raises `CodeError` where `payload` is not what `encode` writes, as far as that shows; memory
        and time are bounded by rows × steps whatever it holds.
        """
        if not 1 <= steps <= MOST_STEPS:
            raise CodeError(f"a block has 1..{MOST_STEPS} steps, not {steps}")
        size = self._raw_size(steps)
        if not 1 <= len(payload) <= 1 + size:
            raise CodeError(f"an entropy code of this shape has 1..{1 + size} bytes")
        method, body = payload[0], payload[1:]
        if method == RAW:
            return self._from_raw(body, steps)
        if method == STATIC and self.tables.kind == "rvq":
            return self._decode_columns(body, steps)
        if method not in self._models:
            raise CodeError(f"an entropy code names the unknown method {method}")
        z, symbols, k = self._models[method].decode(EventDecoder(body), steps)
        require_length(body, bits_of(symbols, k))
        return z if self._binarisation is None else self._binarisation.indices(z)

    def chain(self) -> CodeChain | None:
        """What codes blocks that continue one another; None where no method can."""
        return None if self._continued is None else CodeChain(self._continued.start())

    def bits(self, codes: ArrayLike) -> dict[str, float]:
        """Ideal bits of codes (rows, T) by each method that can code them, its byte included."""
        estimates = self._estimates(self._checked(codes))
        return {METHODS[method]: ideal + TAG_BITS for method, (ideal, _) in estimates.items()}

    def operations(self, codes: ArrayLike, methods: Iterable[str]) -> dict[str, int]:
        """Multiply-accumulates of predictions of codes (rows, T), by methods that can code them.

        Encoding takes those of all, as every method is tried; decoding those of the one taken.
        """
        z = self._events(self._checked(codes))
        models = {METHODS[method]: model for method, model in self._models.items()}
        return {name: models[name].operations(z) if name in models else 0 for name in methods}

    def _events(self, codes: Codes) -> NDArray[np.uint8]:
        """The binary matrix of codes, which the methods for binary codes see."""
        if self._binarisation is None:
            return codes.astype(np.uint8)
        return self._binarisation.events(codes)

    def _estimates(self, codes: Codes) -> dict[int, tuple[float, Predicted | None]]:
        """Ideal bits of each method that can code them, and predictions of binary matrices."""
        found: dict[int, tuple[float, Predicted | None]] = {
            RAW: (8 * self._raw_size(codes.shape[1]), None)
        }
        if self.tables.kind == "rvq":
            ideal = sum(
                row[index].sum() for row, index in zip(self._column_bits, codes, strict=True)
            )
            found[STATIC] = (float(ideal), None)
        z = self._events(codes)
        for method, model in self._models.items():
            if isinstance(model, Static):  # rarely the best, and its estimate needs no predictions
                found[method] = (model.bits(z), None)
                continue
            predicted = model.predict(z)
            if predicted is not None:
                found[method] = (bits_of(*predicted), predicted)
        return found

    def _coded(self, codes: Codes, predicted: Predicted | None) -> bytes:
        if predicted is None and STATIC in self._models:
            predicted = self._models[STATIC].predict(codes.astype(np.uint8))
        if predicted is not None:
            return encode_events(*predicted)
        return encode_rows(codes.astype(np.int32), self._columns)

    def _decode_columns(self, body: bytes, steps: int) -> Codes:
        codes = decode_rows(body, self._columns, steps).astype(np.int64)
        ideal = sum(row[index].sum() for row, index in zip(self._column_bits, codes, strict=True))
        require_length(body, float(ideal))
        return codes

    def _raw(self, codes: Codes) -> bytes:
        if self.tables.kind == "binary":
            return np.packbits(codes.ravel()).tobytes()
        return np.packbits(bits.spread(codes.ravel(), self.tables.width).ravel()).tobytes()

    def _raw_size(self, steps: int) -> int:
        """Bytes of raw codes."""
        width = 1 if self.tables.kind == "binary" else self.tables.width
        return (self.tables.rows * steps * width + 7) // 8

    def _from_raw(self, body: bytes, steps: int) -> Codes:
        if len(body) != self._raw_size(steps):
            raise CodeError(f"raw codes of this shape have {self._raw_size(steps)} bytes")
        shape = (self.tables.rows, steps)
        digits = np.unpackbits(np.frombuffer(body, dtype=np.uint8))
        width = 1 if self.tables.kind == "binary" else self.tables.width
        count = shape[0] * steps * width
        if digits[count:].any():
            raise CodeError("raw codes have ones in their padding")
        if self.tables.kind == "binary":
            return digits[:count].reshape(shape)
        indices = bits.gather(digits[:count].reshape(-1, width)).reshape(shape)
        if indices.max() >= self.tables.codebook_size:
            raise CodeError(f"raw codes exceed their codebook of {self.tables.codebook_size}")
        return indices

    def _checked(self, codes: ArrayLike) -> Codes:
        codes = np.asarray(codes)
        rows, size = self.tables.rows, self.tables.codebook_size
        if codes.ndim != 2 or len(codes) != rows or not 1 <= codes.shape[1] <= MOST_STEPS:
            raise CodeError(f"codes must have shape ({rows}, 1..{MOST_STEPS}), not {codes.shape}")
        largest = 1 if self.tables.kind == "binary" else size - 1
        if not np.issubdtype(codes.dtype, np.integer) or codes.min() < 0 or codes.max() > largest:
            raise CodeError(f"{self.tables.kind} codes hold whole numbers 0..{largest} only")
        return codes.astype(np.uint8 if self.tables.kind == "binary" else np.int64)
