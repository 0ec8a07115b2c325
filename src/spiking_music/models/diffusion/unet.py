"""The diffusion U-Net: noisy waveform, noise level and codes -> v.

Same blocks and same number of parameters as UNetV0 of audio-diffusion-pytorch, the network of
Moûsai (Schneider et al., arXiv 2301.11757), which the paper reports as its decoder.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from spiking_music.config import UNetConfig
from spiking_music.errors import CodeError
from spiking_music.models.diffusion.blocks import Item, NoiseEmbedding
from spiking_music.models.parts import Drawn


class Level(nn.Module):
    """One nesting of the U-Net: down, items, all that lies within, items, up, and a gated skip."""

    def __init__(self, config: UNetConfig, context_channels: int, depth: int) -> None:
        super().__init__()
        outer = config.channels[depth - 1] if depth else 1
        inner, factor = config.channels[depth], config.factors[depth]
        self.checkpointing = config.checkpointing
        self.down = nn.Conv1d(outer, inner, kernel_size=factor, stride=factor)
        self.down_items = _items(config, context_channels, depth)
        self.within = (
            Level(config, context_channels, depth + 1) if depth + 1 < len(config.channels) else None
        )
        self.up_items = _items(config, context_channels, depth)
        self.up = nn.Sequential(
            nn.Upsample(scale_factor=factor), nn.Conv1d(inner, outer, kernel_size=3, padding=1)
        )
        self.gate = nn.Linear(config.features, outer)
        nn.init.ones_(self.gate.bias)  # or nine gates near 0 would hide the codes at the start

    def forward(self, x: Tensor, features: Tensor, context: Tensor) -> Tensor:
        """(B, outer, L) -> (B, outer, L)."""
        h = self._run(self.down_items, self.down(x), features, context)  # (B, inner, L / factor)
        if self.within is not None:
            h = self.within(h, features, context)
        h = self.up(self._run(self.up_items, h, features, context))  # (B, outer, L)
        return x + self.gate(F.silu(features))[:, :, None] * h

    def _run(self, items: nn.ModuleList, x: Tensor, features: Tensor, context: Tensor) -> Tensor:
        for item in items:
            if self.checkpointing and torch.is_grad_enabled():
                x = checkpoint(item, x, features, context, use_reentrant=False)
            else:
                x = item(x, features, context)
        return x


def _items(config: UNetConfig, context_channels: int, depth: int) -> nn.ModuleList:
    return nn.ModuleList(
        Item(
            config.channels[depth],
            groups=config.groups,
            features=config.features,
            context_channels=context_channels if depth == config.context_depth else None,
            attention=(config.heads, config.head_features) if config.attentions[depth] else None,
        )
        for _ in range(config.items[depth])
    )


class UNet(nn.Module):
    """Predicts v from the noisy waveform x_sigma, for clips of any length.

    Lisboa & Bellec 2024, diffusion decoder.
    With the paper's values: 218 650 842 parameters for 80 context channels, 218 749 146 for 128.
    `checkpointing` recomputes the items in the backward pass: less memory, the same gradients.
    """

    drawn = Drawn("U-Net", composite=True)

    def __init__(self, config: UNetConfig, context_channels: int) -> None:
        super().__init__()
        self.config = config
        self.context_channels = context_channels
        self.embedding = NoiseEmbedding(config.features)
        self.outermost = Level(config, context_channels, depth=0)

    def forward(self, x: Tensor, sigma: Tensor, context: Tensor) -> Tensor:
        """x (B, 1, T_x), sigma (B,) in [0, 1], context (B, context_channels, T) -> v (B, 1, T_x).

        T = ceil(T_x / hop). A length that is no multiple of the stride is padded with zeros inside,
        and the output cropped. Raises `CodeError` where the context has another shape.
        """
        samples = x.shape[-1]
        self._check(context, samples)
        x = F.pad(x, (0, -samples % self.config.stride))
        context = F.pad(context, (0, x.shape[-1] // self.config.hop - context.shape[-1]))
        return self.outermost(x, self.embedding(sigma), context)[..., :samples]

    def _check(self, context: Tensor, samples: int) -> None:
        wanted = (self.context_channels, -(-samples // self.config.hop))
        if context.shape[1:] != wanted:
            raise CodeError(
                f"the diffusion decoder wants a context of (channels, steps) {wanted} for "
                f"{samples} samples, but got {tuple(context.shape[1:])}: decode whole codes of "
                "the variant that the decoder was trained with"
            )
