"""Figure 5: drawn from the arrays of the selectivity, the same bytes every time."""

from pathlib import Path

import numpy as np
import pytest

from spiking_music.errors import DataError
from spiking_music.figures.selectivity import draw

UNITS, NOTES, LAGS = 20, 88, np.arange(-64, 65)


def arrays(seed: int, sharpness: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    score = rng.normal(size=(UNITS, NOTES))
    score[7, 24] = 30  # unit 7 likes A2 best
    peak = 1 + sharpness * np.exp(-((LAGS / 3) ** 2))
    correlation = peak * rng.uniform(0.8, 1.2, (UNITS, NOTES, len(LAGS)))
    correlation[3] = 0  # a silent unit
    return {
        "correlation": correlation.astype(np.float32),
        "events": np.where(np.arange(UNITS) == 3, 0, 5000),
        "score": score,
        "prominence": score / 10,
        "null": np.full((UNITS, NOTES), 0.16),
        "p_family": np.where(score > 2, 0.01, 1.0),
        "lags": LAGS,
        "notes": np.arange(21, 109),
        "step_rate": np.float64(43.07),
        "steps": np.int64(256),
    }


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    paths = {"FREE": tmp_path / "free.npz", "SPARSE": tmp_path / "sparse.npz"}
    for seed, path in enumerate(paths.values()):
        np.savez_compressed(path, **arrays(seed, sharpness=5.0 * seed))
    return paths


def test_equal_input_gives_equal_bytes(files, tmp_path):
    for name in ("one", "two"):
        draw(files, tmp_path / name)
    for suffix in (".png", ".svg"):
        first, second = ((tmp_path / name).with_suffix(suffix) for name in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_size > 10_000


def test_the_picture_shows_every_variant_and_its_values(files, tmp_path):
    draw(files, tmp_path / "both")
    texts = (tmp_path / "both.svg").read_text()
    assert "φ of 15 units of FREE<" in texts and "φ of 15 units of SPARSE<" in texts
    assert "passes the family-wise test" in texts and "5 % of circular shifts" in texts
    with np.load(files["SPARSE"]) as file:
        changed = dict(file)
    changed["prominence"] = changed["prominence"][::-1]
    np.savez_compressed(files["SPARSE"], **changed)
    draw(files, tmp_path / "other")
    assert (tmp_path / "both.svg").read_bytes() != (tmp_path / "other.svg").read_bytes()


def test_one_variant_is_enough_and_none_is_not(files, tmp_path):
    draw({"SPARSE": files["SPARSE"]}, tmp_path / "single")
    assert (tmp_path / "single.png").exists()
    with pytest.raises(DataError, match="one variant at least"):
        draw({}, tmp_path / "none")
    with pytest.raises(DataError, match="no arrays"):
        draw({"FREE": tmp_path / "absent.npz"}, tmp_path / "none")


def test_how_many_units_are_significant_is_said(files, tmp_path):
    with np.load(files["FREE"]) as file:
        changed = dict(file)
    for passing in (0, 3):
        p_family = np.ones((UNITS, NOTES))
        p_family[:passing, 5] = 0.01
        np.savez_compressed(files["FREE"], **changed | {"p_family": p_family})
        draw(files, tmp_path / "figure")
        told = f"FREE: {passing} of {UNITS} units significant"
        assert told in (tmp_path / "figure.svg").read_text()
