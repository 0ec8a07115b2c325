"""`paper_costs`: bits of codes, as the worked example and by hand, for binary and RVQ codes."""

import math
import shutil
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from spiking_music.codec.formats import FORMATS, pack
from spiking_music.errors import CodeError
from spiking_music.evaluation.rates import PAPER_COLUMNS, paper_costs, storage_report
from tests.evaluation.conftest import CODEBOOKS, HOP, SAMPLES, SIZE, UNITS

STEPS, SECONDS = SAMPLES // HOP, SAMPLES / 22050


def account(codes: Path, folder: Path) -> pd.DataFrame:
    paper_costs(codes, folder / "storage.csv")
    return pd.read_csv(folder / "storage.csv")


def with_codes(codes: Path, values: np.ndarray, folder: Path) -> Path:
    """A copy of the file `codes` with other values in it."""
    changed = folder / "changed.h5"
    shutil.copy(codes, changed)
    with h5py.File(changed, "r+") as file:
        attributes = dict(file["codes"].attrs)
        del file["codes"]
        file["codes"] = values
        file["codes"].attrs.update(attributes)
    return changed


def test_binary_codes(free_codes: Path, tmp_path: Path) -> None:
    counts = [0, 5, 20, 64, UNITS * STEPS]
    z = np.zeros((5, UNITS * STEPS), dtype=np.uint8)
    for row, events in zip(z, counts, strict=True):
        row[np.random.default_rng(events).choice(len(row), events, replace=False)] = 1
    z = z.reshape(5, UNITS, STEPS)
    table = account(with_codes(free_codes, z, tmp_path), tmp_path)
    assert tuple(table) == PAPER_COLUMNS
    assert table["events"].tolist() == counts
    np.testing.assert_allclose(table["density"], np.array(counts) / 192)
    np.testing.assert_allclose(table["events_per_second"], np.array(counts) / SECONDS)
    for name in FORMATS:
        bits = table[f"kbps_{name}"] * 1000 * SECONDS
        pointers = {"time": UNITS - 1, "units": STEPS - 1}.get(name, 0)
        packed = [pack(clip, name).bits for clip in z]
        packed[3] -= pointers  # 64 is a power of two
        np.testing.assert_allclose(bits, packed, rtol=1e-6)
    overhead = 2 + 8  # the largest S is 192
    bits = table["kbps_paper"] * 1000 * SECONDS - overhead
    formats = table[[f"kbps_{name}" for name in FORMATS]] * 1000 * SECONDS
    np.testing.assert_allclose(bits, formats.min(axis=1), rtol=1e-6, atol=1e-4)
    named = [formats.loc[i, f"kbps_{name}"] for i, name in enumerate(table["format"])]
    np.testing.assert_allclose(named, formats.min(axis=1))
    p = 20 / 192
    entropy = 192 * (-p * math.log2(p) - (1 - p) * math.log2(1 - p))
    assert table.loc[2, "kbps_entropy"] == pytest.approx(entropy / 1000 / SECONDS, rel=1e-6)
    assert table.loc[[0, 4], "kbps_entropy"].tolist() == [0, 0]


def test_codes_as_encoded(free_codes: Path, tmp_path: Path) -> None:
    table = account(free_codes, tmp_path)
    with h5py.File(free_codes) as file:
        assert table["events"].tolist() == file["codes"][:].sum(axis=(1, 2)).tolist()
    np.testing.assert_allclose(table["kbps_dense"], UNITS * STEPS / SECONDS / 1000)


def test_a_level_costs_five_bits(mu_codes: Path, tmp_path: Path) -> None:
    table = account(mu_codes, tmp_path)
    overhead = 2 + 5 + math.ceil(math.log2(table["events"].max() + 1))
    formats = table[[f"kbps_{name}" for name in FORMATS]].min(axis=1)
    bits = (table["kbps_paper"] - formats) * 1000 * SECONDS
    np.testing.assert_allclose(bits, overhead, rtol=1e-5)


def test_a_mel_spectrogram_has_no_bit_rate(mel_codes: Path, tmp_path: Path) -> None:
    table = account(mel_codes, tmp_path)
    assert tuple(table) == PAPER_COLUMNS
    assert table["clip"].tolist() == [0, 1, 2, 3, 4]
    assert table.drop(columns="clip").isna().all(axis=None)


def test_rvq_codes(rvq_codes: Path, tmp_path: Path) -> None:
    table = account(rvq_codes, tmp_path)
    dense = CODEBOOKS * STEPS * math.log2(SIZE) / SECONDS / 1000
    np.testing.assert_allclose(table["kbps_dense"], dense)
    np.testing.assert_allclose(table["kbps_paper"], dense)
    assert set(table["format"]) == {"dense"}
    empty = ["events", "density", "kbps_coo", "kbps_time", "kbps_units", "events_per_second"]
    assert table[empty].isna().all(axis=None)
    with h5py.File(rvq_codes) as file:
        codes = file["codes"][:]
    entropy = 0.0
    for q in range(CODEBOOKS):
        p = np.bincount(codes[:, q].ravel()) / codes[:, q].size
        entropy -= STEPS * sum(x * math.log2(x) for x in p if x > 0)
    assert table["kbps_entropy"].mean() == pytest.approx(entropy / SECONDS / 1000, rel=1e-6)


def test_entropy_of_rvq_knows_the_frequencies_of_each_codebook(
    rvq_codes: Path, tmp_path: Path
) -> None:
    codes = np.zeros((2, CODEBOOKS, STEPS), dtype=np.uint16)
    codes[:, 1] = 5  # always the same: 0 bits
    codes[0, 2, : STEPS // 2] = 7  # a quarter of all: 2 bits, the others log2(4/3)
    table = account(with_codes(rvq_codes, codes, tmp_path), tmp_path)
    rare, common = 2.0, math.log2(4 / 3)
    expected = [STEPS / 2 * (rare + common), STEPS * common]
    np.testing.assert_allclose(table["kbps_entropy"] * 1000 * SECONDS, expected, rtol=1e-6)


def test_impossible_codes_are_refused(free_codes: Path, rvq_codes: Path, tmp_path: Path) -> None:
    with pytest.raises(CodeError, match="not binary"):
        account(with_codes(free_codes, np.full((1, 2, 3), 2, np.uint8), tmp_path), tmp_path)
    with pytest.raises(CodeError, match="exceed their codebook of 8"):
        account(with_codes(rvq_codes, np.full((1, 2, 3), 8, np.uint16), tmp_path), tmp_path)
    with pytest.raises(CodeError, match="no codes at"):
        account(tmp_path / "none.h5", tmp_path)


def test_report_of_the_worked_example() -> None:
    lines = {line.split()[0]: line for line in storage_report(5, 10, 7).splitlines() if line}
    for name, bits in zip(FORMATS, (50, 49, 40, 48), strict=True):
        assert f" {bits}" in lines[name]
        assert ("cheapest" in lines[name]) == (name == "time")
    assert " 29.2" in lines["entropy"]  # 50 * H2(0.14)
    assert " 26.6" in lines["log2"]  # C(50, 7) = 99 884 400
    with pytest.raises(CodeError, match="51 events do not fit 5 units x 10 steps"):
        storage_report(5, 10, 51)
