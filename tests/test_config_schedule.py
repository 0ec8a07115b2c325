"""Times of a training are shares of its steps, and schedules that do not fit are refused."""

import pytest

from spiking_music import config as configuration
from spiking_music.config.legacy import current_config
from spiking_music.errors import ConfigError
from tests.conftest import ROOT
from tests.test_config import _changed

QUALITY = "data/salamander", "experiments/mdct", "experiments/quality"


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("contexts", "conformer", "heads"), 0, "'contexts.conformer.heads': Input should be"),
        (("sparsities", "storage-cost", "silent_steps"), 50, "storage-cost.silent_steps'"),
        (("sparsities", "storage-cost", "silent"), 50, "'sparsities.storage-cost.silent': Input"),
        (
            ("sparsities", "storage-cost", "ramp"),
            0.75,
            "variants.sparse: silent 0.25 and ramp 0.75",
        ),
        (("training", "steps"), 15, "training.warmup_steps 15 must be below training.steps 15"),
        (("training", "stop_at"), 121, "training.stop_at 121 is beyond training.steps 120"),
        (("training", "learning_rate"), 1e-6, "training.final_learning_rate 2e-05 is above"),
        (("decoders", "gan", "start"), 30, "variants.free-gan: the discriminators of its decoder"),
        (("variants", "free-gan", "training"), {"stop_at": 9}, "start at step 20, and training"),
    ],
)
def test_a_schedule_that_does_not_fit_is_named(raw, path, value, sentence):
    with pytest.raises(ConfigError) as caught:
        configuration.validate(_changed(raw, path, value))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("steps", [40, 120, 200, 100_000])
def test_the_phases_of_a_sparsity_fit_into_any_number_of_steps(raw, steps):
    short = configuration.merge(raw, {"training": {"steps": steps}})
    configuration.validate(short)
    for name in ("sparse", "mu-sparse"):
        assert configuration.variant(short, name).sparsity.phases(steps) == (
            round(0.25 * steps),
            round(0.35 * steps),
        )


@pytest.mark.parametrize(
    ("overlays", "name", "phases", "after"),
    [
        ([], "sparse", (30, 42), 72),
        (["tiny"], "mu-sparse", (1, 2), 4),
        (["experiments/paper"], "sparse", (100_000, 300_000), 400_000),
        (["data/salamander"], "mu-sparse", (200, 400), 600),
        (["data/salamander", "data/disklavier"], "mu-sparse", (200, 400), 600),
        (["data/salamander", "experiments/ablation"], "sparse-1024", (100, 150), 250),
        (["data/salamander", "experiments/mdct"], "graded", (0, 1000), 1500),
        (["data/salamander", "experiments/mdct"], "sparse", (200, 400), 600),
        ([*QUALITY], "sparse", (150, 250), 450),
        ([*QUALITY], "graded-4-long", (0, 1000), 450),
        ([*QUALITY], "mu-graded", (0, 300), 450),
    ],
)
def test_the_phases_of_every_overlay_in_steps(overlays, name, phases, after, monkeypatch):
    monkeypatch.setenv("SPIKING_MUSIC_DATA", "/data")
    names = ["config.yaml", *(f"config/{overlay}.yaml" for overlay in overlays)]
    variant = configuration.variant(configuration.read(str(ROOT / path) for path in names), name)
    steps = variant.training.steps
    assert variant.sparsity.phases(steps) == phases
    assert round(variant.sparsity.collapse.after * steps) == after


def test_weights_that_count_phases_in_steps_are_understood(raw):
    today = configuration.variant(raw, "sparse")
    older = today.model_dump(mode="json")
    for key in ("silent", "ramp"):
        older["sparsity"][f"{key}_steps"] = round(older["sparsity"].pop(key) * today.training.steps)
    older["sparsity"]["collapse"]["after"] = round(0.6 * today.training.steps)
    assert configuration.VariantConfig.model_validate(current_config(older)) == today
