"""`experiments/neural_codecs.py`: models of random weights code clips; their rows are measured."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch

from spiking_music import config as configuration
from spiking_music.config import EvaluationConfig, ExternalSystem
from spiking_music.evaluation.external import evaluate_external
from tests.conftest import DEFAULTS, ROOT
from tests.evaluation.conftest import SAMPLES, Split

SCRIPT = ROOT / "experiments" / "neural_codecs.py"
SECONDS = SAMPLES / 22050


def encodec(folder: Path) -> Path:
    package = pytest.importorskip("encodec")
    torch.manual_seed(0)
    path = folder / "encodec.th"
    torch.save(package.EncodecModel.encodec_model_24khz(pretrained=False).state_dict(), path)
    return path


def dac(folder: Path) -> Path:
    package = pytest.importorskip("dac")
    torch.manual_seed(0)
    model = package.DAC(
        encoder_dim=4, encoder_rates=[4, 8, 16], decoder_dim=32, decoder_rates=[16, 8, 4],
        n_codebooks=4,
    )  # fmt: skip
    model.save(str(folder / "weights.pth"), package=False)
    return folder / "weights.pth"


def snac(folder: Path) -> Path:
    package = pytest.importorskip("snac")
    torch.manual_seed(0)
    config = {
        "sampling_rate": 32000, "encoder_dim": 8, "encoder_rates": [4, 8, 8], "decoder_dim": 64,
        "decoder_rates": [8, 8, 4], "attn_window_size": None, "vq_strides": [4, 2, 1],
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    torch.save(package.SNAC(**config).state_dict(), folder / "pytorch_model.bin")
    return folder


def mimi(folder: Path) -> Path:
    package = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = package.MimiConfig(
        num_filters=4, hidden_size=32, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, head_dim=16, codebook_size=64,
        codebook_dim=8, vector_quantization_hidden_dimension=8, num_quantizers=8,
        upsample_groups=32,
    )  # fmt: skip
    package.MimiModel(config).save_pretrained(folder)
    return folder


CODECS: dict[str, tuple[Callable[[Path], Path], str, float]] = {  # weights, rate, kbps
    "encodec": (encodec, "3", 3.0),
    "dac": (dac, "2", 2 * 10 * 44.1 / 512),
    "snac": (snac, "all", 12 * (1 + 1 / 2 + 1 / 4) * 32 / 256),
    "mimi": (mimi, "4", 4 * 6 * 0.0125),
}


@pytest.mark.parametrize("name", CODECS)
def test_clips_come_back_at_their_bits(
    name: str, split: Split, settings: EvaluationConfig, tmp_path: Path
) -> None:
    make, rate, kbps = CODECS[name]
    (tmp_path / "weights").mkdir()
    weights, out = make(tmp_path / "weights"), tmp_path / f"{name}-{rate}"
    words = [name, *split.clips, "--weights", weights, "--rate", rate, "--out", out]
    done = subprocess.run(
        [sys.executable, SCRIPT, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("5 clips at ")
    overlay = str(ROOT / "config" / "external" / f"{name}.yaml")
    shipped = configuration.read([overlay])["external"][name] | {"rates": [rate]}
    row = shipped | {"folder": f"{tmp_path}/{name}-{{rate}}"}
    raw = configuration.read([*DEFAULTS, json.dumps({"external": {name: row}})])
    system = configuration.external_system(raw, f"{name}-{rate}")
    assert isinstance(system, ExternalSystem)
    evaluate_external(system, split.clips, split.tables, tmp_path / "table.csv", settings)
    table = pd.read_csv(tmp_path / "table.csv")
    # a clip as short as these is filled up to whole frames
    assert kbps <= table["kbps"].mean() + 0.01 < 1.5 * kbps + 0.2
    assert table["dac_mel"].notna().sum() == 4


def test_weights_that_are_missing_leave_nothing(split: Split, tmp_path: Path) -> None:
    words = ["snac", *split.clips, "--weights", "no", "--rate", "3", "--out", tmp_path / "out"]
    done = subprocess.run(
        [sys.executable, SCRIPT, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
