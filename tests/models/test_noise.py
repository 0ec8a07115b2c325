"""Random numbers of decoders: of a frame, whichever window it is decoded in."""

import pytest
import torch

from spiking_music.models.noise import Noise


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_windows_agree_on_the_frames_that_they_share(kind: str) -> None:
    whole = getattr(Noise(3), kind)(20, 50)
    windows = getattr(Noise(3, [0, 10, 37]), kind)(20, 13)
    assert whole.shape == (1, 20, 50) and windows.shape == (3, 20, 13)
    for window, first in zip(windows, (0, 10, 37), strict=True):
        assert torch.equal(window, whole[0, :, first : first + 13])


def test_seeds_and_frames_differ() -> None:
    one, other = Noise(1).normal(400, 40)[0], Noise(2).normal(400, 40)[0]
    correlation = torch.corrcoef(torch.cat([one.T, other.T])) - torch.eye(80)
    assert correlation.abs().max() < 0.25
    assert one.std().item() == pytest.approx(1, abs=0.02)
    uniform = Noise(1).uniform(400, 40)
    assert uniform.min() >= 0 and uniform.max() < 1
    assert uniform.mean().item() == pytest.approx(0.5, abs=0.01)


def test_clips_that_begin_alike_share_their_noise() -> None:
    assert Noise(1, [5, 5]).normal(3, 4).shape == (1, 3, 4)
