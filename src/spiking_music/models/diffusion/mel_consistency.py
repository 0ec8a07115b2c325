"""What a diffusion decoder makes, brought closer to a mel spectrogram (*ours*).

MEL's decoder is given one; others predict it from their codes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.config import ConvNeXtConfig, MelConfig, SignalConfig
from spiking_music.models.backbones.spectral import ConvNeXtBackbone, Stft
from spiking_music.models.mel import FLOOR_DB, LogMel
from spiking_music.models.parts import Drawn

LARGEST_DB = 20.0  # of a round's gains


class MelConsistency(nn.Module):
    """Audio (B, 1, T·hop) and a log-mel spectrogram (B, n_mels, T) → audio whose own is closer.

    *ours*.
    A sample of the right distribution still has band energies of its own, as noise has. Here each
    coefficient of the STFT is multiplied by what the bands around it lack, some rounds long, as in
    Griffin and Lim's algorithm; its phase is kept.
    """

    drawn = Drawn("gains of the STFT")
    shares: Tensor

    def __init__(self, config: MelConfig, signal: SignalConfig, rounds: int) -> None:
        super().__init__()
        self.rounds = rounds
        self.log_mel = LogMel(config, signal)
        self.stft = Stft(config.n_fft, signal.hop)
        bands = self.log_mel.bands  # (n_fft / 2 + 1, n_mels)
        shares = bands / bands.sum(1, keepdim=True).clamp(min=1e-9)
        self.register_buffer("shares", shares, persistent=False)

    @property
    def reach(self) -> int:
        """Frames on either side that the result depends on."""
        return self.rounds * (self.log_mel.receptive_field.frames + 2 * self.stft.overlap)

    def forward(self, audio: Tensor, log_mel: Tensor) -> Tensor:
        for _ in range(self.rounds):
            missing = -FLOOR_DB / 2 * (log_mel - self.log_mel(audio))  # dB, (B, n_mels, T)
            gain = torch.einsum("bmt,fm->bft", missing, self.shares).clamp(-LARGEST_DB, LARGEST_DB)
            audio = self.stft.inverse(self.stft(audio) * 10 ** (gain / 20))
        return audio


class MelPrediction(nn.Module):
    """Latents (B, C, T), estimate (B, 1, T·hop) or None → log-mel spectrogram (B, n_mels, T).

    *ours*. It is trained by the absolute error, so that it says the median of each band: what
    lies closest by mel distance. An estimate by regression is too quiet where phases are unknown.
    """

    drawn = Drawn("log-mel spectrogram", composite=True)

    def __init__(
        self, latent: int, config: MelConfig, signal: SignalConfig, network: ConvNeXtConfig
    ) -> None:
        super().__init__()
        self.log_mel = LogMel(config, signal)
        self.backbone = ConvNeXtBackbone(latent + config.n_mels, config.n_mels, network)
        nn.init.zeros_(self.backbone.out_proj.weight)
        nn.init.zeros_(self.backbone.out_proj.bias)

    @property
    def reach(self) -> int:
        """Frames on either side that the result depends on."""
        return self.log_mel.receptive_field.frames + self.backbone.reach

    def forward(self, latent: Tensor, estimate: Tensor | None) -> Tensor:
        if estimate is None:
            known = latent.new_zeros(len(latent), self.log_mel.bands.shape[1], latent.shape[2])
        else:
            known = self.log_mel(estimate.detach())
        return known + self.backbone(torch.cat([latent, known], dim=1))

    def loss(self, audio: Tensor, latent: Tensor, estimate: Tensor | None) -> Tensor:
        """Mean absolute error, in units of 40 dB, of what is predicted for `audio`."""
        return F.l1_loss(self(latent, estimate), self.log_mel(audio))
