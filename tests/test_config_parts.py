"""Sections of which a rule hands over some keys: the others cannot be read, nor their defaults."""

import json
import pickle

import pytest

from spiking_music import config as configuration
from spiking_music.errors import ConfigError
from tests.conftest import DEFAULTS

CONFIG = configuration.read(DEFAULTS)


def section(model, *names):
    return configuration.section(configuration.read([configuration.cut(CONFIG, *names)]), model)


def test_keys_that_are_handed_over_can_be_read():
    evaluation = section(configuration.EvaluationConfig, "evaluation.level", "evaluation.levels")
    assert evaluation.level == CONFIG["evaluation"]["level"]
    assert evaluation.levels == tuple(CONFIG["evaluation"]["levels"])


def test_no_other_key_can_be_read():
    evaluation = section(configuration.EvaluationConfig, "evaluation.level")
    with pytest.raises(ConfigError, match=r"'evaluation\.bootstrap' is needed here, but was not"):
        evaluation.bootstrap  # noqa: B018
    with pytest.raises(AttributeError):
        evaluation.botstrap  # noqa: B018


def test_a_default_does_not_stand_in():
    training = section(configuration.TrainingConfig, "training.steps")
    for name in ("start_from", "muon"):  # which the class has defaults of
        with pytest.raises(ConfigError, match=f"'training.{name}' is needed here"):
            getattr(training, name)


def test_parts_of_nested_sections():
    dataset = section(configuration.DatasetConfig, "dataset.source", "dataset.subset.splits")
    assert not dataset.fetched
    assert dataset.subset.splits == ("train", "validation", "test")
    with pytest.raises(ConfigError, match=r"'dataset\.subset\.years' is needed here"):
        dataset.subset.years  # noqa: B018


def test_what_is_handed_over_is_checked_as_ever():
    raw = {"evaluation": {"level": -1}}
    with pytest.raises(ConfigError, match=r"'evaluation\.level': Input should be greater"):
        configuration.section(raw, configuration.EvaluationConfig)
    raw = {"evaluation": {"levle": 1}}
    with pytest.raises(ConfigError, match=r"unknown .* 'evaluation\.levle'; did you mean 'level'"):
        configuration.section(raw, configuration.EvaluationConfig)
    with pytest.raises(ConfigError, match="'evaluation'"):
        configuration.section({"evaluation": None}, configuration.EvaluationConfig)


def test_keys_are_checked_against_each_other_where_all_are_given():
    raw = {"signal": {"sample_rate": 22050, "clip_samples": 1000, "hop": 512}}
    with pytest.raises(ConfigError, match="multiple of hop"):
        configuration.section(raw, configuration.SignalConfig)
    del raw["signal"]["hop"]
    assert configuration.section(raw, configuration.SignalConfig).clip_samples == 1000


def test_a_whole_section_is_no_other_class():
    whole = configuration.section(CONFIG, configuration.EvaluationConfig)
    assert type(whole) is configuration.EvaluationConfig
    assert pickle.loads(pickle.dumps(whole)) == whole


@pytest.mark.parametrize("name", configuration.variants(CONFIG))
def test_a_network_knows_nothing_of_its_training(name):
    cut = configuration.read([configuration.cut_network(CONFIG, name)])
    network, whole = configuration.network(cut, name), configuration.variant(CONFIG, name)
    assert (network.levels, network.latent) == (whole.levels, whole.latent)
    assert network.bottleneck == whole.bottleneck
    with pytest.raises(ConfigError, match=r"training\.steps' is needed here"):
        network.training.steps  # noqa: B018
    if network.sparsity is not None:
        with pytest.raises(ConfigError, match=r"sparsity\.gamma' is needed here"):
            network.sparsity.gamma  # noqa: B018


def test_a_network_by_hand_may_be_of_the_whole_configuration():
    for name in configuration.variants(CONFIG):
        whole = configuration.variant(CONFIG, name)
        assert configuration.network(CONFIG, name) == whole


def test_what_a_row_overrides_is_not_handed_to_its_training():
    def cut(**training):
        changed = configuration.merge(CONFIG, {"training": training})
        return configuration.cut_variant(changed, "time-ae")  # which sets three terms of the loss

    assert cut(loss={"rmse": 5.0}) == cut()
    assert cut(loss={"mel": 5.0}) != cut()
    assert cut(steps=7) != cut()
    own = configuration.merge(CONFIG, {"variants": {"rvq": {"seed": 3}}})
    assert "seed" not in json.loads(configuration.cut_variant(own, "rvq"))
    loaded = configuration.read([configuration.cut_variant(own, "rvq")])
    with pytest.raises(ConfigError, match="'seed' must be a whole number"):
        configuration.seed(loaded)
    assert configuration.variant(loaded, "rvq").seed == 3
