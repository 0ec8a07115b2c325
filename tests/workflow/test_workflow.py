"""The demo's whole DAG, and what a change of the configuration reruns."""

import re
import shutil
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from spiking_music.listening.manifest import read_manifest
from spiking_music.models.metadata import describe
from spiking_music.models.pretrained import PRETRAINED, TABLES, WEIGHTS
from tests.browser.samples import page_data
from tests.workflow.conftest import ROOT, Done, run_snakemake
from tests.workflow.small import write_overlay

VARIANTS = ["rvq", "free", "sparse", "mu-sparse", "rvq-impaired", "free-gan", "free-diffusion"]
VARIANTS += ["mel", "freq-ae", "time-ae", "mdct-shipped"]
CODED = [name for name in VARIANTS if name != "mel"]
CLASSICAL = ["mp3-4", "mp3-16", "opus-12"]
EXTERNAL = ["midi-100", "high-byte-8"]
BINARY = ["free", "sparse", "mu-sparse", "free-gan", "free-diffusion", "mdct-shipped"]
ANCHORS = ["anchor", "lowpass-3500", "lowpass-7000"]


ODD = "my o'ut \"$5 ~x% é#;&(*)[a],=:\\ü"  # results may be anywhere: every step quotes it


def again(folder: Path, *arguments: str) -> Done:
    """The tiny demo in `folder`, with `ODD` results."""
    overlay = folder / "odd.yaml"
    overlay.write_text(yaml.safe_dump({"results": ODD}))
    return run_snakemake(folder, *arguments, overlays=("config/tiny.yaml", str(overlay)))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the tiny demo has run to its end."""
    folder = tmp_path_factory.mktemp("tiny")
    done = again(folder)
    assert done.code == 0, done.said[-5000:]
    return folder


def jobs(done: Done) -> dict[str, int]:
    """Job counts of a dry run, from its first table."""
    assert done.code == 0, done.said
    table = done.said.partition("\ntotal ")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}


def test_every_variant_has_gone_through_every_rule(finished: Path) -> None:
    results = finished / ODD / "tiny"
    summary = pd.read_csv(results / "summary.csv").set_index("variant")
    assert list(summary.index) == [*VARIANTS, *CLASSICAL, *EXTERNAL, *ANCHORS]
    assert summary["si_snr_db"].notna().all()
    assert (summary["si_snr_low"] <= summary["si_snr_db"]).all()
    assert (summary.loc[CODED, "kbps_paper"] > 0).all()
    assert (summary.loc[BINARY, "density"] > 0).all()
    assert summary.loc[["mel", *ANCHORS], "kbps_paper"].isna().all()
    decoders = {
        "regression",
        "gan",
        "diffusion",
        "frame-diffusion",
        "griffin-lim",
        "mp3",
        "opus",
        "high-byte",
        "midi",
        "none",
    }
    assert set(summary["decoder"]) == decoders
    latents = 4 * 3 * 22050 / 512 / 1000  # of 3 bits
    assert summary.loc[["freq-ae", "time-ae"], "kbps_paper"].tolist() == pytest.approx(
        [latents] * 2
    )
    assert (summary.loc[["freq-ae", "time-ae"], "kbps"] > 0).all()
    assert (summary.loc[CLASSICAL, "kbps_header"] > 0).all()
    assert summary.loc["high-byte-8", "kbps"] == pytest.approx(8 * 22.05, rel=1e-3)
    assert 0.03 < summary.loc["midi-100", "kbps"] < 0.4
    assert list(pd.read_csv(results / "selectivity.csv")["variant"]) == BINARY
    with np.load(results / "selectivity" / "sparse.npz") as arrays:
        assert arrays["correlation"].shape == (20, 88, 33)
    assert not list(finished.rglob(".partial-*"))


def test_the_model_of_the_package_is_a_row_without_training(finished: Path) -> None:
    results = finished / ODD / "tiny"
    names = {path.name for path in (results / "models" / "mdct-shipped").iterdir()}
    assert names == {WEIGHTS, TABLES}
    for name in names:
        copied = (results / "models" / "mdct-shipped" / name).read_bytes()
        assert copied == (PRETRAINED / name).read_bytes()
    assert {path.name for path in (results / "codes" / "mdct-shipped").iterdir()} == {
        "validation.h5",  # selectivity
        "test.h5",
    }
    row = pd.read_csv(results / "summary.csv").set_index("variant").loc["mdct-shipped"]
    about = describe(PRETRAINED / WEIGHTS)["extra"]
    assert {name: str(int(row[name])) for name in about} == about
    systems = page_data(results / "listen" / "index.html")["clips"][0]["systems"]
    first = [name for name, _ in groupby(system["name"].partition("@")[0] for system in systems)]
    assert first[:3] == ["reference", "mdct-shipped", "rvq"]  # it at all levels of the slider
    assert systems[1]["rates"]["kbps"] > 0


def test_the_sweep_holds_every_level_and_what_control_picks(finished: Path) -> None:
    folder = finished / ODD / "tiny" / "sweep"
    sweep = pd.read_csv(folder / "mu-sparse.csv")
    assert sorted(sweep["level"].unique()) == [0, 16, 31]
    for control in ("quality", "budget"):
        chosen = pd.read_csv(folder / f"mu-sparse-{control}.csv")
        assert len(chosen) == sweep["clip"].nunique()


def test_every_figure_is_drawn(finished: Path) -> None:
    drawn = ["fig1-storage", "fig4-mu-sparse", "fig5-selectivity", "rate-quality", "training"]
    drawn += ["clips", "operations", "fig2", *(f"fig2-{name}" for name in VARIANTS)]
    for figure in drawn:
        for kind in ("png", "svg"):
            path = finished / ODD / "tiny" / "figures" / f"{figure}.{kind}"
            assert path.stat().st_size > 5000


def test_both_pages_are_made_of_the_same_clips(finished: Path) -> None:
    folder = finished / ODD / "tiny" / "listen"
    manifest = read_manifest(folder / "stimuli" / "manifest.json")
    compared = ["rvq", "free", "sparse", "mel", "rvq-impaired"]
    systems = ["reference", *compared, "anchor-7000", "anchor-3500", "anchor-distorted"]
    assert [stimulus.system for stimulus in manifest.clips[0].stimuli] == systems
    sounds = sorted(Path(each.file).stem for clip in manifest.clips for each in clip.stimuli)
    assert sorted(path.stem for path in (folder / "test" / "audio").iterdir()) == sounds
    samples, test = ((folder / name).read_text() for name in ("index.html", "test/index.html"))
    for clip in manifest.clips:
        assert clip.title in test
        for system in (*compared, "mu-sparse@16", "free-gan", "free-diffusion"):
            assert f'data-sound="{clip.clip}/{system}"' in samples


def test_every_job_leaves_a_log_and_a_benchmark(finished: Path) -> None:
    results = finished / ODD / "tiny"
    logs = {path.stem for path in (results / "logs").iterdir()}
    times = {path.stem for path in (results / "benchmarks").iterdir()}
    assert logs == times
    assert {"index", "train-rvq", "train-free", "evaluate-free", "summarise"} <= logs
    assert "wrote" in (results / "logs" / "summarise.log").read_text()


def test_nothing_is_to_be_done_after_a_finished_run(finished: Path) -> None:
    done = again(finished, "-n")
    assert done.code == 0
    assert "Nothing to be done" in done.said


def test_a_changed_training_value_reruns_that_variant_and_what_follows(finished: Path) -> None:
    change = "variants={free: {training: {steps: 7}}}"
    done = again(finished, "-n", "--config", change)
    once = ("train", "evaluate", "storage_cost", "fit_entropy", "entropy_cost", "summarise")
    once += ("selectivity", "compare_selectivity", "stimuli", "sample_page", "test_page")
    once += ("tuning", "excerpts", "claims", "front_page")
    drawn = ("clips", "rate_quality", "operations", "training", "selectivity")  # no architecture
    expected = {"all", "codes", *once, *(f"figure_{name}" for name in drawn)}
    assert set(jobs(done)) == expected
    assert jobs(done)["train"] == jobs(done)["evaluate"] == 1
    assert "variant=free" in done.said
    assert "variant=rvq" not in done.said


@pytest.mark.parametrize(
    ("change", "rerun"),
    [
        ("figures={storage_steps: 512}", {"figure_storage", "front_page"}),
        ("figures={clips: 2}", {"excerpts", "figure_clips", "front_page"}),
        ("listening={page: {title: Another}}", {"test_page"}),
        (
            "evaluation={bootstrap: 60}",  # of the intervals of tables, and what shows these
            {"claims", "summarise", "sweep", "figure_rate_quality", "figure_rate_sweep"}
            | {"figure_operations", "front_page"},
        ),
    ],
)
def test_a_changed_value_reruns_what_reads_it(finished: Path, change: str, rerun: set[str]) -> None:
    assert set(jobs(again(finished, "-n", "--config", change))) == {"all", *rerun}


def test_changed_code_is_said_and_remade_on_demand(small: Path, tmp_path: Path) -> None:
    """Of figures: nothing is trained for it, and no result is discarded by itself."""
    shutil.copytree(ROOT / "src", tmp_path / "src")
    style = tmp_path / "src" / "spiking_music" / "figures" / "style.py"
    style.write_text(f"{style.read_text()}\nWIDER = 1.1\n")
    overlays = write_overlay(tmp_path)

    def plan(*arguments: str, source: Path | None = None) -> Done:
        return run_snakemake(small, "-n", *arguments, overlays=overlays, source=source)

    assert "note: code" not in plan().said
    done = plan(source=tmp_path / "src")
    assert "Nothing to be done" in done.said
    notes = [line for line in done.said.splitlines() if line.startswith("note: code has changed")]
    assert len(notes) == 1 and "(figures.style)" in notes[0]
    rules = notes[0].partition("--forcerun ")[2].split()
    assert {"figure_storage", "figure_clips", "figure_training"} <= set(rules)
    assert not {"train", "codes", "evaluate", "summarise"} & set(rules)
    remade = plan("--forcerun", *rules, source=tmp_path / "src")
    assert set(jobs(remade)) == {"all", "front_page", *rules}  # which shows the figures


def test_a_group_of_a_cluster_makes_nothing_that_others_have_made(finished: Path) -> None:
    """In such a job Snakemake knows the rules of the group only, and forces whatever they could."""
    done = again(
        finished, "-n", "--nolock", "--force", "--mode", "remote", "--local-groupid", "any",
        "--allowed-rules", "storage_cost", "entropy_cost", "fit_entropy",
        "--target-jobs", "entropy_cost:variant=mdct-shipped",
    )  # fmt: skip
    assert jobs(done) == {"entropy_cost": 1}


def test_report_is_self_contained(finished: Path) -> None:
    report = finished / ODD / "tiny" / "report.html"
    done = again(finished, "--report", str(report))
    assert done.code == 0, done.said
    text = report.read_text()
    assert "Figure 1" in text
    links = re.findall(r'href=\\"((?:listen/|index)[^"\\]+)\\"', text)
    assert links == ["index.html", "listen/index.html", "listen/test/index.html"]
    assert all((report.parent / link).is_file() for link in links)
    assert not re.findall(r"<(?:script|link)[^>]+(?:src|href)=[\"']https?://", text)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("traning={}", "unknown configuration key 'traning'; did you mean 'training'?"),
        ("variants={free: {backbone: spectrl}}", "unknown backbone 'spectrl'; did you mean"),
        ("signal={clip_samples: 65536}", "the pretrained model is of another signal (clip_samples"),
    ],
)
def test_a_bad_configuration_is_one_sentence(tmp_path: Path, change: str, sentence: str) -> None:
    done = run_snakemake(tmp_path, "-n", "--config", change)
    assert done.code != 0
    errors = [line for line in done.said.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert sentence in errors[0]
    assert "Traceback" not in done.said


def test_the_paper_is_one_overlay_away(tmp_path: Path) -> None:
    done = run_snakemake(
        tmp_path, "-n", "-p", overlays=("config/data/maestro.yaml", "config/experiments/paper.yaml")
    )
    assert {"archive", "clips", "train"} <= jobs(done).keys()
    assert '"steps": 1000000' in done.said
    assert '"backbone": "seanet"' in done.said


def test_the_table_of_results_is_two_overlays_away_and_may_lack_figure_5(tmp_path: Path) -> None:
    overlays = ("config/experiments/mdct.yaml", "config/experiments/quality.yaml")
    whole = jobs(run_snakemake(tmp_path, "-n", overlays=overlays))
    assert whole["train"] == whole["evaluate"] == 72 and whole["figure_selectivity"] == 1
    none = run_snakemake(tmp_path, "-n", "--config", "figures={selective: []}", overlays=overlays)
    assert jobs(none).keys() == whole.keys() - {"figure_selectivity"}


def test_three_seeds_of_a_recipe_are_a_word_on_the_command_line(tmp_path: Path) -> None:
    """And each of them is trained on from its own weights."""
    names = ("mdct-mu", "mdct-mu-seed-2", "mdct-mu-seed-3")
    for name in names:
        (tmp_path / f"results/salamander/models/{name}").mkdir(parents=True)
        (tmp_path / f"results/salamander/models/{name}/weights.safetensors").touch()
    done = run_snakemake(
        tmp_path,
        "-n", "-p",
        *(f"results/both/shipped/{name}/entropy.safetensors" for name in names),
        "--config", "variants={mdct-mu: {seeds: 3}}",
        overlays=("config/experiments/mdct.yaml", "config/experiments/both.yaml"),
    )  # fmt: skip
    assert jobs(done)["train"] == 3
    for name in names:
        assert f'{{"{name}": {{' in done.said
        assert f"results/salamander/models/{name}/weights.safetensors" in done.said
