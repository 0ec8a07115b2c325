"""Runs in processes of their own, which are killed, stopped, or several."""

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd

from spiking_music.config import VariantConfig
from tests.training.conftest import tiny
from tests.training.test_loop import Shards, run, same_curves
from tests.workflow import warm


def start(
    folder: Path, config: VariantConfig, shards: Shards, **variables: str
) -> subprocess.Popen[str]:
    """A process that trains into `folder`, with environment `variables` besides.

    It leads a group of processes, its own, and has no imports to wait for (warm.py).
    """
    folder.mkdir(exist_ok=True)
    paths = [str(path) for path in (folder, *shards["train"], *shards["validation"])]
    return subprocess.Popen(
        ["train-tiny", config.model_dump_json(), *paths],
        env={**os.environ, "OMP_NUM_THREADS": "1", **warm.start(), **variables},
        stderr=subprocess.PIPE, text=True, process_group=0,
    )  # fmt: skip


def wait_for_checkpoint(folder: Path, process: subprocess.Popen[str]) -> None:
    while not list((folder / "checkpoints").glob("step-*.pt")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)


def test_killed_at_any_moment_and_resumed_ends_in_the_same_bytes(
    tmp_path: Path, shards: Shards
) -> None:
    config = tiny("rvq", steps=150, checkpoint_every=3, validate_every=50)
    process = start(tmp_path / "cut", config, shards)
    wait_for_checkpoint(tmp_path / "cut", process)
    time.sleep(random.uniform(0, 0.4))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / "cut" / "checkpoints").is_dir()
    resumed = run(tmp_path / "cut", config, shards)
    whole = run(tmp_path / "whole", config, shards)
    assert resumed.read_bytes() == whole.read_bytes()
    assert same_curves(tmp_path / "cut" / "log.csv", tmp_path / "whole" / "log.csv")


def test_two_processes_train_stop_together_and_one_can_go_on(
    tmp_path: Path, shards: Shards
) -> None:
    pace = {"checkpoint_every": 10, "log_every": 5, "validate_every": 1000}
    config = tiny("mu-sparse", devices=2, steps=3000, **pace)
    process = start(tmp_path / "ddp", config, shards)
    wait_for_checkpoint(tmp_path / "ddp", process)
    process.terminate()  # the parent alone, as SLURM's time limit does to a plain process
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    assert "TrainingError: training of 'tiny' was stopped after step" in said
    saved = sorted((tmp_path / "ddp" / "checkpoints").glob("step-*.pt"))
    step = int(saved[-1].stem.removeprefix("step-"))
    assert f"stopped after step {step}:" in said

    # crops, levels and batch norm were those of one process: so are the losses, but for rounding
    run(tmp_path / "one", tiny("mu-sparse", steps=3000, stop_at=10, **pace), shards)
    both, one = (
        pd.read_csv(tmp_path / name / "log.csv").set_index("step")["loss"]
        for name in ("ddp", "one")
    )
    np.testing.assert_allclose(both.loc[:10], one, rtol=1e-5)


def test_processes_started_by_srun_end_in_the_same_bytes_as_spawned_ones(
    tmp_path: Path, shards: Shards
) -> None:
    config = tiny(devices=2)
    spawning = start(tmp_path / "spawned", config, shards)
    assert spawning.communicate(timeout=120)[1].count("wrote") == 2
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    step = {"SLURM_STEP_NUM_TASKS": "2", "SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2"}
    step |= {"SLURM_NNODES": "1", "SLURM_NODEID": "0", "SLURM_JOB_ID": "1"}
    step |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    tasks = [
        start(tmp_path / "srun", config, shards, **step, SLURM_PROCID=rank, SLURM_LOCALID=rank)
        for rank in ("0", "1")
    ]
    said = [task.communicate(timeout=120)[1] for task in tasks]
    assert [task.returncode for task in tasks] == [0, 0], said
    assert [text.count("wrote") for text in said] == [2, 0]  # the first alone writes
    weights = [tmp_path / name / "weights.safetensors" for name in ("spawned", "srun")]
    assert weights[0].read_bytes() == weights[1].read_bytes()
