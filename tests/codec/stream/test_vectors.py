"""Golden vectors: the format does not move, and a reader made from its document reads it."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from benchmarks.mutation_kinds import MUTATIONS
from benchmarks.mutations import mutants, originals

from spiking_music.codec.stream import CompactHeader, Header
from spiking_music.errors import CodeError
from tests.codec.stream import independent, independent_compact
from tests.codec.stream.examples import reader
from tests.codec.stream.make_vectors import FOLDER, content, vectors

VECTORS = vectors()
SHAPE = ("kind", "rows", "codebook_size", "sample_rate", "hop", "fingerprint")
NAMES = sorted(VECTORS)


def test_no_vector_is_missing() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.spk")) == NAMES
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_writer(name: str) -> None:
    assert (FOLDER / f"{name}.spk").read_bytes() == VECTORS[name][1]


@pytest.mark.parametrize("name", NAMES)
def test_reader(name: str) -> None:
    expected = json.loads((FOLDER / f"{name}.json").read_text())
    stream = (FOLDER / f"{name}.spk").read_bytes()
    model = VECTORS[name][0]
    assert content(stream, model) == expected
    fields = expected["header"] | {"fingerprint": bytes.fromhex(expected["header"]["fingerprint"])}
    made = CompactHeader if "parts" in fields else Header
    assert reader(stream, model=model).header == made(**fields)
    for block, told in zip(reader(stream, model=model).blocks(), expected["blocks"], strict=True):
        if told["codes"] is not None:
            np.testing.assert_array_equal(block.codes, told["codes"])


@pytest.mark.parametrize("name", NAMES)
def test_independent_reader(name: str) -> None:
    expected = json.loads((FOLDER / f"{name}.json").read_text())
    del expected["trailer"]["checksum"]
    assert read((FOLDER / f"{name}.spk").read_bytes(), expected["header"]) == expected


def read(stream: bytes, header: dict) -> dict:
    """By the independent reader of the version; a compact stream gets what its model knows."""
    if stream[8:9] != b"\2":
        return independent.read(stream)
    return independent_compact.read(stream, {name: header[name] for name in SHAPE})


def test_all_formats_are_among_them() -> None:
    told = [json.loads(path.read_text()) for path in FOLDER.glob("*.json")]
    used = {block["format"] for one in told for block in one["blocks"]}
    assert used == {"dense", "coo", "time", "units", "packed", "entropy", "chained"}
    best = json.loads((FOLDER / "binary-best.json").read_text())
    assert [block["format"] for block in best["blocks"]] == ["dense", "coo", "time", "units"]


@pytest.mark.parametrize("kind", MUTATIONS)
def test_both_readers_agree_on_damaged_streams(kind: str) -> None:
    """They read the same, and where one refuses, the other does."""
    for name, stream, (parent, *_) in mutants(originals(entropy=False), 9 * 90, seed=1):
        if name != kind:
            continue
        model = parent.header
        known = asdict(model) | {"fingerprint": model.fingerprint.hex()}
        try:
            ours = content(stream, model)
            del ours["trailer"]["checksum"]
        except CodeError:
            with pytest.raises((ValueError, IndexError)):
                read(stream, known)
        else:
            assert read(stream, known) == ours
