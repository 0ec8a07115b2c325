"""From a trained model to the two files that a package carries, by one command."""

import json
import shutil
from pathlib import Path

import numpy as np
from safetensors import safe_open

import spiking_music
from tests.workflow.conftest import run_snakemake
from tests.workflow.small import VARIANT, write_overlay

RATE = 22050


def test_a_trained_model_is_made_to_be_shipped(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(small, folder)
    shipped = f"results/small/shipped/{VARIANT}"
    target = f"{shipped}/entropy.safetensors"
    done = run_snakemake(folder, target, overlays=write_overlay(folder))
    assert done.code == 0, done.said[-5000:]
    names = {path.name for path in (folder / shipped).iterdir()}
    assert names == {"weights.safetensors", "entropy.safetensors"}
    assert "rule train:" not in done.said

    # the tables have seen codes of the halved weights, not of the trained ones
    records = folder / "results/small/provenance/shipped" / VARIANT
    codes, tables = (
        json.loads((records / f"{name}.json").read_text())
        for name in ("train.h5", "entropy.safetensors")
    )
    halved = json.loads((records / "weights.safetensors.json").read_text())
    inside = f"shipped/{VARIANT}"
    assert tables["inputs"] == {f"{inside}/train.h5": codes["sha256"]}
    assert codes["inputs"][f"{inside}/weights.safetensors"] == halved["sha256"]

    codec = spiking_music.load(folder / shipped)
    assert codec.model.coder is not None
    with safe_open(folder / shipped / "weights.safetensors", framework="numpy") as file:
        kinds = {file.get_tensor(name).dtype for name in file.keys()}  # noqa: SIM118
    assert {kind for kind in kinds if kind.kind == "f"} == {np.dtype(np.float16)}
    noise = np.random.default_rng(1).normal(0, 0.1, 3 * RATE).astype(np.float32)
    assert len(codec.decode(codec.encode(noise, RATE, level=16))) == len(noise)


def test_the_models_of_the_real_recipe_are_one_command_away(tmp_path: Path) -> None:
    """From nothing: the data, the training, 16 bits, their codes, their tables."""
    target = "results/demo/shipped/mdct/entropy.safetensors"
    done = run_snakemake(tmp_path, "-n", target, overlays=("config/experiments/mdct.yaml",))
    assert done.code == 0, done.said
    for rule in ("clips", "train", "to_fp16", "codes_shipped", "ship"):
        assert f"rule {rule}:" in done.said
    assert "rule fit_entropy:" not in done.said
