"""Each key of slurm/site.yaml, as SLURM shows what it was asked for."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from snakemake_executor_plugin_slurm_watched.site import Site
from tests.cluster.conftest import ENVIRONMENT, MODEL, SITE, Clone, finish, say, wait_until
from tests.cluster.test_survival import WEIGHTS

ACCOUNTING = True  # without its database SLURM knows no QOS
ONSETS = "results/tiny/onsets/test.zarr.zip"  # a job beside the training that waits for no other
SUBMITTED = re.compile(r"submitted with SLURM jobid (\d+) \(log: \S*/rule_(\w+)/")
SHOWN = set[str]()  # keys that a test has asked SLURM about
BESIDE = {  # on the PATH: sbatch that keeps its arguments, and what stands in for modules
    "sbatch": 'echo "$@" >> sbatch.txt; exec {sbatch} "$@"',
    "module": 'echo "$@" >> modules.txt',
}


def at_work(
    clone: Clone, site: Mapping[str, Any], *arguments: str, threads: int = 1
) -> subprocess.Popen[str]:
    """The training on one GPU, and what else is asked for, under the site file `site`."""
    SHOWN.update(site)
    (clone.folder / "slurm" / "site.yaml").write_text(yaml.safe_dump(SITE | dict(site)))
    clone.change({**MODEL, "training": {**MODEL["training"], "accelerator": "auto"}})
    (clone.folder / "bin").mkdir()
    for name, text in BESIDE.items():
        script = clone.folder / "bin" / name
        script.write_text(f"#!/bin/sh\n{text.format(sbatch=shutil.which('sbatch'))}\n")
        script.chmod(0o755)
    path = f"{clone.folder / 'bin'}{os.pathsep}{ENVIRONMENT['PATH']}"
    environment = {**ENVIRONMENT, "PATH": path}
    return clone.cluster(WEIGHTS, *arguments, environment=environment, threads=threads)


def jobs(
    clone: Clone, site: Mapping[str, Any], *arguments: str, threads: int = 1
) -> dict[str, str]:
    """What SLURM shows of the jobs `train` and `onsets`."""
    process = at_work(clone, site, ONSETS, *arguments, threads=threads)

    def both() -> bool:
        assert process.poll() is None, clone.said[-5000:]
        return len(SUBMITTED.findall(clone.said)) >= 2

    wait_until(both, "both jobs were submitted", 120)
    numbers = {rule: number for number, rule in SUBMITTED.findall(clone.said)}
    shown = {
        rule: say("scontrol", "--oneliner", "show", "job", number)
        for rule, number in numbers.items()
    }
    assert sorted(shown) == ["onsets", "train"]
    return shown


def test_names(clone: Clone) -> None:
    names = {"account": "ci", "qos": "hasty", "gpu_qos": "patient", "constraint": "avx512"}
    shown = jobs(clone, {**names, "partition": "brief", "gpu_partition": "gpu"})
    for job, qos, partition in (("onsets", "hasty", "brief"), ("train", "patient", "gpu")):
        assert f" QOS={qos} " in shown[job]
        assert f" Partition={partition} " in shown[job]
        assert " Account=ci " in shown[job]
        assert " Features=avx512 " in shown[job]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ("gpus", "TresPerJob=gres:gpu:a100:1"),
        ("gpus-per-node", "TresPerNode=gres:gpu:a100:1"),
        ("gres", "TresPerNode=gres:gpu:a100:1"),
    ],
)
def test_a_gpu_in_each_way_of_asking_for_one(clone: Clone, request_: str, told: str) -> None:
    shown = jobs(clone, {"gpu": {"type": "a100", "request": request_}})
    assert f" {told} " in shown["train"]
    assert " NumTasks=1 " in shown["train"]
    assert "gres:gpu" not in shown["onsets"]
    log = clone.results / "logs" / "train-rvq.log"
    wait_until(log.exists, "srun had started the training in what was given", 120)


@pytest.mark.parametrize(
    ("memory", "told"),
    [("core", "MinMemoryCPU=8000M"), ("none", "MinMemoryCPU=512M")],  # the latter: the cluster's
)
def test_memory_a_core_or_none(clone: Clone, memory: str, told: str) -> None:
    sizes = ("--set-resources", "train:mem_mb=16000")
    assert f" {told} " in jobs(clone, {"memory": memory}, *sizes, threads=2)["train"]


def test_limits_of_cores_and_time(clone: Clone) -> None:
    limits = {"cores": 2, "time_limits": {"gpu": "1-00:00:00", "brief": 90}, "partition": "brief"}
    sizes = ("--set-resources", "train:runtime=9999", "onsets:runtime=9999")
    shown = jobs(clone, limits, *sizes, threads=8)
    assert " TimeLimit=1-00:00:00 " in shown["train"]
    assert " TimeLimit=01:30:00 " in shown["onsets"]
    assert " NumCPUs=2 " in shown["train"]


def test_extra_options_leave_the_signal_alone(clone: Clone) -> None:
    shown = jobs(clone, {"extra": "--nice=7 --mail-type=FAIL --mail-user=a.b@c.example"})
    for job in shown.values():
        assert " Nice=7 " in job
        assert " MailUser=a.b@c.example " in job
    # which scontrol does not show; that SLURM heeds it: test_survival
    assert "--signal=TERM@120 --nice=7" in (clone.folder / "sbatch.txt").read_text()


def test_modules_and_a_prologue_come_first(clone: Clone) -> None:
    prologue = "export GREETING=\"a  'b' $SLURM_JOB_ID\"\nprintf '%s\\n' \"$GREETING\" >> told.txt"
    shown = jobs(clone, {"modules": ["cuda/12.4", "ffmpeg"], "prologue": prologue})
    told = clone.folder / "told.txt"
    wait_until(lambda: told.exists() and len(told.read_text().splitlines()) == 2, "both began", 60)
    numbers = {str(re.findall(r"JobId=(\d+)", job)[0]) for job in shown.values()}
    assert {line.split()[-1] for line in told.read_text().splitlines()} == numbers
    assert "a  'b'" in told.read_text()
    assert "load cuda/12.4 ffmpeg" in (clone.folder / "modules.txt").read_text()


def test_clips_are_copied_to_scratch_and_go_with_the_training(clone: Clone) -> None:
    process = at_work(clone, {"scratch": f"{clone.folder}/scratch/$SLURM_JOB_ID"})
    wait_until(lambda: bool(list(clone.checkpoints.glob("step-*.pt"))), "it trained", 120)
    number = SUBMITTED.findall(clone.said)[0][0]
    scratch = clone.folder / "scratch" / number
    copies = list(scratch.glob("spiking-music-*/*.h5"))
    assert [path.name for path in sorted(copies)] == ["0-train-0.h5", "1-validation-0.h5"]
    assert process.poll() is None
    say("scancel", number)
    wait_until(lambda: not list(scratch.iterdir()), "they were deleted", 60)


def test_a_prologue_that_fails_fails_the_job(clone: Clone) -> None:
    process = at_work(clone, {"prologue": "false\ntrue"}, "--retries", "0")
    assert finish(process, 120) == 1
    assert "SLURM status is: 'FAILED'" in clone.said
    assert not clone.training_log


def test_every_key_has_been_shown() -> None:
    assert SHOWN | SITE.keys() == Site.model_fields.keys()
