"""Sections about context (layers that see the clip) and rate conditioning (one model for all)."""

from typing import TYPE_CHECKING, ClassVar, Literal

from spiking_music.config.registry import CONDITIONINGS, CONTEXTS
from spiking_music.config.sections import Odd, Positive, Section

if TYPE_CHECKING:
    from spiking_music.config.models import VariantConfig


@CONTEXTS(module="spiking_music.models.context:make_context")
class ConformerConfig(Section):
    """SPARSE and μ-SPARSE: conformer layers before L and as many after H (*ours* in its parts)."""

    kind: Literal["conformer"]
    layers: Positive
    heads: Positive
    kernel: Odd


class ConditioningConfig(Section):
    """What all rate conditionings have in common: they tell the model μ."""

    monotone: ClassVar[bool] = False  # whether rate and quality fall from μ to μ, by construction
    if TYPE_CHECKING:  # a field or a property of every class

        @property
        def kind(self) -> str: ...

        @property
        def levels(self) -> int: ...  # values of μ; 0: as many as the sparsity loss has

    @property
    def default_level(self) -> int | None:
        """μ of the codec where it is asked for none; None: it has to be asked."""
        return None

    def check(self, variant: "VariantConfig") -> None:
        """`ValueError` where the variant has nothing to condition."""


@CONDITIONINGS(module="spiking_music.models.conditioning:make_gain")
class GainConfig(ConditioningConfig):
    """Gains (*ours*): μ scales and shifts the latents, before L and after H."""

    kind: Literal["gain"]

    @property
    def levels(self) -> int:
        """Those of the sparsity loss."""
        return 0

    def check(self, variant: "VariantConfig") -> None:
        """`ValueError` without a loss that has levels."""
        if not variant.levels:
            raise ValueError("a conditioning of gains needs a sparsity with levels")
