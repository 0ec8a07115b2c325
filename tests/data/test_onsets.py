"""Performances → onset grids, and their agreement with the audio."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spiking_music.config import DatasetConfig, SignalConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.clips import build_clips
from spiking_music.data.midi import read_midi
from spiking_music.data.onsets import build_onsets, grid, read_onsets
from spiking_music.data.performance import Performance
from spiking_music.errors import DataError, OutputError
from tests.conftest import full_disk
from tests.data.conftest import SIGNAL, write_midi

Make = Callable[..., Path]
REAL = SignalConfig(sample_rate=22050, clip_samples=131072, hop=512)


def played(
    start: np.ndarray,
    pitch: np.ndarray,
    velocity: np.ndarray,
    pedal: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0, np.int64)),
) -> Performance:
    """A performance whose key releases do not matter."""
    return Performance(start, start, pitch, velocity, *pedal)


def notes_at(samples: list[int], pitch: int = 60, velocity: int = 80) -> Performance:
    """Notes that begin at whole samples of SIGNAL."""
    start = np.sort(np.array(samples, np.float64)) / SIGNAL.sample_rate
    same = np.ones(len(start), np.int64)
    return played(start, pitch * same, velocity * same)


@given(st.lists(st.integers(0, 3 * 8192), max_size=30), st.integers(0, 2), st.integers(1, 8192))
def test_an_onset_at_sample_n_is_in_step_n_over_hop(
    samples: list[int], index: int, valid: int
) -> None:
    offset = index * SIGNAL.clip_samples
    onsets, velocity, _ = grid(notes_at(samples), offset, valid, SIGNAL)
    expected = np.zeros((88, SIGNAL.steps), np.uint8)
    for n in samples:
        if offset <= n < offset + valid:
            expected[60 - 21, (n - offset) // SIGNAL.hop] += 1
    assert np.array_equal(onsets, expected)
    assert np.array_equal(velocity, 80 * (expected > 0))


def test_the_loudest_of_several_notes_counts_and_foreign_keys_do_not() -> None:
    step = SIGNAL.hop / SIGNAL.sample_rate
    times = np.array([0.1, 0.2, 0.5, 1.5, 1.6]) * step
    pitch, velocity = np.array([60, 60, 60, 20, 109]), np.array([30, 90, 50, 99, 99])
    onsets, loudness, _ = grid(played(times, pitch, velocity), 0, SIGNAL.clip_samples, SIGNAL)
    assert (onsets.sum(), onsets[39, 0], loudness.max(), loudness[39, 0]) == (3, 3, 90, 90)


def test_pedal_holds_its_last_value_across_clips() -> None:
    step = SIGNAL.hop / SIGNAL.sample_rate
    moves = np.array([2.1, 2.9, 5.0, 20.5]) * step
    notes = played(np.zeros(1), *np.full((2, 1), 60), (moves, np.array([10, 127, 64, 0])))
    first, second = (grid(notes, k * 8192, 8192, SIGNAL)[2].tolist() for k in (0, 1))
    assert first == [0] * 2 + [127] * 3 + [64] * 11
    assert second == [64] * 4 + [0] * 12


@pytest.fixture
def built(make: Make, signal: SignalConfig, dataset: DatasetConfig) -> tuple[Path, list[Path]]:
    """Five recordings in two shards, with notes and pedal all over: (root, clip tables)."""
    root = make([1.2, 0.9, 2.0, 0.8, 0.3], shards=2)
    rng = np.random.default_rng(0)
    for index in range(5):
        times = np.sort(rng.integers(0, 800, 40))
        write_midi(
            root / f"{index}.mid",
            [(int(ms), int(rng.integers(21, 109)), int(rng.integers(1, 128))) for ms in times],
            [(int(ms), int(rng.integers(0, 128))) for ms in times[::4]],
        )
    tables = [root / f"{shard}.csv" for shard in (0, 1)]
    for shard, table in enumerate(tables):
        outputs = table.with_suffix(".h5"), table
        build_clips(root / "performances.csv", root, "train", shard, *outputs, signal, dataset)
    return root, tables


def test_order_is_that_of_the_clips(built: tuple[Path, list[Path]], signal: SignalConfig) -> None:
    root, tables = built
    out = root / "train.zarr.zip"
    build_onsets(root / "performances.csv", root, tables, out, signal)
    found = read_onsets(out, tables)
    clips = pd.concat([pd.read_csv(table) for table in tables])
    assert found.step_rate == pytest.approx(43.066, abs=1e-3)
    assert found.performance.tolist() == clips["performance"].tolist()
    assert found.onsets.shape == (len(clips), 88, 16)
    for index, clip in enumerate(clips.itertuples()):
        notes = read_midi(root / f"{clip.performance}.mid")
        expected = grid(notes, clip.offset, clip.samples, signal)
        for array, part in zip((found.onsets, found.velocity, found.pedal), expected, strict=True):
            assert np.array_equal(array[index], part)
    assert found.onsets[:].sum() > 100


def test_more_clips_than_a_chunk(make: Make, signal: SignalConfig, dataset: DatasetConfig) -> None:
    root = make([60.0])
    notes = [(ms, 21 + ms // 700, 80) for ms in range(0, 59_000, 700)]
    write_midi(root / "0.mid", notes)
    outputs = root / "0.h5", root / "0.csv"
    build_clips(root / "performances.csv", root, "train", 0, *outputs, signal, dataset)
    build_onsets(root / "performances.csv", root, [outputs[1]], root / "o.zarr.zip", signal)
    onsets = read_onsets(root / "o.zarr.zip").onsets[:]  # (161, 88, 16)
    keys, steps = np.nonzero(onsets.transpose(1, 0, 2).reshape(88, -1))
    assert len(onsets) == 161
    assert keys.tolist() == list(range(len(notes)))
    assert steps.tolist() == [round(ms * 22.05) // 512 for ms, _, _ in notes]


def test_two_runs_write_the_same_bytes(
    built: tuple[Path, list[Path]], signal: SignalConfig
) -> None:
    root, tables = built
    found = []
    for _ in range(2):
        build_onsets(root / "performances.csv", root, tables, root / "o.zarr.zip", signal)
        found.append((root / "o.zarr.zip").read_bytes())
        time.sleep(2.1 * (len(found) == 1))  # zip's clock has a resolution of two seconds
    assert found[0] == found[1]


def test_tables_in_another_order_are_refused(
    built: tuple[Path, list[Path]], signal: SignalConfig
) -> None:
    root, tables = built
    out = root / "o.zarr.zip"
    for wrong in (tables[::-1], [tables[0], *tables]):
        with pytest.raises(DataError, match="not in the order of the catalogue"):
            build_onsets(root / "performances.csv", root, wrong, out, signal)
    pd.read_csv(tables[1]).assign(split="test").to_csv(root / "other.csv", index=False)
    with pytest.raises(DataError, match="not of one split"):
        wrong = [tables[0], root / "other.csv"]
        build_onsets(root / "performances.csv", root, wrong, out, signal)
    assert not out.exists()


def test_onsets_of_other_clips_are_refused(
    built: tuple[Path, list[Path]], signal: SignalConfig
) -> None:
    root, tables = built
    build_onsets(root / "performances.csv", root, tables, root / "o.zarr.zip", signal)
    with pytest.raises(DataError, match="are not of the clips in"):
        read_onsets(root / "o.zarr.zip", tables[:1])


def test_a_split_without_clips_is_refused(
    make: Make, signal: SignalConfig, dataset: DatasetConfig
) -> None:
    root = make([0.2])
    outputs = root / "0.h5", root / "0.csv"
    build_clips(root / "performances.csv", root, "train", 0, *outputs, signal, dataset)
    with pytest.raises(DataError, match=r"no clip in .*0\.csv': set dataset\.tail to 'pad'"):
        build_onsets(root / "performances.csv", root, [outputs[1]], root / "o.zarr.zip", signal)


def test_a_full_disk_is_one_sentence_and_no_file(
    built: tuple[Path, list[Path]], signal: SignalConfig
) -> None:
    root, tables = built
    out = root / "onsets" / "o.zarr.zip"
    build_onsets(root / "performances.csv", root, tables, out, signal)
    size = out.stat().st_size
    out.unlink()
    for room in (10, size // 2, size - 1):
        with (
            full_disk(room),
            pytest.raises(OutputError, match=r"^cannot write '.*o\.zarr\.zip' \(.*\): free some"),
        ):
            build_onsets(root / "performances.csv", root, tables, out, signal)
        assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("kept", [0, 50, -100])
def test_a_damaged_file_is_refused(
    built: tuple[Path, list[Path]], signal: SignalConfig, kept: int
) -> None:
    root, tables = built
    out = root / "o.zarr.zip"
    build_onsets(root / "performances.csv", root, tables, out, signal)
    out.write_bytes(out.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"o\.zarr\.zip' cannot be read .* run the rule `onsets`"):
        read_onsets(out)
    out.unlink()
    with pytest.raises(DataError, match=re.escape(f"no onsets at '{out}'")):
        read_onsets(out)


def flux(clip: np.ndarray, signal: SignalConfig) -> np.ndarray:
    """Spectral flux (T,): value t compares the samples just after the start of step t with those
    just before it and during it, so that an attack in step t raises value t."""
    half = 512
    padded = np.pad(clip, (half, half + signal.hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2 * half)[:: signal.hop]
    level = np.log1p(100 * np.abs(np.fft.rfft(frames * np.hanning(2 * half))))  # centred at t·hop
    return np.maximum(np.diff(level, axis=0), 0).sum(axis=1)[: signal.steps]


def lag_of_the_audio(
    root: Path, table: pd.DataFrame, tmp_path: Path, dataset: DatasetConfig
) -> int:
    """Lag in steps at which flux follows onsets best, over all clips of `table`."""
    catalogue = tmp_path / "performances.csv"
    table = table.assign(performance=range(len(table)), shard=0, split="train")
    table.to_csv(catalogue, index=False)
    outputs = tmp_path / "0.h5", tmp_path / "0.csv"
    build_clips(catalogue, root, "train", 0, *outputs, REAL, dataset)
    build_onsets(catalogue, root, [outputs[1]], tmp_path / "o.zarr.zip", REAL)
    counts = read_onsets(tmp_path / "o.zarr.zip").onsets[:].sum(axis=1, dtype=float)  # (clips, T)
    found = np.stack([flux(clip.numpy(), REAL) for clip in Clips([outputs[0]])])  # (clips, T)
    counts -= counts.mean(axis=1, keepdims=True)
    found -= found.mean(axis=1, keepdims=True)
    lags = range(-20, 21)
    return lags[int(np.argmax([(counts * np.roll(found, -lag, axis=1)).sum() for lag in lags]))]


def test_onsets_agree_with_rendered_audio(
    salamander: Path, tmp_path: Path, dataset: DatasetConfig
) -> None:
    table = pd.read_csv(salamander / "metadata.csv")[::12]
    assert lag_of_the_audio(salamander, table, tmp_path, dataset) == 0


def test_onsets_agree_with_a_real_piano(
    disklavier: Path, tmp_path: Path, dataset: DatasetConfig
) -> None:
    table = pd.read_csv(disklavier / "metadata.csv")
    for index in range(0, len(table), 4):
        folder = tmp_path / str(index)
        folder.mkdir()
        piece = table[index : index + 1]
        assert lag_of_the_audio(disklavier, piece, folder, dataset) == 0
