"""Figure 4: drawn from a sweep, tables of clips and one clip's codes."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spiking_music.errors import DataError
from spiking_music.figures.rate_sweep import draw

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
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "sweep.csv", index=False)
    for name in ("sparse", "mu"):
        quality, kbps = rng.normal(9, 1, 12), rng.normal(2, 0.3, 12)
        pd.DataFrame({"si_snr_db": quality}).to_csv(tmp_path / f"evaluation-{name}.csv")
        pd.DataFrame({"kbps_cheapest": kbps}).to_csv(tmp_path / f"storage-{name}.csv")
    codes = rng.random((len(LEVELS), 80, 256)) < 2.0 ** (-LEVELS[:, None, None] / 4 - 1)
    np.savez_compressed(tmp_path / "clip.npz", levels=LEVELS, codes=codes.astype(np.uint8))
    tables = {
        kind: {name: tmp_path / f"{kind}-{name}.csv" for name in ("sparse", "mu")}
        for kind in ("evaluation", "storage")
    }
    return {
        "sweep": tmp_path / "sweep.csv",
        "matrices": tmp_path / "clip.npz",
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
    draw(**inputs, out=tmp_path / "none", bound_db=60)
    assert (tmp_path / "none.png").exists()


def test_the_levels_asked_for_are_shown_and_others_refused(inputs, tmp_path):
    draw(**inputs, out=tmp_path / "figure", bound_db=9)
    texts = (tmp_path / "figure.svg").read_text()
    with np.load(inputs["matrices"]) as file:
        for level in (0, 9, 18):
            events = f"{file['codes'][level // 3].sum():,}".replace(",", "\u2009")
            assert f"μ = {level}   S = {events}" in texts
    for shown, what in (((0, 10), "level 10 of"), ((), "level none of")):
        with pytest.raises(DataError, match=what):
            draw(**inputs | {"shown": shown}, out=tmp_path / "x", bound_db=9)


def test_missing_input_is_named(inputs, tmp_path):
    with pytest.raises(DataError, match="no codes"):
        draw(**inputs | {"matrices": tmp_path / "absent.npz"}, out=tmp_path / "x", bound_db=9)
    pd.read_csv(inputs["sweep"]).drop(columns="kbps").to_csv(inputs["sweep"])
    with pytest.raises(DataError, match="no column 'kbps'"):
        draw(**inputs, out=tmp_path / "x", bound_db=9)


def test_tables_of_other_clips_are_refused(inputs, tmp_path):
    path = inputs["storage"]["mu"]
    pd.read_csv(path).iloc[1:].to_csv(path)
    with pytest.raises(DataError, match="12 clips but"):
        draw(**inputs, out=tmp_path / "x", bound_db=9)
