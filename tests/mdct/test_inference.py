"""The MDCT model in numpy beside the modules that are trained: the same events, the same sound."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
import torch
from safetensors.numpy import load_file, save_file

from spiking_music.codec.model_folder import load_model
from spiking_music.codec.network import Network
from spiking_music.codec.session import Codec, load
from spiking_music.codec.torch_network import TorchNetwork
from spiking_music.errors import CodeError
from spiking_music.mdct.inference.lapped import Lapped
from spiking_music.mdct.inference.network import MdctNetwork
from spiking_music.mdct.inference.stft import Stft
from spiking_music.models.backbones import spectral
from spiking_music.models.lapped_transform import Mdct
from spiking_music.models.metadata import describe
from spiking_music.models.pretrained import PRETRAINED, WEIGHTS
from tests.codec.conftest import MakeFolder, model_folder, music

__all__ = ["model_folder"]
RATE, HOP, STEPS = 22050, 512, 96
LEVELS = (0, 3, 10, 20, 31)
SAME_EVENTS, SAME_SOUND = 1e-4, 1e-4  # share of units that may differ; of full scale


@pytest.fixture(scope="module")
def ours() -> Network:
    return load_model().network


@pytest.fixture(scope="module")
def theirs() -> Network:
    return load_model(torch=True).network


def clips(audio: np.ndarray) -> np.ndarray:
    """Up to four clips (B, STEPS·HOP) of audio (n,)."""
    size = STEPS * HOP
    return audio[: min(4, len(audio) // size) * size].reshape(-1, size)


def compare(ours: Network, theirs: Network, audio: np.ndarray, level: int | None) -> None:
    levels = None if level is None else np.full(len(audio), level)
    z, expected = ours.encode(audio, levels), theirs.encode(audio, levels)
    assert z.shape == expected.shape and z.dtype == expected.dtype
    assert expected.any()
    assert (z != expected).mean() <= SAME_EVENTS
    places = [0] * len(audio)
    heard, wanted = ours.decode(z, levels, places), theirs.decode(z, levels, places)
    assert heard.dtype == wanted.dtype == np.float32
    assert np.abs(wanted).max() > 100 * SAME_SOUND  # there is something to compare
    assert np.abs(heard - wanted).max() <= SAME_SOUND


def test_the_cpu_runs_in_numpy_unless_torch_is_asked_for(ours: Network, theirs: Network) -> None:
    assert isinstance(ours, MdctNetwork) and isinstance(theirs, TorchNetwork)
    assert (ours.context, ours.alignment) == (theirs.context, theirs.alignment)
    assert load_model().fingerprint == load_model(torch=True).fingerprint


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_music_has_the_same_events_and_sound(
    ours: Network, theirs: Network, level: int, gain: float
) -> None:
    compare(ours, theirs, clips(music(9, seed=level)) * np.float32(gain), level)


@pytest.mark.parametrize("level", LEVELS)
def test_recordings_have_the_same_events_and_sound(
    ours: Network, theirs: Network, level: int, salamander: Path
) -> None:
    for path in sorted((salamander / "test").glob("*.flac"))[:4]:
        compare(ours, theirs, clips(soundfile.read(path, dtype="float32")[0]), level)


def test_a_real_piano_has_the_same_events_and_sound(
    ours: Network, theirs: Network, disklavier: Path
) -> None:
    path = sorted((disklavier / "recordings").glob("*.flac"))[0]
    audio, rate = soundfile.read(path, dtype="float32", frames=16_000 * 20)
    compare(ours, theirs, clips(soxr.resample(audio, rate, RATE)), 10)


@pytest.mark.parametrize("name", ["mdct", "mdct-mu"])
def test_trained_rows_run_in_numpy_too(model_folder: MakeFolder, name: str) -> None:
    path = model_folder(name)
    found = load_model(path).network
    assert isinstance(found, MdctNetwork)
    level = None if name == "mdct" else 3
    compare(found, load_model(path, torch=True).network, clips(music(5)), level)
    wrong = np.full(2, 3) if level is None else None
    with pytest.raises(CodeError, match="this model takes"):
        found.encode(clips(music(5)), wrong)


def test_silence_and_single_frames_are_coded_alike(ours: Network, theirs: Network) -> None:
    for audio in (np.zeros((1, STEPS * HOP), np.float32), clips(music(3))[:1, :HOP]):
        level = np.array([10])
        z = ours.encode(audio, level)
        np.testing.assert_array_equal(z, theirs.encode(audio, level))
        heard, wanted = ours.decode(z, level), theirs.decode(z, level)
        assert np.isfinite(heard).all()
        assert np.abs(heard - wanted).max() <= SAME_SOUND


def test_events_that_no_encoder_sends_mean_the_same(ours: Network, theirs: Network) -> None:
    z = (np.random.default_rng(0).random((2, 2976, 24)) < 0.1).astype(np.uint8)
    z[:, -18 * 4 - 24 :] = 0  # of the gain and the envelope some: all would be full scale
    z[:, -18 * 4 - 24 + 9] = 1
    level = np.array([0, 25])
    heard, wanted = ours.decode(z, level, [0, 0]), theirs.decode(z, level, [0, 0])
    assert np.abs(heard - wanted).max() <= SAME_SOUND * max(1, np.abs(wanted).max())


def test_frames_that_are_kept_sound_as_in_the_whole(ours: Network, theirs: Network) -> None:
    z, level = ours.encode(clips(music(5))[:1], np.array([5])), np.array([5])
    whole = ours.decode(z, level).reshape(STEPS, HOP)
    for kept in (slice(0, 9), slice(22, 60), slice(90, STEPS), slice(40, 41)):
        expected = whole[kept].reshape(1, -1)
        np.testing.assert_allclose(ours.decode(z, level, kept=kept), expected, atol=1e-6)
        np.testing.assert_allclose(theirs.decode(z, level, kept=kept), expected, atol=SAME_SOUND)


def test_streams_of_either_decode_in_both() -> None:
    one, other = load(), Codec(load_model(torch=True))
    audio = music(3, rate=44_100)
    for maker in (one, other):
        for wish in ({"level": 4}, {"kbps": 1.5}, {"min_si_snr": 6.0}):
            stream = maker.encode(audio, 44_100, **wish)
            assert np.abs(one.decode(stream) - other.decode(stream)).max() <= SAME_SOUND


def test_the_transforms_are_those_of_torch() -> None:
    draw = np.random.default_rng(0)
    for hop, n_fft in ((512, 2048), (64, 96)):
        audio = draw.standard_normal(20 * hop).astype(np.float32)
        there = torch.from_numpy(audio)[None, None]
        mdct, lapped = Mdct(hop, hop), Lapped(hop)
        found = lapped.forward(audio)
        np.testing.assert_allclose(found, mdct(there)[0].T.numpy(), atol=1e-5)
        np.testing.assert_allclose(lapped.joined(lapped.dct(found)), audio, atol=1e-5)
        torchs, numpys = spectral.Stft(n_fft, hop), Stft(n_fft, hop)
        spectrum = numpys.forward(audio)
        np.testing.assert_allclose(spectrum, torchs(there)[0].T.numpy(), atol=1e-4)
        np.testing.assert_allclose(numpys.inverse(spectrum), audio, atol=1e-5)


def test_what_is_no_audio_and_no_events_is_refused(ours: Network) -> None:
    level = np.array([3])
    with pytest.raises(CodeError, match="audio must have shape"):
        ours.encode(np.zeros((1, HOP + 1), np.float32), level)
    z = ours.encode(np.zeros((1, HOP), np.float32), level)
    with pytest.raises(CodeError, match="events of shape"):
        ours.decode(z[:, :-1], level)
    with pytest.raises(CodeError, match="events must be 0 or 1"):
        ours.decode(z + 2, level)
    with pytest.raises(CodeError, match=r"each in 0\.\.31"):
        ours.decode(z, np.array([32]))


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    weights, about = load_file(PRETRAINED / WEIGHTS), describe(PRETRAINED / WEIGHTS)
    name = next(name for name in weights if name.endswith("scale"))
    for changed in ({name: weights[name][:-1]}, {"more": weights[name]}):
        path = tmp_path / "weights.safetensors"
        save_file(weights | changed, path, {"spiking-music": json.dumps(about)})
        with pytest.raises(CodeError, match="do not fit their configuration"):
            load_model(path)
