"""What jobs ask SLURM for, as SLURM sees it."""

import re
import subprocess
import time

import numpy as np

from tests.cluster.conftest import MODEL, Clone, finish, say
from tests.cluster.test_survival import RESUMED, STOPPED, WEIGHTS, training_job, wait_for_checkpoint


def on_gpus(clone: Clone, devices: int) -> subprocess.Popen[str]:
    """A training that asks for stand-in GPUs, at work; without CUDA it computes on the CPU."""
    training = {**MODEL["training"], "accelerator": "auto", "devices": devices}
    clone.change({**MODEL, "training": training})
    process = clone.cluster(WEIGHTS)
    wait_for_checkpoint(clone, process)
    return process


def test_training_asks_for_a_gpu_and_no_other_job_does(clone: Clone) -> None:
    for path in (clone.results / "clips").glob("validation-*"):
        path.unlink()
    process = on_gpus(clone, 1)
    training = training_job()
    jobs = say("scontrol", "--oneliner", "show", "job").splitlines()[-2:]  # clips, training
    for job in jobs:
        trains = f"JobId={training} " in job
        assert ("TresPerJob=gres:gpu:1 " in job) == trains, job
        assert ("Partition=gpu" if trains else "Partition=cpu") in job
        assert "NumTasks=1 " in job
    assert "GRES=gpu:a100:1" in say("scontrol", "--details", "show", "job", training)  # allocated
    assert process.poll() is None


def test_two_gpus_are_two_processes_of_srun_that_share_the_batch(
    clone: Clone, quiet: Clone
) -> None:
    process = on_gpus(clone, 2)
    training = training_job()
    job = say("scontrol", "--oneliner", "--details", "show", "job", training)
    assert "TresPerJob=gres:gpu:2 " in job
    assert "GRES=gpu:a100:2" in job
    assert "NumTasks=2 " in job
    step = say("scontrol", "--oneliner", "show", "step", f"{training}.0")
    assert "Tasks=2 " in step
    assert "Name=spiking-music" in step

    # both stop at the same step, and the next attempt goes on there
    say("scancel", "--signal=TERM", training)
    assert finish(process, 800) == 0, clone.said[-5000:]
    stopped = set(STOPPED.findall(clone.said))
    assert stopped == {RESUMED.findall(clone.training_log)[0]}

    # the same crops as on one device, and the same curve, until rounding is amplified
    assert list(clone.losses.index) == list(quiet.losses.index)
    np.testing.assert_allclose(clone.losses.loc[:5], quiet.losses.loc[:5], rtol=1e-4)


def test_without_an_account_none_is_guessed(clone: Clone) -> None:
    process = clone.cluster(WEIGHTS)
    wait_for_checkpoint(clone, process)
    assert "guess" not in clone.said.lower()
    assert "Account=(null)" in say("scontrol", "--oneliner", "show", "job", training_job())


def test_a_misspelt_wish_is_refused_before_any_job(clone: Clone) -> None:
    site = clone.folder / "slurm" / "site.yaml"
    site.write_text(site.read_text() + "acount: x\n")
    assert finish(clone.cluster(WEIGHTS), 60) == 1
    assert "unknown key 'acount' in 'slurm/site.yaml'; did you mean 'account'?" in clone.said
    assert "Traceback" not in clone.said


def test_what_slurm_refuses_is_told_with_the_key_to_change(clone: Clone) -> None:
    (clone.folder / "slurm" / "site.yaml").write_text("partition: nowhere\n")
    assert finish(clone.cluster(WEIGHTS, "--retries", "0"), 300) == 1
    assert "invalid partition specified: nowhere" in clone.said
    assert "To change: partition, gpu_partition and cores in slurm/site.yaml" in clone.said
    assert "Traceback" not in clone.said


def test_a_job_that_can_never_start_fails_within_a_minute(clone: Clone) -> None:
    """Its two retries would not start either."""
    (clone.folder / "slurm" / "site.yaml").write_text("cores: 8\n")  # the node has four
    started = time.monotonic()
    assert finish(clone.cluster(WEIGHTS, "--retries", "2", threads=8), 120) == 1
    assert time.monotonic() - started < 60
    assert clone.said.count("can never start: PartitionConfig. To change: partition, gpu_par") == 1
    assert clone.said.count("has been submitted with SLURM jobid") == 1
    assert not say("squeue", "--noheader").strip()  # it is cancelled


def test_without_a_site_file_jobs_fit_the_node(clone: Clone) -> None:
    """`snakemake --profile slurm` as it is: a small training in minutes on the CPUs there are."""
    (clone.folder / "slurm" / "site.yaml").unlink()
    clone.change({"training": {"threads": 8}})
    process = clone.cluster(WEIGHTS, threads=None)
    wait_for_checkpoint(clone, process)
    job = say("scontrol", "--oneliner", "show", "job", training_job())
    assert " NumCPUs=4 " in job  # 8 are wanted
    assert " Partition=cpu " in job and "gres:gpu" not in job
    assert re.search(r" TimeLimit=00:[12]\d:00 ", job)
    assert re.search(r" MinMemoryNode=20\d\dM ", job)
