"""What jobs ask SLURM for, as the site file and sinfo have it; on a real SLURM: tests/cluster."""

from typing import Any

import pytest

from snakemake_executor_plugin_slurm_watched import hints, prologue
from snakemake_executor_plugin_slurm_watched.partitions import Partition, parsed
from snakemake_executor_plugin_slurm_watched.requests import cores, requested
from snakemake_executor_plugin_slurm_watched.site import Site
from snakemake_executor_plugin_slurm_watched.times import minutes

SINFO = """cpu*|16|64000|2-00:00:00
cpu*|64|256000|2-00:00:00
gpu|8|128000|infinite
"""
THERE = parsed(SINFO.splitlines())
ON_GPUS = {"gpu": 2, "runtime": 1440, "mem_mb": 6000, "slurm_extra": "--signal=TERM@120"}


def asked(site: dict[str, Any], threads: int = 4, **resources: Any) -> dict[str, Any]:
    return requested(resources, threads, Site.model_validate(site), THERE)


def test_sinfo_tells_the_largest_node_of_each_partition() -> None:
    largest = Partition(64, 256_000, 2880)
    assert {"cpu": largest, "": largest, "gpu": Partition(8, 128_000, None)} == THERE


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        *(("90", 90), ("30:00", 30), ("30:01", 31), ("1:30:00", 90), ("2-12", 3600)),
        *(("1-00:30", 1470), ("2-00:00:00", 2880), ("infinite", None), ("24h", None)),
    ],
)
def test_times_as_slurm_writes_them(text: str, whole: int | None) -> None:
    assert minutes(text) == whole


def test_cores_of_the_site_file_or_of_the_nodes_or_a_few() -> None:
    assert cores(Site(cores=48), THERE) == 48
    assert cores(Site(), THERE) == 32  # of 64
    assert cores(Site(gpu_partition="gpu"), THERE, gpu=True) == 8
    assert cores(Site(partition="unknown"), THERE) == cores(Site(), {}) == 32


def test_no_more_memory_and_time_than_the_partition_gives() -> None:
    site = {"gpu_partition": "gpu", "time_limits": {"gpu": 60}}
    assert asked(site, mem_mb=999_999, runtime=9999) == {"mem_mb": 256_000, "runtime": 2880}
    on_gpus = asked(site, **ON_GPUS)
    assert on_gpus["runtime"] == 60 and on_gpus["mem_mb"] == 6000


def test_what_a_job_names_itself_stays() -> None:
    site = {"partition": "cpu", "qos": "low", "constraint": "avx512"}
    given = {"slurm_partition": "gpu", "qos": "high", "constraint": ""}
    assert asked(site, **given) == given


def test_gpus_and_extra_options_leave_the_signal_first() -> None:
    site = {"gpu": {"type": "a100", "request": "gpus-per-node"}, "extra": "--nice=7"}
    wanted = asked(site, **ON_GPUS, nodes=2)
    assert wanted["slurm_extra"] == "--signal=TERM@120 --nice=7 --gpus-per-node=a100:1"
    assert "gpu" not in wanted
    assert asked({"gpu": {"request": "gres"}}, **ON_GPUS)["gres"] == "gpu:2"
    assert asked({"gpu": {"type": "a100"}}, **ON_GPUS)["gpu_model"] == "a100"


def test_several_nodes_get_the_same_number_of_tasks_and_gpus_each() -> None:
    wanted = asked({}, **ON_GPUS | {"gpu": 4}, nodes=2, tasks_per_node=2)
    assert (wanted["nodes"], wanted["tasks_per_node"]) == (2, 2)
    assert wanted["slurm_extra"] == "--signal=TERM@120 --gpus-per-node=2"
    one_each = asked({}, nodes=3, tasks_per_node=1)
    assert one_each == {"nodes": 3, "tasks": 3, "tasks_per_gpu": 0}
    a_core = asked({"memory": "core"}, mem_mb=8000, nodes=2, tasks_per_node=1)
    assert a_core["mem_mb_per_cpu"] == 2000


def test_memory_of_a_core_counts_all_tasks() -> None:
    wanted = asked({"memory": "core"}, mem_mb=9000, tasks_per_node=2)
    assert wanted == {"mem_mb_per_cpu": 1125, "tasks_per_node": 2}
    assert asked({"memory": "none"}, mem_mb=9000) == {}


def test_what_runs_first_ends_a_job_where_it_fails() -> None:
    assert prologue(Site()) == ""
    lines = prologue(Site(modules=["cuda/12", "a b"], prologue="export X=1")).splitlines()
    assert lines[0] == "set -e" and lines[-1] == "set +e"
    assert lines[2:4] == ["module load cuda/12 'a b'", "export X=1"]
    assert 'export SPIKING_MUSIC_SCRATCH="$TMPDIR"' in prologue(Site(scratch="$TMPDIR"))


@pytest.mark.parametrize(
    ("said", "never", "key"),
    [
        ("PartitionConfig", True, "cores"),
        ("PartitionTimeLimit", True, "time_limits"),
        ("BadConstraints", True, "constraint"),
        ("QOSMaxWallDurationPerJobLimit", True, "time_limits"),
        ("AssocMaxCpuPerJobLimit", True, "cores"),
        ("InvalidQOS", True, "gpu_qos"),
        ("InvalidAccount", True, "account"),
        ("QOSMaxCpuPerUserLimit", False, "cores"),  # once the user's other jobs are done
        ("AssocGrpCPUMinutesLimit", False, "account"),
        ("Nodes required for job are DOWN, DRAINED or reserved", False, ""),
        ("Resources", False, ""),
        ("sbatch: error: Invalid generic resource (gres) specification", False, "gpu"),
        ("sbatch: error: Memory specification can not be satisfied", False, "memory"),
    ],
)
def test_reasons_and_the_keys_they_are_about(said: str, never: bool, key: str) -> None:
    assert hints.never(said) == never
    assert hints.to_change(said).startswith(" To change: " if key else "")
    assert key in hints.to_change(said)
