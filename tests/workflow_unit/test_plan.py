"""What the rules are told, without Snakemake."""

import json
import shlex
from pathlib import Path
from types import SimpleNamespace as Job
from typing import Any

import pytest

from spiking_music import config as configuration
from spiking_music.errors import ConfigError
from spiking_music.models.pretrained import PRETRAINED, WEIGHTS
from spiking_music.workflow import Plan, keys, named, options, out_folder, out_prefix, per_attempt
from spiking_music.workflow.shell import wildcards_in
from tests.conftest import DEFAULTS

CONFIG = configuration.read(DEFAULTS)
FAMILY = ["rvq", "free", "sparse", "mu-sparse", "rvq-impaired", "free-gan", "free-diffusion", "mel"]
FAMILY += ["freq-ae", "time-ae"]


def plan(**overlay: Any) -> Plan:
    return Plan.of(configuration.merge(CONFIG, overlay))


def test_the_demo_has_the_whole_family_and_the_model_of_the_package() -> None:
    demo = plan()
    assert demo.results == "results/demo"
    assert demo.trained_rows == FAMILY and demo.pretrained_rows == ["mdct-shipped"]
    assert demo.variants == [*FAMILY, "mdct-shipped"]
    assert demo.sample_variants == ["mdct-shipped", *FAMILY]
    assert demo.codec_variants == [name for name in demo.variants if name != "mel"]
    binary = ["free", "sparse", "mu-sparse", "free-gan", "free-diffusion", "mdct-shipped"]
    assert demo.binary_variants == demo.selectivity_variants == binary
    assert demo.level_variants == ["mu-sparse", "mdct-shipped"]
    assert demo.sparse_variants == ["sparse"]
    assert demo.figure5_variants == ["free", "sparse"]
    assert (demo.mp3, demo.opus) == ([8], [6])


def test_rows_that_are_switched_off_are_nowhere() -> None:
    small = plan(pretrained=False, variants=dict.fromkeys(set(FAMILY) - {"rvq", "mel"}))
    assert small.variants == ["rvq", "mel"] and small.codec_variants == ["rvq"]
    assert small.listening_variants == ["rvq", "mel"]
    assert small.rated_systems == ["rvq", "mel", "anchor", "lowpass-3500", "lowpass-7000"]
    assert small.selectivity_variants == small.figure5_variants == small.level_variants == []
    figures = ["fig1-storage", "fig2", "fig2-rvq", "fig2-mel", "fig3-objective", "rate-quality"]
    assert small.figures == [*figures, "operations", "training", "clips"]


COPY = {
    "kind": "commands", "rates": [1, 2], "sample_rate": 22050, "delay": 0, "sound": "raw",
    "encode": ["cp", "{input}", "{output}"], "decode": ["cp", "{input}", "{output}"],
    "stream": "raw", "payload": "file", "padding": 0,
}  # fmt: skip


def test_codecs_of_others_follow_mp3_and_opus() -> None:
    folder = {"kind": "folder", "rates": [5], "sample_rate": 9, "delay": 0, "folder": "x-{rate}"}
    rows = {"copy": COPY, "off": None, "far": folder}
    wide = plan(external=rows, classical={"midi": [100]})
    assert wide.codecs == ["mp3-8", "opus-6", "midi-100", "copy-1", "copy-2", "far-5"]
    assert plan(classical={"midi": [100]}, dataset={"notes": "none"}).codecs == ["mp3-8", "opus-6"]
    assert wide.external_files(Job(external="copy-1")) == []
    assert wide.external_files(Job(external="far-5")) == ["x-5/clips.csv"]
    settings = json.loads(wide.external_settings(Job(external="copy-2")))
    assert settings["external"] == {"copy": COPY | {"rates": ["2"]}}  # another rate changes nothing
    assert settings.keys() == {"external", "evaluation"}
    for row, taken in (("mp3", [8]), ("opus", [6]), ("lowpass", [3500])):
        with pytest.raises(ConfigError, match=f"external '{row}-{taken[0]}' has the name"):
            plan(external={row: COPY | {"rates": taken}})


def test_figures_are_of_what_there_is() -> None:
    assert "fig4-mu-sparse" in plan().figures
    assert not [name for name in plan(variants={"sparse": None}).figures if "fig4" in name]
    assert "fig5-selectivity" in plan().figures
    for absent in ({"variants": {"sparse": None}}, {"figures": {"selective": []}}):
        assert "fig5-selectivity" not in plan(**absent).figures
    assert "probe-period" in plan(probe={"labels": ["period"]}).figures


def test_without_notes_there_is_no_selectivity() -> None:
    silent = plan(dataset={"notes": "none"})
    assert not silent.has_notes and silent.onsets("test") == []
    assert silent.selectivity_variants == [] and "fig5-selectivity" not in silent.figures
    assert plan().onsets("train", "test") == [
        "results/demo/onsets/train.zarr.zip",
        "results/demo/onsets/test.zarr.zip",
    ]


def test_clips_of_every_shard_in_order() -> None:
    clips = ["results/demo/clips/train-0.h5", "results/demo/clips/train-1.h5"]
    assert plan().clips("train") == clips
    assert plan().clip_tables("train", "test")[2] == "results/demo/clips/test-0.csv"
    assert plan().probe_splits == ["train", "validation", "test"]


def test_listeners_replace_the_objective_scores(tmp_path: Path) -> None:
    ratings = {"ratings": {"folder": str(tmp_path)}}
    assert plan(listening=ratings).judges == ["objective"]
    assert plan(evaluation={"perceptual": False}).judges == []
    (tmp_path / "b.csv").touch()
    (tmp_path / "a.csv").touch()
    rated = plan(listening=ratings, evaluation={"perceptual": False})
    assert rated.judges == ["listeners"] and "fig3-listeners" in rated.figures
    assert rated.rating_files == [f"{tmp_path}/a.csv", f"{tmp_path}/b.csv"]
    tables = rated.rating_tables("listeners", "x.csv")
    assert tables == ["results/demo/listen/listeners/x.csv"]


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").touch()
    own = plan(dataset={"source": "folder", "path": str(tmp_path)})
    assert own.local_folder and own.root(Job()) == str(tmp_path)
    assert own.source_tables == [f"{tmp_path}/metadata.csv"]
    versions = [f"results/demo/recordings/version-{split}.txt" for split in own.splits]
    assert own.version_files(Job()) == own.catalogue_sources(Job()) == versions
    assert own.version_files(Job(split="test")) == versions[2:]
    assert own.version(Job(split="test")) == "unknown"  # for the catalogue to name what is wrong


def test_other_sources() -> None:
    assert plan().root(Job()) == "results/demo/recordings" and plan().source_tables == []
    assert plan().version_files(Job(split="test")) == []
    fetched = plan(dataset={"source": "maestro"})
    assert fetched.root(Job()) == CONFIG["download"]["folder"]
    assert fetched.archive == ["results/demo/recordings/archive.json"]
    absent = plan(dataset={"source": "folder", "path": "nowhere"})
    assert not absent.local_folder and absent.catalogue_sources(Job()) == []


def test_models_are_trained_or_taken_over(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert plan().model_sources == {"mdct-shipped": str(PRETRAINED)}
    assert plan().trained_here == "|".join(FAMILY)
    job = Job(variant="mdct-shipped", file=WEIGHTS)
    assert plan().imported(job) == f"{PRETRAINED}/{WEIGHTS}"
    only = dict.fromkeys(set(FAMILY) - {"free"})
    with pytest.raises(ConfigError, match="models_from is 'far', but there is no 'results/far/"):
        plan(models_from="far", variants=only)
    model = tmp_path / "results" / "far" / "models" / "free" / WEIGHTS
    model.parent.mkdir(parents=True)
    model.touch()
    imported = plan(models_from="far", variants=only)
    assert imported.model_sources["free"] == "results/far/models/free"
    assert imported.trained_here == "(?!)" and "training" not in imported.figures


def test_weights_to_start_from(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    row = {"variants": {"free": {"training": {"start_from": "there.safetensors"}}}}
    with pytest.raises(ConfigError, match=r"'free' starts from 'there\.safetensors', which is not"):
        plan(**row)
    Path("there.safetensors").touch()
    assert plan(**row).start(Job(variant="free")) == ["there.safetensors"]
    assert plan(**row).start(Job(variant="rvq-impaired")) == []
    assert plan(**row).start(Job(variant="rvq")) == [str(PRETRAINED / "rvq" / WEIGHTS)]  # family
    later = "results/demo/models/{variant}/weights.safetensors"  # is still to be trained
    row["variants"]["free"]["training"]["start_from"] = later
    assert plan(**row).start(Job(variant="free"))[0] == later.format(variant="free")


def test_entropy_tables_learn_from_all_levels() -> None:
    learnt = [plan().codes_to_learn(Job(variant=name)) for name in ("free", "mu-sparse")]
    folder = "results/demo/codes"
    assert learnt == [f"{folder}/free/train.h5", f"{folder}/mu-sparse/all-levels.h5"]


@pytest.mark.parametrize("name", ["with {braces}", "a<b>"])
def test_results_that_snakemake_cannot_name(name: str) -> None:
    with pytest.raises(ConfigError, match="Snakemake takes none of"):
        plan(results=name)


def test_settings_hold_the_named_keys_only() -> None:
    cut = plan().settings("seed", "evaluation.level")(Job())
    assert json.loads(cut) == {"seed": 1, "evaluation": {"level": CONFIG["evaluation"]["level"]}}
    braces = plan(dataset={"path": "of {live} takes"}).settings("dataset.path")
    assert json.loads(braces(Job())) == {"dataset": {"path": "of {live} takes"}}


def test_settings_of_one_variant() -> None:
    trained = json.loads(plan().variant_settings(Job(variant="sparse")))
    built = json.loads(plan().network_settings(Job(variant="sparse")))
    assert trained["training"] == CONFIG["training"] and "training" not in built
    assert trained["sparsities"]["storage-cost"]["gamma"] == 0.5
    assert built["sparsities"] == {"storage-cost": {"kind": "storage-cost"}}
    package = configuration.read([plan().variant_settings(Job(variant="mdct-shipped"))])
    assert configuration.variant(package, "mdct-shipped") == plan().models["mdct-shipped"]


def test_keys_that_depend_on_others() -> None:
    demo, fma = plan().config, plan(dataset={"source": "fma", "notes": "none"}).config
    assert "dataset.demo.minutes" in keys.index(demo) and "dataset.path" not in keys.index(demo)
    assert "dataset.demo" in keys.recordings(demo)  # how it is recorded, too
    assert {"dataset.fma", "dataset.path", "download.table"} <= set(keys.index(fma))
    assert not any(key.startswith("download") for key in keys.index(demo))
    assert {"download.folder"} <= set(keys.recordings(fma))
    assert "evaluation.processes" in keys.scores(demo)
    fast = plan(evaluation={"perceptual": False}).config
    assert "evaluation.processes" not in keys.scores(fast)


def test_what_training_asks_a_cluster_for() -> None:
    job = Job(variant="free")
    one = plan(training={"accelerator": "auto"})
    assert one.gpus(job) == 1 and one.tasks(job) is None
    assert one.launcher(job, threads=8) == ""
    two = plan(training={"accelerator": "auto", "devices": 2})
    assert two.gpus(job) == two.tasks(job) == 2
    assert two.nodes(job) == 1
    assert "--nodes=1 --ntasks-per-node=2 --cpus-per-task=8" in two.launcher(job, threads=8)
    four = plan(training={"accelerator": "auto", "devices": 2, "nodes": 2})
    assert (four.gpus(job), four.nodes(job), four.tasks(job)) == (4, 2, 2)
    assert "--nodes=2 --ntasks-per-node=2" in four.launcher(job, threads=8)
    assert plan().gpus(job) is None  # the demo's is cpu


def test_options_are_quoted() -> None:
    files = {"codes": ["my out/a.h5", "b.h5"], "onsets": [], "weights": "w{x}.st"}
    words = options("codes", "onsets", "weights")(Job(), files)
    expected = ["--codes", "my out/a.h5", "--codes", "b.h5", "--weights", "w{x}.st"]
    assert shlex.split(words) == expected
    assert shlex.split(named("kbps", 4, 16)) == ["--kbps", "4", "--kbps", "16"]
    assert named("variant") == ""


def test_small_things() -> None:
    assert out_folder(Job(), ["a b/c/d.json", "e"]) == "a b/c"
    assert out_prefix(Job(), ["f/fig1.png", "f/fig1.svg"]) == "f/fig1"
    assert [per_attempt(500)(Job(), attempt) for attempt in (1, 2, 3, 4)] == [500, 1000, 1500, 1500]
    assert wildcards_in(r"a/{variant}/{split,\w+}.h5", "{variant}.csv") == ["variant", "split"]
    assert wildcards_in() == []
