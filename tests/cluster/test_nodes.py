"""One training on two nodes: two slurmd on this machine, of different names."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.cluster.conftest import MODEL, SECOND, SITE, Clone, finish, say, wait_until
from tests.cluster.test_survival import RESUMED, WEIGHTS, training_job, wait_for_checkpoint


@pytest.fixture
def pair(clone: Clone) -> Clone:
    """A clone whose training wants two nodes, a device each."""
    (clone.folder / "slurm" / "site.yaml").write_text(yaml.safe_dump(SITE | {"partition": "pair"}))
    clone.change({**MODEL, "training": {**MODEL["training"], "nodes": 2}})
    return clone


def kill_node(name: str) -> list[str]:
    """As when its plug is pulled: slurmd, its steps and what they run. What it killed."""
    killed = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has just ended
            continue
        if {f"CI_NODE={name}".encode(), f"SLURMD_NODENAME={name}".encode()} & {*environment}:
            os.kill(int(folder.name), signal.SIGKILL)
            killed.append(command)
    say("scontrol", "update", f"NodeName={name}", "State=DOWN", "Reason=test")  # a minute early
    return killed


def test_two_nodes_train_as_one_device_and_one_may_die(pair: Clone, quiet: Clone) -> None:
    process = pair.cluster(WEIGHTS)
    wait_for_checkpoint(pair, process)
    job = training_job()
    shown = say("scontrol", "--oneliner", "show", "job", job)
    assert " NumNodes=2 " in shown and " NumTasks=2 " in shown
    assert "Tasks=2 " in say("scontrol", "--oneliner", "show", "step", f"{job}.0")

    assert any("spiking-music train" in command for command in kill_node(SECOND))
    say("slurmd", "-N", SECOND)
    wait_until(lambda: "idle" in say("sinfo", "-hN", "-n", SECOND, "-o", "%T"), "it was back", 60)
    assert finish(process, 800) == 0, pair.said[-5000:]
    assert RESUMED.search(pair.training_log), pair.training_log

    # the curve of one device, but for rounding, which training amplifies
    assert list(pair.losses.index) == list(quiet.losses.index)
    np.testing.assert_allclose(pair.losses.loc[:5], quiet.losses.loc[:5], rtol=1e-4)
    np.testing.assert_allclose(pair.losses.loc[:10], quiet.losses.loc[:10], rtol=1e-2)
    np.testing.assert_allclose(pair.losses.iloc[-40:].mean(), quiet.losses.iloc[-40:].mean(), 0.1)
