"""Multiply-accumulates of models: by hand, and beside the blocks of figure 2."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from spiking_music.config import read, variant
from spiking_music.evaluation.architecture import blocks
from spiking_music.evaluation.operations import count, write_operations
from tests.conftest import DEFAULTS, ROOT
from tests.evaluation.test_architecture import _config, _of

STEPS, CLIPS_A_SECOND = 32, 22050 / 16384


def test_the_encoder_is_that_of_figure_2() -> None:
    config = _config("seanet-free")  # no Fourier transform
    rows = blocks(config)
    in_proj = config.latent * 80 * STEPS * CLIPS_A_SECOND
    encoder = sum(row.flops for row in _of(rows, "encoder")) / 2 + in_proj
    found = count(config)
    assert found.encoder_mmac * 1e6 == pytest.approx(encoder)
    decoder = sum(row.flops for row in _of(rows, "decoder")) / 2 + in_proj  # out_proj is as large
    assert found.decoder_mmac * 1e6 == pytest.approx(decoder)
    assert found.fan_out == config.latent
    assert found.first_layer_mmac * 1e6 == pytest.approx(in_proj)


def test_fourier_transforms_by_hand() -> None:
    mel = _config("mel").bottleneck
    transform = 1.25 * mel.n_fft * math.log2(mel.n_fft)
    bands = mel.n_mels * (mel.n_fft // 2 + 1)
    found = count(_config("mel")).encoder_mmac
    assert found * 1e6 == pytest.approx((transform + bands) * STEPS * CLIPS_A_SECOND)


@pytest.mark.parametrize("name", ["mel", "free-diffusion"])
def test_every_sampling_step_counts(name: str) -> None:
    changed = {}
    for steps in (2, 7, 10):
        overlay = f'{{"decoders": {{"frame-diffusion": {{"sampling_steps": {steps}}}}}}}'
        small = '{"signal": {"clip_samples": 16384}}'
        config = variant(read([*DEFAULTS, small, overlay]), name)
        changed[steps] = count(config).decoder_mmac
    a_step = (changed[7] - changed[2]) / 5
    assert changed[10] - changed[7] == pytest.approx(3 * a_step)
    assert a_step > 1


def test_indices_are_no_events() -> None:
    found = count(_config("rvq"))
    assert np.isnan([found.fan_out, found.first_layer_mmac]).all()


def test_an_event_of_the_mdct_adds_a_basis_function() -> None:
    small = '{"signal": {"clip_samples": 16384}}'
    paths = [*DEFAULTS, str(ROOT / "config/experiments/mdct.yaml"), small]
    config = variant(read(paths), "mdct")
    found = count(config)
    assert found.fan_out == 512
    bins = config.bottleneck.bins
    assert found.first_layer_mmac * 1e6 == pytest.approx(bins * 512 * STEPS * CLIPS_A_SECOND)
    assert found.decoder_mmac > 2 * found.first_layer_mmac  # it is inverted twice


def test_the_table_is_the_count_and_nobodys_random_numbers_change(tmp_path: Path) -> None:
    state = torch.random.get_rng_state()
    write_operations(_config("free"), tmp_path / "free.csv")
    assert torch.equal(torch.random.get_rng_state(), state)
    (row,) = pd.read_csv(tmp_path / "free.csv").to_dict("records")
    assert row == pytest.approx(vars(count(_config("free"))), rel=1e-6)
