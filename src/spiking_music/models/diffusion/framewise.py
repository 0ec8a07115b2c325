"""The diffusion decoder at the frame rate (*ours*), which a CPU can train.

The MDCT is orthonormal, so that diffusion of its coefficients is diffusion of the waveform, at T
steps. Coefficients c differ by 100 dB, and pure noise tells a network nothing of how loud each is.
So a small network predicts their envelope E from the latents, and diffusion runs on c / E, of about
unit variance in every bin. Where the backbone has a decoder of its own, its estimate, which
regression trains as ever, is one more condition: the encoder learns from regression alone.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spiking_music.config import ConvNeXtConfig, FrameDiffusionConfig, MelConfig, VariantConfig
from spiking_music.config.registry import BACKBONES
from spiking_music.models.backbones.spectral import ConvNeXtBackbone
from spiking_music.models.diffusion.blocks import NoiseEmbedding
from spiking_music.models.diffusion.mel_consistency import MelConsistency, MelPrediction
from spiking_music.models.diffusion.vdiffusion import circle, ddim
from spiking_music.models.lapped_transform import Mdct
from spiking_music.models.noise import Noise
from spiking_music.models.parts import Decoder, Drawn, ReceptiveField

FREQUENCIES = 16  # of the noise level's embedding
LOUDEST, QUIETEST = 2.0, 1e-5  # of E; coefficients of a full-scale sine have 16
LARGEST = 8.0  # of estimates in units of E, so that a wrong E does no harm
SPREAD = 0.5  # of x about its estimate, before training
MEL_BANDS, MEL_HOPS = 80, 4  # of a predicted log-mel spectrogram; hops of its window


class FrameDenoiser(nn.Module):
    """x_σ (B, K, T), σ (B,) and conditions (B, C, T) → v (B, K, T).

    v = F + G·x_σ with F and G (B, K, T) from ConvNeXt blocks: the best answer for a coefficient of
    known mean and variance is of this form, and a network narrower than K could not repeat x_σ.
    Where the last K conditions are an estimate of x, what that alone would say is added, its error
    having a variance that is learned for each bin; the network starts from there.
    """

    drawn = Drawn("denoiser", composite=True)

    def __init__(
        self, bins: int, conditions: int, config: ConvNeXtConfig, estimated: bool = False
    ) -> None:
        super().__init__()
        self.noise_level = NoiseEmbedding(config.width, FREQUENCIES)
        self.shifts = nn.Linear(config.width, config.depth * config.width)
        self.backbone = ConvNeXtBackbone(bins + conditions, 2 * bins, config)
        # v = 0 at first, which loses the data's variance
        nn.init.zeros_(self.backbone.out_proj.weight)
        nn.init.zeros_(self.backbone.out_proj.bias)
        self.prior = NormalPrior(bins) if estimated else None

    @property
    def reach(self) -> int:
        """Frames on either side."""
        return self.backbone.reach

    def forward(self, x: Tensor, sigma: Tensor, context: Tensor) -> Tensor:
        shifts = self.shifts(self.noise_level(sigma))[:, :, None]
        shift, gain = self.backbone(torch.cat([x, context], dim=1), shifts).chunk(2, 1)
        v = shift + gain * x
        if self.prior is not None:
            v = v + self.prior(x, sigma[:, None, None], context[:, -x.shape[1] :])
        return v


class NormalPrior(nn.Module):
    """What an estimate of x alone says of v, (B, K, T): the error of each bin k is normal, of a
    spread that is learned.
    """

    drawn = Drawn("v by the estimate")

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.log_spread = nn.Parameter(torch.full((bins, 1), math.log(SPREAD)))

    def forward(self, x: Tensor, sigma: Tensor, estimate: Tensor) -> Tensor:
        return v_of_normal(x, sigma, estimate, (2 * self.log_spread).exp())


def v_of_normal(x: Tensor, sigma: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """The v to expect at x_σ where x is normal, of this mean and variance; all (B, K, T)."""
    alpha, beta = circle(sigma)
    total = alpha**2 * variance + beta**2  # of x_σ
    return (alpha * beta * (1 - variance) * x - beta * mean) / total


class FrameDiffusion(Decoder):
    """Trains and samples MDCT coefficients relative to a predicted envelope (*ours*).

    The objective and the sampler are those of Lisboa & Bellec 2024: x_σ = α x + β ε, v = α ε − β x.
    """

    drawn = Drawn("inverse MDCT", composite=True)

    def __init__(self, config: FrameDiffusionConfig, variant: VariantConfig) -> None:
        super().__init__()
        hop, latent, backbone = variant.signal.hop, variant.latent, variant.backbone
        self.sampling_steps = config.sampling_steps
        self.start = config.start  # σ
        self.transform = Mdct(hop, hop)
        self.regression: Decoder | None = None
        if backbone is not None and BACKBONES.has("decoder", backbone):
            self.regression = BACKBONES.build("decoder", backbone, hop)
        self.envelope = ConvNeXtBackbone(latent, hop, config.envelope)
        nn.init.zeros_(self.envelope.out_proj.weight)
        frequency = torch.linspace(0, 1, hop)  # in units of the Nyquist frequency
        with torch.no_grad():  # music's typical fall from bass to treble
            self.envelope.out_proj.bias.copy_(-2 * (1 + frequency / 0.03).log() - 1)
        conditions = latent + hop * (1 if self.regression is None else 2)
        estimated = self.regression is not None
        self.denoiser = FrameDenoiser(hop, conditions, config.denoiser, estimated)
        self.mel: MelPrediction | None = None
        self.corrected: MelConsistency | None = None
        if config.mel_rounds:
            mel = variant.bottleneck
            if not isinstance(mel, MelConfig):
                mel = MelConfig(kind="mel", n_mels=MEL_BANDS, n_fft=MEL_HOPS * hop)
                self.mel = MelPrediction(latent, mel, variant.signal, config.envelope)
            self.corrected = MelConsistency(mel, variant.signal, config.mel_rounds)

    @property
    def receptive_field(self) -> ReceptiveField:
        """Of the networks, and of frames that overlap; sampling repeats the denoiser."""
        first = self.envelope.reach
        if self.regression is not None:
            first = max(first, 1 + self.regression.receptive_field.frames)
        sampled = first + 1 + self.denoiser.reach
        if self.mel is not None:  # of the estimate too
            sampled = max(sampled, first + self.mel.reach)
        last = 0 if self.corrected is None else self.corrected.reach
        return ReceptiveField(sampled + last, exact=False)

    def start_from(self, other: Decoder) -> None:
        """As for all decoders; of one by regression, what that is to this one."""
        if self.regression is None or isinstance(other, FrameDiffusion):
            super().start_from(other)
        else:
            self.regression.start_from(other)

    def learn(self, audio: Tensor, latent: Tensor) -> tuple[Tensor | None, dict[str, Tensor]]:
        """The estimate by regression, if any, and the losses of the envelope, of v and of mel.

        They leave the latents as they are: with v, units would be spent on texture.
        """
        estimate = None if self.regression is None else self.regression(latent)
        latent = latent.detach()
        c = self.transform(audio)  # (B, K, T)
        log_scale = self.log_scale(latent)
        likelihood = math.sqrt(2) * c.abs() * (-log_scale).exp() + log_scale  # Laplace's
        scale = log_scale.detach().exp()
        context = self._context(latent, estimate, scale)
        sigma = _spread(len(c)).to(c)
        alpha, beta = circle(sigma[:, None, None])
        x, noise = (c / scale).clamp(-LARGEST, LARGEST), torch.randn_like(c)
        v = self.denoiser(alpha * x + beta * noise, sigma, context)
        losses = {
            "envelope": likelihood.mean(),
            "diffusion": F.mse_loss(v.float(), alpha * noise - beta * x),
        }
        if self.mel is not None:
            losses["mel_spectrogram"] = self.mel.loss(audio, latent, estimate)
        return estimate, losses

    def log_scale(self, latent: Tensor) -> Tensor:
        """log E (B, K, T) of latents (B, C, T)."""
        return self.envelope(latent).float().clamp(math.log(QUIETEST), math.log(LOUDEST))

    @torch.no_grad()
    def synthesize(self, latent: Tensor, noise: Noise) -> Tensor:
        """Audio (B, 1, T·hop), by `sampling_steps` evaluations of the denoiser.

        They start at noise level `start` about the estimate, if there is one, which keeps more of
        its phases the lower the level is; from pure noise otherwise.
        """
        estimate = None if self.regression is None else self.regression(latent)
        scale = self.log_scale(latent).exp()
        x = noise.normal(*scale.shape[1:]).to(scale).expand(len(scale), -1, -1)
        context = self._context(latent, estimate, scale)
        start = 1.0
        if estimate is not None:
            start = self.start
            alpha, beta = circle(x.new_tensor(start))
            x = alpha * context[:, -x.shape[1] :] + beta * x
        x = ddim(self.denoiser, x, context, self.sampling_steps, start)
        audio = self.transform.inverse(scale * x)
        if self.corrected is None:
            return audio
        return self.corrected(audio, latent if self.mel is None else self.mel(latent, estimate))

    def _context(self, latent: Tensor, estimate: Tensor | None, scale: Tensor) -> Tensor:
        """What the denoiser is told: (B, C, T)."""
        parts = [latent, scale.log() / 4 + 1]  # of about unit variance
        if estimate is not None:
            parts.append((self.transform(estimate.detach()) / scale).clamp(-LARGEST, LARGEST))
        return torch.cat(parts, dim=1)


def _spread(clips: int) -> Tensor:
    """Noise levels (clips,), evenly over 0..1 from a random one on: less noise in the gradient.

    Kingma et al. 2021, "Variational Diffusion Models", arXiv 2107.00630, appendix I.1. The global
    generator, which training seeds, draws.
    """
    return (torch.rand(()) + torch.arange(clips) / clips) % 1
