"""The diffusion decoder at the frame rate: lengths, conditions, gradients, sampling, learning."""

import pytest
import torch
from torch import Tensor, nn

from spiking_music.config import ConvNeXtConfig, MelConfig, VariantConfig, read, variant
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.diffusion.framewise import FrameDenoiser, FrameDiffusion, v_of_normal
from spiking_music.models.diffusion.mel_consistency import MelConsistency, MelPrediction
from spiking_music.models.diffusion.vdiffusion import circle
from spiking_music.models.noise import Noise
from tests.conftest import DEFAULTS, ROOT

NETWORK = {"width": 24, "depth": 2, "kernel": 3, "expansion": 2}
SMALL = {"envelope": NETWORK, "denoiser": NETWORK, "sampling_steps": 3, "mel_rounds": 2}


def row(name: str) -> VariantConfig:
    """A row of the demo whose decoder is this one, at a small size."""
    raw = read([*DEFAULTS, str(ROOT / "config" / "tiny.yaml")])
    raw["decoders"]["small"] = {"kind": "frame-diffusion", **SMALL}
    raw["variants"][name]["decoder"] = "small"
    return variant(raw, name)


def model(name: str) -> Autoencoder:
    torch.manual_seed(0)
    return Autoencoder(row(name))


def tones(clips: int, frames: int) -> Tensor:
    """(B, 1, T·512): a sine each, of different pitch, that decays."""
    t = torch.arange(frames * 512) / 22050
    pitch = 220 * 2 ** (torch.arange(clips) / 12)[:, None]
    return (0.3 * (2 * torch.pi * pitch * t).sin() * (-2 * t).exp())[:, None]


class Oracle(nn.Module):
    """Knows the coefficients, hence the noise in x_sigma, hence v."""

    def __init__(self, x: Tensor) -> None:
        super().__init__()
        self.x = x

    def forward(self, x: Tensor, sigma: Tensor, context: Tensor) -> Tensor:
        alpha, beta = circle(sigma[:, None, None])
        return alpha * (x - alpha * self.x) / beta - beta * self.x


@pytest.mark.parametrize("name", ["free", "mel"])
@pytest.mark.parametrize("frames", [3, 16, 21])
def test_any_number_of_frames(name: str, frames: int) -> None:
    coder = model(name).eval()
    audio = tones(2, frames)
    assert coder.decode(coder.encode(audio)).shape == audio.shape


def test_a_clip_alone_is_decoded_as_in_a_batch() -> None:
    coder = model("mel").eval()
    codes = coder.encode(tones(3, 16))
    together = coder.decode(codes)
    torch.testing.assert_close(coder.decode(codes[1:2]), together[1:2], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("steps", [1, 7])
def test_a_denoiser_that_knows_the_music_leads_to_it(steps: int) -> None:
    coder = model("free").eval()
    decoder = coder.decoder
    assert isinstance(decoder, FrameDiffusion)
    audio = tones(2, 16)
    latent = coder.latents(audio)
    scale = decoder.log_scale(latent).exp()
    decoder.corrected = None
    decoder.denoiser, decoder.sampling_steps = Oracle(decoder.transform(audio) / scale), steps
    made = decoder.synthesize(latent, Noise(0))
    torch.testing.assert_close(made, audio, atol=1e-4, rtol=1e-3)


def test_less_noise_at_the_start_stays_closer_to_the_estimate() -> None:
    coder = model("free").eval()
    decoder = coder.decoder
    assert isinstance(decoder, FrameDiffusion) and decoder.regression is not None
    decoder.corrected = None
    with torch.no_grad():
        decoder.regression.backbone.out_proj.weight.normal_(std=1e-3)  # no estimate of zeros
        latent = coder.latents(tones(2, 16))
        estimate = decoder.regression(latent)
        far = []
        for decoder.start in (0.0, 0.1, 0.3):
            made = decoder.synthesize(latent, Noise(0))
            far.append((made - estimate).square().mean().item())
    assert far == sorted(far)
    assert far[0] < 1e-6 * estimate.square().mean()


def test_without_an_estimate_sampling_starts_from_noise() -> None:
    coder = model("mel").eval()
    assert isinstance(coder.decoder, FrameDiffusion)
    codes = coder.encode(tones(1, 16))
    coder.decoder.start = 0.1
    changed = coder.decode(codes)
    coder.decoder.start = 1.0
    torch.testing.assert_close(coder.decode(codes), changed, atol=0, rtol=0)


def test_the_encoder_learns_from_regression_alone() -> None:
    coder = model("free").train()
    latent = coder.encoder(tones(2, 16)).detach().requires_grad_()
    estimate, losses = coder.decoder.learn(tones(2, 16), latent)
    assert estimate is not None
    estimate.square().mean().backward(retain_graph=True)
    assert latent.grad is not None and latent.grad.abs().max() > 0
    latent.grad = None
    sum(losses.values()).backward()  # type: ignore[union-attr]
    assert latent.grad is None


def test_the_denoiser_can_answer_for_bins_of_known_mean_and_variance() -> None:
    """x ~ N(m, s²): v = F + G·x_σ with the F and G that theory gives, after some steps."""
    torch.manual_seed(0)
    network = FrameDenoiser(40, 1, ConvNeXtConfig.model_validate(NETWORK))
    mean, spread = torch.randn(40, 1), torch.rand(40, 1)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    losses, ideal = [], []
    for _ in range(400):
        sigma = torch.rand(16)
        alpha, beta = circle(sigma[:, None, None])
        x, noise = mean + spread * torch.randn(16, 40, 8), torch.randn(16, 40, 8)
        v = network(alpha * x + beta * noise, sigma, torch.zeros(16, 1, 8))
        loss = (v - (alpha * noise - beta * x)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        ideal.append((spread**2 / (alpha**2 * spread**2 + beta**2)).mean().item())
    assert sum(losses[-50:]) < 1.15 * sum(ideal[-50:])


def test_a_normal_variable_is_told_by_what_theory_says() -> None:
    """v_of_normal against the regression of v on x_σ over many draws."""
    torch.manual_seed(0)
    mean, variance, sigma = 0.7, 0.3, torch.tensor(0.4)
    x = mean + variance**0.5 * torch.randn(400_000)
    noise = torch.randn_like(x)
    alpha, beta = circle(sigma)
    seen, v = alpha * x + beta * noise, alpha * noise - beta * x
    design = torch.stack([seen, torch.ones_like(seen)], dim=1)
    slope, offset = torch.linalg.lstsq(design, v[:, None]).solution[:, 0].tolist()
    said = v_of_normal(torch.tensor([0.0, 1.0]), sigma, torch.tensor(mean), torch.tensor(variance))
    assert said[0].item() == pytest.approx(offset, abs=0.01)
    assert (said[1] - said[0]).item() == pytest.approx(slope, abs=0.01)


def test_before_training_it_sounds_as_its_estimate() -> None:
    coder = model("free").eval()
    decoder = coder.decoder
    assert isinstance(decoder, FrameDiffusion) and decoder.regression is not None
    decoder.envelope.out_proj.bias.data.fill_(0)  # above all coefficients: nothing is clamped
    assert decoder.denoiser.prior is not None
    decoder.denoiser.prior.log_spread.data.fill_(-6)
    latent = coder.latents(tones(2, 16))
    made = decoder.synthesize(latent, Noise(0))
    expected = decoder.regression(latent)
    assert (made - expected).square().mean() < 0.01 * expected.square().mean()


def test_training_makes_the_sound_of_the_tones() -> None:
    coder = model("mel").train()
    audio = tones(4, 16)
    optimiser = torch.optim.Adam(coder.parameters(), 3e-3)
    first = last = {}
    for _ in range(150):
        losses = coder(audio).losses
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        optimiser.step()
        last = {name: loss.item() for name, loss in losses.items()}
        first = first or last
    assert last["envelope"] < first["envelope"] - 1
    assert last["diffusion"] < first["diffusion"]
    made = coder.eval().decode(coder.encode(audio))
    level = (made.square().mean() / audio.square().mean()).log10().item() * 10
    assert abs(level) < 3  # dB


def test_the_sound_comes_closer_to_the_mel_spectrogram_it_was_given() -> None:
    """White noise gets the bands of tones in three rounds, and keeps its phase."""
    config = row("mel")
    assert isinstance(config.bottleneck, MelConfig)
    wanted = tones(2, 32)
    noise = 0.01 * torch.randn(wanted.shape, generator=torch.Generator().manual_seed(0))
    errors = []
    for rounds in (1, 2, 3):
        corrected = MelConsistency(config.bottleneck, config.signal, rounds)
        given = corrected.log_mel(wanted)
        made = corrected(noise, given)
        errors.append((corrected.log_mel(made) - given).abs().mean().item())
    before = (corrected.log_mel(noise) - given).abs().mean().item()
    assert before > errors[0] > errors[1] > errors[2]
    assert errors[2] < before / 4


def test_without_a_given_spectrogram_it_learns_one() -> None:
    """Tones that the estimate renders too quietly: what is predicted comes closer to theirs."""
    config = row("mel")
    assert isinstance(config.bottleneck, MelConfig)
    torch.manual_seed(0)
    network = ConvNeXtConfig.model_validate(NETWORK)
    predicted = MelPrediction(8, config.bottleneck, config.signal, network)
    audio, latent = tones(2, 32), torch.randn(2, 8, 32)
    optimizer = torch.optim.Adam(predicted.parameters(), lr=1e-2)
    before = predicted.loss(audio, latent, 0.3 * audio).item()
    for _ in range(30):
        optimizer.zero_grad()
        predicted.loss(audio, latent, 0.3 * audio).backward()
        optimizer.step()
    assert predicted.loss(audio, latent, 0.3 * audio).item() < before / 3
    assert predicted(latent, None).shape == predicted.log_mel(audio).shape


def test_what_has_the_spectrogram_already_stays_as_it_is() -> None:
    config = row("mel")
    assert isinstance(config.bottleneck, MelConfig)
    corrected = MelConsistency(config.bottleneck, config.signal, 2)
    audio = tones(2, 32)
    torch.testing.assert_close(corrected(audio, corrected.log_mel(audio)), audio, atol=1e-5, rtol=0)


def test_it_starts_from_a_model_by_regression() -> None:
    """Codes and the estimate are that model's; envelope and denoiser are new."""
    raw = read([*DEFAULTS, str(ROOT / "config" / "tiny.yaml")])
    torch.manual_seed(1)
    plain, coder = Autoencoder(variant(raw, "free")).eval(), model("free").eval()
    audio = tones(2, 16)
    assert not torch.equal(coder.encode(audio), plain.encode(audio))
    coder.start_from(plain)
    assert torch.equal(coder.encode(audio), plain.encode(audio))
    assert isinstance(coder.decoder, FrameDiffusion) and coder.decoder.regression is not None
    latent = plain.latents(audio)
    assert torch.equal(coder.decoder.regression(latent), plain.decoder(latent))


def test_it_starts_from_one_of_its_kind_or_not_at_all() -> None:
    torch.manual_seed(1)
    other, coder = Autoencoder(row("free")).eval(), model("free").eval()
    coder.start_from(other)
    for name, value in coder.state_dict().items():
        assert torch.equal(value, other.state_dict()[name])
    with pytest.raises(RuntimeError):
        coder.start_from(model("mel"))
