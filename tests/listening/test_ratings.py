"""Result files in, tables out; simulated listeners are told from real ones everywhere."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spiking_music import config as configuration
from spiking_music.config import RatingsConfig, SimulatedConfig
from spiking_music.errors import DataError
from spiking_music.listening.ratings import listeners_ratings
from spiking_music.listening.results import collect
from spiking_music.listening.simulated import simulate, write_simulated
from spiking_music.marks import MARK
from tests.conftest import DEFAULTS
from tests.listening.results import rows, write

TABLES = {"scores.csv", "systems.csv", "friedman.csv", "comparisons.csv"}


@pytest.fixture(scope="module")
def simulated() -> SimulatedConfig:
    return configuration.section(configuration.read(DEFAULTS), SimulatedConfig)


def test_the_folder_holds_every_table_for_both_screenings(
    tmp_path: Path, settings: RatingsConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [
        write(tmp_path / "a.csv", rows("u1")),
        write(tmp_path / "b.csv", rows("u2", reference=85)),  # the paper keeps, BS.1534-3 does not
        write(tmp_path / "c.csv", rows("u3", free=90)),
        write(tmp_path / "broken.csv", [*rows("u4")[:-1], "piano,"]),
    ]
    listeners_ratings(paths, tmp_path / "out", settings, seed=1)
    out = tmp_path / "out"
    others = {"listeners.csv", "left-out.csv", "mixed.csv", "summary.md"}
    assert {path.name for path in out.iterdir()} == TABLES | others | {MARK}
    systems = pd.read_csv(out / "systems.csv").set_index(["screening", "system"])
    assert systems.loc[("paper", "free"), "units"] == 3
    assert systems.loc[("BS.1534-3", "free"), "units"] == 2
    assert systems.loc[("BS.1534-3", "free"), "mean"] == 75
    left_out = pd.read_csv(out / "left-out.csv")
    assert left_out["file"].tolist() == [str(paths[3])]
    assert f"left out: {paths[3]}: malformed: line 9 has 2 values" in capsys.readouterr().err
    listeners = pd.read_csv(out / "listeners.csv").set_index("unit")
    assert listeners["BS.1534-3"].to_dict() == {"u1": 1, "u2": 0, "u3": 1}
    assert listeners.loc["u1", "file"] == str(paths[0])
    summary = (out / "summary.md").read_text()
    assert "BS.1534-3 keeps 2 of 3 listeners" in summary
    assert "broken.csv: malformed" in summary
    assert "simulated" not in summary.lower()
    for name in TABLES:
        assert set(pd.read_csv(out / name)["source"]) == {"listeners"}
    assert "Ann" not in "".join(path.read_text() for path in out.iterdir())  # nobody's name


def test_equal_files_give_equal_bytes_in_any_order(tmp_path: Path, settings: RatingsConfig) -> None:
    paths = [write(tmp_path / f"{n}.csv", rows(f"u{n}", rvq=50 + n)) for n in range(4)]
    listeners_ratings(paths, tmp_path / "one", settings, seed=1)
    listeners_ratings(paths[::-1], tmp_path / "two", settings, seed=1)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_screening_that_nobody_passes_is_left_out_and_both_are_an_error(
    tmp_path: Path, settings: RatingsConfig
) -> None:
    path = write(tmp_path / "a.csv", rows("u1", reference=85))
    listeners_ratings([path], tmp_path / "out", settings, seed=1)
    assert set(pd.read_csv(tmp_path / "out" / "systems.csv")["screening"]) == {"paper"}
    assert "BS.1534-3 keeps 0 of 1 listeners" in (tmp_path / "out" / "summary.md").read_text()
    path = write(tmp_path / "b.csv", rows("u2", reference=70))
    with pytest.raises(DataError, match="none of the 1 listeners passes a screening"):
        listeners_ratings([path], tmp_path / "none", settings, seed=1)
    assert not (tmp_path / "none").exists()


def test_simulated_listeners_are_marked_in_every_file(
    tmp_path: Path, settings: RatingsConfig, simulated: SimulatedConfig
) -> None:
    write_simulated(simulated, tmp_path / "files", seed=3)
    files = sorted((tmp_path / "files").glob("*.csv"))
    assert len(files) == simulated.listeners
    for path in files:
        assert path.name.startswith("simulated-")
        assert set(pd.read_csv(path)["session_test_id"]) == {"simulated"}
    listeners_ratings(files, tmp_path / "out", settings, seed=1)
    for name in TABLES | {"listeners.csv"}:
        assert set(pd.read_csv(tmp_path / "out" / name)["source"]) == {"SIMULATED listeners"}
    summary = (tmp_path / "out" / "summary.md").read_text()
    assert summary.startswith("# Scores of SIMULATED listeners")
    assert "Nobody has listened" in summary


def test_simulated_files_hold_what_was_drawn(tmp_path: Path, simulated: SimulatedConfig) -> None:
    write_simulated(simulated, tmp_path / "files", seed=3)
    read = collect((tmp_path / "files").glob("*.csv")).pages
    drawn = simulate(simulated, seed=3)
    assert read.systems == drawn.systems
    np.testing.assert_array_equal(
        np.sort(read.unit_means(), axis=0), np.sort(drawn.unit_means(), axis=0)
    )
    assert not np.array_equal(drawn.scores, simulate(simulated, seed=4).scores)


def test_simulated_listeners_prefer_what_they_should(simulated: SimulatedConfig) -> None:
    many = simulated.model_copy(update={"listeners": 2000, "random": 0.0})
    pages = simulate(many, seed=0)
    means = dict(zip(pages.systems, pages.scores.mean(axis=0), strict=True))
    for name in ("reference", "rvq", "free", "mel"):  # far enough from the ends not to be cut
        assert means[name] == pytest.approx(many.scores[name], abs=1)
    spread = pages.scores[:, pages.systems.index("free")].std()
    assert spread == pytest.approx(np.hypot(many.bias, many.noise), rel=0.05)
    lazy = simulate(many.model_copy(update={"random": 1.0}), seed=0)
    np.testing.assert_allclose(lazy.scores.mean(axis=0), 50, atol=2)
