"""Weights and tables under the names of before: one file of every kind, and the package's own."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from spiking_music.config import VariantConfig
from spiking_music.config.legacy import current_config, current_state, current_table
from spiking_music.errors import ConfigError
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.metadata import KEY, describe
from spiking_music.models.pretrained import PRETRAINED, WEIGHTS
from spiking_music.models.weights import load_weights
from tests.models.conftest import levels, small

# what the version before called things, spelled out here a second time: new → old
CONFIG: dict[str, dict[str, tuple[str, str, dict[str, str]]]] = {
    "backbone": {
        "mdct": ("backbone", "lapped", {"gain_frames": "loudness_steps", "envelope_edges": "bands"})
    },
    "bottleneck": {
        "deadzone": (
            "bottleneck",
            "ladder",
            {
                "step_size": "step", "weighting": "tilt", "weighting_knee": "knee",
                "levels": "grades", "gain_levels": "loudness", "envelope_bands": "bands",
                "envelope_frames": "band_steps", "envelope_levels": "band_levels",
                "envelope_step": "band_step",
            },
        ),
        "multi-threshold": ("bottleneck", "graded", {"thresholds": "grades", "first": "threshold"}),
    },
    "conditioning": {"gain": ("context", "gain", {}), "step-size": ("context", "steps", {})},
    "sparsity": {
        "storage-cost": ("sparsity", "storage", {}),
        "target-events": ("sparsity", "levels", {}),
        "entropy": ("sparsity", "rate", {}),
        "conditional-entropy": ("sparsity", "rate-levels", {}),
    },
}  # fmt: skip
INTO = {"binary": "units", "multi-threshold": "channels", "scalar": "numbers"}


def old_config(config: VariantConfig) -> dict[str, Any]:
    """The variant as weights of before describe it."""
    old = config.model_dump(mode="json")
    old["bottleneck"].pop("dropout", None)  # of RVQ, which had none
    for part, kinds in CONFIG.items():
        row = old[part]
        if row is not None and row["kind"] in kinds:
            where, kind, keys = kinds[row["kind"]]
            old[part] = None
            old[where] = {keys.get(key, key): value for key, value in row.items()} | {"kind": kind}
    del old["conditioning"]
    return old


def old_state(model: Autoencoder, kind: str) -> dict[str, torch.Tensor]:
    """The tensors of a model by the names of before."""
    old = {}
    for name, value in model.state_dict().items():
        if kind == "rvq" and (found := re.match(r"bottleneck\.layers\.(\d+)\.(\w+)$", name)):
            names = {"vectors": "embed", "sums": "embed_avg", "counts": "cluster_size"}
            called = names.get(found[2], "initted")
            name = f"bottleneck.quantiser.layers.{found[1]}._codebook.{called}"
            value = value if called == "initted" else value[None]
        name = name.replace("bottleneck.in_proj.", f"bottleneck.into_{INTO.get(kind)}.")
        what = "numbers" if kind == "scalar" else "units"
        name = name.replace("bottleneck.out_proj.", f"bottleneck.out_of_{what}.")
        name = name.replace(".backbone.in_proj.", ".trunk.into.")
        name = name.replace(".backbone.out_proj.", ".trunk.out.")
        name = name.replace(".backbone.", ".trunk.")
        if name.startswith(("before.", "after.")):
            name = name.replace(".in_proj.", ".into.").replace(".out_proj.", ".out.")
        old[name] = value.contiguous()
    return old


@pytest.fixture
def old_file(tmp_path: Path) -> Callable[[Autoencoder, VariantConfig], Path]:
    def write(model: Autoencoder, config: VariantConfig) -> Path:
        about = {"config": old_config(config), "extra": {}}
        path = tmp_path / "old.safetensors"
        state = old_state(model, config.bottleneck.kind)
        save_file(state, path, metadata={KEY: json.dumps(about, sort_keys=True)})
        return path

    return write


def test_files_of_before_are_read(any_config, tones, old_file) -> None:
    """Every kind of backbone, bottleneck, context, conditioning, sparsity and decoder."""
    torch.manual_seed(0)
    model = Autoencoder(any_config)
    mu = levels(model, 4)
    model(tones, mu)  # starts codebooks and running statistics
    model.eval()
    path = old_file(model, any_config)
    loaded, config = load_weights(path)
    assert config == any_config
    assert torch.equal(loaded.encode(tones, mu), model.encode(tones, mu))
    codes = model.encode(tones, mu)
    assert torch.equal(loaded.decode(codes, mu), model.decode(codes, mu))


def test_losses_of_before_are_read() -> None:
    """Those that no small model has, and the context that their model of the events once had."""
    base = small("sparse")
    levels = {"levels": 8, "doubling": 2}
    for kind, today, row in (
        ("rate", "entropy", {"reach": 3}),
        ("rate-levels", "conditional-entropy", {"reach": 3, **levels}),
        ("entropy", "entropy", {"context_frames": 4}),
        ("conditional-entropy", "conditional-entropy", {"context_frames": 4, **levels}),
    ):
        assert base.sparsity is not None
        phases = base.sparsity.model_dump(exclude={"kind", "budget"})
        old = old_config(base) | {"sparsity": {"kind": kind, **phases, **row}}
        config = VariantConfig.model_validate(current_config(old))
        assert config.sparsity is not None and config.sparsity.kind == today


def test_names_of_today_stay_what_they_are(any_config) -> None:
    dumped = any_config.model_dump(mode="json")
    assert current_config(dumped) == dumped
    state = Autoencoder(any_config).state_dict()
    assert list(current_state(state)) == list(state)
    for name in ("context_mixing.net.levels", "static", "adaptive.k"):
        assert current_table(name) == name


def test_the_package_s_weights_are_of_before_and_say_mdct_now() -> None:
    about = describe(PRETRAINED / WEIGHTS)["config"]
    assert about["backbone"]["kind"] == "lapped"  # the bytes are those that streams know
    _, config = load_weights(PRETRAINED / WEIGHTS)
    kinds = (config.backbone.kind, config.bottleneck.kind, config.conditioning.kind)
    assert kinds == ("mdct", "deadzone", "step-size")
    assert config.context is None


def test_what_is_older_still_is_refused(old_file) -> None:
    config = small("free")
    broken = config.model_copy(update={"backbone": None})
    path = old_file(Autoencoder(config), broken)
    with pytest.raises(ConfigError, match="belongs to another version"):
        load_weights(path)
