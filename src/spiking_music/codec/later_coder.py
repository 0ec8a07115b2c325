"""A model's entropy coder, made when the first block is coded: it imports a compiler."""

import json
from functools import cached_property
from pathlib import Path

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from spiking_music.codec.stream import Chain, EntropyCoder
from spiking_music.errors import CodeError


class LaterCoder:
    """The coder of the tables at `path`.

    Raises `CodeError` at once where the file cannot be read or is of other codes than those of
    (kind, rows, codebook size), and at the first block where a table in it cannot be used.
    """

    def __init__(self, path: Path, shape: tuple[str, int, int], model: str) -> None:
        self._path = path
        kind, rows, size = _described(path)
        if (kind, rows, size) != shape:
            raise CodeError(
                f"the tables '{path}' are of {rows} rows of {kind} codes, not those of "
                f"model '{model}': fit them again"
            )

    def encode(self, codes: NDArray) -> bytes:
        """Codes (rows, T) → payload; errors as of `EntropyCoder`."""
        return self._coder.encode(codes)

    def decode(self, payload: bytes, steps: int) -> NDArray:
        """The inverse; errors as of `EntropyCoder`."""
        return self._coder.decode(payload, steps)

    def chain(self) -> Chain | None:
        """What continues from block to block; errors as of `EntropyCoder`."""
        return self._coder.chain()

    @cached_property
    def _coder(self) -> EntropyCoder:
        from spiking_music.codec.entropy import load_tables, make_coder

        return make_coder(load_tables(self._path))


def _described(path: Path) -> tuple[str, int, int]:
    """Kind, rows and codebook size of the tables at `path`."""
    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})["entropy"])
            rows = file.get_slice("static").get_shape()[0]
        return str(about["kind"]), int(rows), int(about["codebook_size"])
    except OSError as error:
        raise CodeError(f"'{path}' cannot be read ({error}): see to the disk it is on") from None
    except (SafetensorError, KeyError, TypeError, ValueError):
        from spiking_music.codec.entropy import load_tables

        load_tables(path)  # which says what is wrong
        raise CodeError(f"'{path}' is damaged: repeat `train entropy`") from None
