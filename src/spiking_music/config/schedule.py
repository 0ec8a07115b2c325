"""Whether what a variant schedules fits into the steps that it trains."""

from spiking_music.config.decoders import GanConfig
from spiking_music.config.models import VariantConfig
from spiking_music.errors import ConfigError


def require_fit(variant: VariantConfig) -> None:
    """`ConfigError` for a phase of the training that its steps would never reach."""
    training, name = variant.training, f"variants.{variant.name}"
    if training.warmup_steps >= training.steps:
        raise ConfigError(
            f"{name}: training.warmup_steps {training.warmup_steps} must be below training.steps "
            f"{training.steps}, or the learning rate never reaches its peak: lower the one or raise"
            " the other"
        )
    if training.stop_at is not None and training.stop_at > training.steps:
        raise ConfigError(
            f"{name}: training.stop_at {training.stop_at} is beyond training.steps "
            f"{training.steps}: lower it, or set it to null"
        )
    if training.final_learning_rate > training.learning_rate:
        raise ConfigError(
            f"{name}: training.final_learning_rate {training.final_learning_rate:g} is above "
            f"training.learning_rate {training.learning_rate:g}, from which it is to fall"
        )
    decoder, sparsity = variant.decoder, variant.sparsity
    if isinstance(decoder, GanConfig) and decoder.start >= training.last_step:
        raise ConfigError(
            f"{name}: the discriminators of its decoder start at step {decoder.start}, and training"
            f" ends at step {training.last_step}: lower start or train for longer"
        )
    if sparsity is not None and sparsity.silent + sparsity.ramp >= 1:
        raise ConfigError(
            f"{name}: silent {sparsity.silent:g} and ramp {sparsity.ramp:g} of its sparsity are "
            "shares of training.steps and must leave some for the weight gamma: their sum must be "
            "below 1"
        )
