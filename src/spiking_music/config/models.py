"""Sections about sparsity, losses and training, and the variants that rows are put together to."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from spiking_music.config.coding import (
    BinaryConfig,
    ConformerConfig,
    GainConfig,
    GradedConfig,
    LadderConfig,
    LappedConfig,
    MelConfig,
    RvqConfig,
    ScalarConfig,
    SeanetConfig,
    SpectralConfig,
    SpectrogramConfig,
    StepsConfig,
    WaveformConfig,
)
from spiking_music.config.decoders import (
    DiffusionConfig,
    GanConfig,
    GriffinLimConfig,
    RegressionConfig,
)
from spiking_music.config.sections import (
    Count,
    Positive,
    Section,
    SignalConfig,
    Weight,
    expand,
)


class CollapseConfig(Section):
    """When a run counts as collapsed: validation SI-SNR below a bound, several times in a row."""

    after: Count  # steps
    below_db: float
    patience: Positive  # validations


class GammaConfig(Section):
    """Weight γ of the sparsity loss, in three phases; times in train steps."""

    gamma: Weight  # γ∞
    silent_steps: Count  # phase 1: γ = 0
    ramp_steps: Count  # phase 2: γ rises to γ∞
    collapse: CollapseConfig


class StorageSparsityConfig(GammaConfig):
    """SPARSE: L_z = max(0, B_sparse(S) − B_0) / (N·T), B_0 = `budget` · N·T.

    Lisboa & Bellec 2024, eq. (7).
    """

    kind: Literal["storage"]
    budget: Annotated[float, Field(gt=0)]

    @property
    def levels(self) -> int:
        """How many levels μ the model takes: none."""
        return 0


class LevelSparsityConfig(GammaConfig):
    """μ-SPARSE: L_z(μ) = |S − S_0(μ)| / (N·T), S_0 = N·T·2^(−μ/4), μ in 0..levels − 1.

    Lisboa & Bellec 2024, μ-SPARSE.
    """

    kind: Literal["levels"]
    levels: Annotated[int, Field(ge=2, le=32)]


class RateSparsityConfig(GammaConfig):
    """RATE (*ours*): L_z = bits a step under a learned model of the events (docs/variants.md)."""

    kind: Literal["rate"]
    reach: Count  # steps to either side that the model hears

    @property
    def levels(self) -> int:
        """How many levels μ the model takes: none."""
        return 0


class LevelRateSparsityConfig(GammaConfig):
    """RATE at levels (*ours*): γ(μ) = γ · 2^(μ/doubling) a bit, μ in 0..levels − 1."""

    kind: Literal["rate-levels"]
    reach: Count
    levels: Annotated[int, Field(ge=2, le=32)]
    doubling: Annotated[float, Field(gt=0)]  # levels


Backbone = Annotated[
    SpectralConfig | LappedConfig | SeanetConfig | WaveformConfig | SpectrogramConfig,
    Field(discriminator="kind"),
]
Bottleneck = Annotated[
    RvqConfig | BinaryConfig | GradedConfig | LadderConfig | ScalarConfig | MelConfig,
    Field(discriminator="kind"),
]
Context = Annotated[ConformerConfig | GainConfig | StepsConfig, Field(discriminator="kind")]
Sparsity = Annotated[
    StorageSparsityConfig | LevelSparsityConfig | RateSparsityConfig | LevelRateSparsityConfig,
    Field(discriminator="kind"),
]
Decoder = Annotated[
    RegressionConfig | GanConfig | DiffusionConfig | GriffinLimConfig, Field(discriminator="kind")
]


class LossConfig(Section):
    """Weights of the reconstruction terms (0 switches a term off) and the STFT sizes in samples."""

    stft: Weight
    mel: Weight
    waveform: Weight
    rmse: Weight
    si_snr: Weight
    n_ffts: tuple[Positive, ...]


class TrainingConfig(Section):
    """Everything the training loop reads; times in optimiser steps, crops in samples."""

    start_from: str | None = None  # weights: a file (`{variant}`: the row), or those of the package
    steps: Positive
    stop_at: Positive | None  # end here, on the schedule of `steps`: an impaired model
    batch_size: Positive
    crop_samples: Positive
    learning_rate: Annotated[float, Field(gt=0)]
    muon: Weight = 0.0  # of the learning rate, for matrices of blocks; 0: AdamW moves them as well
    final_learning_rate: Weight
    warmup_steps: Count
    weight_decay: Weight
    gradient_clip: Annotated[float, Field(gt=0)]
    ema_decay: Annotated[float, Field(ge=0, lt=1)]
    loss: LossConfig
    log_every: Positive
    validate_every: Positive
    validation_clips: Positive
    checkpoint_every: Positive
    workers: Count
    accelerator: Literal["auto", "cpu", "cuda"]
    devices: Positive
    precision: Literal["32-true", "bf16-mixed", "16-mixed"]

    @model_validator(mode="after")
    def _one_scaler(self) -> "TrainingConfig":
        if self.muon and self.precision == "16-mixed":  # whose scaler minds one optimiser
            raise ValueError("muon trains in 32-true or bf16-mixed precision, not in 16-mixed")
        return self

    @field_validator("start_from")
    @classmethod
    def _expanded(cls, value: str | None) -> str | None:
        return value and expand(value)

    @property
    def last_step(self) -> int:
        """Optimiser steps that are really taken."""
        return min(self.steps, self.stop_at or self.steps)


class VariantRow(Section):
    """One row of `variants`: names of rows elsewhere, and what differs from `training`."""

    backbone: str | None = None  # MEL needs none
    bottleneck: str
    context: str | None = None
    sparsity: str | None = None
    decoder: str
    seed: int | None = None  # None: that of the whole configuration
    seeds: Positive = 1  # more than one: rows <name>-seed-<number> of the next seeds follow it
    training: dict[str, Any] = Field(default_factory=dict)


class VariantConfig(Section):
    """A variant with every name resolved: all that makes a model and its training."""

    name: str
    seed: int
    signal: SignalConfig
    backbone: Backbone | None
    bottleneck: Bottleneck
    context: Context | None
    sparsity: Sparsity | None
    decoder: Decoder
    training: TrainingConfig

    @property
    def levels(self) -> int:
        """How many levels μ the model takes; 0: it takes none."""
        if isinstance(self.context, StepsConfig):
            return self.context.levels
        return self.sparsity.levels if self.sparsity else 0

    @model_validator(mode="after")
    def _fits_together(self) -> "VariantConfig":
        mel, diffusion = self.bottleneck.codes == "mel", self.decoder.kind == "diffusion"
        if mel and not diffusion:
            raise ValueError("bottleneck 'mel' keeps no phase and needs a diffusion decoder")
        if mel == (self.backbone is not None):
            raise ValueError("every variant but mel needs a backbone, and mel takes none")
        spectrogram = self.backbone is not None and self.backbone.kind == "spectrogram"
        if spectrogram and self.decoder.kind in ("regression", "gan"):
            raise ValueError("backbone 'spectrogram' keeps no phase: decode it by 'griffin-lim'")
        if self.decoder.kind == "griffin-lim" and not spectrogram:
            raise ValueError("decoder 'griffin-lim' needs the magnitudes of backbone 'spectrogram'")
        if self.sparsity is not None and self.bottleneck.codes != "binary":
            raise ValueError("a sparsity loss needs a binary bottleneck")
        if self.levels and self.context is None:
            raise ValueError("levels are told to context blocks: give the variant a context")
        if isinstance(self.context, GainConfig) and not self.levels:
            raise ValueError("a context of gains needs a sparsity with levels")
        if mel and self.context is not None:
            raise ValueError("mel takes no context blocks")
        self._ladder_fits()
        if isinstance(self.decoder, DiffusionConfig) and self.decoder.unet.hop != self.signal.hop:
            raise ValueError(
                f"the U-Net's factors reach hop {self.decoder.unet.hop} where the codes enter, "
                f"not {self.signal.hop}"
            )
        return self

    def _ladder_fits(self) -> None:
        if not isinstance(self.bottleneck, LadderConfig):
            if isinstance(self.context, StepsConfig):
                raise ValueError("a context of steps needs the bottleneck 'ladder'")
            return
        lapped = self.backbone if isinstance(self.backbone, LappedConfig) else None
        if lapped is None or lapped.bins != self.bottleneck.bins:
            raise ValueError("bottleneck 'ladder' needs backbone 'lapped' of as many bins")
        if len(lapped.bands) != self.bottleneck.bands + 1:
            raise ValueError("bottleneck 'ladder' needs backbone 'lapped' of as many bands")
        if max(lapped.bins, lapped.bands[-1]) > self.signal.hop:
            raise ValueError(f"backbone 'lapped' has {self.signal.hop} bins: end its bands there")
        if self.sparsity is not None:
            raise ValueError("bottleneck 'ladder' has a step in the place of a sparsity loss")

    @property
    def latent(self) -> int:
        """Channels of the latents on the T-grid."""
        if isinstance(self.bottleneck, MelConfig):
            return self.bottleneck.n_mels
        assert self.backbone is not None  # as checked above
        return self.backbone.latent
