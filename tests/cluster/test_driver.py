"""The workflow driven from inside an allocation, past the time limit of the driver itself."""

import subprocess

import pytest

from tests.cluster.conftest import ENVIRONMENT, POLL, Clone, say, wait_until
from tests.cluster.test_survival import RESUMED, WEIGHTS


def state(job: str) -> str:
    """What SLURM shows of a job."""
    return say("scontrol", "--oneliner", "show", "job", job)


@pytest.mark.timeout(900)
def test_a_driver_queues_itself_again_and_goes_on(clone: Clone, undisturbed: bytes) -> None:
    snakemake = clone.command(WEIGHTS, "--slurm-watched-init-seconds-before-status-checks")[1:]
    arguments = (*snakemake[:2], str(POLL), *snakemake[2:])
    submit = ("sbatch", "--parsable", "--time=60", "slurm/driver.sh", *arguments)
    environment = {**ENVIRONMENT, "SPIKING_MUSIC_DRIVER_PATIENCE": "1"}
    run = subprocess.run(
        submit, cwd=clone.folder, env=environment, capture_output=True, text=True, check=True
    )
    driver = run.stdout.strip()
    log = clone.folder / "results" / f"driver-{driver}.log"

    def saved() -> bool:
        assert "JobState=COMPLETED" not in state(driver), log.read_text()
        return bool(list(clone.checkpoints.glob("step-*.pt")))

    wait_until(saved, "a checkpoint was saved")
    say("scancel", "--batch", "--signal=USR1", driver)  # as ten minutes before its time limit
    wait_until(lambda: " Restarts=1 " in state(driver), "the driver was queued again", 120)
    wait_until(lambda: "JobState=COMPLETED" in state(driver), "the driver had ended", 400)
    assert "queued again" in log.read_text() and "start 2 of this driver" in log.read_text()
    assert " TimeLimit=01:00:00 " in state(driver)
    assert RESUMED.search(clone.training_log), clone.training_log
    assert clone.weights.read_bytes() == undisturbed
