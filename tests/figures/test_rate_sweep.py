"""Figure 4: drawn from a sweep, tables of clips and one clip's codes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spiking_music.codec.rate_control import controlled, highest_level
from spiking_music.errors import DataError
from spiking_music.figures.rate_sweep import Sweep, draw

LEVELS = np.arange(0, 32, 3)


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    rows = [
        (clip, level, 20480 // 2 ** (level // 4), 3.4 * 2 ** (-level / 8), 14 - clip - level / 4)
        for clip in range(10)
        for level in LEVELS
    ]
    columns = ["clip", "level", "events", "kbps", "si_snr_db"]
    swept = pd.DataFrame(rows, columns=columns).assign(kbps_paper=5.0)
    swept.to_csv(tmp_path / "sweep.csv", index=False)
    quality = controlled(swept, lambda clip: highest_level(clip, 9.0))
    quality.to_csv(tmp_path / "quality.csv", index=False)
    for name in ("sparse", "mu"):
        quality, kbps = rng.normal(9, 1, 12), rng.normal(2, 0.3, 12)
        pd.DataFrame({"si_snr_db": quality}).to_csv(tmp_path / f"evaluation-{name}.csv")
        pd.DataFrame({"kbps": kbps}).to_csv(tmp_path / f"coded-{name}.csv")
    codes = rng.random((len(LEVELS), 80, 256)) < 2.0 ** (-LEVELS[:, None, None] / 4 - 1)
    np.savez_compressed(
        tmp_path / "clip.npz", levels=LEVELS, codes=codes.astype(np.uint8),
        pitches=40 + np.arange(80) / 2, sorting="tuning",
    )  # fmt: skip
    tables = {
        kind: {name: tmp_path / f"{kind}-{name}.csv" for name in ("sparse", "mu")}
        for kind in ("evaluation", "coded")
    }
    return {
        "sweep": Sweep(tmp_path / "sweep.csv", tmp_path / "quality.csv", tmp_path / "clip.npz"),
        "shown": (0, 9, 18),
        **tables,
    }


def test_equal_input_gives_equal_bytes_and_another_bound_another_picture(inputs, tmp_path):
    for name, bound in (("one", 9.0), ("two", 9.0), ("three", 11.0)):
        draw(**inputs, out=tmp_path / name, bound_db=bound)
    for suffix in (".png", ".svg"):
        one, two, three = (
            (tmp_path / name).with_suffix(suffix).read_bytes() for name in ("one", "two", "three")
        )
        assert one == two != three
        assert len(one) > 10_000


def test_a_bound_that_no_clip_meets_still_draws(inputs, tmp_path):
    quality = pd.read_csv(inputs["sweep"].quality).assign(met=False)
    quality.to_csv(inputs["sweep"].quality, index=False)
    draw(**inputs, out=tmp_path / "none", bound_db=60)
    assert "highest μ above 60 dB: 0 of 8 clips have one" in (tmp_path / "none.svg").read_text()


def test_the_swept_model_is_named_and_rates_are_those_written(inputs, tmp_path):
    draw(**inputs, out=tmp_path / "figure", bound_db=9)
    texts = (tmp_path / "figure.svg").read_text()
    assert "mu, 8 clips at all levels" in texts
    assert texts.count("bit rate as written (kbps)") == 2
    assert "level μ" in texts
    for octave in ("C3", "C4", "C5"):  # E2 to G♯5 in half semitones
        assert f">{octave}<" in texts


def test_noise_does_not_squeeze_the_clouds(inputs, tmp_path):
    path = inputs["evaluation"]["sparse"]
    pd.read_csv(path).assign(si_snr_db=-45.0).to_csv(path)
    draw(**inputs, out=tmp_path / "figure", bound_db=9)
    texts = (tmp_path / "figure.svg").read_text()
    assert "−45.0 dB (below the axis)" in texts and ">−40<" not in texts


def test_of_many_units_only_those_that_fire_are_drawn(inputs, tmp_path):
    path = inputs["sweep"].matrices
    with np.load(path) as file:
        arrays = dict(file)
    arrays["codes"][:, 10:] = 0
    np.savez_compressed(path, **arrays)
    draw(**inputs, out=tmp_path / "figure", bound_db=9)
    assert "10 of 80 fire" in (tmp_path / "figure.svg").read_text()


def test_the_levels_asked_for_are_shown_and_others_refused(inputs, tmp_path):
    draw(**inputs, out=tmp_path / "figure", bound_db=9)
    texts = (tmp_path / "figure.svg").read_text()
    with np.load(inputs["sweep"].matrices) as file:
        for level in (0, 9, 18):
            events = f"{file['codes'][level // 3].sum():,}".replace(",", "\u2009")
            assert f"μ = {level}   S = {events}" in texts
    for shown, what in (((0, 10), "level 10 of"), ((), "level none of")):
        with pytest.raises(DataError, match=what):
            draw(**inputs | {"shown": shown}, out=tmp_path / "x", bound_db=9)


def test_missing_input_is_named(inputs, tmp_path):
    with pytest.raises(DataError, match="no arrays"):
        draw(
            **inputs | {"sweep": replace(inputs["sweep"], matrices=tmp_path / "absent.npz")},
            out=tmp_path / "x",
            bound_db=9,
        )
    table = inputs["sweep"].table
    pd.read_csv(table).drop(columns="kbps").to_csv(table)
    with pytest.raises(DataError, match="no column 'kbps'"):
        draw(**inputs, out=tmp_path / "x", bound_db=9)


def test_tables_of_other_clips_are_refused(inputs, tmp_path):
    path = inputs["coded"]["mu"]
    pd.read_csv(path).iloc[1:].to_csv(path)
    with pytest.raises(DataError, match="12 clips but"):
        draw(**inputs, out=tmp_path / "x", bound_db=9)
