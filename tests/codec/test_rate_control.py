"""Rate control over a toy model whose quality and rate at each level are known."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from spiking_music.codec import formats
from spiking_music.codec.network import Audio, Codes, Latents, Levels
from spiking_music.codec.rate_control import (
    COLUMNS,
    controlled,
    highest_level,
    lowest_level,
    sweep,
)
from spiking_music.codec.si_snr import si_snr
from spiking_music.errors import CodeError

UNITS, STEPS, HOP = 16, 32, 8


class Bits:
    """Samples as 16-bit numbers, a unit a bit; level μ silences the μ lowest bits."""

    def __init__(self) -> None:
        self.encoded = 0  # clips whose latents were computed

    def latents(self, audio: Audio) -> Latents:
        self.encoded += len(audio)
        return (audio[:, ::HOP] * 0.5 + 0.5) * (2**UNITS - 1)  # (B, T)

    def codes_at(self, latents: Latents, level: Levels) -> Codes:
        places = np.arange(UNITS)[None, :, None]
        bits = (latents.round().astype(int)[:, None] >> places) & 1  # (B, N, T)
        return bits * (places >= level[:, None, None])

    def decode(
        self,
        codes: Codes,
        level: Levels,
        first: Sequence[int] = (0,),
        kept: slice = slice(None),
    ) -> Audio:
        assert len(codes) == len(level)
        weights = 2 ** np.arange(UNITS)
        values = (codes * weights[None, :, None]).sum(1) / (2**UNITS - 1)
        return (2 * values - 1).astype(np.float32)[:, kept].repeat(HOP, axis=1)


@pytest.fixture
def audio() -> Audio:
    held = 0.9 * (2 * np.random.default_rng(0).random((3, STEPS), np.float32) - 1)
    return held.repeat(HOP, axis=1)


def test_a_sweep_is_what_each_clip_and_level_gives_alone(audio):
    model = Bits()
    found = sweep(model, audio, [12, 0, 4, 8], batch=5, sample_rate=800)
    assert model.encoded == len(audio)  # once, not once a level
    assert found.levels.tolist() == [0, 4, 8, 12]
    assert found.codes.shape == (4, 3, UNITS, STEPS)
    for i, level in enumerate(found.levels):
        for clip in range(3):
            x, mu = audio[clip : clip + 1], np.array([level])
            z = model.codes_at(model.latents(x), mu)
            y = model.decode(z, mu)
            np.testing.assert_array_equal(found.codes[i, clip], z[0])
            assert found.events[i, clip] == z.sum()
            assert found.si_snr_db[i, clip] == si_snr(y, x)[0]
    assert (np.diff(found.events, axis=0) < 0).all()
    assert np.isnan(found.kbps).all()  # without a price
    bits = formats.stored_bits(UNITS, STEPS, found.events, levels=True)
    np.testing.assert_allclose(found.kbps_paper, bits / (1000 * STEPS * HOP / 800))
    priced = sweep(model, audio, [12, 0, 4, 8], 5, 800, price=lambda z: float(z.sum()))
    np.testing.assert_array_equal(priced.kbps, found.events)


def test_the_table_is_a_row_a_clip_and_level(audio):
    found = sweep(Bits(), audio, range(16), batch=16, sample_rate=800)
    table = found.table([7, 8, 20])
    assert tuple(table.columns) == COLUMNS
    row = table[(table["clip"] == 8) & (table["level"] == 11)].iloc[0]
    assert row["events"] == found.events[11, 1]
    assert row["si_snr_db"] == found.si_snr_db[11, 1]

    chosen = controlled(table, lambda rows: highest_level(rows, bound_db=20))
    assert list(chosen) == ["clip", "met", "level", "kbps", "kbps_paper", "si_snr_db"]
    assert chosen["clip"].tolist() == [7, 8, 20]
    for clip, level in zip(range(3), chosen["level"], strict=True):
        assert chosen["met"].all()
        assert found.si_snr_db[level, clip] > 20
        assert (found.si_snr_db[level + 1 :, clip] <= 20).all()


TABLE = pd.DataFrame(
    {
        "clip": 0,
        "level": [3, 0, 1, 2],  # in no order, neither column monotone
        "events": [1, 9, 7, 5],
        "kbps": [0.8, 3.0, 1.0, 1.4],
        "kbps_paper": [0.9, 4.0, 2.0, 2.4],
        "si_snr_db": [8.0, 12.0, 8.5, 9.5],
    },
    index=[5, 5, 5, 5],
)


def test_choices_hold_without_monotony():
    assert highest_level(TABLE, 9).level == 2
    assert highest_level(TABLE, 9.5).level == 0  # to exceed is not to equal
    assert lowest_level(TABLE, 1.5).level == 1
    assert lowest_level(TABLE, 1.0).level == 1  # within is within
    assert lowest_level(TABLE, 9).require() == 0


def test_what_cannot_be_met_is_said():
    choice = highest_level(TABLE, 20)
    assert (choice.met, choice.level, choice.si_snr_db, choice.kbps) == (False, 0, 12.0, 3.0)
    with pytest.raises(
        CodeError, match=r"no level gives over 20 dB: the nearest, 0, gives 12\.0 dB"
    ):
        choice.require()
    choice = lowest_level(TABLE, 0.5)
    assert (choice.met, choice.level) == (False, 3)
    with pytest.raises(CodeError, match=r"0\.5 kbps or less"):
        choice.require()
    silent = highest_level(TABLE.assign(si_snr_db=np.nan), 9)
    assert not silent.met and np.isnan(silent.si_snr_db)


def test_no_levels_are_refused(audio):
    with pytest.raises(CodeError, match="one level at least"):
        sweep(Bits(), audio, [], batch=4, sample_rate=800)


def test_context_is_neither_kept_nor_measured(audio):
    inner = slice(5, 20)
    found = sweep(Bits(), audio, [0, 12], batch=4, sample_rate=800, counted=inner)
    alone = audio[..., 5 * HOP : 20 * HOP]
    expected = sweep(Bits(), alone, [0, 12], batch=4, sample_rate=800)
    np.testing.assert_array_equal(found.codes, expected.codes)
    np.testing.assert_allclose(found.si_snr_db, expected.si_snr_db)
    np.testing.assert_allclose(found.kbps_paper, expected.kbps_paper)
