"""Every mistake in the configuration earns one sentence that names the key."""

import copy

import pytest
import yaml

from spiking_music import config as configuration
from spiking_music.errors import ConfigError
from tests.conftest import ROOT

CONTEXT = {"kind": "conformer", "layers": 1, "heads": 1, "kernel": 3}
OVERLAYS = sorted(path.name for path in (ROOT / "config").glob("*.yaml"))
BELOW = {
    "quality.yaml": ["best.yaml"],
    "both.yaml": ["salamander.yaml", "best.yaml"],
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
        (("contexts", "conformer", "kind"), "x", "'contexts.conformer': Input tag 'x' found"),
        (("models_from",), "demo", "models_from must name another data set than dataset.name"),
        (("models_from",), "../x", "'models_from': String should match"),
        (("variants", "pretrained"), None, "'pretrained' in variants is the name of the package's"),
        (("contexts", "pretrained"), CONTEXT, "'pretrained' in contexts is the name of"),
        (("probe", "test"), ["train"], "the split that fits the probes cannot test them"),
        (("download", "table_checksum"), "md5:00", "'download.table_checksum': String should"),
        (("download", "archive"), "ftp://x/y.zip", "'download.archive': String should match"),
        (("listening", "ratings", "folder"), "nowhere", "'nowhere' is no folder"),
        (("download", "folder"), "$NOWHERE/x", "names an environment variable that is not set"),
        (("dataset", "path"), "$NOWHERE/x", "names an environment variable that is not set"),
        (("signal", "hop"), 500, "clip_samples must be a multiple of hop"),
        (("seed",), None, "'seed'"),
        (("classical", "aac"), [64], "unknown configuration key 'classical.aac'"),
        (("backbones", "spectrogram", "ratios"), [3], "multiple of 2"),
        (("variants", "freq-ae", "decoder"), "regression", "keeps no phase: decode it by"),
        (("variants", "free", "decoder"), "griffin-lim", "needs the magnitudes of backbone"),
        (("contexts", "conformer"), {"kind": "gain"}, "needs a sparsity with levels"),
        (("contexts", "conformer", "heads"), 0, "'contexts.conformer.heads': Input should be"),
        (("sparsities", "storage", "silent_steps"), 50, "'sparsities.storage.silent_steps'; did"),
        (("sparsities", "storage", "silent"), 50, "'sparsities.storage.silent': Input should be"),
        (("sparsities", "storage", "ramp"), 0.75, "variants.sparse: silent 0.25 and ramp 0.75 of"),
        (("training", "steps"), 15, "training.warmup_steps 15 must be below training.steps 15"),
        (("training", "stop_at"), 201, "training.stop_at 201 is beyond training.steps 200"),
        (("training", "learning_rate"), 1e-6, "training.final_learning_rate 2e-05 is above"),
        (("decoders", "gan", "start"), 30, "variants.free-gan: the discriminators of its decoder"),
        (("variants", "free-gan", "training"), {"stop_at": 9}, "start at step 20, and training"),
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
        (("variants", "sparse", "backbone"), "spectral", "needs backbone 'lapped' of as many bins"),
        (("backbones", "lapped", "bins"), 191, "needs backbone 'lapped' of as many bins"),
        (("variants", "mu-sparse", "bottleneck"), "graded", "steps needs the bottleneck"),
        (("variants", "sparse", "sparsity"), "rate", "a step in the place of a sparsity loss"),
        (("contexts", "steps", "default"), 32, "default must be one of the levels 0..31"),
        (("bottlenecks", "ladder", "grades"), [1, 3, 2], "grades must ascend"),
        (("bottlenecks", "ladder", "threshold"), 0, "'bottlenecks.ladder.threshold'"),
        (("bottlenecks", "ladder", "bands"), 3, "needs backbone 'lapped' of as many bands"),
        (("backbones", "lapped", "bands"), [1, 3, 2, 5, 6], "edges of bands must ascend"),
        (("backbones", "lapped", "bands"), [1, 2, 3, 4, 513], "'lapped' has 512 bins"),
    ],
)
def test_a_ladder_that_does_not_fit_is_named(path, value, sentence):
    raw = configuration.read([str(ROOT / "config.yaml"), str(ROOT / "config" / "best.yaml")])
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
        ([], "sparse", (50, 70), 120),
        (["tiny"], "mu-sparse", (1, 2), 4),
        (["paper"], "sparse", (100_000, 300_000), 400_000),
        (["salamander"], "mu-sparse", (200, 400), 600),
        (["salamander", "disklavier"], "mu-sparse", (200, 400), 600),
        (["salamander", "ablation"], "sparse-1024", (100, 150), 250),
        (["salamander", "best"], "graded", (0, 1000), 1500),
        (["salamander", "best"], "sparse-paper", (200, 400), 600),
        (["salamander", "best", "quality"], "sparse-paper", (150, 250), 450),
        (["salamander", "best", "quality"], "graded-4-long", (0, 1000), 450),
        (["salamander", "best", "quality"], "mu-graded", (0, 300), 450),
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
        older["sparsity"][f"{key}_steps"] = round(older["sparsity"].pop(key) * 200)
    older["sparsity"]["collapse"]["after"] = 120
    assert configuration.VariantConfig.model_validate(older) == today


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ("my results", "my results"),
        ("~/x", "/home/me/x"),
        ("~", "/home/me"),
        ("a~b", "a~b"),
        ("$CASH/x", "/mnt/ca$h/x"),
        ("${CASH}", "/mnt/ca$h"),
        ("5$", "5$"),
        ("5$/x", "5$/x"),
        ("$5", "$5"),
        ("a'b\"c", "a'b\"c"),
        ("größe/ж", "größe/ж"),
        ("./x//y/", "x/y"),
        ("-out", "{cwd}/-out"),
        ("..", ".."),
    ],
)
def test_results_are_where_a_shell_would_have_them(raw, given, becomes, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("CASH", "/mnt/ca$h")
    monkeypatch.chdir(tmp_path)
    config = configuration.validate(_changed(raw, ("results",), given))
    assert config.results == becomes.format(cwd=tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("results",), "", "'results': String should have at least 1 character"),
        (("results",), "a\nb", "holds a character that cannot be printed"),
        (("results",), "~nobody-at-all/x", "the home folder of a user that is not known"),
        (("results",), "$NOWHERE_AT_ALL/x", "that is not set (NOWHERE_AT_ALL)"),
        (("dataset", "soundfont"), "~nobody-at-all/x.sf2", "home folder of a user that is not"),
        (("listening", "ratings", "folder"), "~nobody-at-all", "home folder of a user that is"),
        (("variants", "my row"), {"bottleneck": "rvq", "decoder": "regression"}, "my row"),
        (("variants", "a/b"), {"bottleneck": "rvq", "decoder": "regression"}, "a/b"),
        (("variants", "a|b"), {"bottleneck": "rvq", "decoder": "regression"}, "a|b"),
    ],
)
def test_what_can_be_no_path_or_name_is_one_sentence(raw, path, value, sentence):
    with pytest.raises(ConfigError) as caught:
        configuration.validate(_changed(raw, path, value))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
