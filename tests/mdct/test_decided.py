"""A post-filter learns behind the codes that the codec's encoder sends."""

import numpy as np
import pytest
import torch

from spiking_music.codec.model_folder import load_model
from spiking_music.codec.session import Codec
from spiking_music.mdct.decided import Decided
from spiking_music.mdct.inference.network import MdctNetwork
from spiking_music.mdct.rate_distortion import load_ahead
from spiking_music.models.shipped import DECISIONS, PRETRAINED, TABLES, WEIGHTS
from spiking_music.models.weights import load_weights
from tests.codec.conftest import music

HOP, FRAMES = 512, 96
LEVELS = np.array([0, 16])


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(load_model())


@pytest.fixture(scope="module")
def model(codec: Codec) -> Decided:
    from spiking_music.codec.entropy import load_tables

    network = codec.model.network
    assert isinstance(network, MdctNetwork)
    mixing = load_tables(PRETRAINED / TABLES).context_mixing
    assert mixing is not None
    refinement = network.refined_by(mixing.model(), load_ahead(PRETRAINED / DECISIONS))
    trained, config = load_weights(PRETRAINED / WEIGHTS)
    made = Decided(config, network, refinement)
    made.load_state_dict(trained.state_dict())
    return made


def test_training_sees_the_codes_that_are_sent(model: Decided, codec: Codec) -> None:
    audio = np.stack([music(3.0, seed=seed)[: FRAMES * HOP] for seed in (1, 2)])
    output = model.train()(torch.from_numpy(audio)[:, None], torch.from_numpy(LEVELS))
    network = codec.model.network
    latents = network.latents(audio)
    plain = network.codes_at(latents, LEVELS)
    assert codec.model.refinement is not None
    sent = codec.model.refinement(plain, latents, LEVELS, slice(0, FRAMES), False)
    assert (sent != plain).any()
    np.testing.assert_array_equal(output.codes.numpy(), sent)
    heard = network.decode(sent, LEVELS)
    assert output.audio is not None
    np.testing.assert_allclose(output.audio.detach().numpy()[:, 0], heard, atol=1e-4)


def test_what_decodes_learns_and_nothing_else(model: Decided) -> None:
    audio = torch.from_numpy(music(3.0, seed=4)[: FRAMES * HOP])[None, None]
    output = model.train()(audio, torch.tensor([10]))
    assert output.audio is not None
    output.audio.square().mean().backward()
    learned = {name for name, value in model.named_parameters() if value.grad is not None}
    assert learned and all(name.startswith("decoder.") for name in learned)
