"""The model that may be sold: at hand by name, small, apart from the others, and of use."""

import numpy as np
from safetensors.numpy import load_file

import spiking_music
from spiking_music.codec.si_snr import si_snr
from spiking_music.config import read, variant
from spiking_music.models.pretrained import PRETRAINED, TABLES, WEIGHTS, start_weights
from spiking_music.models.shipped import OPEN, family, folder_of
from tests.conftest import DEFAULTS, ROOT

RATE = 22050
MOST_BYTES = 3_000_000
ROWS = [str(ROOT / "config" / "experiments" / name) for name in ("mdct.yaml", "open.yaml")]


def test_it_is_small_and_has_a_licence_of_its_own() -> None:
    files = [PRETRAINED / OPEN / name for name in (WEIGHTS, TABLES)]
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES
    values = load_file(files[0]).values()
    assert {value.dtype.name for value in values if value.dtype.kind == "f"} == {"float16"}
    assert "(CC BY 4.0)" in (PRETRAINED / OPEN / "LICENSE").read_text()
    assert 'load("open")' in (PRETRAINED / "README.md").read_text()


def test_its_name_stands_for_it_and_not_for_the_papers_family() -> None:
    assert folder_of(OPEN) == PRETRAINED / OPEN and OPEN not in family()


def test_a_row_can_start_from_it() -> None:
    raw = read(
        [*DEFAULTS, *ROWS, '{"variants": {"mdct-mu": {"training": {"start_from": "open"}}}}']
    )
    assert start_weights(variant(raw, "mdct-mu")) == PRETRAINED / OPEN / WEIGHTS


def test_the_weights_are_of_the_row_that_makes_them_anew_from_nothing() -> None:
    raw = read([*DEFAULTS, *ROWS])
    mine, row = spiking_music.load(OPEN).model.config, variant(raw, OPEN)
    assert mine == row
    first = variant(raw, "mdct-mu")
    assert start_weights(first) is None  # no weights under another licence
    assert row.training.start_from == "results/composed/models/mdct-mu/weights.safetensors"


def test_it_codes_a_piano_it_never_heard(piano: np.ndarray) -> None:
    codec = spiking_music.load(OPEN)
    for level, kbps, quality in ((0, 5.5, 13), (16, 1.8, 6)):
        stream = codec.encode(piano, RATE, level=level)
        assert 8e-3 * len(stream) * RATE / len(piano) < kbps
        assert si_snr(codec.decode(stream)[None], piano[None])[0] > quality
