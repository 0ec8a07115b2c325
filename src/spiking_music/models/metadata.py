"""What a weights file says of its model, read without the model and without torch."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from spiking_music.errors import CodeError

KEY = "spiking-music"  # one key of metadata, because the order of several is not reproducible


def describe(weights: Path) -> dict[str, Any]:
    """{"config": the variant, "extra": free-form strings} of `weights`.

    Raises `CodeError` where the file is missing, damaged or no model of this project.
    """
    try:
        with safe_open(weights, framework="numpy") as file:
            about: dict[str, Any] = json.loads((file.metadata() or {})[KEY])
    except FileNotFoundError:
        raise CodeError(f"no model at '{weights}': train it, or name another file") from None
    except OSError as error:
        raise CodeError(f"'{weights}' cannot be read ({error}): see to the disk it is on") from None
    except (SafetensorError, KeyError, ValueError):
        raise CodeError(
            f"'{weights}' is damaged or no model of this project: train it again"
        ) from None
    return about
