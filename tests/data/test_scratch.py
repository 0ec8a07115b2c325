"""Copies on a node's own disk."""

from pathlib import Path

import pytest

from spiking_music.data.scratch import VARIABLE, copies
from spiking_music.errors import OutputError


@pytest.fixture
def shards(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / folder / "train-0.h5" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.write_text(path.parent.name)
    return paths


def test_copies_stand_in_for_the_files_and_go_in_the_end(
    shards: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(scratch := tmp_path / "fresh" / "scratch"))
    with pytest.raises(ZeroDivisionError), copies(shards) as near:
        assert [path.read_text() for path in near] == ["a", "b"]
        assert all(path.is_relative_to(scratch) for path in near)
        raise ZeroDivisionError
    assert scratch.is_dir() and not list(scratch.iterdir())
    assert [path.read_text() for path in shards] == ["a", "b"]


def test_without_a_scratch_folder_files_are_read_where_they_are(
    shards: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with copies(shards) as near:
        assert near == shards


def test_a_folder_that_cannot_be_made_is_named(
    shards: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file" / "scratch"))
    with pytest.raises(OutputError, match="scratch"), copies(shards):
        pass
