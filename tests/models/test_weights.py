"""Weights files: exact round trip, reproducible bytes, and sentences for files that are none."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from spiking_music.config import VariantConfig
from spiking_music.errors import CodeError, ConfigError, OutputError
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import halve_weights, load_weights, save_weights
from tests.conftest import full_disk
from tests.models.conftest import levels


@pytest.fixture
def model(config: VariantConfig, tones: torch.Tensor) -> Autoencoder:
    return made(config, tones)


def made(config: VariantConfig, tones: torch.Tensor) -> Autoencoder:
    torch.manual_seed(0)
    model = Autoencoder(config)
    model(tones, levels(model, 4))  # starts codebooks and running statistics
    return model.eval()


@pytest.fixture
def path(model: Autoencoder, config: VariantConfig, tmp_path: Path) -> Path:
    save_weights(model, config, tmp_path / "weights.safetensors", {"step": "1"})
    return tmp_path / "weights.safetensors"


def test_a_loaded_model_codes_as_the_saved_one(
    any_config: VariantConfig, tones: torch.Tensor, tmp_path: Path
) -> None:
    model = made(any_config, tones)
    save_weights(model, any_config, tmp_path / "weights.safetensors", {})
    loaded, its_config = load_weights(tmp_path / "weights.safetensors", "cpu")
    assert its_config == any_config
    assert not loaded.training
    level = levels(model, 4)
    codes = model.encode(tones, level)
    assert torch.equal(loaded.encode(tones, level), codes)
    assert torch.equal(loaded.decode(codes, level), model.decode(codes, level))


def test_equal_models_are_equal_bytes(
    model: Autoencoder, config: VariantConfig, path: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.safetensors"
    save_weights(model, config, again, {"step": "1"})
    assert again.read_bytes() == path.read_bytes()
    save_weights(*load_weights(path), again, {"step": "1"})
    assert again.read_bytes() == path.read_bytes()


def test_halved_weights_take_half_the_bytes_and_code_alike_wherever_they_are_loaded(
    any_config: VariantConfig, tones: torch.Tensor, tmp_path: Path
) -> None:
    whole, half, again = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "again"))
    model = made(any_config, tones)
    save_weights(model, any_config, whole, {"steps": "1"})
    halve_weights(whole, half)
    halve_weights(half, again)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    assert again.read_bytes() == half.read_bytes()
    loaded, its_config = load_weights(half)
    assert its_config == any_config
    for name, value in model.state_dict().items():
        if name.endswith(".sums"):  # which the file does without
            torch.testing.assert_close(loaded.state_dict()[name], value, rtol=2e-3, atol=1e-4)
            continue
        if value.is_floating_point():
            value = value.half().float()
        assert torch.equal(loaded.state_dict()[name], value)
        assert loaded.state_dict()[name].dtype == value.dtype


def test_numbers_beyond_16_bits_are_refused(path: Path, tmp_path: Path) -> None:
    model, config = load_weights(path)
    with torch.no_grad():
        next(model.parameters()).fill_(1e6)
    save_weights(model, config, path, {})
    with pytest.raises(CodeError, match="beyond what 16 bits hold"):
        halve_weights(path, tmp_path / "half.safetensors")
    assert not (tmp_path / "half.safetensors").exists()


def test_a_full_disk_is_one_sentence_and_no_file(
    model: Autoencoder, config: VariantConfig, tmp_path: Path
) -> None:
    path = tmp_path / "w.safetensors"
    with full_disk(1000), pytest.raises(OutputError, match=r"^cannot write '.*w\.safetensors' \("):
        save_weights(model, config, path, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("keep", [0, 5, 500, -1])
def test_a_truncated_file_is_refused(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CodeError, match=r"weights\.safetensors"):
        load_weights(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CodeError, match=r"nothing\.safetensors"):
        load_weights(tmp_path / "nothing.safetensors")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CodeError):
        load_weights(tmp_path)


def test_foreign_weights_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(3)}, tmp_path / "foreign.safetensors")
    with pytest.raises(CodeError, match=r"foreign\.safetensors.*another program"):
        load_weights(tmp_path / "foreign.safetensors")


@pytest.mark.parametrize("about", ["no JSON", "[]", "{}", '{"config": {"name": "old"}}'])
def test_a_configuration_of_another_version_is_refused(path: Path, about: str) -> None:
    save_file(load_file(path), path, metadata={"spiking-music": about})
    with pytest.raises(ConfigError, match=r"weights\.safetensors"):
        load_weights(path)


def test_tensors_that_do_not_fit_are_refused(path: Path, config: VariantConfig) -> None:
    state = load_file(path)
    state.pop("bottleneck.out_proj.weight" if "free" in config.name else sorted(state)[-1])
    about = json.dumps({"config": config.model_dump(mode="json"), "extra": {}})
    save_file(state, path, metadata={"spiking-music": about})
    with pytest.raises(CodeError, match="do not fit"):
        load_weights(path)
