"""The workflow driven from inside an allocation, past the time limit of the driver itself."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cluster.conftest import ENVIRONMENT, POLL, ROOT, Clone, say, wait_until
from tests.cluster.test_survival import RESUMED, WEIGHTS

PATIENCE = 150  # seconds that a start of Snakemake may take on a busy machine


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
    running = say("squeue", "--noheader", "--states=RUNNING", "--format=%i").split()
    for training in set(running) - {driver}:  # which may else be done before it is cancelled
        say("scancel", "--signal=STOP", training)
    say("scancel", "--batch", "--signal=USR1", driver)  # as ten minutes before its time limit
    wait_until(lambda: " Restarts=1 " in state(driver), "the driver was queued again", 120)
    wait_until(lambda: "JobState=COMPLETED" in state(driver), "the driver had ended", 400)
    assert "queued again" in log.read_text() and "start 2 of this driver" in log.read_text()
    assert " TimeLimit=01:00:00 " in state(driver)
    assert RESUMED.search(clone.training_log), clone.training_log
    assert clone.weights.read_bytes() == undisturbed


SNAKEFILE = """
rule made:
    input: "Snakefile"
    output: "{name}.txt"
    shell: "while [ -e wait ]; do sleep 0.1; done; touch {output}"
"""
STAND_INS = {  # of SLURM's commands, and of a Snakemake that needs no SLURM
    "squeue": "",
    "scontrol": "",
    "scancel": "",
    "snakemake": 'while [ "${1#-}" != "$1" ]; do shift 2; done\n'
    f'exec {sys.executable} -m snakemake --cores 1 "$@"\n',
}


class Here:
    """Drivers and other Snakemakes of one folder, on this machine alone.

    options: of all of them; with one they work in the folder `there`.
    """

    def __init__(self, folder: Path, options: tuple[str, ...]) -> None:
        self.folder, self.options = folder, options
        self.works = folder / "there" if options else folder
        self.started: list[subprocess.Popen[str]] = []
        self.note = self.works / ".snakemake" / "locks-of-driver-7"
        self.works.mkdir(exist_ok=True)
        for path in {folder, self.works}:
            (path / "Snakefile").write_text(SNAKEFILE)
        (self.works / "wait").touch()
        (folder / "bin").mkdir()
        for name, script in STAND_INS.items():
            (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}")
            (folder / "bin" / name).chmod(0o755)

    @property
    def locks(self) -> set[str]:
        return {path.name for path in (self.works / ".snakemake" / "locks").glob("*")}

    def start(self, *command: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, **variables, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def driver(self, name: str, start: int) -> subprocess.Popen[str]:
        """Of job 7, asked for a file; start: how often the job has been started before."""
        script = str(ROOT / "slurm" / "driver.sh")
        job = {"SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": str(start)}
        return self.start("bash", script, f"{name}.txt", *self.options, **job)

    def snakemake(self, *arguments: str) -> subprocess.Popen[str]:
        return self.start(sys.executable, "-m", "snakemake", *arguments, *self.options)

    def other(self, name: str) -> subprocess.Popen[str]:
        """A Snakemake of somebody else, once it holds its locks."""
        before = self.locks
        process = self.snakemake("--cores", "1", f"{name}.txt")
        wait_until(
            lambda: len(self.locks - before) == 2, "the other Snakemake had its locks", PATIENCE
        )
        return process

    def lose(self, driver: subprocess.Popen[str]) -> None:
        """The node of a driver is gone, once the driver has noted its locks."""
        wait_until(lambda: self.note.exists() and self.note.stat().st_size > 0, "a note", PATIENCE)
        for process in psutil.Process(driver.pid).children(recursive=True):
            process.kill()
        driver.kill()
        driver.wait(20)

    def end(self) -> None:
        (self.works / "wait").unlink(missing_ok=True)
        for process in self.started:
            process.communicate(timeout=PATIENCE)


@pytest.fixture
def here(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Here]:
    here = Here(tmp_path, request.param)
    yield here
    here.end()


@pytest.mark.parametrize("here", [(), ("-d", "there")], indirect=True)
def test_a_driver_takes_up_what_its_own_lost_start_held(here: Here) -> None:
    here.lose(here.driver("a", start=0))
    assert len(here.locks) == 2
    lost = here.note.read_text()
    other = here.other("b")
    kept = here.locks
    again = here.driver("a", start=1)

    def noted() -> bool:
        return here.note.exists() and here.note.read_text() not in ("", lost)

    wait_until(noted, "the driver held locks again", PATIENCE)
    assert len(here.locks) == 4 and kept & here.locks
    (here.works / "wait").unlink()
    said, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0 and "another Snakemake holds locks" in said, said
    assert (here.works / "a.txt").exists() and not here.note.exists()
    assert other.wait(PATIENCE) == 0 and (here.works / "b.txt").exists()


@pytest.mark.parametrize("here", [("--directory=there",)], indirect=True)
def test_a_driver_leaves_the_locks_of_another_snakemake(here: Here) -> None:
    here.lose(here.driver("a", start=0))
    unlocked = here.snakemake("--unlock", "a.txt")
    assert unlocked.wait(PATIENCE) == 0 and not here.locks
    other = here.other("a")  # while the driver waited to be started again
    kept = here.locks
    again = here.driver("a", start=1)
    said, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 1 and "another Snakemake holds locks in this folder" in said, said
    assert here.locks == kept and other.poll() is None
