"""The model that comes with the package: where it lies, and how it becomes a row of the workflow.

Imported whenever the Snakefile is read, hence light: no torch, and a header of the file only.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spiking_music import config as configuration
from spiking_music.config import VariantConfig
from spiking_music.config.legacy import current_config
from spiking_music.errors import ConfigError
from spiking_music.models.metadata import describe
from spiking_music.models.shipped import OPEN, PRETRAINED, TABLES, WEIGHTS, family

FAMILY = "family"  # of `training.start_from`
__all__ = ["PRETRAINED", "TABLES", "WEIGHTS", "start_weights", "with_pretrained"]


def start_weights(config: VariantConfig) -> Path | None:
    """The file that `training.start_from` means for a variant; None: random weights.

    `pretrained` is the package's MDCT codec, `open` the one that may be sold, `family` its model of
    the paper with the same signal, backbone, bottleneck, context and levels, if there is one.
    Raises `CodeError` as `describe` does.
    """
    start = config.training.start_from
    if start == FAMILY:
        own = _parts(config)
        files = (PRETRAINED / name / WEIGHTS for name in family())
        return next((file for file in files if _parts(_described(file)) == own), None)
    if start in ("pretrained", configuration.PRETRAINED):
        return PRETRAINED / WEIGHTS
    if start == OPEN:
        return PRETRAINED / OPEN / WEIGHTS
    return Path(start) if start else None


def _described(weights: Path) -> VariantConfig:
    return VariantConfig.model_validate(current_config(describe(weights)["config"]))


def _parts(config: VariantConfig) -> tuple[object, ...]:
    return config.signal, config.backbone, config.bottleneck, config.context, config.levels


def with_pretrained(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration `raw` and, if its key `pretrained` asks for it, the row of that name.

    The row is what the weights say of themselves. Raises `ConfigError` where there are none, or
    where clips of `raw` are not of their signal, and as `describe` does.
    """
    if not raw["pretrained"]:
        return dict(raw)
    if not (PRETRAINED / WEIGHTS).is_file():
        raise ConfigError("no pretrained model comes with this version: set pretrained to false")
    about = current_config(describe(PRETRAINED / WEIGHTS)["config"])
    if raw["signal"] != about["signal"]:
        wanted = ", ".join(f"{key} {value}" for key, value in about["signal"].items())
        raise ConfigError(
            f"the pretrained model is of another signal ({wanted}): set pretrained to false, or "
            "signal to that"
        )
    return configuration.with_variant(raw, configuration.PRETRAINED, about)
