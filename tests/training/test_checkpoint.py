import os
import threading
from pathlib import Path

import pytest
import torch

from spiking_music.config import CollapseConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import OutputError, TrainingError
from spiking_music.training.checkpoint import Checkpoints, fingerprint
from spiking_music.training.checkpoint_files import alone
from tests.conftest import full_disk
from tests.training.conftest import tiny, write_shard

COLLAPSE = CollapseConfig(after=1, below_db=-2, patience=3)


class Run:
    """Checkpoints in a folder, and what they said."""

    def __init__(self, folder: Path, name: str = "a") -> None:
        self.said: list[str] = []
        self.store = Checkpoints(folder, name, self.said.append)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def state(step: int) -> dict[str, object]:
    weights = {"w": torch.full((50,), float(step)), "n": torch.tensor(step)}
    return {"model": weights, "seconds": 1.5, "log": "a,b\n"}


def test_round_trip_and_the_newest_two_are_kept(tmp_path: Path) -> None:
    run = Run(tmp_path / "new")
    assert run.store.load() is None
    for step in (5, 10, 15):
        run.store.save(step, state(step))
    assert files(tmp_path / "new") == ["step-000000010.pt", "step-000000015.pt"]
    step, loaded = run.store.load()
    assert step == 15
    assert torch.equal(loaded["model"]["w"], torch.full((50,), 15.0))
    assert (loaded["seconds"], loaded["log"]) == (1.5, "a,b\n")
    assert run.said == []
    run.store.remove()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("damage", ["truncated", "one byte", "empty", "text"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage: str) -> None:
    run = Run(tmp_path)
    run.store.save(5, state(5))
    run.store.save(10, state(10))
    newest = tmp_path / "step-000000010.pt"
    content = bytearray(newest.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "one byte":  # of a weight: 10.0 becomes another number
        content[content.index(torch.tensor(10.0).numpy().tobytes() * 50) + 3] ^= 1
    else:
        content = bytearray(b"" if damage == "empty" else b"not a checkpoint")
    newest.write_bytes(content)
    step, loaded = run.store.load()
    assert (step, loaded["model"]["n"].item()) == (5, 5)
    assert len(run.said) == 1
    assert str(newest) in run.said[0]
    assert "damaged" in run.said[0]


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.store.save(5, state(5))
    with full_disk(500), pytest.raises(OutputError, match=r"^cannot write '.*step-000000010\.pt'"):
        run.store.save(10, state(10))
    assert files(tmp_path) == ["step-000000005.pt"]


def test_checkpoints_of_another_run_are_not_read_and_vanish(tmp_path: Path) -> None:
    other, run = Run(tmp_path, "b"), Run(tmp_path, "a")
    other.store.save(100, state(100))
    assert run.store.load() is None
    assert "another configuration" in run.said[0]
    run.store.save(5, state(5))
    assert files(tmp_path) == ["step-000000005.pt"]


def test_leftovers_of_a_killed_writer_are_cleared(tmp_path: Path) -> None:
    (tmp_path / ".partial-99999999-0123456789abcdef.pt").write_bytes(b"half")
    run = Run(tmp_path)
    assert run.store.load() is None
    run.store.save(5, state(5))
    assert files(tmp_path) == ["step-000000005.pt"]


class Trap:
    """Unpickling this makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_a_checkpoint_cannot_run_code(tmp_path: Path) -> None:
    run = Run(tmp_path)
    trap = {"fingerprint": "a", "step": 1, "state": Trap(tmp_path / "sprung")}
    torch.save(trap, tmp_path / "step-000000001.pt")
    assert run.store.load() is None
    assert not (tmp_path / "sprung").exists()


def test_fingerprint_names_configuration_and_clips(tmp_path: Path) -> None:
    first = Clips([write_shard(tmp_path / "a.h5", "train", 3, seed=0)])
    same = Clips([write_shard(tmp_path / "b.h5", "train", 3, seed=0)])
    other = Clips([write_shard(tmp_path / "c.h5", "train", 3, seed=1)])
    reference = fingerprint(tiny(), first)
    assert fingerprint(tiny(), same) == reference
    assert fingerprint(tiny(), other) != reference
    assert fingerprint(tiny("rvq"), first) != reference
    for change in ({"steps": 13}, {"learning_rate": 2e-3}, {"batch_size": 8}):
        assert fingerprint(tiny(**change), first) != reference
    for change in ({"workers": 2}, {"checkpoint_every": 9}, {"log_every": 1}, {"devices": 2}):
        assert fingerprint(tiny(**change), first) == reference
    sparse = tiny("sparse")
    assert sparse.sparsity is not None
    for change, harmless in (({"collapse": COLLAPSE}, True), ({"gamma": 0.1}, False)):
        changed = sparse.sparsity.model_copy(update=change)
        changed = fingerprint(sparse.model_copy(update={"sparsity": changed}), first)
        assert (changed == fingerprint(sparse, first)) is harmless


def test_fingerprint_names_the_bytes_to_start_from_not_their_place(tmp_path: Path) -> None:
    clips = Clips([write_shard(tmp_path / "a.h5", "train", 3, seed=0)])
    prints = []
    for name, content in (("first", b"weights"), ("moved", b"weights"), ("other", b"others")):
        (tmp_path / name).write_bytes(content)
        prints.append(fingerprint(tiny(start_from=str(tmp_path / name)), clips))
    first, moved, other = prints
    assert first == moved and len({first, other, fingerprint(tiny(), clips)}) == 3


def test_checkpoints_of_another_run_are_given_up_only_with_force(tmp_path: Path) -> None:
    other, run = Run(tmp_path, "b"), Run(tmp_path, "a")
    other.store.save(100, state(100))
    with pytest.raises(TrainingError, match="give --force to give it up, or name another folder"):
        run.store.load(force=False)
    assert files(tmp_path) == ["step-000000100.pt"]
    assert other.store.load(force=False) is not None


def test_a_second_run_in_a_folder_waits_for_the_first(tmp_path: Path) -> None:
    folder, said, done = tmp_path / "checkpoints", [], threading.Event()

    def second() -> None:
        with alone(folder, said.append):
            done.set()

    thread = threading.Thread(target=second)
    with alone(folder, said.append):
        thread.start()
        assert not done.wait(0.5) and len(said) == 1 and "waiting" in said[0]
    thread.join(10)  # the first has removed the folder, as it is empty
    assert done.is_set() and not folder.exists()


def test_a_folder_with_checkpoints_is_kept(tmp_path: Path) -> None:
    with alone(tmp_path / "a" / "b", print):
        (tmp_path / "a" / "b" / "step-000000001.pt").touch()
    assert (tmp_path / "a" / "b" / "step-000000001.pt").exists()
