"""Rate–distortion optimised quantisation: cheaper codes of the same kind, for any pieces."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from spiking_music.codec.entropy import load_tables
from spiking_music.codec.model_folder import load_model
from spiking_music.codec.session import Codec, load
from spiking_music.codec.si_snr import si_snr
from spiking_music.errors import CodeError
from spiking_music.mdct import decisions, fit_decisions
from spiking_music.mdct.context_mixing import ContextMixing, new_state
from spiking_music.mdct.inference.network import MdctNetwork
from spiking_music.mdct.rate_distortion import RateDistortion, load_ahead
from spiking_music.mdct.thermometer import from_thermometer
from spiking_music.models.shipped import DECISIONS, PRETRAINED, TABLES, WEIGHTS
from spiking_music.rangecoder.probabilities import bits_of
from tests.codec.conftest import music

RATE, HOP, LEVEL = 22050, 512, 10
AUDIO = music(4.0, seed=3)
WHOLE = AUDIO[: len(AUDIO) // HOP * HOP][None]
MU = np.array([LEVEL])


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(load_model())


@pytest.fixture(scope="module")
def plain(codec: Codec) -> Codec:
    return Codec(replace(codec.model, refinement=None))


@pytest.fixture(scope="module")
def network(codec: Codec) -> MdctNetwork:
    assert isinstance(codec.model.network, MdctNetwork)
    return codec.model.network


@pytest.fixture(scope="module")
def mixing() -> ContextMixing:
    tables = load_tables(PRETRAINED / TABLES).context_mixing
    assert tables is not None
    model = tables.model()
    assert isinstance(model, ContextMixing)
    return model


@pytest.fixture(scope="module")
def expecting_nothing(network: MdctNetwork, mixing: ContextMixing) -> RateDistortion:
    return network.refined_by(mixing, fit_decisions.nothing())


def test_bits_at_equal_si_snr_are_fewer(codec: Codec, plain: Codec, piano: np.ndarray) -> None:
    curve = [coded(plain, piano, level) for level in (9, 10, 11, 12, 13)]
    sizes, quality = np.log([size for size, _ in curve]), [snr for _, snr in curve]
    size, snr = coded(codec, piano, LEVEL)
    assert size < 0.96 * np.exp(np.interp(snr, quality[::-1], sizes[::-1]))


def coded(codec: Codec, audio: np.ndarray, level: int) -> tuple[int, float]:
    """Bytes, and SI-SNR in dB."""
    stream = codec.encode(audio, RATE, level=level)
    return len(stream), float(si_snr(codec.decode(stream)[None], audio[None])[0])


def test_frames_around_gains_and_envelope_stay(codec: Codec, network: MdctNetwork) -> None:
    latents = network.latents(WHOLE)
    z = network.codes_at(latents, MU)
    assert codec.model.refinement is not None
    found = codec.model.refinement(z, latents, MU, slice(12, 112), True)
    assert found.dtype == z.dtype and (found[..., 12:112] != z[..., 12:112]).any()
    np.testing.assert_array_equal(found[..., :12], z[..., :12])
    np.testing.assert_array_equal(found[..., 112:], z[..., 112:])
    of_bins = 192 * 15
    np.testing.assert_array_equal(found[:, of_bins:], z[:, of_bins:])


def test_the_decoder_needs_nothing_new(codec: Codec, plain: Codec) -> None:
    stream = codec.encode(AUDIO, RATE, level=LEVEL)
    assert stream != plain.encode(AUDIO, RATE, level=LEVEL)
    np.testing.assert_array_equal(codec.decode(stream), plain.decode(stream))


@pytest.mark.parametrize("delay", [None, 0.6])
@pytest.mark.parametrize("size", [997, 20_011])
def test_pieces_of_any_size_give_equal_bytes(codec: Codec, delay: float | None, size: int) -> None:
    stream = codec.encode(AUDIO, RATE, level=LEVEL, delay=delay)
    with codec.encoder(RATE, level=LEVEL, delay=delay) as encoder:
        pieces = [encoder.push(AUDIO[i : i + size]) for i in range(0, len(AUDIO), size)]
        assert b"".join([*pieces, encoder.finish()]) == stream


def test_rate_control_holds(codec: Codec, piano: np.ndarray) -> None:
    for kbps in (0.8, 1.6):
        for delay in (None, 1.0):
            stream = codec.encode(piano, RATE, kbps=kbps, delay=delay)
            assert len(stream) * 8 / 1000 / (len(piano) / RATE) <= kbps
    stream = codec.encode(piano, RATE, min_si_snr=10)
    assert si_snr(codec.decode(stream)[None], piano[None])[0] > 10


def test_where_bits_cost_nothing_levels_are_the_nearest(
    network: MdctNetwork, expecting_nothing: RateDistortion
) -> None:
    y = network.in_steps(network.latents(WHOLE)[0], MU)
    q, ahead = np.zeros(y.shape, np.int8), fit_decisions.nothing()
    around = np.zeros((len(y) + 3, y.shape[1] + 4, 3), np.float32)
    decisions.describe_all(y, around)
    free = decisions.Price(np.zeros(len(y), np.float32), 1.0)
    model, state, work = expecting_nothing.model, new_state(y.shape[1]), decisions.new_work(ahead)
    decisions.decide(y, q, 0, model, state, ahead, around, work, free)
    distance = np.abs(np.abs(y)[..., None] - model.levels)
    chosen = np.take_along_axis(distance, np.abs(q).astype(int)[..., None], axis=2)[..., 0]
    np.testing.assert_allclose(chosen, distance.min(axis=2), atol=1e-5)
    assert (np.sign(q) * np.sign(y) >= 0).all() and np.abs(q).max() > 1


def test_bits_of_bins_add_up_to_those_of_the_entropy_model(
    network: MdctNetwork, mixing: ContextMixing, expecting_nothing: RateDistortion
) -> None:
    found = from_thermometer(network.encode(WHOLE, MU)[0], mixing.layout)
    assert found is not None
    silent = found._replace(levels=np.zeros_like(found.levels))
    spent, ideal = [], []
    for each in (found, silent):
        bins = np.empty(each.levels.shape, np.float32)
        decisions.spend(each.levels, expecting_nothing.model, new_state(192), bins)
        spent.append(bins.sum(dtype=np.float64))
        ideal.append(bits_of(*mixing.run(each, new_state(192))))
    assert spent[0] - spent[1] == pytest.approx(ideal[0] - ideal[1], rel=1e-4)


def test_fitting_repeats_and_expects_something(
    network: MdctNetwork,
    expecting_nothing: RateDistortion,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(fit_decisions, "EPOCHS", 2)
    monkeypatch.setattr(fit_decisions, "CHANGES", 3)
    first, again = (
        fit_decisions.fit_decisions(network, expecting_nothing, WHOLE, [LEVEL], 0) for _ in "ab"
    )
    for ours, theirs, nothing in zip(first, again, fit_decisions.nothing(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.shape == nothing.shape and np.isfinite(ours).all() and ours.any()
    save_file(first._asdict(), tmp_path / DECISIONS)
    for ours, theirs in zip(first, load_ahead(tmp_path / DECISIONS), strict=True):
        np.testing.assert_array_equal(ours, theirs)  # whatever their order in memory was


def test_a_model_without_the_file_rounds_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    for name in (WEIGHTS, TABLES):
        shutil.copyfile(PRETRAINED / name, tmp_path / name)
    bare = load(tmp_path)
    assert bare.model.refinement is None
    stream = bare.encode(AUDIO, RATE, level=LEVEL)
    arrays = load_file(PRETRAINED / DECISIONS)
    place = tmp_path / DECISIONS
    save_file(arrays | {"bias": arrays["bias"][1:]}, place)
    with pytest.raises(CodeError, match="fit it again"):
        load(tmp_path).encode(AUDIO, RATE, level=LEVEL)
    place.write_bytes(b"no such file")
    with pytest.raises(CodeError, match="damaged"):
        load(tmp_path).encode(AUDIO, RATE, level=LEVEL)
    assert load(tmp_path).model.fingerprint == bare.model.fingerprint
    shutil.copyfile(PRETRAINED / DECISIONS, place)
    assert len(load(tmp_path).encode(AUDIO, RATE, level=LEVEL)) < len(stream)
