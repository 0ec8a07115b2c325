"""Codes → entropy tables, and the real bits that a split's codes take with them."""

from pathlib import Path

import numpy as np
import pandas as pd

from spiking_music import files
from spiking_music.codec.entropy import (
    METHODS,
    fit_entropy,
    load_tables,
    make_coder,
    save_tables,
)
from spiking_music.errors import CodeError
from spiking_music.evaluation.codes import CodesFile, open_codes
from spiking_music.mdct.thermometer import parse_layout

BATCH = 64  # clips read at a time
COLUMNS = ("clip", "bits", "ideal_bits", "method", *(f"ideal_{name}" for name in METHODS), "kbps")


def fit_tables(codes: Path, out: Path, seed: int, steps: int) -> None:
    """Fit entropy tables to all clips of the file `codes`, in `steps` steps; write them to `out`.

    Raises `CodeError` where the codes are missing, damaged or no codes (a mel spectrogram).
    """
    with open_codes(codes) as coded:
        kind = coded.origin.kind
        if kind == "mel":
            raise CodeError(f"'{codes}' holds spectrograms, which are no codes: choose a variant")
        size = coded.origin.codebook_size
        layout = parse_layout(coded.origin.layout)
        batches = coded.batches(BATCH)
        tables = fit_entropy(batches, kind, size, seed, rounds=steps, layout=layout)
    save_tables(tables, out)
    files.wrote(out)


def coded_storage(codes: Path, tables: Path, out: Path) -> None:
    """Code every clip of the file `codes`; write a row a clip with the columns `COLUMNS`.

    bits: 8 × bytes of the payload; ideal_<method>: −Σ log2 p and the byte that names the method,
    empty where the tables have no such method or it cannot code the clip; ideal_bits: the least of
    these; method: the one that was taken; kbps: bits in kbit a second of audio, without the
    stream's own fields.

    Raises `CodeError` where codes or tables are missing or damaged, do not fit each other, or a
    payload does not decode to what it was made of.
    """
    coder = make_coder(load_tables(tables))
    rows: list[dict[str, object]] = []
    with open_codes(codes) as coded:
        _require_kind(coded, coder.tables.kind, coder.tables.codebook_size)
        for batch in coded.batches(BATCH):
            for clip in batch:
                payload, ideal = coder.encode(clip), coder.bits(clip)
                if not np.array_equal(coder.decode(payload, clip.shape[1]), clip):
                    raise CodeError(f"a clip of '{codes}' does not survive its entropy code")
                rows.append(
                    {
                        "clip": len(rows),
                        "bits": 8 * len(payload),
                        "ideal_bits": min(ideal.values()),
                        "method": METHODS[payload[0]],
                        **{f"ideal_{name}": bits for name, bits in ideal.items()},
                        "kbps": 8 * len(payload) / (1000 * coded.seconds),
                    }
                )
    files.write_csv(pd.DataFrame(rows).reindex(columns=list(COLUMNS)), out)


def _require_kind(coded: CodesFile, kind: str, codebook_size: int) -> None:
    if (coded.origin.kind, coded.origin.codebook_size) != (kind, codebook_size):
        raise CodeError(
            f"codes '{coded.path}' are {coded.origin.kind} with codebooks of "
            f"{coded.origin.codebook_size}, but the tables are for {kind} with {codebook_size}: "
            "fit them to codes of the same model"
        )
