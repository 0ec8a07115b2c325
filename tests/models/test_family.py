"""The paper's family as the package has it: small, at hand by name, and where training starts."""

import io

import numpy as np
import pytest
from safetensors.numpy import load_file

import spiking_music
from spiking_music.codec.si_snr import si_snr
from spiking_music.codec.stream import summary
from spiking_music.config import read, variant
from spiking_music.models.pretrained import (
    PRETRAINED,
    TABLES,
    WEIGHTS,
    start_weights,
)
from spiking_music.models.shipped import family, folder_of
from tests.conftest import DEFAULTS

MOST_BYTES = 12_000_000  # of all of them
RATE = 22050


def test_they_fit_into_a_package_and_have_a_card() -> None:
    assert family() == ["free", "mu-sparse", "rvq", "sparse"]
    files = [PRETRAINED / name / file for name in family() for file in (WEIGHTS, TABLES)]
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES
    card = (PRETRAINED / "README.md").read_text()
    assert all(f"`{name}`" in card for name in family())


@pytest.mark.parametrize("name", family())
def test_numbers_have_16_bits(name: str) -> None:
    values = load_file(PRETRAINED / name / WEIGHTS).values()
    assert {value.dtype.name for value in values if value.dtype.kind == "f"} == {"float16"}


@pytest.mark.parametrize(
    ("row", "start"),
    [
        *((name, name) for name in ("rvq", "free", "sparse", "mu-sparse")),
        *((name, "free") for name in ("free-gan", "free-diffusion")),
        *((name, None) for name in ("rvq-impaired", "mel", "freq-ae", "time-ae")),
    ],
)
def test_rows_of_the_demo_start_from_the_model_of_their_parts(row: str, start: str | None) -> None:
    found = start_weights(variant(read(DEFAULTS), row))
    assert found == (None if start is None else PRETRAINED / start / WEIGHTS)


def test_a_row_of_other_parts_starts_from_random_weights() -> None:
    other = '{"bottlenecks": {"few": {"kind": "binary", "units": 40, "surrogate": "triangle"}},'
    rows = '"variants": {"few": {"like": "free", "bottleneck": "few"}}}'
    assert start_weights(variant(read([*DEFAULTS, other + rows]), "few")) is None


def test_names_are_theirs_where_no_path_is() -> None:
    assert folder_of("free") == PRETRAINED / "free"
    assert str(folder_of("none")) == "none"


@pytest.mark.parametrize(
    ("name", "level", "kbps", "quality"),
    [
        ("rvq", None, 3.9, 5),
        ("free", None, 3.2, 4),
        ("sparse", None, 2.2, 3),
        ("mu-sparse", 16, 1.8, 1),
    ],
)
def test_they_code_a_piano_they_never_heard(
    piano: np.ndarray, name: str, level: int | None, kbps: float, quality: float
) -> None:
    codec = spiking_music.load(name)
    stream = codec.encode(piano, RATE, level=level)
    facts = summary(io.BytesIO(stream), codec.model.known)
    assert facts.formats["entropy"] == len(facts.blocks) and facts.kbps < kbps
    back = codec.decode(stream)
    assert len(back) == len(piano) and np.isfinite(back).all()
    assert si_snr(back[None], piano[None])[0] > quality
