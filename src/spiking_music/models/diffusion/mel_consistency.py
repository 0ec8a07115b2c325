"""What MEL's decoder makes, brought closer to the mel spectrogram that it was given (*ours*)."""

import torch
from torch import Tensor, nn

from spiking_music.config import MelConfig, SignalConfig
from spiking_music.models.backbones.spectral import Stft
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
