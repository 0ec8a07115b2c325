"""Names are names in every figure: `$` and `\\` are letters, and tables may be small."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from spiking_music.figures import probes, rate_quality, storage, style, training_curves
from tests.figures.conftest import VARIANTS, changed, files

ODD = ["Ca$h \\Money$", "$", "a$b$c", "\\frac{", "{x}_2^", "Dvořák", "None", "$\\undefined$"]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, bool]]]:
    """All texts that are drawn, and whether they were taken for math."""
    found: list[tuple[str, bool]] = []
    original = Text._preprocess_math

    def noted(self: Text, text: str) -> tuple[str, object]:
        cleaned, math = original(self, text)
        found.append((cleaned, bool(math)))
        return cleaned, math

    monkeypatch.setattr(Text, "_preprocess_math", noted)
    yield found


def probed(folder: Path, names: list[str], counts: list[float]) -> tuple[list[Path], list[Path]]:
    """Tables of the label `genre` whose classes and features are called `names`."""
    rows = [("genre", name, probe, 0.7) for name in names for probe in ("linear", "network")]
    table = pd.DataFrame(rows, columns=["label", "features", "probe", "accuracy"])
    table.assign(low=np.nan, high=np.nan).to_csv(folder / "t.csv", index=False)
    pairs = [
        ("genre", name, "linear", truth, said, count)
        for name in names
        for truth in names
        for said, count in zip(names, counts, strict=False)
    ]
    columns = ["label", "features", "probe", "truth", "predicted", "clips"]
    pd.DataFrame(pairs, columns=columns).to_csv(folder / "c.csv", index=False)
    return [folder / "t.csv"], [folder / "c.csv"]


@pytest.mark.parametrize("counts", [[5, 2, 0, 1, 0, 0, 0, 0], [5.5, 2, 0, 1, 0, 0, 0, 0]])
def test_probes_of_odd_names_and_whole_counts(
    tmp_path: Path, counts: list[float], drawn: list[tuple[str, bool]]
) -> None:
    probes.draw("genre", *probed(tmp_path, ODD, counts), tmp_path / "p")
    told = {text for text, math in drawn if not math}
    assert set(ODD) <= told
    assert all(text.startswith(r"$\mathbf{") for text, math in drawn if math)


@pytest.mark.parametrize("names", [["one"], ["1", "2"], ["None", "NA"]])
def test_probes_of_one_variant_or_of_names_like_numbers(tmp_path: Path, names: list[str]) -> None:
    probes.draw("genre", *probed(tmp_path, names, [3] * len(names)), tmp_path / "p")
    assert (tmp_path / "p.svg").stat().st_size > 5000


def test_a_variant_may_lack_a_class_or_a_probe(tmp_path: Path) -> None:
    tables, confusions = probed(tmp_path, ["free", "mel"], [3, 4])
    for path, lacking in ((tables[0], "network"), (confusions[0], "mel")):
        table = pd.read_csv(path)
        column = "probe" if lacking == "network" else "predicted"
        keep = (table["features"] != "free") | (table[column] != lacking)
        table[keep].to_csv(path, index=False)
    probes.draw("genre", tables, confusions, tmp_path / "p")


@pytest.mark.parametrize("first", range(0, len(ODD), len(VARIANTS)))
def test_rates_and_curves_of_odd_names(
    tables: Path, tmp_path: Path, first: int, drawn: list[tuple[str, bool]]
) -> None:
    names = dict(zip(VARIANTS, ODD[first:], strict=False))
    summary = pd.read_csv(tables / "summary.csv")
    summary["variant"] = summary["variant"].replace(names)
    summary.to_csv(tables / "summary.csv", index=False)
    parts = {kind: files(tables, kind) for kind in ("quality", "rates", "log")}
    for kind, paths in parts.items():
        parts[kind] = {names.get(key, key): path for key, path in paths.items()}
    given = (tables / "summary.csv", parts["quality"], parts["rates"])
    rate_quality.draw(*given, tmp_path / "r", published=False)
    training_curves.draw(parts["log"], tmp_path / "t")
    told = [text for text, math in drawn if not math]
    assert all(any(name in text for text in told) for name in names.values())
    assert all(text.startswith(r"$\mathbf{") for text, math in drawn if math)


def test_a_single_row_without_intervals(tables: Path, tmp_path: Path) -> None:
    changed(
        tables / "summary.csv",
        si_snr_low=np.nan, si_snr_high=np.nan, visqol_low=np.nan, visqol_high=np.nan,
    )  # fmt: skip
    pd.read_csv(tables / "summary.csv").iloc[1:2].to_csv(tables / "summary.csv", index=False)
    one = [{"free": files(tables, kind)["free"]} for kind in ("quality", "rates")]
    rate_quality.draw(tables / "summary.csv", *one, tmp_path / "r", published=False)


def test_a_title_keeps_its_dollars_beside_a_bold_letter(tmp_path: Path) -> None:
    with style.page(tmp_path / "f", height=200) as figure:
        for axes, title in zip(figure.subplots(len(ODD)), ODD, strict=True):
            style.letter(axes, "a", title)
    assert ElementTree.parse(tmp_path / "f.svg")
    with matplotlib.rc_context(style.RC):
        assert style.marked("b", "5 $") == r"$\mathbf{b}$   5 \$"


@pytest.mark.parametrize(("units", "steps"), [(80, 1024), (1, 8), (2, 64)])
def test_figure_1_writes_powers_without_math(
    tmp_path: Path, units: int, steps: int, drawn: list[tuple[str, bool]]
) -> None:
    storage.draw(units, steps, tmp_path / "s")
    assert not [text for text, math in drawn if "$" in text and not math]
    if units == 80:
        assert ("10³", False) in drawn
