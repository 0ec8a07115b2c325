import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.functional.audio import scale_invariant_signal_noise_ratio

from spiking_music.config import LossConfig
from spiking_music.training.losses import ReconstructionLoss, si_snr

TERMS = ("stft", "mel", "waveform", "rmse", "si_snr")


def losses(**weights: float) -> ReconstructionLoss:
    off = dict.fromkeys(TERMS, 0.0)
    return ReconstructionLoss(LossConfig(**(off | weights), n_ffts=(256, 512, 1024)), 22050)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=30, deadline=None)
@given(
    decibels=st.floats(-30, 50),
    gain=st.floats(0.1, 3),
    offset=st.floats(-0.5, 0.5),
    negative=st.booleans(),
)
def test_si_snr_of_a_known_mixture(
    decibels: float, gain: float, offset: float, negative: bool
) -> None:
    time = torch.arange(8192, dtype=torch.float64) / 8192
    x = torch.sin(2 * torch.pi * 50 * time)[None, None]
    n = torch.cos(2 * torch.pi * 50 * time)[None, None]  # orthogonal to x, of equal power
    mixture = (-gain if negative else gain) * (x + 10 ** (-decibels / 20) * n) + offset
    assert si_snr(mixture, x).item() == pytest.approx(decibels, abs=1e-4)


def test_si_snr_saturates_at_its_limit_on_both_sides_and_ignores_scale() -> None:
    x, other = noise(1, 1, 4000), noise(1, 1, 4000, seed=1)
    orthogonal = other - (other * x).sum() / x.square().sum() * x
    for estimate in (x, orthogonal):
        assert abs(si_snr(estimate, x, limit=30).item()) == pytest.approx(30, abs=0.01)
    fair = x + 0.5 * orthogonal
    assert si_snr(fair, x, limit=30).item() == pytest.approx(si_snr(fair, x).item(), abs=0.05)
    assert si_snr(1e-3 * fair, x, 30).item() == pytest.approx(si_snr(fair, x, 30).item(), abs=0.01)


def test_si_snr_equals_torchmetrics() -> None:
    x, y = noise(5, 1, 4000), noise(5, 1, 4000) + noise(5, 1, 4000, seed=1)
    theirs = scale_invariant_signal_noise_ratio(y, x)[:, 0]
    assert torch.allclose(si_snr(y, x), theirs, atol=1e-3)


def test_si_snr_with_silence_is_finite_and_poor() -> None:
    x, silence = noise(1, 1, 4000), torch.zeros(1, 1, 4000)
    assert si_snr(silence, silence).item() == 0
    assert si_snr(silence, x).item() == 0
    assert si_snr(x, silence).item() < -50
    assert 60 < si_snr(x, x).item() < 150


@pytest.mark.parametrize("term", TERMS)
def test_gradients_reach_the_estimate_and_lower_the_term(term: str) -> None:
    loss, x = losses(**{term: 1.0}), noise(2, 1, 8192)
    y = (x + noise(2, 1, 8192, seed=1)).requires_grad_()
    before = loss(y, x)[term]
    before.backward()
    assert (y.grad != 0).float().mean() > 0.99
    better = y.detach() - 1e-3 * y.grad / y.grad.abs().max()
    assert loss(better, x)[term] < before


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("estimate", ["silence", "target", "noise"])
@pytest.mark.parametrize("target", ["silence", "noise", "one silent crop"])
def test_gradients_are_finite_on_silence(term: str, estimate: str, target: str) -> None:
    x = torch.zeros(2, 1, 4096) if target == "silence" else noise(2, 1, 4096)
    if target == "one silent crop":
        x[0] = 0
    y = {"silence": torch.zeros_like(x), "target": x.clone(), "noise": noise(2, 1, 4096, seed=1)}
    given = y[estimate].requires_grad_()
    value = losses(**{term: 1.0})(given, x)[term]
    value.backward()
    assert value.isfinite()
    assert given.grad.isfinite().all()


def test_a_perfect_estimate_costs_nothing() -> None:
    x = noise(2, 1, 8192)
    terms = losses(stft=1, mel=1, waveform=1, rmse=1)(x, x)
    assert all(value.item() == pytest.approx(0, abs=1e-6) for value in terms.values())


def test_a_doubled_estimate_costs_what_theory_says() -> None:
    x = noise(2, 1, 22050)
    terms = losses(stft=1, mel=1, waveform=1, rmse=1, si_snr=1)(2 * x, x)
    # convergence |2X - X| / |X| = 1; every log magnitude is off by ln 2
    assert terms["stft"].item() == pytest.approx(1 + math.log(2), abs=1e-3)
    assert terms["mel"].item() == pytest.approx(math.log(2), abs=1e-3)
    assert terms["waveform"].item() == pytest.approx(x.abs().mean().item(), rel=1e-4)
    level = x.square().mean(dim=2).sqrt().mean().item()  # each clip's RMS, then their mean
    assert terms["rmse"].item() == pytest.approx(level, rel=1e-4)
    assert terms["si_snr"].item() == pytest.approx(-30, abs=0.01)


def test_weights_scale_terms_and_zero_switches_them_off() -> None:
    x, y = noise(2, 1, 4096), noise(2, 1, 4096, seed=1)
    single, double = losses(stft=1, si_snr=0.5)(y, x), losses(stft=2, si_snr=1)(y, x)
    assert list(single) == list(double) == ["stft", "si_snr"]
    assert all(double[name].item() == pytest.approx(2 * single[name].item()) for name in single)


def test_autocast_does_not_reach_the_loss() -> None:
    loss, x = losses(stft=1, mel=1, si_snr=1), noise(1, 1, 4096)
    y = (x + noise(1, 1, 4096, seed=1)).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        inside = loss(y, x)
    assert all(torch.equal(inside[name], value) for name, value in loss(y.float(), x).items())
