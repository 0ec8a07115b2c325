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
}  # what an overlay needs below it


@pytest.fixture
def raw():
    return configuration.read([str(ROOT / "config.yaml")])


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
