"""Files of events: the three formats hold the same, whole or not at all, in bounded memory."""

import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from spiking_music.codec.event_files import About, event_file
from spiking_music.codec.event_tables import BLOCK, EVENT, is_ours, paths
from spiking_music.codec.units import with_notes
from spiking_music.errors import OutputError
from tests.codec.conftest import MakeCodec
from tests.codec.stream.conftest import tracked_peak  # noqa: F401

ENDINGS = (".csv", ".npz", ".h5")


def about(codec_of: MakeCodec) -> About:
    units = codec_of("free").units
    return About(with_notes(units, np.arange(len(units)) % 88 - 1), 5000, 22050)


def some(block: int, count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """A block, and events in it whose times need all digits."""
    rng = np.random.default_rng(block)
    events = np.zeros(count, EVENT)
    events["time"] = np.sort(block + rng.random(count))
    events["unit"] = rng.integers(0, 8, count)
    return np.array([(block, block % 32, 1 / (block + 3))], BLOCK), events


def tables(path: Path) -> dict[str, np.ndarray]:
    """Events, units and blocks of a file, each as what it is read as by those who have no code."""
    names = ("events", "units", "blocks")
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            return {name: arrays[name] for name in names}
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            return {name: file[name][:] for name in names}
    return {
        name: pd.read_csv(each).to_records(index=False)
        for name, each in zip(names, paths(path), strict=True)
    }


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_holds_what_was_written(codec_of: MakeCodec, tmp_path: Path, ending: str) -> None:
    path, given = tmp_path / f"e{ending}", [some(0), some(1, 0), some(2)]
    with event_file(path, about(codec_of)) as write:
        for block, events in given:
            write(block, events)
    found = tables(path)
    wanted = {
        "events": np.concatenate([events for _, events in given]),
        "units": about(codec_of).units,
        "blocks": np.concatenate([block for block, _ in given]),
    }
    for name, table in wanted.items():
        assert found[name].dtype.names == table.dtype.names
        for column in table.dtype.names:
            ours, theirs = table[column], found[name][column]
            if column == "kind":
                theirs = theirs.astype("U8")
            elif column == "gain":  # float32: CSV is read as float64, and rounds to the same
                theirs = theirs.astype(np.float32)
            equal = ours.dtype.kind == "f"
            assert np.array_equal(ours, theirs, equal_nan=equal), (name, column)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(
        each.name for each in paths(path)
    )
    assert all(map(is_ours, paths(path)))


@pytest.mark.parametrize("ending", [".npz", ".h5"])
def test_files_tell_length_and_rate(codec_of: MakeCodec, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"e{ending}"
    with event_file(path, about(codec_of)) as write:
        write(*some(0))
    if ending == ".npz":
        with np.load(path) as arrays:
            facts = {name: arrays[name][()] for name in ("samples", "sample_rate", "software")}
    else:
        with h5py.File(path) as file:
            facts = dict(file.attrs)
    assert facts == {"samples": 5000, "sample_rate": 22050, "software": "spiking-music"}


@pytest.mark.parametrize("ending", ENDINGS)
def test_equal_events_are_equal_bytes(codec_of: MakeCodec, tmp_path: Path, ending: str) -> None:
    for name in ("a", "b"):
        with event_file(tmp_path / f"{name}{ending}", about(codec_of)) as write:
            write(*some(4))
        os.utime(tmp_path, (0, 0))
    a, b = (paths(tmp_path / f"{name}{ending}") for name in ("a", "b"))
    assert [each.read_bytes() for each in a] == [each.read_bytes() for each in b]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_failure_leaves_what_was_there(codec_of: MakeCodec, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"e{ending}"
    with event_file(path, about(codec_of)) as write:
        write(*some(0))
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    with pytest.raises(RuntimeError), event_file(path, about(codec_of)) as write:
        write(*some(1))
        raise RuntimeError
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


@pytest.mark.parametrize("ending", ENDINGS)
def test_memory_is_that_of_a_block(
    tracked_peak: Callable,  # noqa: F811
    codec_of: MakeCodec,
    tmp_path: Path,
    ending: str,
) -> None:
    def write_blocks(count: int) -> Callable[[], None]:
        def work() -> None:
            with event_file(tmp_path / f"{count}{ending}", about(codec_of)) as write:
                for block in range(count):
                    write(*some(block, 3000))

        return work

    write_blocks(2)()  # imports what is needed once
    few, many = tracked_peak(write_blocks(10)), tracked_peak(write_blocks(60))
    kept = 50 * 3000 * EVENT.itemsize  # bytes that a writer which keeps all events has more
    assert many - few < kept / 6


def test_other_endings_are_refused(codec_of: MakeCodec, tmp_path: Path) -> None:
    refused = pytest.raises(OutputError, match=r"\.csv, \.npz or \.h5, name one")
    with refused, event_file(tmp_path / "e.txt", about(codec_of)):
        pass
    assert not list(tmp_path.iterdir())
