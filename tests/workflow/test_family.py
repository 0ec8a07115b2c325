"""Every variant of the family through every rule, at the smallest size."""

from pathlib import Path

import numpy as np
import pandas as pd

from tests.workflow.conftest import run_snakemake

OVERLAYS = ("config/family.yaml", "config/tiny.yaml")
CODED = ["rvq", "free", "sparse", "mu-sparse", "rvq-impaired", "free-gan", "free-diffusion"]
BINARY = ["free", "sparse", "mu-sparse", "free-gan", "free-diffusion"]
ANCHORS = ["anchor", "lowpass-3500", "lowpass-7000"]


def test_every_variant_goes_through_every_rule(tmp_path: Path) -> None:
    done = run_snakemake(tmp_path, overlays=OVERLAYS)
    assert done.code == 0, done.said[-5000:]
    results = tmp_path / "results" / "tiny"

    summary = pd.read_csv(results / "summary.csv").set_index("variant")
    assert list(summary.index) == [*CODED, "mel", *ANCHORS]
    assert summary["si_snr_db"].notna().all()
    assert (summary.loc[CODED, "kbps_cheapest"] > 0).all()
    assert summary.loc[["mel", *ANCHORS], "kbps_cheapest"].isna().all()
    assert set(summary["decoder"]) == {"regression", "gan", "diffusion", "none"}

    sweep = pd.read_csv(results / "sweep" / "mu-sparse.csv")
    assert sorted(sweep["level"].unique()) == [0, 16, 31]
    chosen = pd.read_csv(results / "sweep" / "mu-sparse-quality.csv")
    assert len(chosen) == sweep["clip"].nunique()
    assert list(pd.read_csv(results / "selectivity.csv")["variant"]) == BINARY
    with np.load(results / "selectivity" / "sparse.npz") as arrays:
        assert arrays["correlation"].shape == (20, 88, 33)
    drawn = ["fig4-mu-sparse", "fig5-selectivity", *(f"fig2-{name}" for name in [*CODED, "mel"])]
    for name in drawn:
        assert (results / "figures" / f"{name}.png").stat().st_size > 5000

    again = run_snakemake(tmp_path, "-n", overlays=OVERLAYS)
    assert "Nothing to be done" in again.said
