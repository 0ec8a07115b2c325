"""Windows of a signal, and that models give in them what they give of the whole recording."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.codec.decoding import beside
from spiking_music.codec.session import Codec, load
from spiking_music.codec.si_snr import si_snr
from spiking_music.codec.stream import open_stream
from spiking_music.codec.torch_network import TorchNetwork
from spiking_music.codec.windows import alike, windows
from spiking_music.config import read, variant
from spiking_music.errors import CodeError
from spiking_music.models.autoencoder import Autoencoder, ContextFrames
from spiking_music.models.parts import Encoder
from tests.codec.conftest import BLOCK, HOP, RATE, STEPS, MakeCodec, MakeFolder, music
from tests.conftest import DEFAULTS
from tests.models.conftest import SMALL

NO_LSTM = """{"variants": {"seanet-plain": {"backbone": "seanet-plain", "bottleneck": "binary",
  "decoder": "regression"}}, "backbones": {"seanet-plain": {"kind": "seanet", "latent": 16,
  "channels": 4, "ratios": [2, 4, 8, 8], "lstm_layers": 0}}}"""


@given(
    pieces=st.lists(st.integers(0, 30), max_size=12),
    size=st.integers(1, 20),
    context=st.integers(0, 30),
)
@settings(max_examples=200, deadline=None)
def test_windows_are_the_slices_of_the_signal(pieces, size, context) -> None:
    total = sum(pieces)
    signal = np.arange(2 * total).reshape(2, total)
    parts = np.split(signal, np.cumsum(pieces)[:-1], axis=1) if pieces else []
    found = list(windows(parts, size, context))
    assert len(found) == -(-total // size)
    for index, window in enumerate(found):
        begin, end = index * size, min((index + 1) * size, total)
        expected = signal[:, max(0, begin - context) : end + context]
        np.testing.assert_array_equal(window.data, expected)
        assert (window.left, window.size) == (min(begin, context), end - begin)


def test_windows_hold_no_more_than_they_need() -> None:
    seen = 0

    def pieces():
        nonlocal seen
        for _ in range(1000):
            seen += 10
            yield np.zeros(10)

    for index, _ in enumerate(windows(pieces(), 20, 15)):
        if index < 400:
            assert seen <= 20 * (index + 1) + 15 + 10


def test_neighbours_that_are_alike_go_together() -> None:
    assert list(alike("aabbbbba", str, 3)) == [list("aa"), list("bbb"), list("bb"), ["a"]]


def built(name: str) -> tuple[Autoencoder, ContextFrames]:
    config = variant(read([*DEFAULTS, SMALL, NO_LSTM]), name)
    torch.manual_seed(1)
    model = Autoencoder(config).eval().double()
    return model, model.context_frames


@pytest.mark.parametrize("name", ["free", "gains", "mdct", "mdct-mu", "seanet-plain", "time-ae"])
def test_the_receptive_field_is_where_the_model_stops_to_look_and_listen(name: str) -> None:
    model, found = built(name)
    assert found.exact
    steps, middle = 60, 30
    x = torch.randn(1, 1, steps * HOP, dtype=torch.float64, requires_grad=True)
    model.encoder(x)[..., middle].square().sum().backward()
    seen = x.grad[0, 0].reshape(steps, HOP).abs().amax(dim=1).nonzero().flatten()
    assert middle - found.encoder <= seen.min() and seen.max() <= middle + found.encoder
    assert seen.max() - seen.min() >= 2 * found.encoder - 1  # and not much less: no wasted work

    channels = model.encoder(x).shape[1]
    latent = torch.randn(1, channels, steps, dtype=torch.float64, requires_grad=True)
    model.decoder(latent)[..., middle * HOP : (middle + 1) * HOP].square().sum().backward()
    heard = latent.grad[0].abs().amax(dim=0).nonzero().flatten()
    assert middle - found.decoder <= heard.min() and heard.max() <= middle + found.decoder
    assert heard.max() - heard.min() >= 2 * found.decoder - 1


def test_a_receptive_field_without_an_end_is_said(model_folder: MakeFolder) -> None:
    for name in ("sparse", "mu-sparse", "seanet-free", "diffusion", "freq-ae"):
        assert not built(name)[1].exact
    with pytest.raises(CodeError, match="is no codec"):
        load(model_folder("mel"))


def whole(codec: Codec, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes and sound that the model gives of a recording in one piece."""
    filled = np.pad(audio, (0, -len(audio) % HOP))
    codes = codec.model.network.encode(filled[None])
    return codes[0], codec.model.network.decode(codes)[0, : len(audio)]


def codes_in(codec: Codec, stream: bytes) -> np.ndarray:
    reader = open_stream(io.BytesIO(stream), codec.model.known, codec.model.coder)
    return np.concatenate([b.codes for b in reader.blocks()], axis=1)


@pytest.mark.parametrize("name", ["free", "rvq", "mdct", "frames"])
@pytest.mark.parametrize("samples", [1, HOP, 5 * HOP - 3, BLOCK, BLOCK + 1, 9 * BLOCK - 700])
def test_windows_give_what_the_whole_recording_gives(
    codec_of: MakeCodec, name: str, samples: int
) -> None:
    """Tolerance: all codes equal, samples within 1e-5 of full scale."""
    codec = codec_of(name)
    audio = music(samples / RATE)
    stream = codec.encode(audio, RATE)
    codes, sound = whole(codec, audio)
    np.testing.assert_array_equal(codes_in(codec, stream), codes)
    np.testing.assert_allclose(codec.decode(stream), sound, atol=1e-5)


@pytest.mark.parametrize("name", ["sparse", "seanet-free"])
def test_where_windows_end_what_a_model_sees_they_stay_near_the_whole(
    codec_of: MakeCodec, name: str
) -> None:
    """Attention and recurrence end with the window, whose sound is near the whole file's.

    Random weights: how near is for trained models to say, in docs/codec.md.
    """
    codec = codec_of(name)
    audio = music(24 * BLOCK / RATE, seed=3)
    stream = codec.encode(audio, RATE)
    codes, sound = whole(codec, audio)
    assert np.mean(codes_in(codec, stream) != codes) < 0.05
    found = codec.decode(stream)
    seams = BLOCK * np.arange(1, 24)
    cut = [np.stack([signal[c - HOP : c + HOP] for c in seams]) for signal in (found, sound)]
    assert np.mean(si_snr(*cut)) > 10
    assert si_snr(found[None], sound[None])[0] > 12


def test_blocks_are_clips(codec_of: MakeCodec) -> None:
    assert codec_of("free").model.header(RATE).block_steps == STEPS


def test_work_beside_keeps_order_and_fails_at_its_turn() -> None:
    def items():
        yield from (1, 2, 3)
        raise CodeError("items end badly")

    found = []
    with pytest.raises(CodeError, match="end badly"):
        for value in beside(lambda item: 10 * item, items()):
            found.append(value)
    assert found == [10, 20, 30]
    assert list(beside(lambda item: item, ())) == []

    seen = []
    with pytest.raises(ZeroDivisionError):
        for value in beside(lambda item: 1 / item, (1, 0, 2)):
            seen.append(value)
    assert seen == [1]


def test_blocks_end_where_levels_of_the_envelope_do(codec_of: MakeCodec) -> None:
    model = codec_of("mdct").model
    assert model.header(RATE).block_steps % model.config.bottleneck.envelope_frames == 0
    bottleneck = model.config.bottleneck.model_copy(update={"envelope_frames": 3})
    config = model.config.model_copy(update={"bottleneck": bottleneck})
    network = TorchNetwork(Autoencoder(config).eval(), batch=1)
    other = replace(model, config=config, network=network)
    assert other.header(RATE).block_steps == BLOCK // HOP // 3 * 3
    assert other.network.context.encoder == 6  # 4 of the gain, from where a level begins


def test_a_part_without_a_receptive_field_cannot_be_built() -> None:
    class Unknown(Encoder):
        pass

    with pytest.raises(TypeError, match="receptive_field"):
        Unknown()
