"""Log-mel spectrogram on the T-grid: what the MEL variant's diffusion decoder is conditioned on."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchaudio.functional import melscale_fbanks

from spiking_music.config import MelConfig, SignalConfig
from spiking_music.models.parts import Drawn, Encoder, ReceptiveField

FLOOR_DB = -80.0


class LogMel(Encoder):
    """Waveform (B, 1, T_x) -> log-mel spectrogram (B, n_mels, T), T = ceil(T_x / hop).

    Lisboa & Bellec 2024, MEL.
    Frame t is centred on the middle of samples [t hop, (t + 1) hop), so that it sits on step t of
    the codes. Magnitudes are scaled so that a sine of amplitude 1 peaks at 0 dB; -80 dB and below
    is -1 and 0 dB is +1, which suits a network. Ends are reflected; of clips of at most
    (n_fft - hop) / 2 samples, silence is around them.
    """

    drawn = Drawn("log-mel spectrogram")
    window: Tensor
    bands: Tensor

    def __init__(self, config: MelConfig, signal: SignalConfig) -> None:
        super().__init__()
        self.n_fft, self.hop = config.n_fft, signal.hop
        bands = melscale_fbanks(
            config.n_fft // 2 + 1, 0.0, signal.sample_rate / 2, config.n_mels, signal.sample_rate
        )  # (n_fft / 2 + 1, n_mels)
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)
        self.register_buffer("bands", bands, persistent=False)

    @property
    def receptive_field(self) -> ReceptiveField:
        return ReceptiveField(-(-(self.n_fft - self.hop) // (2 * self.hop)))

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, T_x) -> (B, n_mels, T)."""
        x = F.pad(x, (0, -x.shape[-1] % self.hop))
        margin = self.n_fft - self.hop
        after = margin - margin // 2
        mode = "reflect" if x.shape[-1] > after else "constant"
        x = F.pad(x, (margin // 2, after), mode=mode)[:, 0]
        spectrum = torch.stft(
            x,
            self.n_fft,
            hop_length=self.hop,
            window=self.window,
            center=False,
            return_complex=True,
        ).abs() * (2 / self.window.sum())  # (B, n_fft / 2 + 1, T)
        power = torch.einsum("bft,fm->bmt", spectrum.square(), self.bands)
        decibels = 10 * power.clamp(min=10 ** (FLOOR_DB / 10)).log10()
        return 1 - 2 * decibels / FLOOR_DB
