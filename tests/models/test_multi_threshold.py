"""Multi-threshold units: rounding, gradients of rounding, agreement of coder and training."""

import pytest
import torch

from spiking_music.config import MultiThresholdConfig
from spiking_music.errors import CodeError
from spiking_music.models.quantizers.multi_threshold import MultiThreshold

CHANNELS, GRADES, WIDTH = 6, 2, 16


def make(threshold: float = 0.5) -> MultiThreshold:
    torch.manual_seed(0)
    config = MultiThresholdConfig(
        kind="multi-threshold", channels=CHANNELS, thresholds=GRADES, first=threshold
    )
    return MultiThreshold(config, WIDTH)


def values(codes: torch.Tensor) -> torch.Tensor:
    """Events (B, N, T) → ON less OFF events of each channel, (B, D, T)."""
    by_unit = codes.float().unflatten(1, (GRADES, 2, CHANNELS))
    return (by_unit[:, :, 0] - by_unit[:, :, 1]).sum(dim=1)


def drive(bottleneck: MultiThreshold, latent: torch.Tensor) -> torch.Tensor:
    return bottleneck.norm(bottleneck.in_proj(latent))


def test_events_round_the_drive_up_to_the_highest_grade() -> None:
    bottleneck, latent = make(), 2 * torch.randn(4, WIDTH, 50)
    bottleneck(latent)
    bottleneck.eval()
    y = drive(bottleneck, latent)
    assert torch.equal(values(bottleneck.encode(latent)), y.round().clamp(-GRADES, GRADES))


def test_a_higher_threshold_only_takes_events_away() -> None:
    rounding, silent, latent = make(), make(threshold=0.7), torch.randn(4, WIDTH, 50)
    z, fewer = rounding.eval().encode(latent), silent.eval().encode(latent)
    assert (fewer <= z).all()
    assert fewer.sum() < z.sum()
    assert torch.equal(silent.decode(z), rounding.decode(z))


def test_no_channel_is_on_and_off_at_once_and_grades_fill_from_below() -> None:
    bottleneck = make()
    z = bottleneck(torch.randn(8, WIDTH, 100)).codes.unflatten(1, (GRADES, 2, CHANNELS))
    assert (z[:, 0, 0] * z[:, 0, 1] == 0).all()
    assert (z[:, 1] <= z[:, 0]).all()
    assert z[:, 1].sum() > 0


def test_the_gradient_within_the_grades_is_that_of_rounding() -> None:
    bottleneck = make().eval()  # at first, evaluation's batch norm changes nothing
    with torch.no_grad():
        bottleneck.in_proj.weight.copy_(torch.eye(CHANNELS, WIDTH)[:, :, None])
        bottleneck.norm.running_var.fill_(1 - bottleneck.norm.eps)
    latent = torch.empty(2, WIDTH, 40).uniform_(-1.4, 1.4).requires_grad_()
    values(bottleneck(latent).codes).sum().backward()
    torch.testing.assert_close(latent.grad[:, :CHANNELS], torch.ones(2, CHANNELS, 40))


def test_forward_encode_and_decode_agree_in_eval_mode() -> None:
    bottleneck, latent = make(), torch.randn(3, WIDTH, 20)
    bottleneck(latent)
    bottleneck.eval()
    z = bottleneck.encode(latent)
    assert z.dtype == torch.uint8 and z.shape == (3, 2 * CHANNELS * GRADES, 20)
    forward = bottleneck(latent)
    torch.testing.assert_close(forward.codes, z.float())
    torch.testing.assert_close(forward.latent, bottleneck.decode(z))


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        (torch.zeros(1, 5, 3), r"events of shape \(B, 24, T\)"),
        (torch.full((1, 24, 3), 2), "must be 0 or 1"),
    ],
)
def test_what_is_no_code_is_refused(codes: torch.Tensor, says: str) -> None:
    with pytest.raises(CodeError, match=says):
        make().decode(codes)
