"""Every result tells what made it, and stays itself."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import torch

import spiking_music
from tests.workflow.conftest import ROOT, environment
from tests.workflow.small import APART, VARIANT, outputs

SOUNDS = (".wav", ".js")


def ask(*words: Path | str) -> str:
    if len(words) == 1:
        words = ("provenance", *words)
    run = subprocess.run(
        ["spiking-music", *map(str, words)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return run.stdout if run.returncode == 0 else f"exit {run.returncode}: {run.stdout}"


@pytest.fixture
def results(small: Path, tmp_path: Path) -> Path:
    """The results at another place: records name nothing of where they were made."""
    shutil.copytree(small / "results" / "small", tmp_path / "moved")
    return tmp_path / "moved"


def test_every_output_has_a_record(small: Path) -> None:
    made = {name for name in outputs(small) if undeclared(name) is None}
    root = small / "results" / "small" / "provenance"
    recorded = {str(path.relative_to(root)) for path in root.rglob("*.json")}
    assert recorded == {f"{name}.json" for name in made}


def undeclared(name: str) -> str | None:
    """Why `name` is the output of no rule, if so."""
    if name.endswith("/.spiking-music"):
        return "the mark of a folder that a verb made"
    if name.startswith("recordings/2"):
        return "rendered; the manifest stands for it"
    if name.startswith(("listen/stimuli/", "listen/test/audio/")) and name.endswith(SOUNDS):
        return "sounds; the manifest and the page stand for them"
    if name.endswith(".snakemake_timestamp"):
        return "Snakemake's"
    return "to listen to" if "/validation/" in name else None


def test_a_result_tells_all_that_made_it(results: Path) -> None:
    told = ask(results / "summary.csv")
    assert told.startswith(f"{results}/summary.csv: as it was made (")
    head, _, settings = told.partition("  configuration\n")
    facts = dict(line.split(maxsplit=1) for line in head.splitlines()[1:] if line[2] != " ")
    assert facts["seed"] == "1"
    assert facts["by"].startswith("spiking-music evaluate summary --config … --weights ")
    for split in ("train", "validation", "test"):
        assert f"clips/{split} " in facts["data"]
    commit = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True
    ).stdout.strip()
    assert f"version {spiking_music.__version__}, commit {commit}" in facts["code"]
    assert f"torch {torch.__version__.partition('+')[0]}" in facts["software"]
    assert "cores" in facts["hardware"]
    # of every step before it, though `summarise` was given none of it
    for words in ("minutes: 1.5", "learning_rate: 0.003", f"{VARIANT}:", "bootstrap: 50"):
        assert words in settings


def test_weights_know_the_data_they_have_seen_and_no_other(results: Path) -> None:
    record = json.loads(
        (results / "provenance" / "models" / VARIANT / "weights.safetensors.json").read_text()
    )
    seen = {name.partition("-")[0] for name in record["data"]}
    assert seen == {"clips/train", "clips/validation"}
    assert record["configuration"]["training"]["steps"] == 6


def test_a_changed_or_replaced_file_is_told(results: Path) -> None:
    with (results / "summary.csv").open("a") as file:
        file.write("\n")
    assert "summary.csv: CHANGED since it was made (was " in ask(results / "summary.csv")
    with (results / "storage" / f"{VARIANT}.csv").open("a") as file:
        file.write("\n")
    assert "(another one now)" in ask(results / "summary.csv")
    lines = ask(results).splitlines()
    assert sum("CHANGED" in line for line in lines) == 2
    assert sum("as it was made" in line for line in lines) > 40


def test_two_runs_are_compared(small: Path, results: Path) -> None:
    told = ask("compare", small / "results" / "small", results)
    assert re.fullmatch(r"(\d+) results in both: \1 equal, 0 differ\n", told)
    storage = results / "storage" / f"{VARIANT}.csv"
    table = pd.read_csv(storage)
    table["events"] += 1
    table.to_csv(storage, index=False)
    lines = ask("compare", small / "results" / "small", results).splitlines()
    assert lines[0].endswith("equal, 1 differ")
    assert lines[2].startswith(f"  storage/{VARIANT}.csv: events by up to 1 (")
    assert lines[3:] == [
        "    cause: the file of the second folder was changed after it had been made"
    ]


def test_what_has_no_record_is_one_sentence(results: Path) -> None:
    said = ask(results / "logs" / "summarise.log")
    assert said.startswith("exit 1: error: '")
    assert "has no record of what made it" in said
    assert len(said.splitlines()) == 1
    empty = results / "empty"
    empty.mkdir()
    assert "holds no recorded result" in ask(empty)


def test_verbs_by_hand_leave_no_record(tmp_path: Path) -> None:
    command = ["spiking-music", "figure", "storage", "--config", str(ROOT / "config.yaml")]
    subprocess.run([*command, "--out", str(tmp_path / "fig1")], env=environment(), check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"fig1.png", "fig1.svg", "fig1.pdf"}
    assert "provenance" in APART
