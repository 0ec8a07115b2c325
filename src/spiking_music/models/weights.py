"""Trained models as safetensors: every tensor, and the configuration that made them. No pickle."""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save

from spiking_music.config import VariantConfig
from spiking_music.config.legacy import current_state
from spiking_music.errors import CodeError
from spiking_music.files import atomic
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.metadata import KEY, config_in, opened, unfitting


def save_weights(
    model: Autoencoder,
    config: VariantConfig,
    path: Path | str,
    extra: dict[str, str],
    derived: bool = True,
) -> None:
    """Write `model`, `config` and free-form `extra` to `path`; equal models are equal bytes.

    derived: whether to write what follows from the rest, too (`Quantizer.derived`).
    """
    left_out = set() if derived else {f"bottleneck.{name}" for name in model.bottleneck.derived}
    state = {
        name: value.cpu().contiguous()
        for name, value in model.state_dict().items()
        if name not in left_out
    }
    about = {"config": config.model_dump(mode="json"), "extra": extra}
    with atomic(path) as temporary:  # in two steps, as `save_file` hides what a full disk says
        temporary.write_bytes(save(state, metadata={KEY: json.dumps(about, sort_keys=True)}))


def halve_weights(path: Path | str, halved: Path | str) -> None:
    """Write the model of `path` to `halved` with 16 bits a number: half the bytes.

    Loading widens them again, so that all who have the file compute with the same numbers. Raises
    what `load_weights` raises, and `CodeError` where a number is too large for 16 bits.
    """
    model, config = load_weights(path)
    with safe_open(path, framework="pt") as file:
        extra = json.loads(file.metadata()[KEY])["extra"]
    model.half()  # whole numbers stay what they are
    if not all(value.isfinite().all() for value in model.state_dict().values()):
        raise CodeError(f"a weight in '{path}' is beyond what 16 bits hold: keep the file as it is")
    save_weights(model, config, halved, extra, derived=False)


def load_weights(
    path: Path | str, device: torch.device | str = "cpu"
) -> tuple[Autoencoder, VariantConfig]:
    """The model of `path` on `device`, in eval mode, and its configuration.

    Files of before are read by the names of today (`config.legacy`).

    Raises `CodeError` where the file is missing, damaged or no model of this project, `ConfigError`
    where its configuration does not belong to this version.
    """
    with opened(path, "pt", str(device)) as file:
        config = config_in(file.metadata() or {}, path)
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    model = Autoencoder(config).to(device)
    try:
        model.load_state_dict(current_state(state))
    except RuntimeError:
        raise unfitting(path) from None
    return model.eval(), config
