"""What a weights file says of its model, read without the model and without torch."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open

from spiking_music.config import VariantConfig
from spiking_music.config.legacy import current_config
from spiking_music.errors import CodeError, ConfigError

KEY = "spiking-music"  # one key of metadata, because the order of several is not reproducible


def describe(weights: Path) -> dict[str, Any]:
    """{"config": the variant, "extra": free-form strings} of `weights`.

    Raises `CodeError` where the file is missing, damaged or no model of this project.
    """
    try:
        with opened(weights, "numpy") as file:
            about: dict[str, Any] = json.loads((file.metadata() or {})[KEY])
    except (KeyError, ValueError):
        raise CodeError(
            f"'{weights}' is damaged or no model of this project: train it again"
        ) from None
    return about


@contextmanager
def opened(weights: Path | str, framework: str, device: str = "cpu") -> Iterator[Any]:
    """The file, whose tensors come as those of `framework`; `CodeError` where it cannot be read."""
    try:
        with safe_open(weights, framework=framework, device=device) as file:
            yield file
    except FileNotFoundError:
        raise CodeError(f"no model at '{weights}': train it, or name another file") from None
    except OSError as error:
        raise CodeError(f"'{weights}' cannot be read ({error}): see to the disk it is on") from None
    except SafetensorError as error:
        raise CodeError(f"'{weights}' is damaged or no safetensors file ({error})") from None


def config_in(metadata: Mapping[str, str], weights: Path | str) -> VariantConfig:
    """The configuration in the metadata of `weights`, by the names of today (`config.legacy`).

    Raises `CodeError` where there is none, `ConfigError` where it does not belong to this version.
    """
    if KEY not in metadata:
        raise CodeError(f"'{weights}' holds weights of another program: it names no configuration")
    try:
        about = json.loads(metadata[KEY])["config"]
        return VariantConfig.model_validate(current_config(about))
    except (ValidationError, KeyError, TypeError, ValueError):
        raise ConfigError(
            f"the configuration inside '{weights}' belongs to another version: train it again"
        ) from None


def unfitting(weights: Path | str) -> CodeError:
    """Weights that are not those of their configuration."""
    return CodeError(f"the weights in '{weights}' do not fit their configuration")
