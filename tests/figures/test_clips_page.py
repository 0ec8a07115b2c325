"""The page of clips: everything in the arrays is in the picture."""

from pathlib import Path

import numpy as np
import pytest

from spiking_music.errors import DataError
from spiking_music.figures.clips_page import draw

CLIPS, MELS, FRAMES = 2, 24, 32


def arrays(**changes: np.ndarray) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    many = np.zeros((CLIPS, 600, FRAMES), np.uint8)
    many[0, 100:420:2], many[1, 500:510] = 1, 1
    found = {
        "titles": np.array([f"performance {i}\nfrom {i}.0 s" for i in range(CLIPS)]),
        "seconds": np.float64(0.743),
        "sample_rate": np.int64(22050),
        "reference": rng.uniform(-80, 0, (CLIPS, MELS, FRAMES)).astype(np.float32),
        "onsets": (rng.random((CLIPS, 88, FRAMES)) < 0.02).astype(np.uint8),
        "names": np.array(["mine", "rvq", "freq-ae", "free", "mel"]),
        "levels": np.array([16, -1, -1, -1, -1]),
        "rows": np.array(["units", "codebooks", "latents", "units", ""]),
        "codes-0": many,
        "codes-1": rng.integers(0, 8, (CLIPS, 3, FRAMES)).astype(np.uint16),
        "codes-2": rng.integers(0, 8, (CLIPS, 5, FRAMES)).astype(np.uint16),
        "codes-3": (rng.random((CLIPS, 12, FRAMES)) < 0.4).astype(np.uint8),
        "pitches-0": 24 + np.arange(600) / 8,
        "sorting-0": np.array("frequency"),
        "pitches-3": np.append(np.arange(48, 59), np.nan),
        "sorting-3": np.array("tuning"),
    }
    sounds = {f"sound-{i}": rng.uniform(-80, 0, (CLIPS, MELS, FRAMES)) for i in range(5)}
    return found | sounds | changes


def _draw(folder: Path, name: str = "figure", without: str = "", **changes: np.ndarray) -> str:
    found = {key: value for key, value in arrays(**changes).items() if key != without}
    np.savez(folder / "excerpts.npz", **found)
    draw(folder / "excerpts.npz", folder / name)
    return (folder / f"{name}.svg").read_text()


def test_everything_is_on_the_page_in_equal_bytes(tmp_path: Path) -> None:
    texts = _draw(tmp_path, "one")
    for text in ("notes played", "reference", "performance 1", "from 1.0 s", "% ones"):
        assert text in texts
    assert "mine at μ = 16: reconstruction" in texts and ">mel: reconstruction<" in texts
    for row in ("3 codebooks", "5 latents", "12 units", "600 units"):
        assert f": reconstruction, {row}<" in texts
    assert ">Hz<" in texts and ">note<" in texts
    assert texts.index(">rvq: recon") < texts.index(">free: recon") < texts.index(">mine at")
    assert _draw(tmp_path, "two") == texts
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_of_many_units_those_that_fire_are_shown_by_frequency(tmp_path: Path) -> None:
    texts = _draw(tmp_path)
    assert "160 of 600 fire" in texts and "10 of 600 fire" in texts
    for hertz in (100, 200, 500):  # units 100 to 420 are C2 and half to E5
        assert f">{hertz}<" in texts


def test_without_places_units_are_shown_by_their_numbers(tmp_path: Path) -> None:
    nowhere = {"pitches-0": np.full(600, np.nan), "sorting-0": np.array("number")}
    texts = _draw(tmp_path, **nowhere)
    for unit in (100, 260, 418, 500, 505, 509):  # first, middle and last of either clip
        assert f">{unit}<" in texts


def test_without_notes_the_page_has_no_row_of_them(tmp_path: Path) -> None:
    texts = _draw(tmp_path, without="onsets")
    assert "notes played" not in texts and "reference" in texts


def test_a_silent_unit_matrix_is_drawn(tmp_path: Path) -> None:
    codes = np.zeros((CLIPS, 12, FRAMES), np.uint8)
    assert "0 of 12 fire" in _draw(tmp_path, **{"codes-3": codes})


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no arrays"):
        draw(tmp_path / "none.npz", tmp_path / "figure")
    with pytest.raises(DataError, match="holds no excerpts"):
        _draw(tmp_path, without="names")
    (tmp_path / "bad.npz").write_text("text")
    with pytest.raises(DataError, match="is damaged"):
        draw(tmp_path / "bad.npz", tmp_path / "figure")
    assert not list(tmp_path.glob("figure*"))
