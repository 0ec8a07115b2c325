"""`fit-entropy` and `account-coded`: real bits of real codes, in a table."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from spiking_music.errors import CodeError
from spiking_music.evaluation.codes_file import open_codes
from spiking_music.evaluation.rates import CODED_COLUMNS, entropy_costs, fit_tables
from spiking_music.mdct.thermometer import Layout, to_thermometer
from tests.codec.entropy.conftest import quantized
from tests.evaluation.conftest import CODEBOOKS, HOP, SAMPLES, UNITS

SECONDS = SAMPLES / 22050


@pytest.mark.parametrize("name", ["free_codes", "rvq_codes", "mu_codes"])
def test_a_row_a_clip(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    codes = request.getfixturevalue(name)
    fit_tables(codes, tmp_path / "entropy.safetensors", seed=1, steps=60)
    entropy_costs(codes, tmp_path / "entropy.safetensors", tmp_path / "coded.csv")
    table = pd.read_csv(tmp_path / "coded.csv")
    assert tuple(table) == CODED_COLUMNS
    assert table["clip"].tolist() == [0, 1, 2, 3, 4]
    methods = table[[f"ideal_{method}" for method in ("raw", "static", "adaptive", "learned")]]
    np.testing.assert_allclose(table["ideal_bits"], methods.min(axis=1))
    assert (table["bits"] <= 1.01 * table["ideal_bits"] + 16).all()
    assert (table["bits"] % 8 == 0).all()
    np.testing.assert_allclose(table["kbps"], table["bits"] / 1000 / SECONDS, rtol=1e-6)
    raw = CODEBOOKS * 3 if name == "rvq_codes" else UNITS
    assert (table["ideal_raw"] == 8 + raw * SAMPLES // HOP).all()
    assert table["ideal_adaptive"].isna().all() == (name == "rvq_codes")
    learned = table["encode_mmac"]  # the only method that multiplies
    assert learned.nunique() == 1 and learned[0] > 0
    expected = np.where(table["method"] == "learned", learned, 0)
    np.testing.assert_allclose(table["decode_mmac"], expected)


def test_what_does_not_fit_is_refused(
    free_codes: Path, rvq_codes: Path, mel_codes: Path, tmp_path: Path
) -> None:
    fit_tables(free_codes, tmp_path / "entropy.safetensors", seed=1, steps=60)
    with pytest.raises(CodeError, match="fit them to codes of the same model"):
        entropy_costs(rvq_codes, tmp_path / "entropy.safetensors", tmp_path / "coded.csv")
    with pytest.raises(CodeError, match="no codes: choose a variant"):
        fit_tables(mel_codes, tmp_path / "mel.safetensors", seed=1, steps=60)


def test_mdct_bins_by_their_layout(free_codes: Path, tmp_path: Path) -> None:
    layout, steps, codes = Layout(16, 3, 4, 2, 5, 3), 64, tmp_path / "codes.h5"
    z = np.stack([to_thermometer(quantized(layout, steps, 0.1, str(i)), layout) for i in range(6)])
    with h5py.File(free_codes) as other, h5py.File(codes, "w") as file:
        file.attrs.update({**other.attrs, "layout": str(layout)})
        file["codes"] = z
    fit_tables(codes, tmp_path / "entropy.safetensors", seed=1, steps=20)
    entropy_costs(codes, tmp_path / "entropy.safetensors", tmp_path / "coded.csv")
    table = pd.read_csv(tmp_path / "coded.csv")
    assert set(table["method"]) == {"context-mixing"}
    assert (table["encode_mmac"] == table["decode_mmac"]).all()  # static, besides, multiplies not
    assert (table["decode_mmac"] > 0).all()
    assert table[["ideal_adaptive", "ideal_learned"]].isna().all(axis=None)


def test_files_of_before_there_were_layouts(free_codes: Path, tmp_path: Path) -> None:
    codes = tmp_path / "codes.h5"
    codes.write_bytes(free_codes.read_bytes())
    with h5py.File(codes, "a") as file:
        del file.attrs["layout"]
    with open_codes(codes) as coded:
        assert coded.origin.layout == ""
