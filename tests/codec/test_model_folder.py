"""Models as codecs: which are refused, and the tables beside their weights."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import spiking_music
from spiking_music.codec.stream import summary
from spiking_music.errors import CodeError, ConfigError
from tests.codec.conftest import RATE, MakeCodec, MakeFolder, music


def test_a_spectrogram_is_no_codec(model_folder: MakeFolder) -> None:
    with pytest.raises(CodeError, match="is no codec"):
        spiking_music.load(model_folder("mel"))


def test_models_that_are_not_there_are_refused(model_folder: MakeFolder, tmp_path) -> None:
    with pytest.raises(CodeError, match="no model"):
        spiking_music.load(tmp_path)
    with pytest.raises(ConfigError, match="no device 'abacus'"):
        spiking_music.load(model_folder("free"), "abacus")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="no device 'cuda'"):
            spiking_music.load(model_folder("free"), "cuda")


def test_folder_and_file_are_the_same_model(model_folder: MakeFolder) -> None:
    folder = model_folder("free")
    one, two = spiking_music.load(folder), spiking_music.load(folder / "weights.safetensors")
    assert one.model.fingerprint == two.model.fingerprint
    assert one.model.fingerprint != spiking_music.load(model_folder("rvq")).model.fingerprint


def test_tables_beside_the_weights_make_streams_shorter(
    codec_of: MakeCodec, folder_with_tables: Path
) -> None:
    plain, codec = codec_of("free"), spiking_music.load(folder_with_tables)
    assert plain.model.fingerprint != codec.model.fingerprint
    audio = music(3)
    stream = codec.encode(audio, RATE)
    assert len(stream) < len(plain.encode(audio, RATE))
    assert summary(io.BytesIO(stream), codec.model.known).formats["entropy"] > 0
    np.testing.assert_array_equal(codec.decode(stream), plain.decode(plain.encode(audio, RATE)))
    with pytest.raises(CodeError, match="needs the model of fingerprint"):
        plain.decode(stream)


def test_tables_of_another_model_are_refused(
    model_folder: MakeFolder, folder_with_tables: Path, tmp_path: Path
) -> None:
    shutil.copytree(model_folder("rvq"), tmp_path / "rvq")
    shutil.copy(folder_with_tables / "entropy.safetensors", tmp_path / "rvq")
    with pytest.raises(CodeError, match="not those of model 'rvq'"):
        spiking_music.load(tmp_path / "rvq")
