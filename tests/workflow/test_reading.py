"""Verbs read the very keys that their rules hand over, no more and no less.

No more: a section refuses to be asked for what was not handed over (config/parts.py), so that any
run of a rule would fail. No less: here the commands of the rules are run again, and what they read
is noted. `train` is left out, as its whole configuration goes into the weights.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spiking_music import cli
from spiking_music import config as configuration
from spiking_music.config.reading import SECTIONS, TABLES
from spiking_music.config.sections import Section
from spiking_music.workflow import Plan
from tests.conftest import DEFAULTS, ROOT
from tests.workflow.commands import commands, handed, verb
from tests.workflow.small import VARIANT

RESULTS = Path("results/small")
TARGETS = ("all", f"{RESULTS}/listen/objective/summary.md", f"{RESULTS}/figures/fig4-{VARIANT}.png")
TINY = configuration.read([*DEFAULTS, str(ROOT / "config" / "tiny.yaml")])
ALSO = {
    "dataset.bad_recordings", "dataset.silence",  # read where a recording is bad, or silent
    "listening.page.pairs", "listening.page.repeats",  # read in a test of pairs
}  # fmt: skip
# whose keys are all in the weights; which have none
NOT_RUN = {"train variant", "train to-fp16", "train import-model"}


class Reading:
    """Notes which keys are read of the sections that a verb asks for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: set[str] = set()
        self._sections: dict[int, tuple[Section, str]] = {}  # kept, so that no number comes twice
        whole = Section.__getattribute__

        def noted(section: Section, name: str) -> Any:
            known = self._sections.get(id(section))
            known = known if name in type(section).model_fields else None
            # rows of tables may leave keys to the defaults of their kind
            if known and name in whole(section, "model_fields_set"):
                self._note(known[1], name, whole(section, name))
            return whole(section, name)

        monkeypatch.setattr(Section, "__getattribute__", noted)
        for name in ("section", "network", "seed", "external_system"):
            monkeypatch.setattr(configuration, name, self._watched(getattr(configuration, name)))

    def _watched(self, given: Any) -> Any:
        def called(raw: Mapping[str, Any], *what: Any) -> Any:
            found = given(raw, *what)
            if isinstance(found, configuration.VariantConfig):
                self._watch(found, "")
            elif isinstance(found, configuration.ExternalSystem):  # it is one of its row's rates
                self.keys.add(f"external.{found.row}.rates")
                self._watch(found.config, f"external.{found.row}")
            elif isinstance(found, Section):
                self._watch(found, SECTIONS[what[0]])
            else:
                self.keys.add("seed")
            return found

        return called

    def _watch(self, section: Section, place: str) -> None:
        for name, value in section.__dict__.items():
            if isinstance(value, Section):
                self._watch(value, TABLES.get(name, f"{place}.{name}".strip(".")))
        self._sections[id(section)] = section, place

    def _note(self, place: str, name: str, value: Any) -> None:
        if not isinstance(value, Section) and name != "kind" and (place or name == "seed"):
            self.keys.add(f"{place}.{name}".strip("."))


@pytest.fixture(scope="module")
def work(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small run, to which listeners and labels are added."""
    folder = tmp_path_factory.mktemp("reading")
    shutil.copytree(small, folder, dirs_exist_ok=True)
    (folder / "ratings").mkdir()
    return folder


def read_by(argv: list[str], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    with monkeypatch.context() as patch:
        reading = Reading(patch)
        patch.setattr(sys, "argv", ["spiking-music", *argv])
        patch.setenv("SPIKING_MUSIC_FORCE", "1")  # as in the rules: results are made anew
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code, argv
        return reading.keys


def check(found: Mapping[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Run the commands; the verbs that were run."""
    wrong = {}
    for argv in found.values():
        if verb(argv) == "listen objective-ratings":
            _give_perceptual_scores()
        if verb(argv) not in NOT_RUN:
            read, given = read_by(argv, monkeypatch), handed(argv)
            if not given - ALSO <= read <= given:
                wrong[" ".join(argv[:4])] = {"not read": given - read, "not given": read - given}
    assert not wrong, wrong
    return {verb(argv) for argv in found.values()}


def _give_perceptual_scores() -> None:
    for path in (RESULTS / "evaluation").glob("*.csv"):
        pd.read_csv(path).assign(visqol=3.0, zimtohrli=3.0).to_csv(path, index=False)


def test_a_verb_reads_what_its_rule_hands_over(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work)
    cut = configuration.cut(TINY, "seed", "listening.simulated")
    shutil.rmtree("ratings")
    read_by(["listen", "simulate-listeners", "--config", cut, "--out", "ratings"], monkeypatch)
    ratings = {"ratings": {"folder": str(work / "ratings")}}
    ran = check(commands(work, *TARGETS, listening=ratings), monkeypatch)
    expected = {
        "data": "index recordings clips onsets",
        "train": "entropy",
        "evaluate": "codes variant sweep anchor classical midi external summary selectivity",
        "listen": "stimuli sample-page test-page ratings objective-ratings",
        "figure": "storage rate-quality rate-sweep training clips listening",
    }
    for group, verbs in expected.items():
        assert ran >= {f"{group} {each}" for each in verbs.split()}


def test_probes_too(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work)
    number, rows = 0, []
    for split in ("train", "validation", "test"):
        path = RESULTS / "clips" / f"{split}-0.csv"
        table = pd.read_csv(path)
        table["performance"] = np.arange(number, number + len(table))  # each clip is one
        table.to_csv(path, index=False)
        rows += [{"split": split, "performance": each} for each in table["performance"]]
        number += len(table)
    known = pd.DataFrame(rows)
    known["genre"] = np.where(known.index % 2, "waltz", "polka")
    old = pd.read_csv(RESULTS / "performances.csv").iloc[0].to_dict()
    known = known.assign(**{key: old[key] for key in old.keys() - set(known)})
    known["audio_filename"] = [f"{each}.flac" for each in known.index]
    known["midi_filename"] = [f"{each}.midi" for each in known.index]
    known.to_csv(RESULTS / "performances.csv", index=False)
    codes = configuration.cut(TINY, "evaluation.batch_size", "evaluation.level")
    model, out = RESULTS / "models" / VARIANT, RESULTS / "codes" / VARIANT / "train.h5"
    argv = ["evaluate", "codes", f"{RESULTS}/clips/train-0.h5", "--config", codes]
    argv += ["--weights", f"{model}/weights.safetensors", "--out", str(out)]
    read_by(argv, monkeypatch)
    labels = {"labels": ["genre"]}
    found = commands(work, f"{RESULTS}/probes.csv", probe=labels)
    probes = {name: argv for name, argv in found.items() if verb(argv) == "evaluate probe"}
    check(probes, monkeypatch)
    assert len(probes) == 2  # of codes, and of mel bands


@pytest.mark.parametrize("overlay", ["tiny", "experiments/mdct"])
def test_descriptions_of_networks_too(
    overlay: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every row, as they need no weights."""
    monkeypatch.chdir(tmp_path)
    plan = Plan.of(configuration.read([*DEFAULTS, str(ROOT / "config" / f"{overlay}.yaml")]))
    kinds = {}
    for name in plan.variants:
        config = plan.network_settings(SimpleNamespace(variant=name))
        argv = ["evaluate", "architecture", name, "--config", config, "--out", f"{name}.csv"]
        kinds[tuple(sorted(handed(argv)))] = argv
    assert len(kinds) >= 3
    check({str(number): argv for number, argv in enumerate(kinds.values())}, monkeypatch)
