"""What changes along a run, as pure functions of the step: a resumed run needs no more state."""

import math

from spiking_music.config import TrainingConfig


def learning_rate(step: int, training: TrainingConfig) -> float:
    """Rate of step 0..steps-1: linear warmup to the peak, half a cosine down to the final rate.

    The first step after the warmup takes the peak, and the last one the final rate.
    """
    peak, final = training.learning_rate, training.final_learning_rate
    warmup = training.warmup_steps
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / max(1, training.steps - 1 - warmup))
    return final + (peak - final) * (1 + math.cos(math.pi * progress)) / 2


def gamma(step: int, silent: int, ramp: int, gamma_infinity: float) -> float:
    """Weight γ(t) of the rate loss in three phases.

    Lisboa & Bellec 2024, γ schedule; the lengths of the phases and the half cosine are *ours*.
    0 for the first `silent` steps, a smooth monotone rise over `ramp` steps (half a cosine, flat at
    both ends), then `gamma_infinity`. With `ramp` 0 it jumps at step `silent`.
    """
    if step < silent:
        return 0.0
    if step >= silent + ramp:
        return gamma_infinity
    return gamma_infinity * (1 - math.cos(math.pi * (step - silent) / ramp)) / 2
