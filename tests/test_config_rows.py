"""Rows of variants: seeds of their own, further seeds, and rows that are like others."""

import pytest

from spiking_music import config as configuration
from spiking_music.errors import ConfigError


def test_a_row_may_have_a_seed_of_its_own(raw):
    assert configuration.variant(raw, "free").seed == raw["seed"]
    raw["variants"]["free"]["seed"] = raw["seed"] + 1
    assert configuration.variant(raw, "free").seed == raw["seed"] + 1
    loaded = configuration.read([configuration.cut_variant(raw, "free")])
    assert configuration.variant(loaded, "free") == configuration.variant(raw, "free")


def test_further_seeds_are_rows_of_their_own(raw):
    raw["variants"]["free"]["seeds"] = 3
    names = configuration.variants(raw)
    at = names.index("free")
    assert names[at : at + 3] == ["free", "free-seed-2", "free-seed-3"]
    first, second, third = (configuration.variant(raw, name) for name in names[at : at + 3])
    assert (first.seed, second.seed, third.seed) == (1, 2, 3)
    assert third == first.model_copy(update={"name": "free-seed-3", "seed": 3})
    cut = configuration.cut_variant(raw, "free-seed-3")
    loaded = configuration.read([cut])
    assert configuration.variants(loaded) == ["free-seed-3"]
    assert configuration.variant(loaded, "free-seed-3") == third


def test_seeds_take_no_place_that_is_taken(raw):
    raw["variants"]["free"]["seeds"] = 2
    raw["variants"]["free-seed-2"] = raw["variants"]["rvq"]
    with pytest.raises(ConfigError, match="makes a row 'free-seed-2', which there is already"):
        configuration.validate(raw)


def test_every_seed_starts_from_its_own_weights(raw):
    training = {"start_from": "results/a/models/{variant}/weights.safetensors"}
    raw["variants"]["free"] |= {"seeds": 2, "training": training}
    starts = [
        configuration.variant(raw, name).training.start_from for name in ("free", "free-seed-2")
    ]
    assert starts == [f"results/a/models/{n}/weights.safetensors" for n in ("free", "free-seed-2")]


def test_a_row_may_be_like_another_and_differ(raw):
    raw["variants"]["longer"] = {"like": "free-gan", "training": {"steps": 60}}
    raw["variants"]["longest"] = {"like": "longer", "decoder": "regression", "seed": 5}
    configuration.validate(raw)
    longest, base = (configuration.variant(raw, name) for name in ("longest", "free-gan"))
    assert longest.decoder.kind == "regression" and longest.backbone == base.backbone
    assert longest.training == base.training.model_copy(update={"steps": 60})
    handed = configuration.read([configuration.cut_variant(raw, "longest")])
    assert list(handed["variants"]) == ["longest"]  # neighbours may change without a rerun
    assert configuration.variant(handed, "longest") == longest


def test_null_in_a_row_takes_back_what_it_would_inherit(raw):
    raw["variants"]["bare"] = {"like": "sparse", "context": None}
    raw["variants"]["plain"] = {"like": "free-gan", "training": None}
    assert configuration.variant(raw, "bare").context is None
    assert configuration.variant(raw, "plain").training.steps == raw["training"]["steps"]


def test_seeds_are_inherited(raw):
    raw["variants"]["free"]["seeds"] = 2
    raw["variants"]["other"] = {"like": "free", "bottleneck": "rvq"}
    assert configuration.variants(raw)[-2:] == ["other", "other-seed-2"]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ({"x": {"like": "fere"}}, "variants.x is like 'fere', a row that there is not; did you"),
        ({"x": {"like": "rvq"}, "rvq": None}, "variants.x is like 'rvq', a row that is switched"),
        ({"x": {"like": "x"}}, "variants.x.like leads back to itself (x → x): break the circle"),
        ({"x": {"like": "y"}, "y": {"like": "x"}}, "leads back to itself (x → y → x)"),
        ({"x": {"like": ["free"]}}, "variants.x is like '['free']', a row that there is not"),
        ({"x": {"like": "free", "decodr": "gan"}}, "'variants.x.decodr'; did you mean 'decoder'"),
    ],
)
def test_a_row_that_is_like_none_is_named(raw, rows, sentence):
    raw["variants"] |= rows
    for read in (configuration.validate, configuration.variants):
        if "decodr" in str(rows) and read is configuration.variants:
            continue
        with pytest.raises(ConfigError) as caught:
            read(raw)
        assert sentence in str(caught.value) and "\n" not in str(caught.value)
