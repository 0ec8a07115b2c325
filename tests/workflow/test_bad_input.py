"""What people really hand in, through the real command line: one sentence, nothing half-written."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from spiking_music import cli
from spiking_music import config as configuration
from tests.workflow.conftest import ROOT, run_snakemake
from tests.workflow.folders import make_folder

Run = Callable[..., "Outcome"]
CLIP = 32768  # samples, 1.5 s


class Outcome:
    """Where the verbs of a shard of the train split ended, and what stood on stderr."""

    def __init__(self, failed: str | None, told: str) -> None:
        self.failed = failed  # the verb
        self.told = told
        self.errors = [line for line in told.splitlines() if line.startswith("error: ")]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("good") / "data", seconds=3.2)


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good, tmp_path / "data")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def run(folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> Run:
    """`run(bad_recordings="skip")`: all verbs of the dataset room, until one fails."""

    monkeypatch.setenv("SPIKING_MUSIC_FORCE", "1")  # as the workflow does

    def verbs(**dataset: Any) -> Outcome:
        for verb, arguments in commands(folder, out, **dataset):
            monkeypatch.setattr(sys, "argv", ["spiking-music", "data", verb, *arguments])
            with pytest.raises(SystemExit) as end:
                cli.main()
            if end.value.code:
                assert end.value.code == 1
                return Outcome(verb, capsys.readouterr().err)
        return Outcome(None, capsys.readouterr().err)

    return verbs


def commands(folder: Path, out: Path, **dataset: Any) -> list[tuple[str, list[str]]]:
    """The verbs, and the arguments that the rules give them."""
    settings = {"source": "folder", "path": str(folder), "shards": 1, **dataset}
    overlay = {"dataset": settings, "signal": {"clip_samples": CLIP}}
    raw = configuration.read([str(ROOT / "config.yaml"), json.dumps(overlay)])
    config = ["--config", configuration.cut(raw, "seed", "signal", "dataset")]
    table, manifest = str(out / "performances.csv"), str(out / "manifest-0.csv")
    audio, clips = str(out / "clips" / "train-0.h5"), str(out / "clips" / "train-0.csv")
    given = [*config, "--performances", table, "--root", str(folder)]
    shard = ["--shard", "0", "--manifest", manifest]
    return [
        ("index", [*config, "--out", table]),
        ("recordings", [*given, *shard]),
        ("clips", [*given, *shard, "--split", "train", "--audio", audio, "--table", clips]),
        ("onsets", [*given, clips, "--out", str(out / "onsets" / "train.zarr.zip")]),
    ]


DECLARED = {
    "index": ["performances.csv"],
    "recordings": ["manifest-0.csv"],
    "clips": ["clips/train-0.h5", "clips/train-0.csv"],
    "onsets": ["onsets/train.zarr.zip"],
}


def assert_one_sentence(outcome: Outcome, verb: str, sentence: str, out: Path) -> None:
    assert outcome.failed == verb, outcome.told
    assert len(outcome.errors) == 1
    assert outcome.told.rstrip().splitlines()[-1] == outcome.errors[0]
    assert re.search(sentence, outcome.errors[0]), outcome.errors[0]
    assert "Traceback" not in outcome.told
    assert not any((out / name).exists() for name in DECLARED[verb])
    assert not list(out.rglob(".partial-*"))


def shorten(path: Path, kept: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])


def without_samples(folder: Path) -> None:
    soundfile.write(folder / "1.wav", np.zeros((0, 1)), 48000)


def cut_flac(folder: Path) -> None:
    samples, rate = soundfile.read(folder / "1.wav")
    soundfile.write(folder / "1.wav", samples, rate, format="FLAC")
    shorten(folder / "1.wav", 0.6)


def not_a_number(folder: Path) -> None:
    samples, rate = soundfile.read(folder / "1.wav")
    samples[-1] = np.nan
    soundfile.write(folder / "1.wav", samples, rate, subtype="FLOAT")


def short_audio(folder: Path) -> None:
    samples, rate = soundfile.read(folder / "1.wav")
    soundfile.write(folder / "1.wav", samples[:rate], rate)
    edit(folder, lambda table: table.assign(duration=[3.2, 1.0, 3.2, 3.2]))


RECORDINGS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "missing audio": (
        lambda folder: (folder / "1.wav").unlink(),
        "recordings",
        r"recording '.*1\.wav' is missing: restore it or take its row out of the table",
    ),
    "missing MIDI": (
        lambda folder: (folder / "1.midi").unlink(),
        "recordings",
        r"MIDI file '.*1\.midi' is missing: restore it or take its row out of the table",
    ),
    "zero-length audio": (
        lambda folder: (folder / "1.wav").write_bytes(b""),
        "recordings",
        r"recording '.*1\.wav' is empty \(0 bytes\): copy it again from the source",
    ),
    "audio without samples": (
        without_samples,
        "recordings",
        r"recording '.*1\.wav' holds no samples: replace the file",
    ),
    "truncated wav": (
        lambda folder: shorten(folder / "1.wav", 0.6),
        "recordings",
        r"recording '.*1\.wav' is cut short: .*; copy or download it again",
    ),
    "truncated flac": (
        cut_flac,
        "recordings",
        r"recording '.*1\.wav' is cut short: its last samples are missing; copy or download it "
        "again",
    ),
    "truncated MIDI": (
        lambda folder: shorten(folder / "1.midi", 0.6),
        "recordings",
        r"MIDI file '.*1\.midi' cannot be read .*: replace the file",
    ),
    "NaN samples": (
        not_a_number,
        "clips",
        r"recording '.*1\.wav' holds NaN or infinite samples: export it again",
    ),
    "MIDI longer than the audio": (
        short_audio,
        "clips",
        r"MIDI file '.*1\.midi' does not belong to recording '.*1\.wav': .*; replace either file",
    ),
}


@pytest.mark.parametrize("case", RECORDINGS)
def test_one_bad_recording_among_many(folder: Path, out: Path, run: Run, case: str) -> None:
    spoil, verb, sentence = RECORDINGS[case]
    spoil(folder)
    remedy = f"{sentence}, or set dataset.bad_recordings to 'skip'$"
    assert_one_sentence(run(bad_recordings="fail"), verb, remedy, out)

    skipping = run(bad_recordings="skip")
    assert skipping.failed is None, skipping.told
    assert re.search(rf"skipped.*{sentence}", skipping.told)
    clips = pd.read_csv(out / "clips" / "train-0.csv")
    assert set(clips["performance"]) == {0}  # of 0 and 1
    assert not list(out.rglob(".partial-*"))


def edit(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    table = folder / "metadata.csv"
    change(pd.read_csv(table)).to_csv(table, index=False)


TABLES: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "wrong column": (
        lambda table: table.rename(columns={"audio_filename": "audio_file"}),
        r"metadata\.csv' has no column 'audio_filename' \(did you mean 'audio_file'\?\): it needs",
    ),
    "unknown split": (
        lambda table: table.assign(split=["train", "train", "valid", "test"]),
        r"metadata\.csv', row 4: split 'valid' is no split: use train, validation, test",
    ),
    "duplicate rows": (
        lambda table: pd.concat([table, table[1:2]]),
        r"metadata\.csv', row 6: audio_filename '1\.wav' stands twice: remove one row",
    ),
    "no rows": (lambda table: table[:0], r"metadata\.csv' has no row: list at least one"),
    "wrong duration": (
        lambda table: table.assign(duration=["", "4.5", "", ""]),
        r"metadata\.csv', row 3: duration '4\.5' is wrong, as '1\.wav' lasts 3\.20 s: correct it",
    ),
    "no number": (
        lambda table: table.assign(duration=["3", "long", "3", "3"]),
        r"metadata\.csv', row 3: duration 'long' is no number: correct it",
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_bad_table(folder: Path, out: Path, run: Run, case: str) -> None:
    change, sentence = TABLES[case]
    edit(folder, change)
    assert_one_sentence(run(bad_recordings="skip"), "index", sentence, out)


def test_no_table_and_no_folder(folder: Path, out: Path, run: Run) -> None:
    (folder / "metadata.csv").unlink()
    assert_one_sentence(run(), "index", r"data' holds no table: put 'metadata\.csv'", out)
    missing = run(path=str(folder / "gone"))
    assert_one_sentence(missing, "index", r"gone' does not exist: correct it", out)


def test_audio_shorter_than_a_clip(folder: Path, out: Path, run: Run) -> None:
    """One of several is named; a split without any clip is an error; padding is the remedy."""
    samples, rate = soundfile.read(folder / "1.wav")
    soundfile.write(folder / "1.wav", samples[: int(1.4 * rate)], rate)
    edit(folder, lambda table: table.drop(columns=["duration", "year"]))
    (folder / "1.midi").write_bytes(one_note())
    told = run().told
    assert re.search(r"no clip from recording '.*1\.wav': it lasts 1\.40 s and a clip 1\.49", told)

    soundfile.write(folder / "0.wav", samples[: int(1.4 * rate)], rate)
    (folder / "0.midi").write_bytes(one_note())
    for name in ("train-0.h5", "train-0.csv"):
        (out / "clips" / name).unlink()
    (out / "onsets" / "train.zarr.zip").unlink()
    sentence = r"no clip in '.*train-0\.csv': set dataset\.tail to 'pad'"
    assert_one_sentence(run(), "onsets", sentence, out)
    assert run(tail="pad").failed is None


def one_note() -> bytes:
    """A MIDI file with a note at 0 s."""
    header = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0"
    events = b"\x00\x90\x3c\x50\x60\x80\x3c\x00\x00\xff\x2f\x00"
    return header + b"MTrk" + len(events).to_bytes(4, "big") + events


def test_the_installed_command_says_the_same(folder: Path, out: Path) -> None:
    """As a process: exit code, one line on stderr, nothing on stdout."""
    (folder / "metadata.csv").unlink()
    verb, arguments = commands(folder, out)[0]
    command = [str(Path(sys.executable).parent / "spiking-music"), "data", verb, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"error: '.*data' holds no table: put .*\n", done.stderr)
    assert not out.exists()


def test_a_verb_that_fails_fails_its_job(tmp_path: Path) -> None:
    """And not just for want of its output: every rule pipes what is said to a log."""
    names = ["canonical_composer", "canonical_title", "split", "year", "midi_filename"]
    table = ["Anon", "No. 1", "train", "2004", "1.midi", "1.wav", "3.5"]
    rows = [[*names, "audio_filename", "duration"], table]
    (tmp_path / "metadata.csv").write_text("\n".join(map(",".join, rows)) + "\n")
    overlay = tmp_path / "bad.yaml"
    overlay.write_text(f"dataset: {{name: bad, source: folder, path: {tmp_path}}}\n")
    target = "results/bad/recordings/manifest-0.csv"
    done = run_snakemake(tmp_path, target, overlays=(str(overlay),))
    assert done.code == 1
    assert "1.midi' is missing" in done.said
    assert "Error in rule recordings:" in done.said
    assert "MissingOutputException" not in done.said
