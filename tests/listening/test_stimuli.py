"""The sounds of a test: equally long and loud, unclipped, under names that tell nothing."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
import soundfile
import soxr

from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import CodeError
from spiking_music.listening.manifest import read_manifest, read_stimulus
from spiking_music.listening.selection import read_chosen
from spiking_music.listening.stimuli import make_stimuli
from spiking_music.listening.systems import loudness, loudness_match
from spiking_music.marks import MARK
from tests.listening.conftest import Inputs
from tests.listening.test_selection import settings

SYSTEMS = ["reference", "rvq", "free", "mel", "anchor-7000", "anchor-3500", "anchor-distorted"]
RATE = 48000


@pytest.fixture(scope="module")
def folder(inputs: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(inputs, tmp_path_factory.mktemp("made") / "stimuli")


def make(inputs: Inputs, out: Path, seed: int = 1, **changes: Any) -> Path:
    wanted = settings(clips=3, **changes)
    make_stimuli(inputs.clips, inputs.performances, inputs.models, "mine", out, wanted, seed)
    return out


def sounds(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    return {
        clip.clip: {
            each.system: soundfile.read(folder / each.file, dtype="float32")[0]
            for each in clip.stimuli
        }
        for clip in read_manifest(folder / "manifest.json").clips
    }


def test_the_manifest_holds_and_its_sums_are_right(folder: Path) -> None:
    manifest = read_manifest(folder / "manifest.json")
    assert (manifest.test, manifest.sample_rate, manifest.seed) == ("mine", RATE, 1)
    assert [clip.clip for clip in manifest.clips] == ["c1", "c2", "c3"]
    assert manifest.training == ("c1",)
    for clip in manifest.clips:
        assert [each.system for each in clip.stimuli] == SYSTEMS
        for each in clip.stimuli:
            content = read_stimulus(folder, each, manifest)
            assert hashlib.sha256(content).hexdigest() == each.sha256


def test_names_and_files_tell_nothing(folder: Path) -> None:
    """No name, size or header differs by system."""
    paths = sorted(folder.glob("*.wav"))
    assert len(paths) == 3 * len(SYSTEMS)
    assert len({path.stat().st_size for path in paths}) == 1
    assert len({path.read_bytes()[:44] for path in paths}) == 1
    for path in paths:
        assert not any(system[:3] in path.name for system in SYSTEMS if system[:3] not in "free")
    ranks = [
        sorted(each.file for each in clip.stimuli).index(clip.stimuli[0].file)
        for clip in read_manifest(folder / "manifest.json").clips
    ]
    assert len(set(ranks)) > 1  # the reference is not always at one place


def test_all_are_equally_loud_and_none_clips(folder: Path) -> None:
    for of_clip in sounds(folder).values():
        levels = [pyloudnorm.Meter(RATE).integrated_loudness(wave) for wave in of_clip.values()]
        assert np.ptp(levels) < 0.05
        assert levels[0] <= -23 + 0.05
        assert max(np.abs(wave).max() for wave in of_clip.values()) <= 10 ** (-1 / 20) + 1e-4


def test_the_reference_is_the_recording(folder: Path, inputs: Inputs) -> None:
    """Resampled and scaled, and nothing else."""
    source = Clips(inputs.clips)
    for each in read_chosen(folder / "clips.csv"):
        original = source.read(each.index, 0, source.clip_samples)
        back = soxr.resample(sounds(folder)[each.clip]["reference"], RATE, source.sample_rate)
        size = min(len(back), len(original)) - 1000
        inside = slice(500, size)
        assert (
            np.corrcoef(back[inside], original[inside])[0, 1] > 0.95
        )  # noise up to Nyquist; low-passed at 7 kHz it would be 0.8


def test_equal_seeds_give_equal_bytes(folder: Path, inputs: Inputs, tmp_path: Path) -> None:
    again = make(inputs, tmp_path / "again")
    names = {path.name for path in folder.iterdir()}
    assert {path.name for path in again.iterdir()} == names
    for name in names:
        assert (again / name).read_bytes() == (folder / name).read_bytes()
    other = make(inputs, tmp_path / "other", seed=2)
    assert not {path.name for path in other.glob("*.wav")} & names


def test_a_second_run_leaves_nothing_of_the_first(inputs: Inputs, tmp_path: Path) -> None:
    make(inputs, tmp_path / "out", seed=2)
    out = make(inputs, tmp_path / "out", seed=1)
    listed = json.loads((out / "manifest.json").read_text())["clips"]
    named = {each["file"] for clip in listed for each in clip["stimuli"]}
    assert {path.name for path in out.iterdir()} == named | {"manifest.json", "clips.csv", MARK}


def test_missing_systems_are_named(
    inputs: Inputs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(inputs, tmp_path / "out")
    said = capsys.readouterr().err
    assert "left out: the configuration has no variant 'sparse'" in said
    assert "left out: the configuration has no variant 'rvq-impaired'" in said


def test_codes_of_another_model_are_refused_and_nothing_is_left(
    inputs: Inputs, tmp_path: Path
) -> None:
    models = {"free": (inputs.models["free"][0], inputs.models["rvq"][1])}
    with pytest.raises(CodeError, match="do not belong to model"):
        make_stimuli(
            *(inputs.clips, inputs.performances, models, "mine", tmp_path / "out"), settings(), 1
        )
    assert not list(tmp_path.iterdir())


def test_loudness_is_that_of_the_standard() -> None:
    """BS.1770: a sine of 997 Hz at full scale on one channel reads -3.01 LUFS."""
    time = np.arange(3 * RATE) / RATE
    tone = np.sin(2 * np.pi * 997 * time).astype(np.float32)
    assert loudness(tone, RATE) == pytest.approx(-3.01, abs=0.1)
    assert loudness(tone / 10, RATE) == pytest.approx(-23.01, abs=0.1)
    gated = np.concatenate([tone, 0 * tone, 0 * tone])  # silence does not count
    assert loudness(gated, RATE) == pytest.approx(-3.01, abs=0.5)
    assert loudness(0 * tone, RATE) == -np.inf


def test_a_peak_takes_all_down_together() -> None:
    draw = np.random.default_rng(0)
    noise = 0.1 * draw.standard_normal(2 * RATE).astype(np.float32)
    spiky = 0.3 * noise
    spiky[RATE] = 1.0
    silence = 0 * noise
    result = loudness_match([noise, spiky, silence], RATE, -10, -1)
    assert max(np.abs(wave).max() for wave in result) == pytest.approx(10 ** (-1 / 20), rel=1e-4)
    levels = [loudness(wave, RATE) for wave in result[:2]]
    assert levels[0] == pytest.approx(levels[1], abs=0.01)
    assert levels[0] < -10
    assert not result[2].any()
    untouched = loudness_match([noise], RATE, -40, -1)[0]
    assert loudness(untouched, RATE) == pytest.approx(-40, abs=0.01)
