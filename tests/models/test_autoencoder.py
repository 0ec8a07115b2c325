"""Whole models: exact lengths, coding equals training's forward pass, independence of the batch."""

import pytest
import torch

from spiking_music.config import VariantConfig
from spiking_music.errors import CodeError, ConfigError
from spiking_music.models.autoencoder import Autoencoder
from tests.models.conftest import levels, small


def trained(config: VariantConfig, x: torch.Tensor, steps: int = 1) -> Autoencoder:
    """A model that has seen `x` a few times, in eval mode."""
    torch.manual_seed(0)
    model = Autoencoder(config)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(steps):
        output = model(x, levels(model, len(x)))
        losses = list(output.losses.values())
        if output.audio is not None:
            losses.append((output.audio - x).square().mean())
        optimiser.zero_grad()
        torch.stack(losses).sum().backward()
        optimiser.step()
    return model.eval()


def test_every_parameter_learns(config: VariantConfig, tones: torch.Tensor) -> None:
    torch.manual_seed(0)
    model = Autoencoder(config)
    output = model(tones)
    (output.audio - tones).square().mean().backward()
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    assert without == []


@pytest.mark.parametrize("name", ["rvq", "free", "time-ae"])
def test_a_few_steps_reduce_the_error(name: str, tones: torch.Tensor) -> None:
    model = trained(small(name), tones, steps=60)
    error = (model.decode(model.encode(tones)) - tones).square().mean()
    assert error < 0.5 * tones.square().mean()


def test_coding_is_the_forward_pass_in_eval_mode(
    config: VariantConfig, tones: torch.Tensor
) -> None:
    model = trained(config, tones)
    codes = model.encode(tones)
    output = model(tones)
    assert codes.dtype == (torch.uint8 if model.kind == "binary" else torch.int64)
    assert torch.equal(codes, output.codes.to(codes.dtype))
    torch.testing.assert_close(model.decode(codes), output.audio, atol=1e-5, rtol=1e-4)
    assert output.audio.shape == tones.shape


def test_a_clip_alone_is_coded_as_in_a_batch(
    any_config: VariantConfig, tones: torch.Tensor
) -> None:
    model = trained(any_config, tones, steps=5)
    level = levels(model, len(tones))
    together = model.encode(tones, level)
    decoded = model.decode(together, level)
    for i in range(len(tones)):
        one = slice(i, i + 1)
        its_level = None if level is None else level[one]
        alone = model.encode(tones[one], its_level)
        if model.kind == "mel":  # no code, but numbers
            torch.testing.assert_close(alone, together[one], atol=1e-5, rtol=1e-4)
        else:
            assert torch.equal(alone, together[one])
        torch.testing.assert_close(
            model.decode(together[one], its_level), decoded[one], atol=1e-5, rtol=1e-4
        )


def test_coding_twice_gives_the_same_and_draws_nothing(
    any_config: VariantConfig, tones: torch.Tensor
) -> None:
    model = trained(any_config, tones)
    level = levels(model, len(tones))
    before = torch.get_rng_state()
    first = model.decode(model.encode(tones, level), level)
    assert torch.equal(model.decode(model.encode(tones, level), level), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_equal_seeds_give_equal_models(config: VariantConfig, tones: torch.Tensor) -> None:
    one, other = trained(config, tones, steps=2), trained(config, tones, steps=2)
    for (name, a), b in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


@pytest.mark.parametrize("steps", [1, 2, 37])
def test_any_number_of_steps(config: VariantConfig, tones: torch.Tensor, steps: int) -> None:
    model = trained(config, tones)
    codes = model.encode(torch.randn(2, 1, steps * 512))
    assert codes.shape[::2] == (2, steps)
    assert model.decode(codes).shape == (2, 1, steps * 512)


def test_silence_is_coded(config: VariantConfig, tones: torch.Tensor) -> None:
    model = trained(config, tones)
    assert torch.isfinite(model.decode(model.encode(torch.zeros(1, 1, 2048)))).all()


@pytest.mark.parametrize("shape", [(1, 1, 1000), (1, 2, 1024), (1, 1024), (1, 1, 0)])
def test_unfit_audio_is_refused(
    config: VariantConfig, tones: torch.Tensor, shape: tuple[int, ...]
) -> None:
    model = trained(config, tones)
    with pytest.raises(CodeError, match="audio must have shape"):
        model.encode(torch.zeros(shape))


def test_coding_in_training_mode_is_refused(config: VariantConfig, tones: torch.Tensor) -> None:
    model = Autoencoder(config)
    with pytest.raises(CodeError, match="eval"):
        model.encode(tones)


def test_ratios_must_multiply_to_the_hop() -> None:
    config = small("seanet-free")
    backbone = config.backbone.model_copy(update={"ratios": (2, 4, 8)})
    with pytest.raises(ConfigError, match="hop"):
        Autoencoder(config.model_copy(update={"backbone": backbone}))


def test_levels_reach_the_code_and_the_sound(tones: torch.Tensor) -> None:
    torch.manual_seed(0)
    model = Autoencoder(small("mu-sparse"))
    model(tones, torch.tensor([0, 5, 9, 31]))
    model.eval()
    low, high = torch.zeros(4, dtype=torch.int64), torch.full((4,), 31)
    codes = model.encode(tones, low)
    assert not torch.equal(codes, model.encode(tones, high))
    assert not torch.allclose(model.decode(codes, low), model.decode(codes, high))
    with pytest.raises(CodeError, match="level"):
        model.encode(tones)


def test_a_level_without_a_context_is_refused(tones: torch.Tensor) -> None:
    model = trained(small("free"), tones)
    with pytest.raises(CodeError, match="takes no level"):
        model.encode(tones, torch.zeros(4, dtype=torch.int64))
