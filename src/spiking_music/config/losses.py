"""Sections about what is optimised: reconstruction terms, and losses on the rate of the events."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from spiking_music.config.registry import SPARSITIES
from spiking_music.config.sections import Fraction, Positive, Section, Weight


class LossConfig(Section):
    """Weights of the reconstruction terms (0 switches a term off) and the STFT sizes in samples."""

    stft: Weight
    mel: Weight
    waveform: Weight
    rmse: Weight
    si_snr: Weight
    n_ffts: tuple[Positive, ...]


class CollapseConfig(Section):
    """When a run counts as collapsed: validation SI-SNR below a bound, several times in a row."""

    after: Fraction  # share of training.steps
    below_db: float
    patience: Positive  # validations


class GammaConfig(Section):
    """Weight γ of a loss on the events, in three phases; times are shares of training.steps."""

    gamma: Weight  # γ∞
    silent: Fraction  # phase 1, gamma warm-up: γ = 0
    ramp: Fraction  # phase 2: γ rises to γ∞, which is the weight of the rest, phase 3
    collapse: CollapseConfig

    def phases(self, steps: int) -> tuple[int, int]:
        """How many of `steps` train steps phases 1 and 2 take."""
        return round(self.silent * steps), round(self.ramp * steps)

    if TYPE_CHECKING:  # fields or properties of every class

        @property
        def kind(self) -> str: ...

        @property
        def levels(self) -> int: ...  # how many μ the model takes; 0: none


@SPARSITIES(module="spiking_music.training.rate_losses:StorageCost")
class StorageCostConfig(GammaConfig):
    """SPARSE: L_z = max(0, B_sparse(S) − B_0) / (N·T), B_0 = `budget` · N·T.

    Lisboa & Bellec 2024, eq. (7).
    """

    kind: Literal["storage-cost"]
    budget: Annotated[float, Field(gt=0)]

    @property
    def levels(self) -> int:
        """The model takes no μ."""
        return 0


@SPARSITIES(module="spiking_music.training.rate_losses:TargetEvents")
class TargetEventsConfig(GammaConfig):
    """μ-SPARSE: L_z(μ) = |S − S_0(μ)| / (N·T), S_0 = N·T·2^(−μ/4), μ in 0..levels − 1.

    Lisboa & Bellec 2024, μ-SPARSE. `relative` ρ multiplies it by (N·T / S_0)^ρ (*ours*): at 0 an
    event weighs the same at all levels, at 1 the share of the target counts.
    """

    kind: Literal["target-events"]
    levels: Annotated[int, Field(ge=2, le=32)]
    relative: Fraction = 0.0


@SPARSITIES(module="spiking_music.training.rate_losses:Entropy")
class EntropyLossConfig(GammaConfig):
    """Rate loss (*ours*): L_z = bits a frame under the learned model of the entropy coder."""

    kind: Literal["entropy"]

    @property
    def levels(self) -> int:
        """The model takes no μ."""
        return 0


@SPARSITIES(module="spiking_music.training.rate_losses:ConditionalEntropy")
class ConditionalEntropyConfig(GammaConfig):
    """The same at levels (*ours*): γ(μ) = γ · 2^(μ/doubling) a bit, μ in 0..levels − 1."""

    kind: Literal["conditional-entropy"]
    levels: Annotated[int, Field(ge=2, le=32)]
    doubling: Annotated[float, Field(gt=0)]  # in μ
