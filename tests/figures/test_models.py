"""The sketch of figure 2: variants side by side, parts that they share drawn once."""

from pathlib import Path

import pandas as pd
import pytest

from spiking_music.errors import DataError
from spiking_music.figures.architecture import COLUMNS
from spiking_music.figures.models import draw

STFT = ("encoder", "STFT", 1, 513, 32, 1, 0, 1e6)
BLOCKS = ("encoder", "ConvNeXt block, kernel 7", 4, 128, 32, 1, 52_000, 4.2e6)
NORM = ("encoder", "layer norm", 1, 128, 32, 1, 10, 0.0)
RVQ = ("bottleneck", "residual vector quantiser", 1, 8, 32, 1, 90_000, 4e7)
BINARY = ("bottleneck", "binary units", 1, 80, 32, 1, 10_400, 4.4e5)
CONTEXT = ("context", "conformer, kernel 15", 2, 128, 32, 1, 20_000, 2e6)
LAST = ("decoder", "inverse STFT", 1, 1, 16384, 1, 0, 1e6)
SAMPLER = ("decoder", "denoiser", 1, 80, 32, 50, 1_000, 2e7)
MODELS = {
    "free-diffusion": [STFT, NORM, BLOCKS, BINARY, SAMPLER, LAST],
    "free": [STFT, NORM, BLOCKS, BINARY, LAST],
    "free-gan": [STFT, NORM, BLOCKS, BINARY, LAST],
    "sparse": [STFT, NORM, BLOCKS, CONTEXT, BINARY, CONTEXT, LAST],
    "rvq": [STFT, NORM, BLOCKS, RVQ, LAST],
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    for name, rows in MODELS.items():
        pd.DataFrame(rows, columns=COLUMNS).to_csv(tmp_path / f"{name}.csv", index=False)
    return {name: tmp_path / f"{name}.csv" for name in MODELS}


def test_parts_in_common_are_drawn_once_in_equal_bytes(
    files: dict[str, Path], tmp_path: Path
) -> None:
    for stem in ("one", "two"):
        draw(files, tmp_path / stem)
    for kind in ("png", "svg", "pdf"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    texts = (tmp_path / "one.svg").read_text().replace("\u00a0", " ")
    assert texts.count(">STFT → ConvNeXt block ×4<") == 1 and "layer norm" not in texts
    assert texts.count(">inverse STFT<") == 1
    assert texts.count("binary units") == 3  # free and free-gan are one architecture
    assert texts.count(">conformer ×2<") == 2
    assert ">50 evaluations<" in texts and ">1 k parameters, 21 MFLOP<" in texts
    order = [texts.index(f">{name}<") for name in ("rvq", "free", "free-gan", "sparse")]
    assert order == sorted(order) and order[-1] < texts.index(">free-diffusion<")


def test_a_lane_alone_is_a_sketch_too(files: dict[str, Path], tmp_path: Path) -> None:
    draw({"rvq": files["rvq"]}, tmp_path / "figure")
    assert ">context<" not in (tmp_path / "figure.svg").read_text()


def test_a_table_of_something_else_is_named(files: dict[str, Path], tmp_path: Path) -> None:
    pd.read_csv(files["rvq"]).drop(columns="flops").to_csv(files["rvq"], index=False)
    with pytest.raises(DataError, match="has no column 'flops'"):
        draw(files, tmp_path / "figure")
