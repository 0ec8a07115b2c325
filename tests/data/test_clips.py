"""Recordings → clips, and reading them back."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import soundfile
import soxr
import torch
from hypothesis import given
from hypothesis import strategies as st

from spiking_music.config import DatasetConfig, SignalConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.clips import build_clips, cut, rms_dbfs
from spiking_music.data.shard import quantise
from spiking_music.errors import DataError
from tests.data.conftest import build, write_midi

Make = Callable[..., Path]


def stored(root: Path) -> np.ndarray:
    """(clips, clip_samples) waveforms of shard 0, read without the library."""
    with h5py.File(root / "out" / "0.h5") as file:
        return file["audio"][:] / 32767 / file["gain"][:][:, None]


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(1, 40))
def test_cut_keeps_every_sample_in_order(lengths: list[int], size: int) -> None:
    samples = np.arange(1, sum(lengths) + 1, dtype=np.float32)
    blocks = np.split(samples, np.cumsum(lengths)[:-1])
    clips = [(clip.copy(), valid) for clip, valid in cut(blocks, size)]
    assert [valid for _, valid in clips[:-1]] == [size] * (len(clips) - 1)
    joined = np.concatenate([clip for clip, _ in clips]) if clips else np.empty(0)
    assert np.array_equal(joined[: len(samples)], samples)
    assert len(joined) - len(samples) < size
    assert not joined[len(samples) :].any()


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 8))
def test_quantised_samples_are_half_a_step_away_at_most(seed: int, peak: float) -> None:
    clip = np.random.default_rng(seed).uniform(-peak, peak, 500).astype(np.float32)
    pcm, gain = quantise(clip.copy())
    assert gain == 1 or np.abs(pcm).max() == 32767
    assert (gain < 1) == (np.abs(clip).max() > 1)
    assert np.abs(pcm / 32767 / gain - clip).max() <= (0.5 + 1e-2) / 32767 / gain


def test_level_of_known_signals() -> None:
    tone = np.sin(2 * np.pi * np.arange(1000) / 100).astype(np.float32)
    assert rms_dbfs(tone) == pytest.approx(-3.0103, abs=1e-3)
    assert rms_dbfs(np.zeros(10, np.float32)) == -np.inf


def test_layout_and_table(make: Make, signal: SignalConfig, dataset: DatasetConfig) -> None:
    root = make([1.2, 0.8], rate=44100)  # 26460 and 17640 samples: 3 and 2 clips of 8192
    table = build(root, signal, dataset)
    assert table["performance"].tolist() == [0, 0, 0, 1, 1]
    assert table["offset"].tolist() == [0, 8192, 16384, 0, 8192]
    assert set(table["samples"]) == {8192}
    assert set(table["split"]) == {"train"}
    assert table["rms_dbfs"].between(-25, -20).all()  # 0.1 noise, half the band
    with h5py.File(root / "out" / "0.h5") as file:
        assert dict(file.attrs) == {
            "sample_rate": 22050,
            "clip_samples": 8192,
            "split": "train",
            "shard": 0,
        }
        assert (file["audio"].dtype, file["audio"].chunks) == (np.int16, (1, 8192))
        assert np.array_equal(file["gain"][:], table["gain"].astype(np.float32))
    samples, _ = soundfile.read(root / "0.wav", dtype="float32")
    expected = soxr.resample(samples, 44100, 22050, "HQ")[: 3 * 8192]
    assert np.abs(stored(root)[:3].ravel() - expected).max() < 0.51 / 32767


def test_a_padded_tail_holds_zeros(
    make: Make, signal: SignalConfig, dataset: DatasetConfig
) -> None:
    root = make([0.5])
    table = build(root, signal, dataset.model_copy(update={"tail": "pad"}))
    assert table["samples"].tolist() == [8192, 11025 - 8192]
    tail = stored(root)[1]
    assert tail[: 11025 - 8192].any()
    assert not tail[11025 - 8192 :].any()


@pytest.mark.parametrize(("silence", "kept"), [("keep", [0, 8192, 16384]), ("drop", [0, 16384])])
def test_silent_clips(
    make: Make, signal: SignalConfig, dataset: DatasetConfig, silence: str, kept: list[int]
) -> None:
    root = make([1.2])
    samples, rate = soundfile.read(root / "0.wav")
    samples[8192:16384] = 0
    soundfile.write(root / "0.wav", samples, rate)
    table = build(root, signal, dataset.model_copy(update={"silence": silence}))
    assert table["offset"].tolist() == kept


def test_a_clip_beyond_full_scale_keeps_its_waveform(
    make: Make, signal: SignalConfig, dataset: DatasetConfig
) -> None:
    root = make([1.0])
    samples = np.random.default_rng(1).uniform(-3, 3, 22050).astype(np.float32)
    soundfile.write(root / "0.wav", samples, 22050, subtype="FLOAT")
    table = build(root, signal, dataset)
    assert (table["gain"] < 0.34).all()
    assert np.abs(stored(root).ravel() - samples[: 2 * 8192]).max() < 3 * 0.51 / 32767
    assert np.abs(Clips([root / "out" / "0.h5"])[1].numpy() - samples[8192:16384]).max() < 1e-4


def test_two_runs_write_the_same_bytes(
    make: Make, signal: SignalConfig, dataset: DatasetConfig
) -> None:
    root, found = make([1.2, 3.1], rate=48000), []
    for _ in range(2):
        build(root, signal, dataset)
        found.append([(root / "out" / name).read_bytes() for name in ("0.h5", "0.csv")])
        time.sleep(1.1 * (len(found) == 1))  # HDF5's clock has a resolution of a second
    assert found[0] == found[1]


def break_audio(root: Path) -> None:
    content = (root / "1.wav").read_bytes()
    (root / "1.wav").write_bytes(content[:-100])


def break_samples(root: Path) -> None:
    samples = np.zeros(22050 * 4, np.float32)
    samples[-1] = np.nan  # in the last block: clips were written before it is seen
    soundfile.write(root / "1.wav", samples, 22050, subtype="FLOAT")


def break_flac(root: Path) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 22050 * 9)
    soundfile.write(root / "x.flac", samples, 22050)
    (root / "1.wav").write_bytes((root / "x.flac").read_bytes()[:-5000])


def break_alignment(root: Path) -> None:
    write_midi(root / "1.mid", [(100, 60, 80), (5000, 60, 80)])


BREAKS: dict[str, Callable[[Path], object]] = {
    "cut short": break_audio,
    "NaN or infinite": break_samples,
    "damaged or cut short": break_flac,
    "a note begins at 5.00 s and the audio ends at 1.00 s": break_alignment,
    r"1\.wav' is missing": lambda root: (root / "1.wav").unlink(),
    r"1\.mid' is missing": lambda root: (root / "1.mid").unlink(),
    r"MIDI file .* cannot be read": lambda root: (root / "1.mid").write_bytes(b"MThd nothing"),
    r"holds no note": lambda root: write_midi(root / "1.mid", []),
}


@pytest.mark.parametrize("sentence", BREAKS)
def test_a_bad_recording_stops_the_run_and_leaves_nothing(
    make: Make, signal: SignalConfig, dataset: DatasetConfig, sentence: str
) -> None:
    root = make([1.0, 1.0, 1.0])
    BREAKS[sentence](root)
    with pytest.raises(DataError, match=sentence) as failure:
        build(root, signal, dataset)
    assert "set dataset.bad_recordings to 'skip'" in str(failure.value)
    assert list((root / "out").iterdir()) == []


@pytest.mark.parametrize("sentence", BREAKS)
def test_a_skipped_recording_is_reported_and_leaves_no_clip(
    make: Make, signal: SignalConfig, dataset: DatasetConfig, capsys, sentence: str
) -> None:
    root = make([1.0, 1.0, 1.0])
    build(root, signal, dataset)
    whole = stored(root)  # two clips each
    BREAKS[sentence](root)
    capsys.readouterr()
    table = build(root, signal, dataset.model_copy(update={"bad_recordings": "skip"}))
    assert table["performance"].tolist() == [0, 0, 2, 2]
    assert np.array_equal(stored(root), whole[[0, 1, 4, 5]])
    assert re.search(rf"skipped: .*{sentence}", capsys.readouterr().err)


def test_what_the_manifest_refuses_is_left_out(
    make: Make, signal: SignalConfig, dataset: DatasetConfig, capsys
) -> None:
    root = make([1.0, 1.0, 1.0])
    manifest = root / "manifest.csv"
    manifest.write_text("audio_filename,midi_filename,status\n0.wav,0.mid,ok\n1.wav,1.mid,broken\n")
    outputs = root / "0.h5", root / "0.csv"
    catalogue = root / "performances.csv"
    build_clips(catalogue, root, "train", 0, *outputs, signal, dataset, manifest)
    assert pd.read_csv(outputs[1])["performance"].tolist() == [0, 0]
    told = capsys.readouterr().err
    assert "'1.wav' is marked 'broken'" in told
    assert "'2.wav' is marked 'not in the manifest'" in told


def test_tables_that_cannot_be_read_are_named(
    make: Make, signal: SignalConfig, dataset: DatasetConfig, tmp_path: Path
) -> None:
    root = make([1.0])
    outputs = root / "0.h5", root / "0.csv"
    rest = root, "train", 0, *outputs, signal, dataset
    with pytest.raises(DataError, match=r"none\.csv' does not exist"):
        build_clips(root / "none.csv", *rest)
    with pytest.raises(DataError, match=r"manifest '.*none\.csv' cannot be read"):
        build_clips(root / "performances.csv", *rest, root / "none.csv")


def test_short_and_silent_recordings_are_reported_and_a_shard_may_be_empty(
    make: Make, signal: SignalConfig, dataset: DatasetConfig, capsys
) -> None:
    root = make([0.3, 1.0])
    soundfile.write(root / "1.wav", np.zeros(22050), 22050)
    table = build(root, signal, dataset.model_copy(update={"silence": "drop"}))
    told = capsys.readouterr().err
    assert re.search(r"no clip from recording .*0\.wav': it lasts 0\.30 s and a clip 0\.37 s", told)
    assert re.search(r"no clip from recording .*1\.wav': it is silent throughout", told)
    assert (len(table), stored(root).shape) == (0, (0, 8192))
    assert len(Clips([root / "out" / "0.h5"])) == 0


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from spiking_music.config import DatasetConfig, SignalConfig
from spiking_music.data.clips import build_clips
from spiking_music.errors import OutputError
root = Path(sys.argv[1])
for limit in map(int, sys.argv[4:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        build_clips(root / "performances.csv", root, "train", 0, root / "out" / "0.h5",
            root / "out" / "0.csv", SignalConfig.model_validate_json(sys.argv[2]),
            DatasetConfig.model_validate_json(sys.argv[3]))
    except OutputError as error:
        print(error)
"""


def test_a_full_disk_is_one_sentence_and_no_file(
    make: Make, signal: SignalConfig, dataset: DatasetConfig
) -> None:
    root = make([3.0])
    build(root, signal, dataset)
    size = (root / "out" / "0.h5").stat().st_size
    limits = [100, 40_000, size - 5000, size - 1]  # full at the header, at a clip, at the end
    for path in (root / "out").iterdir():
        path.unlink()
    sections = signal.model_dump_json(), dataset.model_dump_json()
    arguments = [str(root), *sections, *map(str, limits)]
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, *arguments], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")  # HDF5 likes to crash at exit
    sentences = done.stdout.splitlines()
    assert len(sentences) == len(limits)
    for sentence in sentences:
        assert re.fullmatch(r"cannot write '.*0\.h5' \(.*\): free some space or .*", sentence)
    assert list((root / "out").iterdir()) == []


def test_preparing_clips_does_not_import_torch() -> None:
    code = "import sys, spiking_music.data.clips; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_real_recording(disklavier: Path, tmp_path: Path, dataset: DatasetConfig) -> None:
    signal = SignalConfig(sample_rate=22050, clip_samples=131072, hop=512)
    table = pd.read_csv(disklavier / "metadata.csv").sort_values("duration")[:1]
    catalogue = tmp_path / "performances.csv"
    table.assign(performance=0, shard=0, split="train").to_csv(catalogue, index=False)
    audio, rows = tmp_path / "0.h5", tmp_path / "0.csv"
    build_clips(catalogue, disklavier, "train", 0, audio, rows, signal, dataset)
    samples, rate = soundfile.read(disklavier / table["audio_filename"].iloc[0], dtype="float32")
    expected = soxr.resample(samples, rate, 22050, "HQ")
    clips = Clips([audio])
    assert len(clips) == len(expected) // 131072 == len(pd.read_csv(rows))
    found = torch.cat(list(clips)).numpy()
    assert np.abs(found - expected[: len(found)]).max() < 0.51 / 32767
