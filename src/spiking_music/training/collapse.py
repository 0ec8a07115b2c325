"""Collapses are detected early: too strong a sparsity loss turns audio to noise."""

from pathlib import Path
from typing import Any

from torch import Tensor

from spiking_music.config import VariantConfig
from spiking_music.errors import TrainingError
from spiking_music.model.autoencoder import Autoencoder
from spiking_music.model.weights import save_weights

LAST_GOOD = "last-good.safetensors"


class CollapseMonitor:
    """Looks at every validation of a run with a sparsity loss, and ends the run that collapses.

    Lisboa & Bellec 2024, γ schedule, reports the collapse; watching for it is *ours*.
    Weights are good while the best validation SI-SNR (of all levels, where there are some: a high μ
    may sound bad) is at least `below_db`; the last good ones are kept in `folder`. After `after`
    steps, `patience` validations in a row that are not good are a collapse.
    """

    def __init__(self, config: VariantConfig, folder: Path) -> None:
        assert config.sparsity is not None
        self.config = config
        self.bounds = config.sparsity.collapse
        self.path = folder / LAST_GOOD
        self.good: tuple[int, float] | None = None  # step and dB of the last good weights
        self.bad = 0  # validations since then that count against the run

    def look(
        self,
        step: int,
        validation: dict[str, float],
        stats: dict[str, Tensor],
        model: Autoencoder,
    ) -> None:
        """Judge `model` after `step` steps; `TrainingError` with the verdict where it collapsed."""
        quality = max(value for name, value in validation.items() if "si_snr" in name)
        if not quality < self.bounds.below_db:  # silent clips alone have no SI-SNR: no evidence
            self.good, self.bad = (step, quality), 0
            save_weights(model, self.config, self.path, {"steps": str(step)})
        elif step > self.bounds.after:
            self.bad += 1
        if self.bad >= self.bounds.patience:
            raise TrainingError(self._verdict(step, quality, stats))

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint must hold for a resumed run to remember."""
        return {"good": self.good, "bad": self.bad}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.good, self.bad = state["good"], state["bad"]

    def _verdict(self, step: int, quality: float, stats: dict[str, Tensor]) -> str:
        kept = "no weights were good before"
        if self.good:
            good_step, good_quality = self.good
            kept = f"the good weights of step {good_step}, {good_quality:.1f} dB, are '{self.path}'"
        return (
            f"'{self.config.name}' collapsed: its validation SI-SNR was below "
            f"{self.bounds.below_db:g} dB {self.bad} times in a row, at last {quality:.1f} dB at "
            f"step {step}, with {stats['density']:.2%} events and {stats['dead_units']:.0f} units "
            f"that never change; lower gamma or lengthen silent_steps of its sparsity ({kept})"
        )
