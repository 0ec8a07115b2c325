"""v-objective diffusion (Salimans & Ho, arXiv 2202.00512): training loss and DDIM sampler.

On the quarter circle alpha = cos(pi sigma / 2), beta = sin(pi sigma / 2), clip x and noise eps:

    x_sigma = alpha x + beta eps        what the network sees
    v       = alpha eps - beta x        what it is to say

A network that says zero loses E[v^2] = 1 where x has unit variance.
"""

import math
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.config import DiffusionConfig, VariantConfig
from spiking_music.models.diffusion.unet import UNet
from spiking_music.models.noise import Noise
from spiking_music.models.parts import Decoder, Drawn, ReceptiveField


class Denoiser(Protocol):
    """x_sigma (B, 1, T_x), sigma (B,), context (B, C, T) -> v (B, 1, T_x)."""

    def __call__(self, x: Tensor, sigma: Tensor, context: Tensor) -> Tensor: ...


class VDiffusion(Decoder):
    """Trains and samples a denoiser of waveforms, conditioned on a context on the T-grid.

    Lisboa & Bellec 2024, diffusion decoder: x_σ = α x + β ε, v = α ε − β x.
    `rms` is the root mean square of the training audio: dividing by it gives the network clips of
    about unit variance, without which most noise levels drown the music and teach nothing (*ours*).
    """

    drawn = Drawn("decoder", composite=True)
    receptive_field = ReceptiveField(0, exact=False)  # attention sees all

    def __init__(self, denoiser: nn.Module, rms: float, hop: int = 1, sampling_steps: int = 1):
        super().__init__()
        self.denoiser = denoiser
        self.rms, self.hop, self.sampling_steps = rms, hop, sampling_steps

    def learn(self, audio: Tensor, latent: Tensor) -> tuple[Tensor | None, dict[str, Tensor]]:
        seed = int(torch.randint(2**62, ()))  # of the global generator, which training seeds
        return None, {"diffusion": self(audio, latent, torch.Generator().manual_seed(seed))}

    def synthesize(self, latent: Tensor, noise: Noise) -> Tensor:
        start = noise.normal(self.hop, latent.shape[-1]).transpose(1, 2).flatten(1)[:, None]
        return self.sample(latent, start, self.sampling_steps)

    def forward(self, audio: Tensor, context: Tensor, generator: torch.Generator) -> Tensor:
        """Loss of a batch at one random noise level a clip: (B, 1, T_x), (B, C, T) -> scalar."""
        x = audio / self.rms
        sigma = torch.rand(len(x), generator=generator, device=generator.device).to(x)  # (B,)
        noise = _noise(x.shape, generator).to(x)
        alpha, beta = circle(sigma[:, None, None])
        v = self.denoiser(alpha * x + beta * noise, sigma, context)
        return F.mse_loss(v.float(), alpha * noise - beta * x)

    @torch.no_grad()
    def sample(self, context: Tensor, noise: Tensor, steps: int) -> Tensor:
        """Audio (B, 1, samples) for a context (B, C, T), by `steps` evaluations of the network.

        noise: (B, 1, samples), or (1, 1, samples) for all clips.
        """
        start = noise.to(context).expand(len(context), -1, -1)
        return self.rms * ddim(self.denoiser, start, context, steps)


def make_decoder(config: DiffusionConfig, variant: VariantConfig) -> VDiffusion:
    """The decoder of a variant: the U-Net of the paper, or a smaller one."""
    denoiser = UNet(config.unet, variant.latent)
    return VDiffusion(denoiser, config.rms, variant.signal.hop, config.sampling_steps)


def circle(sigma: Tensor) -> tuple[Tensor, Tensor]:
    """alpha, beta at noise level sigma: 0 is all audio, 1 is all noise.

    Lisboa & Bellec 2024, diffusion decoder: α = cos(πσ/2), β = sin(πσ/2).
    """
    angle = sigma * (math.pi / 2)
    return angle.cos(), angle.sin()


def ddim(
    denoiser: Denoiser, noise: Tensor, context: Tensor, steps: int, start: float = 1.0
) -> Tensor:
    """Follow v from x_σ (B, 1, T_x) at σ = `start`, pure noise at 1, to audio on a linear grid.

    Lisboa & Bellec 2024, diffusion decoder, sampling.
    DDIM (Song et al., arXiv 2010.02502): no fresh noise on the way, so that the noise decides the
    result. A denoiser that knows x leads to x in any number of steps.
    """
    grid = torch.linspace(start, 0, steps + 1, device=noise.device, dtype=noise.dtype)
    alphas, betas = circle(grid)
    x = noise
    for i in range(steps):
        v = denoiser(x, grid[i].expand(len(x)), context).to(x)
        clean = alphas[i] * x - betas[i] * v
        eps = betas[i] * x + alphas[i] * v
        x = alphas[i + 1] * clean + betas[i + 1] * eps
    return x


def _noise(shape: tuple[int, ...] | torch.Size, generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device)
