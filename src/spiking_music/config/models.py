"""Sections about training, and the variants that rows are put together to."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field, field_validator, model_validator

from spiking_music.config import mdct  # noqa: F401 - registers its parts
from spiking_music.config.backbones import BackboneConfig
from spiking_music.config.conditioning import ConditioningConfig, ConformerConfig
from spiking_music.config.decoders import DecoderConfig
from spiking_music.config.losses import GammaConfig, LossConfig
from spiking_music.config.paths import expand
from spiking_music.config.quantizers import QuantizerConfig
from spiking_music.config.registry import (
    BACKBONES,
    CONDITIONINGS,
    CONTEXTS,
    DECODERS,
    QUANTIZERS,
    SPARSITIES,
)
from spiking_music.config.sections import Count, Positive, Section, SignalConfig, Weight

if TYPE_CHECKING:
    Backbone: TypeAlias = BackboneConfig
    Bottleneck: TypeAlias = QuantizerConfig
    Context: TypeAlias = ConformerConfig
    Conditioning: TypeAlias = ConditioningConfig
    Sparsity: TypeAlias = GammaConfig
    Decoder: TypeAlias = DecoderConfig
else:
    Backbone, Bottleneck, Context = BACKBONES.union(), QUANTIZERS.union(), CONTEXTS.union()
    Conditioning, Sparsity = CONDITIONINGS.union(), SPARSITIES.union()
    Decoder = DECODERS.union()


class TrainingConfig(Section):
    """Everything the training loop reads; times in train steps, crops in samples."""

    start_from: str | None = None  # weights: a file (`{variant}`: the row), or the package's
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
    threads: Positive = 1  # of each process, for what runs on CPUs: they change last digits
    workers: Count
    accelerator: Literal["auto", "cpu", "cuda"]
    devices: Positive
    nodes: Positive = 1  # of a cluster, each with as many devices
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
    def processes(self) -> int:
        """That train together, one a device."""
        return self.nodes * self.devices

    @property
    def last_step(self) -> int:
        """Train steps that are really taken."""
        return min(self.steps, self.stop_at or self.steps)


class VariantRow(Section):
    """One row of `variants`: names of rows elsewhere, and what differs from `training`."""

    backbone: str | None = None  # MEL needs none
    bottleneck: str
    context: str | None = None
    conditioning: str | None = None
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
    conditioning: Conditioning | None = None
    sparsity: Sparsity | None
    decoder: Decoder
    training: TrainingConfig

    @property
    def levels(self) -> int:
        """How many levels μ the model takes; 0: it takes none."""
        own = self.conditioning.levels if self.conditioning else 0
        return own or (self.sparsity.levels if self.sparsity else 0)

    @property
    def default_level(self) -> int | None:
        """μ of the codec where it is asked for none; None: it has to be asked, or has no levels."""
        return self.conditioning.default_level if self.conditioning else None

    @property
    def monotone(self) -> bool:
        """Whether rate and quality fall from level to level, whatever has been learned."""
        return self.conditioning is not None and self.conditioning.monotone

    @property
    def latent(self) -> int:
        """Channels of the latents on the T-grid."""
        return self.bottleneck.rows if self.backbone is None else self.backbone.latent

    @model_validator(mode="after")
    def _fits_together(self) -> "VariantConfig":
        mel, backbone = self.bottleneck.codes == "mel", self.backbone
        if mel and not self.decoder.finds_phase:
            raise ValueError("bottleneck 'mel' keeps no phase and needs a diffusion decoder")
        if mel == (backbone is not None):
            raise ValueError("every variant but mel needs a backbone, and mel takes none")
        if backbone is not None and not backbone.keeps_phase and not self.decoder.finds_phase:
            raise ValueError(f"backbone '{backbone.kind}' keeps no phase: decode by 'griffin-lim'")
        if self.sparsity is not None and self.bottleneck.codes != "binary":
            raise ValueError("a sparsity loss needs a binary bottleneck")
        if self.context is not None and self.conditioning is not None:
            raise ValueError("a variant takes a context or a conditioning, not both")
        if self.levels and self.context is None and self.conditioning is None:
            raise ValueError("levels are told to a context or a conditioning: give the variant one")
        if mel and (self.context is not None or self.conditioning is not None):
            raise ValueError("mel takes no context and no conditioning")
        for part in (self.conditioning, self.bottleneck, self.decoder):
            if part is not None:
                part.check(self)
        return self
