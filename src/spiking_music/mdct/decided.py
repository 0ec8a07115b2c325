"""Training of a post-filter on the codes that the codec's encoder sends (*ours*)."""

import torch
from torch import Tensor

from spiking_music.config import VariantConfig
from spiking_music.mdct.inference.network import MdctNetwork
from spiking_music.mdct.rate_distortion import RateDistortion
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.quantizers.base import Quantised, event_statistics


class Decided(Autoencoder):
    """An MDCT model that is trained behind rate–distortion optimised quantisation.

    The codes are those of another model's encoder, on the CPU, and stay what they are: only what
    decodes them is learned. Coding (`encode`) is that of any `Autoencoder`.
    """

    def __init__(
        self, config: VariantConfig, network: MdctNetwork, refinement: RateDistortion
    ) -> None:
        """network, refinement: of a model with the same filter bank, quantiser and levels."""
        super().__init__(config)
        self._network, self._refinement = network, refinement

    def quantise(self, x: Tensor, level: Tensor | None) -> Quantised:
        """Audio (B, 1, T·hop) → decided codes and latents (B, C, T)."""
        mu = None if level is None else level.cpu().numpy()
        latents = self._network.latents(x[:, 0].cpu().numpy())
        plain = self._network.codes_at(latents, mu)
        decided = self._refinement(plain, latents, mu, slice(0, plain.shape[2]), False)
        z = torch.from_numpy(decided).to(x.device)
        return Quantised(self.bottleneck.decode(z), z, {}, event_statistics(z))
