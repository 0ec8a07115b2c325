"""Payloads that must be the same everywhere. As a command, prints their digests."""

import hashlib
import json

import numpy as np

from spiking_music.codec.entropy import METHODS, EntropyTables, make_coder
from spiking_music.codec.entropy.coder import EntropyCoder
from tests.codec.entropy.conftest import make_binary_tables, make_rvq_tables, numbers


def only(tables: EntropyTables, method: str) -> EntropyCoder:
    """A coder that has no choice but this method or raw."""
    coder = make_coder(tables)
    models = {name: model for name, model in coder._models.items() if METHODS[name] == method}
    coder._models = models
    return coder


def vectors() -> dict[str, bytes]:
    """A payload of each method for codes that hashing makes and that the method codes well."""
    binary, plain = make_binary_tables(80), make_rvq_tables(3, 1000, False)
    modelled = make_rvq_tables(3, 1000)
    z = (numbers("golden", (80, 64), 0, 100) < 15).astype(np.uint8)
    drawn = numbers("golden", (4, 3, 64), 0, 1000)
    weights = np.take_along_axis(plain.static[None], drawn, axis=2)
    likely = np.take_along_axis(drawn, weights.argmax(axis=0)[None], axis=0)[0]
    labels = np.bitwise_and.reduce(drawn, axis=0)  # few bits are ones
    named = np.take_along_axis(modelled.labels.argsort(axis=1), labels, axis=1)
    return {
        **{name: only(binary, name).encode(z) for name in ("static", "adaptive", "learned")},
        "rvq static": make_coder(plain).encode(likely),
        "rvq learned": make_coder(modelled).encode(named),
    }


def digests() -> dict[str, str]:
    return {name: hashlib.sha256(payload).hexdigest() for name, payload in vectors().items()}


if __name__ == "__main__":
    print(json.dumps(digests()))
