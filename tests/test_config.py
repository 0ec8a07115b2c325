"""Every mistake in the configuration earns one sentence that names the key."""

import copy
import subprocess
import sys

import pytest
import yaml

from spiking_music import config as configuration
from spiking_music.errors import ConfigError
from tests.conftest import ROOT

CONTEXT = {"kind": "conformer", "layers": 1, "heads": 1, "kernel": 3}
CONFIG = ROOT / "config"
OVERLAYS = sorted(str(path.relative_to(CONFIG)) for path in CONFIG.rglob("*.yaml"))
BELOW = {
    "experiments/quality.yaml": ["experiments/mdct.yaml"],
    "experiments/both.yaml": ["data/salamander.yaml", "experiments/mdct.yaml"],
    "experiments/fullband.yaml": ["experiments/mdct.yaml"],
    "experiments/fine.yaml": ["data/salamander.yaml", "experiments/mdct.yaml"],
    "experiments/open.yaml": ["data/composed.yaml", "experiments/mdct.yaml"],
}  # what an overlay needs below it


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_overlay_is_valid(overlay, monkeypatch):
    monkeypatch.setenv("SPIKING_MUSIC_DATA", "/data")
    sources = [ROOT / "config" / name for name in [*BELOW.get(overlay, []), overlay]]
    configuration.validate(configuration.read(map(str, [ROOT / "config.yaml", *sources])))


def _changed(raw, path, value):
    changed = copy.deepcopy(raw)
    where = changed
    for key in path[:-1]:
        where = where[key]
    where[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("traning",), {}, "unknown configuration key 'traning'; did you mean 'training'?"),
        (("training", "setps"), 1, "unknown configuration key 'training.setps'; did you mean"),
        (("training", "loss", "mle"), 1, "'training.loss.mle'; did you mean 'mel'?"),
        (("training", "steps"), -3, "'training.steps': Input should be greater than 0 (got -3)"),
        (("backbones", "spectral", "widht"), 3, "'backbones.spectral.widht'; did you mean"),
        (("variants", "free", "bakbone"), "x", "'variants.free.bakbone'; did you mean 'backbone'"),
        (("variants", "free", "backbone"), "spectrl", "unknown backbone 'spectrl'; did you mean"),
        (("variants", "free", "training"), {"stps": 3}, "'variants.free.training.stps'; did you"),
        (("dataset", "source"), "midi", "'dataset': source 'midi' needs path"),
        (("dataset", "source"), "fma", "'dataset': source 'fma' has no MIDI: set notes to none"),
        (
            ("contexts", "conformer", "kind"),
            "x",
            "'contexts.conformer': Input tag 'x' found",
        ),
        (("models_from",), "demo", "models_from must name another data set than dataset.name"),
        (("models_from",), "../x", "'models_from': String should match"),
        (
            ("variants", "mdct-shipped"),
            None,
            "'mdct-shipped' in variants is the name",
        ),
        (("contexts", "mdct-shipped"), CONTEXT, "'mdct-shipped' in contexts is the name"),
        (("probe", "test"), ["train"], "the split that fits the probes cannot test them"),
        (("download", "table_checksum"), "md5:00", "'download.table_checksum': String should"),
        (("download", "archive"), "ftp://x/y.zip", "'download.archive': String should match"),
        (("listening", "ratings", "folder"), "nowhere", "'nowhere' is no folder"),
        (("download", "folder"), "$NOWHERE/x", "names an environment variable that is not set"),
        (("dataset", "path"), "$NOWHERE/x", "names an environment variable that is not set"),
        (("signal", "hop"), 500, "clip_samples must be a multiple of hop"),
        (("backbones", "spectral", "kernel"), 6, "'backbones.spectral.kernel': must be odd"),
        (("contexts", "conformer", "kernel"), 14, "'contexts.conformer.kernel': must be odd"),
        (("seed",), None, "'seed'"),
        (("bottlenecks", "x"), {"units": 3}, "configuration key 'bottlenecks.x.kind' is missing"),
        (("classical", "aac"), [64], "unknown configuration key 'classical.aac'"),
        (("backbones", "spectrogram", "ratios"), [3], "multiple of 2"),
        (("variants", "freq-ae", "decoder"), "regression", "keeps no phase: decode by"),
        (("variants", "free", "decoder"), "griffin-lim", "needs the magnitudes of backbone"),
    ],
)
def test_a_mistake_is_named(raw, path, value, sentence):
    with pytest.raises(ConfigError) as caught:
        configuration.validate(_changed(raw, path, value))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("variants", "mdct", "backbone"), "spectral", "needs backbone 'mdct' of as many bins"),
        (("backbones", "mdct", "bins"), 191, "needs backbone 'mdct' of as many bins"),
        (("variants", "mdct-mu", "bottleneck"), "graded", "step sizes needs the bottleneck"),
        (("variants", "mdct", "sparsity"), "entropy", "a step size in place of a sparsity loss"),
        (("variants", "free", "conditioning"), "gain", "needs a sparsity with levels"),
        (("variants", "sparse", "conditioning"), "gain", "a context or a conditioning, not both"),
        (("conditionings", "step-size", "default"), 32, "default must be one of the levels 0..31"),
        (("bottlenecks", "deadzone", "levels"), [1, 3, 2], "levels must ascend"),
        (("bottlenecks", "deadzone", "threshold"), 0, "'bottlenecks.deadzone.threshold'"),
        (("bottlenecks", "deadzone", "envelope_bands"), 3, "'mdct' of as many bands"),
        (("backbones", "mdct", "envelope_edges"), [1, 3, 2, 5, 6], "envelope_edges must ascend"),
        (("backbones", "mdct", "envelope_edges"), [1, 2, 3, 4, 513], "'mdct' has 512 bins"),
    ],
)
def test_an_mdct_codec_that_does_not_fit_is_named(path, value, sentence):
    overlay = ROOT / "config" / "experiments" / "mdct.yaml"
    raw = configuration.read([str(ROOT / "config.yaml"), str(overlay)])
    configuration.validate(raw)
    with pytest.raises(ConfigError) as caught:
        configuration.validate(_changed(raw, path, value))
    assert sentence in str(caught.value)


def test_a_missing_key_is_named(raw):
    del raw["dataset"]["tail"]
    with pytest.raises(ConfigError, match=r"'dataset\.tail' is missing"):
        configuration.validate(raw)


def test_a_later_file_overlays_an_earlier_one(tmp_path):
    base, over = tmp_path / "a.yaml", tmp_path / "b.yaml"
    base.write_text("a: {x: 1, y: [1, 2]}")
    over.write_text("a: {y: [3]}")
    assert configuration.read([str(base), str(over)]) == {"a": {"x": 1, "y": [3]}}
    assert configuration.read([str(base), '{"a": {"x": 5}}'])["a"]["x"] == 5


def test_a_null_row_switches_a_variant_off(raw):
    raw["variants"]["rvq"] = None
    configuration.validate(raw)
    assert "rvq" not in configuration.variants(raw)
    with pytest.raises(ConfigError, match="unknown variant 'rvq'"):
        configuration.variant(raw, "rvq")


def test_a_rule_is_handed_what_concerns_it_and_no_more(raw):
    settings = configuration.cut_variant(raw, "free")
    loaded = configuration.read([settings])
    assert list(loaded["variants"]) == ["free"]
    assert configuration.variant(loaded, "free") == configuration.variant(raw, "free")
    raw["variants"]["rvq"]["training"] = {"steps": 3}
    raw["bottlenecks"]["rvq"]["codebooks"] = 3
    assert configuration.cut_variant(raw, "free") == settings


def test_a_section_that_was_not_handed_over_cannot_be_read(raw):
    cut = configuration.read([configuration.cut(raw, "signal")])
    with pytest.raises(ConfigError, match="no section 'dataset'"):
        configuration.section(cut, configuration.DatasetConfig)


@pytest.mark.parametrize("text", ["a: [", "- 1", ""])
def test_a_file_that_is_no_mapping_is_refused(tmp_path, text):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"bad\.yaml"):
        configuration.read([str(path)])


def test_tags_that_run_code_are_refused(tmp_path):
    path = tmp_path / "evil.yaml"
    path.write_text("a: !!python/object/apply:os.system ['true']")
    with pytest.raises((ConfigError, yaml.YAMLError)):
        configuration.read([str(path)])


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("backbones", "x"), {"kind": "lapped", "bins": 3}, "kind 'lapped'; it is now 'mdct'"),
        (("bottlenecks", "x"), {"kind": "ladder"}, "kind 'ladder'; it is now 'deadzone'"),
        (("bottlenecks", "x"), {"kind": "graded"}, "it is now 'multi-threshold'"),
        (("contexts", "x"), {"kind": "steps", "levels": 3}, "it is now conditioning 'step-size'"),
        (("contexts", "x"), {"kind": "gain"}, "'contexts.x' has the kind 'gain'; it is now con"),
        (("sparsities", "x"), {"kind": "levels"}, "it is now 'target-events'"),
        (("sparsities", "storage"), {"gamma": 1.0}, "row 'storage' is now 'storage-cost'"),
        (("variants", "sparse", "sparsity"), "storage", "sparsity 'storage'; it is now 'storage-"),
        (("variants", "sparse", "context"), "steps", "it is now conditioning 'step-size'"),
        (("sparsities", "target-events", "reach"), 3, "unknown configuration key 'sparsities.targ"),
    ],
)
def test_a_name_of_before_is_answered_by_that_of_today(raw, path, value, sentence):
    with pytest.raises(ConfigError) as caught:
        configuration.validate(_changed(raw, path, value))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("part", "kind", "key", "today"),
    [
        ("bottlenecks", "deadzone", "band_steps", "envelope_frames"),
        ("bottlenecks", "deadzone", "step", "step_size"),
        ("bottlenecks", "graded", "grades", "thresholds"),
        ("backbones", "mdct", "loudness_steps", "gain_frames"),
    ],
)
def test_a_key_of_before_is_answered_by_that_of_today(part, kind, key, today):
    overlay = ROOT / "config" / "experiments" / "mdct.yaml"
    raw = configuration.read([str(ROOT / "config.yaml"), str(overlay)])
    raw[part][kind][key] = 3
    with pytest.raises(ConfigError, match=f"'{part}.{kind}.{key}'; it is now '{today}'"):
        configuration.validate(raw)


@pytest.mark.parametrize("key", ["reach", "context_frames"])
@pytest.mark.parametrize("kind", ["entropy", "conditional-entropy"])
def test_a_key_without_a_successor_is_to_be_left_out(kind, key):
    overlay = ROOT / "config" / "experiments" / "mdct.yaml"
    raw = configuration.read([str(ROOT / "config.yaml"), str(overlay)])
    raw["sparsities"][kind][key] = 4
    with pytest.raises(ConfigError, match=f"'sparsities.{kind}.{key}'; leave it out"):
        configuration.validate(raw)


def test_the_shipped_model_is_called_what_it_is():
    assert configuration.label("mdct-shipped") == "mdct (shipped)"
    assert configuration.label("mdct-shipped@16") == "mdct (shipped)@16"
    assert configuration.label("free") == "free"


def test_a_configuration_is_read_without_torch():
    code = "import sys, spiking_music.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
