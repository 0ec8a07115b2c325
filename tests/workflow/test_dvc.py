"""DVC as the ledger of the workflow: versions, fresh clones, and the way back."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
import soundfile

from spiking_music.data.midi import write_midi
from tests.workflow.conftest import ROOT, warmed
from tests.workflow.folders import make_folder, performance, sound
from tests.workflow.small import VARIANT, outputs, whole_config


@dataclass
class Clone:
    """A clone of a repository with this project, a small configuration and recordings."""

    root: Path
    versions: dict[str, dict[str, bytes]] = field(default_factory=dict)  # tag -> results

    def __call__(self, *command: str) -> str:
        """All that `command` said; a command that fails is an error."""
        run = subprocess.run(
            command,
            cwd=self.root,
            env=warmed(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert run.returncode == 0, f"{command}: {run.stdout[-5000:]}"
        return run.stdout

    def make(self, target: str) -> None:
        """`make target`, with the environment of the tests in the place of one of its own."""
        (self.root / ".venv").mkdir(exist_ok=True)
        (self.root / ".venv" / "ready").touch()
        self("make", target)

    def commit(self, tag: str) -> None:
        self("git", "add", "--all")
        self("git", "commit", "--quiet", "--message", tag)
        self("git", "tag", tag)
        self.versions[tag] = outputs(self.root)

    def assert_nothing_to_be_done(self) -> None:
        assert "Nothing to be done" in self("snakemake", "--cores", "1", "-n")
        assert "up to date" in self("dvc", "status")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A repository with version 1 of its recordings, reproduced and pushed."""
    folder = tmp_path_factory.mktemp("dvc")
    clone = Clone(folder / "first")
    copy_project(clone.root)
    make_folder(clone.root / "recordings", seconds=6.5)
    clone("git", "init", "--quiet")
    clone("git", "config", "user.name", "Tester")
    clone("git", "config", "user.email", "tester@example.org")
    clone("dvc", "add", "--quiet", "recordings")
    clone("dvc", "remote", "add", "--default", "disk", str(folder / "remote"))
    clone("dvc", "repro")
    clone.commit("v1")
    clone("dvc", "push")
    return clone


@pytest.fixture(scope="module")
def second(ledger: Clone) -> str:
    """Version 2 has one more recording in the test split; what `dvc repro` said."""
    played, root = performance(4, 6.5), ledger.root / "recordings"
    soundfile.write(root / "4.wav", sound(played, round(6.5 * 44100), 44100), 44100)
    write_midi(played, root / "4.midi")
    table = pd.read_csv(root / "metadata.csv")
    row = table.iloc[3].to_dict() | {"midi_filename": "4.midi", "audio_filename": "4.wav"}
    (root / "metadata.csv").unlink()  # it may be a link into DVC's cache
    pd.concat([table, pd.DataFrame([row])]).to_csv(root / "metadata.csv", index=False)
    config = ledger.root / "config.yaml"
    config.write_text(config.read_text().replace("storage_steps: 1024", "storage_steps: 512"))
    ledger("dvc", "add", "--quiet", "recordings")
    said = ledger("dvc", "repro")
    ledger.commit("v2")
    return said


def copy_project(folder: Path) -> None:
    """What git tracks, with the tests' configuration, and recordings as a dependency."""
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in tracked.stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "config.yaml").write_text(whole_config(source="folder", path="recordings"))
    stages = (folder / "dvc.yaml").read_text()
    documented = "# deps: [recordings]"
    assert documented in stages
    (folder / "dvc.yaml").write_text(stages.replace(documented, documented.removeprefix("# ")))


def rules(said: str) -> list[str]:
    """The rule of each job that Snakemake announced."""
    return re.findall(r"^(?:local)?rule (\w+):", said, re.M)


def test_a_reproduced_run_leaves_nothing_to_be_done(ledger: Clone) -> None:
    ledger.assert_nothing_to_be_done()
    metrics = json.loads(ledger("dvc", "metrics", "show", "--json"))
    shown = metrics[""]["data"]["results/small/summary.json"]["data"]
    assert shown == json.loads(ledger.versions["v1"]["summary.json"])


def test_a_fresh_clone_is_one_command_away(ledger: Clone, tmp_path: Path) -> None:
    fresh = Clone(tmp_path / "fresh")
    ledger("git", "clone", "--quiet", "--branch", "v1", str(ledger.root), str(fresh.root))
    fresh.make("pull")
    fresh.assert_nothing_to_be_done()
    assert outputs(fresh.root) == ledger.versions["v1"]
    told = fresh("spiking-music", "provenance", "results/small/summary.csv")
    assert "summary.csv: as it was made" in told

    # from here on a change reruns what it concerns, as where the results were made
    change = ("--config", "figures={storage_steps: 512}")
    jobs = set(rules(fresh("snakemake", "--cores", "1", "-n", *change)))
    assert "figure_storage" in jobs
    assert not {"clips", "train", "evaluate"} & jobs


def test_an_incomplete_pull_is_not_blessed(ledger: Clone, tmp_path: Path) -> None:
    fresh = Clone(tmp_path / "fresh")
    ledger("git", "clone", "--quiet", "--branch", "v1", str(ledger.root), str(fresh.root))
    fresh("dvc", "fetch", "data")
    with pytest.raises(AssertionError, match="lacks results"):
        fresh.make("restore")
    assert "train" in rules(fresh("snakemake", "--cores", "1", "-n"))


def test_a_recording_more_reruns_what_depends_on_it(ledger: Clone, second: str) -> None:
    ran = rules(second)
    assert ran.count("clips") == 1
    assert "wildcards: split=test, shard=0" in second
    assert {"index", "recordings", "codes", "evaluate", "summarise"} <= set(ran)
    assert not {"train", "fit_entropy", "selectivity", "figure_architecture"} & set(ran)

    metrics = json.loads(ledger("dvc", "metrics", "diff", "v1", "--json"))
    clips = metrics["results/small/summary.json"][f"{VARIANT}.clips"]
    assert (clips["old"], clips["new"]) == (1, 2)
    params = json.loads(ledger("dvc", "params", "diff", "v1", "--json"))
    changed = params["config.yaml"]
    assert changed["figures.storage_steps"] == {"old": 1024, "new": 512, "diff": -512}
    page = Path(ledger("dvc", "plots", "diff", "v1").strip().split("file://")[-1]).read_text()
    for words in ("kbps", "validation_si_snr_db", '"v1"', '"workspace"'):
        assert words in page


def test_and_back_again(ledger: Clone, second: str) -> None:
    for tag, recordings in (("v1", 4), ("v2", 5)):
        ledger("git", "checkout", "--quiet", tag)
        ledger.make("restore")
        ledger.assert_nothing_to_be_done()
        assert outputs(ledger.root) == ledger.versions[tag]
        assert len(list((ledger.root / "recordings").glob("*.wav"))) == recordings
