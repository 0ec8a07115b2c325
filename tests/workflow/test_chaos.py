"""The whole workflow, killed at random moments: it ends in the bytes of a run left alone."""

import base64
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.workflow.conftest import run_snakemake, snakemake, warmed
from tests.workflow.small import outputs, write_overlay

KILLS = 15
SEED = 5
AT_START = 0.15  # share of the kills that do not wait for a job to begin
UNLOCKED = 5  # one run of so many locks the folder, and has to be unlocked
LAST = 0.85  # share of the jobs after which no more kill is due: some must be left
PAUSE = 1.5  # jobs' mean time that a kill waits, at most, once it is due


@pytest.mark.timeout(1800)  # of three minutes on a quiet machine
def test_killed_at_15_moments_the_workflow_ends_in_the_same_bytes(
    small: Path, tmp_path: Path
) -> None:
    overlays = write_overlay(tmp_path)
    draw = random.Random(SEED)
    seconds = [pd.read_csv(path, sep="\t")["s"].item() for path in benchmarks(small)]
    jobs, longest = len(seconds), PAUSE * float(np.mean(seconds))
    interrupted: Counter[str] = Counter()
    moments = sorted(draw.uniform(0, LAST * jobs) for _ in range(KILLS))
    for number, moment in enumerate(moments):
        waits = draw.random() > AT_START
        locks = number % UNLOCKED == 0
        kill(tmp_path, overlays, moment, waits, draw.uniform(0, longest), locks)
        hit = unfinished(tmp_path)
        interrupted.update(hit)
        print(f"killed after {len(benchmarks(tmp_path))} of {jobs} jobs, amid {hit or 'none'}")
        if locks:
            unlocked = run_snakemake(tmp_path, "--unlock", overlays=overlays)
            assert unlocked.code == 0, unlocked.said
    print(f"in all: {dict(interrupted)}")
    assert len(interrupted) >= 6, "the kills did not spread over the run"

    done = run_snakemake(tmp_path, "--rerun-incomplete", overlays=overlays)
    assert done.code == 0, done.said[-5000:]
    assert "Nothing to be done" in run_snakemake(tmp_path, "-n", overlays=overlays).said
    assert_equal(outputs(tmp_path), outputs(small))
    assert records(tmp_path) == records(small)
    assert not list(tmp_path.rglob(".partial-*"))
    assert not list((tmp_path / "results" / "small" / "checkpoints").rglob("*"))
    assert not unfinished(tmp_path)
    assert not list((tmp_path / ".snakemake" / "locks").iterdir())


def kill(
    folder: Path,
    overlays: tuple[str, ...],
    moment: float,
    waits: bool,
    pause: float,
    locks: bool,
) -> None:
    """Run the workflow in `folder` and kill its process group, `pause` s after it is due.

    It is due when `moment` jobs of all are finished and, if it `waits`, this run has begun one.
    """
    options = ["--rerun-incomplete"] if locks else ["--rerun-incomplete", "--nolock"]
    log = folder / "said.log"
    with log.open("w") as file:
        run = subprocess.Popen(
            snakemake(folder, *options, overlays=overlays),
            env=warmed(),  # most of a job is then its work, and not imports
            stdout=file,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    while run.poll() is None and (
        len(benchmarks(folder)) < moment or (waits and "Execute" not in log.read_text())
    ):
        time.sleep(0.02)
    time.sleep(pause)
    assert run.poll() is None, log.read_text()[-5000:]
    deadline = time.monotonic() + 10
    while left := members(run.pid):
        assert time.monotonic() < deadline, f"outlived the kill: {left}"
        os.killpg(run.pid, signal.SIGKILL)  # again, as a fork may have joined meanwhile
        time.sleep(0.02)
    run.wait()


def members(group: int) -> list[str]:
    """Command lines of the living processes of a group."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, _, of, *_ = (process / "stat").read_text().rpartition(")")[2].split()
            if int(of) == group and state != "Z":
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # ended meanwhile
            continue
    return found


def benchmarks(folder: Path) -> list[Path]:
    """One for each job that has ended well."""
    return list((folder / "results" / "small" / "benchmarks").glob("*.tsv"))


def unfinished(folder: Path) -> list[str]:
    """What in results/small Snakemake was about to write, by its own notes."""
    notes = [path for path in (folder / ".snakemake" / "incomplete").rglob("*") if path.is_file()]
    names = [base64.b64decode(path.name, "-_").decode() for path in notes]
    return sorted({Path(name).relative_to("results/small").parts[0] for name in names})


def records(folder: Path) -> set[str]:
    """Names of the records of provenance, which differ in times."""
    root = folder / "results" / "small" / "provenance"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def assert_equal(found: dict[str, bytes], expected: dict[str, bytes]) -> None:
    assert found.keys() == expected.keys()
    assert not [name for name in found if found[name] != expected[name]]
