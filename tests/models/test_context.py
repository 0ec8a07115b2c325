"""Context blocks: relative positions, the whole clip in view, and levels; gains."""

import pytest
import torch

from spiking_music.errors import CodeError, ConfigError
from spiking_music.models.conditioning import Gain
from spiking_music.models.context import Context, rotate


def make(levels: int = 0) -> Context:
    torch.manual_seed(0)
    return Context(width=32, layers=2, levels=levels, heads=4, kernel=7)


def test_shape_is_kept_for_any_length() -> None:
    context = make()
    for steps in (1, 3, 256):
        assert context(torch.randn(2, 32, steps)).shape == (2, 32, steps)


def test_rotation_makes_inner_products_a_function_of_distance() -> None:
    q, k = torch.randn(8), torch.randn(8)
    scores = rotate(q.expand(30, 8)) @ rotate(k.expand(30, 8)).T  # (T, T)
    for distance in (0, 1, 9):
        diagonal = scores.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-4, rtol=1e-4)
    assert (scores.diagonal(1)[0] - scores.diagonal(9)[0]).abs() > 1e-3


def test_a_new_block_hides_nothing_from_the_encoder() -> None:
    x = torch.randn(2, 32, 64)
    assert (make()(x) - x).square().mean() < 0.01 * x.square().mean()


def test_every_step_sees_every_other() -> None:
    x = torch.randn(1, 32, 200, requires_grad=True)
    make()(x)[0, :, 0].sum().backward()
    assert (x.grad.abs().sum(dim=(0, 1)) > 0).all()


def test_order_matters_beyond_the_kernel() -> None:
    """Two distant sounds exchanged are another context: attention without positions cannot tell."""
    context = make().eval()
    x = torch.zeros(1, 32, 60)
    x[..., 5], x[..., 40] = torch.randn(32), torch.randn(32)
    exchanged = x.clone()
    exchanged[..., 5], exchanged[..., 40] = x[..., 40], x[..., 5]
    far = slice(55, 60)  # out of reach of both depthwise convolutions
    assert (context(x) - context(exchanged))[..., far].abs().max() > 1e-4


def test_clips_do_not_depend_on_their_batch() -> None:
    context, x = make(), torch.randn(3, 32, 40)
    torch.testing.assert_close(context(x)[1:2], context(x[1:2]), atol=1e-5, rtol=1e-4)


def test_level_prompts_each_clip_by_itself() -> None:
    context = make(levels=32)
    x = torch.randn(1, 32, 20).expand(3, -1, -1)
    y = context(x, torch.tensor([0, 31, 0]))
    torch.testing.assert_close(y[0], y[2])
    assert (y[0] - y[1]).abs().max() > 1e-2
    y.square().sum().backward()
    touched = context.embedding.weight.grad.abs().sum(dim=1).nonzero().flatten()
    assert touched.tolist() == [0, 31]


@pytest.mark.parametrize(
    ("levels", "level"),
    [(32, None), (0, torch.tensor([1])), (32, torch.tensor([32])), (32, torch.tensor([1, 2]))],
)
def test_wrong_levels_are_refused(levels: int, level: torch.Tensor | None) -> None:
    with pytest.raises(CodeError, match="level"):
        make(levels)(torch.randn(1, 32, 5), level)


def test_unfit_sizes_are_refused() -> None:
    with pytest.raises(ConfigError, match="multiple"):
        Context(width=30, layers=1, levels=0, heads=4, kernel=7)
    with pytest.raises(ConfigError, match="odd"):
        Context(width=32, layers=1, levels=0, heads=4, kernel=6)


def test_gains_leave_latents_as_they_are_at_first_and_learn_for_each_level() -> None:
    gain, x = Gain(width=6, levels=4), torch.randn(3, 6, 20)
    level = torch.tensor([0, 3, 0])
    torch.testing.assert_close(gain(x, level), x)
    torch.nn.init.constant_(gain.gain[3], 0.1)
    torch.nn.init.constant_(gain.shift[3], -1.0)
    y = gain(x, level)
    torch.testing.assert_close(y[::2], x[::2])
    slope = (y[1].amax() - y[1].amin()) / (x[1].amax() - x[1].amin())
    torch.testing.assert_close(y[1], slope * x[1] - 1)
    assert slope > 1
    for wrong in (None, torch.tensor([0, 4, 0]), torch.tensor([1])):
        with pytest.raises(CodeError, match="level"):
            gain(x, wrong)
