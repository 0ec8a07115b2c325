"""Streams of the package's model, made before its code was rearranged: what it says stays said.

They are of the plain quantiser. Those of the encoder that weighs bits against error, which came
later, are beside them.
"""

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from spiking_music.codec.model_folder import load_model
from spiking_music.codec.session import Codec
from spiking_music.codec.stream import StreamReader
from spiking_music.mdct.inference.network import MdctNetwork
from tests.mdct.golden.make import (
    DECIDED,
    FOLDER,
    LEVELS,
    RATE,
    SEEDS,
    STRIDE,
    events,
    int16,
    machine,
    tones,
)

GOLDEN = json.loads((FOLDER / "golden.json").read_text())
NAMES = [f"{seed}-{level:02d}" for seed in SEEDS for level in LEVELS]
SAME_MACHINE = GOLDEN["machine"] == machine()  # elsewhere, floats may differ in last digits
CLOSE = 33  # of int16: 1e-3 of full scale


@pytest.fixture(scope="module", params=["numpy", "torch"])
def codec(request: pytest.FixtureRequest) -> Iterator[Codec]:
    """Either way to run the model; the hashes of samples are those of one thread of torch."""
    if request.param == "numpy":
        yield Codec(replace(load_model(), refinement=None))
        return
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Codec(load_model(torch=True))
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_decodes_to_the_same_events_and_samples(codec: Codec, name: str) -> None:
    stream, expected = (FOLDER / f"{name}.spk").read_bytes(), GOLDEN["streams"][name]
    assert events(codec, stream) == expected["sha256_events"]
    samples = int16(codec.decode(stream))
    assert len(samples) == expected["samples"]
    with np.load(FOLDER / "samples.npz") as arrays:
        kept = arrays[name].astype(int)
    assert np.abs(kept).max() > 1000  # there is something to compare
    assert np.abs(samples[::STRIDE] - kept).max() <= CLOSE
    if SAME_MACHINE and not isinstance(codec.model.network, MdctNetwork):
        assert hashlib.sha256(samples.tobytes()).hexdigest() == expected["sha256_int16"]


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_encodes_to_the_same_stream(codec: Codec, name: str) -> None:
    seed, level = map(int, name.split("-"))
    stream = codec.encode(tones(seed), RATE, level=level, robust=True)
    kept = (FOLDER / f"{name}.spk").read_bytes()
    if SAME_MACHINE:
        assert stream == kept
    ours, theirs = _codes(codec, stream), _codes(codec, kept)
    assert ours.shape == theirs.shape
    assert (ours != theirs).sum() <= 0.01 * theirs.sum()  # on the edge of a threshold


@pytest.mark.parametrize("name", NAMES)
def test_the_default_encoder_makes_the_same_stream(name: str) -> None:
    codec = Codec(load_model())
    seed, level = map(int, name.split("-"))
    stream = codec.encode(tones(seed), RATE, level=level, robust=True)
    kept = (FOLDER / f"{DECIDED}{name}.spk").read_bytes()
    if SAME_MACHINE:
        assert stream == kept
    ours, theirs = _codes(codec, stream), _codes(codec, kept)
    assert (ours != theirs).sum() <= 0.02 * theirs.sum()  # a decision may decide others


def _codes(codec: Codec, stream: bytes) -> np.ndarray:
    blocks = StreamReader(io.BytesIO(stream), codec.model.coder).blocks()
    return np.concatenate([block.codes for block in blocks], axis=1)
