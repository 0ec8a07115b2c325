"""What steps used of what they asked for."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from snakemake_executor_plugin_slurm import Executor as Slurm

from snakemake_executor_plugin_slurm_watched import Executor
from spiking_music.errors import DataError
from spiking_music.workflow.efficiency import NOTES, parsed, rows_of, seconds, submitted, write

HEADER = "s\tmax_rss\tcpu_time\n"
RULES = ("train", "codes", "codes_of_levels")
SACCT = """7|01:30.000|200||
7.batch|00:00.010|200|1024K|
7.0|01:29.990|200|1953125K|cpu=00:01:30,gres/gpumem=0,gres/gpuutil=40
"""


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """A training in a SLURM job, two steps of a group in another, one step without SLURM."""
    steps = {"train-rvq": "100\t500\t80", "codes-a": "10\t100\t5", "codes-b": "10\t300\t5"}
    steps["codes-of-levels-a-train"] = "2\tNA\tNA"
    folder = tmp_path / "tiny" / "benchmarks"
    folder.mkdir(parents=True)
    for name, row in steps.items():
        (folder / f"{name}.tsv").write_text(f"{HEADER}{row}\n")
    jobs = [
        ("6", "train", 1, 900, 0, ["train-rvq"]),
        ("7", "train", 2, 2000, 1, ["train-rvq"]),  # its second attempt
        ("8", "small", 1, 1000, 0, ["codes-a", "codes-b"]),
    ]
    keys = ("job", "name", "cores", "memory_mb", "gpus")
    lines = [
        json.dumps(
            dict(zip(keys, job, strict=False))
            | {"benchmarks": [f"{folder}/{n}.tsv" for n in job[-1]]}
        )
        for job in jobs
    ]
    notes = tmp_path / "slurm-logs" / NOTES
    notes.parent.mkdir()
    notes.write_text("\n".join(lines) + '\n{"job": "9"')  # a line still being written
    return tmp_path


def test_benchmarks_tell_where_slurm_keeps_no_accounts(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(ran))  # no sacct
    rows = {row.name: row for row in rows_of(ran / "tiny", ran / "slurm-logs" / NOTES, RULES)}
    assert list(rows) == ["codes_of_levels", "small", "train"]
    train = rows["train"]
    assert (train.steps, train.cores_asked, train.cpu_used_percent) == (1, 2, 40)  # 80 of 200 s
    assert (train.memory_asked_mb, train.memory_used_percent) == (2000, 25)
    assert (train.gpus_asked, train.gpu_used_percent, train.told_by) == (1, None, "benchmarks")
    small = rows["small"]
    assert (small.steps, small.time_s, small.cpu_used_percent) == (2, 20, 50)
    assert small.memory_used_mb == 300  # the highest
    short = rows["codes_of_levels"]
    assert (short.cores_asked, short.cpu_used_percent, short.memory_used_mb) == (None, None, None)


def test_a_later_run_without_slurm_has_asked_for_nothing(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(ran))
    notes = ran / "slurm-logs" / NOTES
    ends = [json.dumps({"job": job, "ended": 1000.0}) for job in ("7", "8")]
    notes.write_text("\n".join([*notes.read_text().splitlines()[:-1], *ends]))
    folder = ran / "tiny" / "benchmarks"
    for path in folder.iterdir():
        os.utime(path, (990, 990))
    os.utime(folder / "codes-b.tsv", (5000, 5000))
    rows = {row.name: row for row in rows_of(ran / "tiny", notes, RULES)}
    assert (rows["train"].cores_asked, rows["small"].steps) == (2, 1)
    again = rows["codes"]
    assert (again.steps, again.cores_asked, again.memory_asked_mb) == (1, None, None)


def test_of_a_job_that_failed_nothing_is_told(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark is of the job before; without one, of a run without SLURM."""
    monkeypatch.setenv("PATH", str(ran))
    notes = ran / "slurm-logs" / NOTES
    lines = notes.read_text().splitlines()[:-1]
    failed = [json.dumps({"job": job, "failed": True}) for job in ("7", "8")]
    notes.write_text("\n".join([*lines, *failed]))
    rows = {row.name: row for row in rows_of(ran / "tiny", notes, RULES)}
    assert (rows["train"].cores_asked, rows["train"].memory_asked_mb) == (1, 900)  # of job 6
    assert (rows["codes"].steps, rows["codes"].cores_asked) == (2, None)


@pytest.fixture
def executor(tmp_path: Path) -> Any:
    """An executor that has submitted jobs 7 and 8, and tells in `told` what it reports."""
    made: Any = object.__new__(Executor)
    made.slurm_logdir, made.told = tmp_path, []
    callbacks = SimpleNamespace(finish_callback=made.told.append, error_callback=made.told.append)
    made.workflow = SimpleNamespace(scheduler=callbacks)
    for job in ("7", "8"):
        made._note({"job": job, "name": "train", "cores": 1, "memory_mb": None, "gpus": 0}
                   | {"benchmarks": []})  # fmt: skip
    return made


def job_info(number: str | None) -> SimpleNamespace:
    return SimpleNamespace(job=Mock(), external_jobid=number)


def test_the_executor_notes_when_a_job_ended(executor: Any, tmp_path: Path) -> None:
    done = job_info("8")
    executor.report_job_success(done)
    _, noted = submitted(tmp_path / NOTES)
    assert executor.told == [done.job]
    assert noted.job == "8" and abs(noted.ended - time.time()) < 60


def test_the_executor_notes_which_jobs_failed(executor: Any, tmp_path: Path) -> None:
    failed = job_info("7")
    executor.report_job_error(failed, msg="of SLURM", aux_logs=[])
    executor.report_job_error(job_info(None), msg="sbatch failed")
    assert executor.told[0] == failed.job and failed.job.log_error.called
    assert [each.job for each in submitted(tmp_path / NOTES)] == ["8"]


def test_the_executor_notes_which_jobs_it_cancelled(
    executor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled: list[object] = []
    monkeypatch.setattr(Slurm, "cancel_jobs", lambda self, jobs: cancelled.extend(jobs))
    jobs = [job_info("7"), job_info("8")]
    executor.cancel_jobs(jobs)
    assert cancelled == jobs and not submitted(tmp_path / NOTES)


def test_where_slurm_never_ran_there_are_no_notes(ran: Path) -> None:
    words = ("efficiency", ran / "tiny", "--notes", ran / "absent" / NOTES)
    done = subprocess.run(
        [sys.executable, "-m", "spiking_music", *words], capture_output=True, text=True
    )
    assert done.returncode == 0 and "train-rvq" in done.stdout, done.stderr


def test_accounts_tell_where_slurm_keeps_them(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sacct = ran / "sacct"
    sacct.write_text(f"#!/bin/sh\ncat <<'END'\n{SACCT}END\n")
    sacct.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ran}{os.pathsep}{os.environ['PATH']}")
    out = ran / "efficiency.csv"
    write(ran / "tiny", ran / "slurm-logs" / NOTES, RULES, out)
    rows = {line.split(",")[0]: line.split(",")[1:] for line in out.read_text().splitlines()}
    assert rows["train"] == ["1", "100", "2", "45", "2000", "2000", "100", "1", "40", "sacct"]
    assert rows["small"][-1] == "benchmarks"  # of which sacct says nothing


def test_times_and_memory_as_slurm_writes_them() -> None:
    for text, value in (("00:01.500", 1.5), ("01:02:03", 3723), ("1-00:00:01", 86401)):
        assert seconds(text) == value
    account = parsed(SACCT.splitlines())["7"]
    assert (account.cpu_s, account.core_s, account.gpu_percent) == (90, 200, 40)
    assert account.memory_mb == pytest.approx(2000)


def test_a_folder_in_which_nothing_ran(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no step has run"):
        rows_of(tmp_path, tmp_path / NOTES, RULES)
