"""The multi-scale STFT discriminators."""

import pytest
import torch

from spiking_music.config import DiscriminatorConfig
from spiking_music.models.discriminator import Discriminators, StftDiscriminator

N_FFTS = (2048, 1024, 512, 256, 128)


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_shapes_of_logits_and_features() -> None:
    judges = Discriminators(DiscriminatorConfig(filters=4, n_ffts=N_FFTS))
    logits, features = judges(noise(2, 1, 8192))
    assert [len(maps) for maps in features] == [5] * 5
    for n_fft, scale_logits, maps in zip(N_FFTS, logits, features, strict=True):
        frames = (8192 - n_fft) // (n_fft // 4) + 1
        bands = [n_fft // 2 + 1]
        for _ in range(3):  # three strides of 2 over frequency, none over time
            bands.append((bands[-1] + 1) // 2)
        widths = [bands[0], bands[1], bands[2], bands[3], bands[3]]
        assert [tuple(m.shape) for m in maps] == [(2, 4, frames, width) for width in widths]
        assert scale_logits.shape == (2, 1, frames, bands[3])


def test_paper_size_has_the_parameters_of_encodec() -> None:
    """Kernels, biases and weight-norm magnitudes of six convolutions, 32 filters."""
    kernels = 32 * 2 * 27 + 3 * 32 * 32 * 27 + 32 * 32 * 9 + 1 * 32 * 9
    biases_and_magnitudes = 2 * (5 * 32 + 1)
    one = StftDiscriminator(1024, 32)
    assert sum(p.numel() for p in one.parameters()) == kernels + biases_and_magnitudes


def test_spectrum_has_unit_power_for_white_noise() -> None:
    """The image is scaled by the window's energy: no STFT size starts louder than another."""
    for n_fft in N_FFTS:
        judge = StftDiscriminator(n_fft, 1)
        seen: list[torch.Tensor] = []
        judge.layers[0].register_forward_pre_hook(lambda _, inputs, seen=seen: seen.append(*inputs))
        judge(noise(4, 1, 16384))
        assert seen[0].square().sum(dim=1).mean().item() == pytest.approx(1, rel=0.05)


def test_can_tell_noise_from_a_tone() -> None:
    torch.manual_seed(0)
    judge = Discriminators(DiscriminatorConfig(filters=4, n_ffts=(256, 128)))
    optimizer = torch.optim.Adam(judge.parameters(), lr=1e-2)
    tone = torch.sin(0.2 * torch.arange(2048.0)).expand(4, 1, -1)
    for step in range(60):
        fake = torch.randn(4, 1, 2048, generator=torch.Generator().manual_seed(step))
        logits = [r.mean() - f.mean() for r, f in zip(judge(tone)[0], judge(fake)[0], strict=True)]
        loss = torch.stack([torch.relu(2 - gap) for gap in logits]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    unseen = noise(4, 1, 2048)
    gaps = [r.mean() - f.mean() for r, f in zip(judge(tone)[0], judge(unseen)[0], strict=True)]
    assert all(gap > 1 for gap in gaps)
