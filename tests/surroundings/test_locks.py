"""File systems that refuse locks (NFS without lockd, some FUSE mounts), and files none can open."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spiking_music import locks
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import CodeError, DataError
from spiking_music.evaluation.codes_file import open_codes
from tests.training.conftest import write_shard

REFUSALS = [errno.ENOLCK, errno.EOPNOTSUPP, errno.EWOULDBLOCK]
SHIM = """
#include <errno.h>
#include <stdlib.h>
int flock(int file, int operation) { errno = atoi(getenv("FLOCK_ERRNO")); return -1; }
"""
READ = """
import sys
from pathlib import Path
from spiking_music.data.clip_dataset import Clips
print(len(Clips([Path(sys.argv[1])])[0]))
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library for LD_PRELOAD in which every flock fails with $FLOCK_ERRNO."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc to build the library with which locks fail")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "flock.c").write_text(SHIM)
    library = folder / "flock.so"
    command = ["gcc", "-shared", "-fPIC", "-o", str(library), str(folder / "flock.c")]
    subprocess.run(command, check=True, timeout=60)
    return library


@pytest.mark.parametrize("refusal", REFUSALS)
def test_clips_are_read_where_locks_are_refused(shim: Path, tmp_path: Path, refusal: int) -> None:
    shard = write_shard(tmp_path / "test-0.h5", "test", 1, seed=1)
    environment = {**os.environ, "LD_PRELOAD": str(shim), "FLOCK_ERRNO": str(refusal)}
    run = subprocess.run(
        [sys.executable, "-c", READ, str(shard)],
        env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout == "4096\n"


@pytest.mark.parametrize("refusal", REFUSALS[:2])
def test_our_own_locks_are_done_without_where_there_are_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refusal: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(locks.fcntl, "flock", refuse)
    with (tmp_path / "lock").open("w") as file:
        assert locks.exclusive(file)
        assert locks.exclusive(file, wait=False)


def test_a_lock_that_another_holds_is_seen(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as one, (tmp_path / "lock").open("w") as other:
        assert locks.exclusive(one)
        assert not locks.exclusive(other, wait=False)


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.EMFILE, errno.ESTALE])
def test_a_file_that_the_system_refuses_is_not_called_damaged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    shard = write_shard(tmp_path / "test-0.h5", "test", 1, seed=1)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "Unable to synchronously open file (…)")

    monkeypatch.setattr("h5py.File", refuse)
    reason = os.strerror(number)
    with pytest.raises(DataError) as caught:
        Clips([shard])
    assert str(caught.value).startswith(f"clip shard '{shard}' cannot be read ({reason})")
    with pytest.raises(CodeError) as refused, open_codes(shard):
        pass
    assert f"cannot be read ({reason})" in str(refused.value)
    for told in (str(caught.value), str(refused.value)):
        assert "damaged" not in told and "delete" not in told


@pytest.mark.parametrize("left", [0, 100, 1000])
def test_a_file_that_was_cut_short_is_called_damaged(tmp_path: Path, left: int) -> None:
    shard = write_shard(tmp_path / "test-0.h5", "test", 1, seed=1)
    shard.write_bytes(shard.read_bytes()[:left])
    with pytest.raises(DataError, match=r"is damaged .* delete it"):
        Clips([shard])
