"""The dead-zone quantiser: what fires, what it means, and step sizes that levels change."""

import pytest
import torch

from spiking_music.config import DeadzoneConfig, StepSizeConfig
from spiking_music.errors import CodeError
from spiking_music.mdct.conditioning import StepSize
from spiking_music.mdct.quantizer import Deadzone

BINS, GAINS, LEVELS = 3, 24, (1.0, 2.0, 4.0)
BANDS, BAND_LEVELS = 2, 18


def make(step_size: float = 0.5, weighting: float = 0.0) -> Deadzone:
    return Deadzone(
        DeadzoneConfig(
            kind="deadzone", bins=BINS, step_size=step_size, weighting=weighting,
            weighting_knee=1.0, levels=LEVELS, threshold=0.6, gain_levels=GAINS,
            envelope_bands=BANDS, envelope_frames=2, envelope_levels=BAND_LEVELS,
            envelope_step=2.0,
        ),
        BINS + 1 + BANDS,
    )  # fmt: skip


def latent(*coefficients: float, gain: float = 0.0) -> torch.Tensor:
    """One clip of one step, its bands at full scale."""
    return torch.tensor([*coefficients, gain, 0.0, 0.0])[None, :, None]


def test_what_fires_and_what_is_decoded() -> None:
    quantizer = make()
    z = quantizer.encode(latent(0.29, -0.31, 1.7))[0, :, 0]  # 0.58, -0.62 and 3.4 steps
    assert z.shape == (4 * BINS + GAINS + 2 * BAND_LEVELS,) and z.dtype == torch.uint8
    on, off, second, third = z[: 4 * BINS].unflatten(0, (4, BINS)).tolist()
    assert (on, off, second, third) == ([0, 0, 1], [0, 1, 0], [0, 0, 1], [0, 0, 1])
    heard, bands = z[4 * BINS :].split([GAINS, 2 * BAND_LEVELS])
    assert heard.nonzero().tolist() == [[GAINS - 2]]  # level 23 of 24: 0 dB
    assert bands.nonzero().tolist() == [[BAND_LEVELS - 2], [2 * BAND_LEVELS - 2]]
    decoded = quantizer.decode(z[None, :, None])
    torch.testing.assert_close(decoded, latent(0.0, -0.5, 2.0))


def test_values_below_the_first_threshold_are_silent_and_above_the_last_level_clipped() -> None:
    decoded = make().forward(latent(0.299, 0.301, -50.0)).latent
    torch.testing.assert_close(decoded, latent(0.0, 0.5, -2.0))


@pytest.mark.parametrize(("gain", "level"), [(-2.4, 21), (3.0, 24), (-22.6, 0), (-90.0, 0)])
def test_levels_are_relative_to_the_gain(gain: float, level: int) -> None:
    quantizer, rms = make(), 2 ** ((level - 23) / 2)
    given = latent(0.5 * rms, -rms, 0.0, gain=gain)
    z = quantizer.encode(given)
    assert z[0, 4 * BINS : 4 * BINS + GAINS].sum() == (level > 0)
    torch.testing.assert_close(quantizer.decode(z), latent(0.5 * rms, -rms, 0.0, gain=level - 23))


def test_weighting_makes_step_sizes_of_higher_bins_finer() -> None:
    flat, weighted = make(), make(weighting=1.0)
    given = latent(0.31, 0.16, 0.11)
    assert flat.encode(given)[0, :BINS, 0].tolist() == [1, 0, 0]
    assert weighted.encode(given)[0, :BINS, 0].tolist() == [1, 1, 1]
    torch.testing.assert_close(weighted.forward(given).latent, latent(0.5, 0.25, 0.5 / 3))


def test_forward_encode_and_decode_agree() -> None:
    quantizer, below = make(), torch.tensor([0, 0, 0, 5.0, 9.0, 20.0])
    given = torch.randn(4, BINS + 1 + BANDS, 31) - below[:, None]
    z, forward = quantizer.encode(given), quantizer(given)
    assert torch.equal(forward.codes, z)
    assert torch.equal(forward.latent, quantizer.decode(z))
    assert torch.equal(quantizer.encode(forward.latent), z)  # what is decoded codes as itself


def test_levels_of_the_envelope_are_of_mean_powers_and_hold() -> None:
    quantizer, given = make(), torch.zeros(1, BINS + 3, 5)
    given[0, -1] = torch.tensor([-8.0, -6.0, -2.0, -2.0, -99.0])  # in 3 dB; powers of two steps
    decoded = quantizer.decode(quantizer.encode(given))[0, -2:]
    assert decoded.tolist() == [[0] * 5, [-6, -6, -2, -2, -34]]


def test_any_events_decode_and_others_are_refused() -> None:
    quantizer = make()
    draw = torch.Generator().manual_seed(0)
    assert torch.isfinite(
        quantizer.decode(torch.randint(2, (2, quantizer.units, 9), generator=draw))
    ).all()
    with pytest.raises(CodeError, match=r"\(B, 72, T\)"):
        quantizer.decode(torch.zeros(1, 71, 4))
    with pytest.raises(CodeError, match="0 or 1"):
        quantizer.decode(torch.full((1, 72, 4), 2))


def test_step_sizes_shrink_coefficients_before_and_lead_back_after() -> None:
    config = StepSizeConfig(kind="step-size", levels=32, doubling=8, default=10)
    before, after = (StepSize(config, bins=3, back=back) for back in (False, True))
    x = torch.randn(3, 5, 7)
    level = torch.tensor([0, 8, 16])
    y = before(x, level)
    torch.testing.assert_close(y[:, :3], x[:, :3] / torch.tensor([1, 2, 4])[:, None, None])
    assert torch.equal(y[:, 3:], x[:, 3:])
    torch.testing.assert_close(after(y, level), x)
    for wrong in (None, torch.tensor([0, 1]), torch.tensor([0, 32, 0])):
        with pytest.raises(CodeError, match="level"):
            before(x, wrong)
