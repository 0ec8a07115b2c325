"""Writing a figure: both files, equal bytes, the house style whatever the user's defaults are."""

from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure

from spiking_music.errors import OutputError
from spiking_music.figures import style
from tests.conftest import full_disk


def _write(stem: Path) -> None:
    with style.page(stem, height=40, width=60) as figure:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1])
        axes.imshow([[0, 1]])
        style.letter(axes, "a", "title")


def test_page_writes_both_files_with_equal_bytes(tmp_path: Path) -> None:
    _write(tmp_path / "first.v1")  # a dot in the stem is no ending
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "savefig.bbox": "tight"}):
        _write(tmp_path / "second")
    for kind in ("png", "svg", "pdf"):
        first = (tmp_path / f"first.v1.{kind}").read_bytes()
        assert first == (tmp_path / f"second.{kind}").read_bytes()
        assert b"<dc:date>" not in first and b"CreationDate" not in first
    assert ">title<" in (tmp_path / "second.svg").read_text()  # text, not paths
    assert b"/FontFile2" in (tmp_path / "second.pdf").read_bytes()  # TrueType, embedded


def test_page_leaves_the_users_settings_alone(tmp_path: Path) -> None:
    before = dict(matplotlib.rcParams)
    _write(tmp_path / "figure")
    assert dict(matplotlib.rcParams) == before


def test_a_failing_drawing_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), style.page(tmp_path / "figure", height=40):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_sentence_and_no_file(tmp_path: Path) -> None:
    with full_disk(100), pytest.raises(OutputError, match=r"^cannot write '.*/figure\.png' \("):
        _write(tmp_path / "figure")
    assert not list(tmp_path.iterdir())


def test_looks_differ_for_many_variants() -> None:
    names = [*style.FAMILY, *(f"variant-{i}" for i in range(70))]
    assert len(set(style.looks(names).values())) == len(names)
    assert len({look.colour for look in style.FAMILY.values()}) == len(style.FAMILY) >= 12
    assert len({look.marker for look in style.FAMILY.values()}) == len(style.FAMILY)


def test_a_variant_looks_the_same_whoever_stands_beside_it() -> None:
    alone, beside = style.looks(["free"]), style.looks(["mine", "rvq", "free", "sparse"])
    assert alone["free"] == beside["free"]
    assert style.looks(["mine"])["mine"] == beside["mine"]
    assert beside["mine"] not in style.FAMILY.values()


def test_further_seeds_keep_the_colour_of_their_variant() -> None:
    found = style.looks(["rvq", "rvq-seed-2", "rvq-seed-3"])
    assert len({look.colour for look in found.values()}) == 1
    assert len(set(found.values())) == 3


def test_rows_of_an_overlay_come_after_the_family() -> None:
    assert style.in_order(["mine", "free", "other", "rvq"]) == ["rvq", "free", "mine", "other"]


def test_tint_runs_from_white_to_the_colour() -> None:
    assert style.tint("#102030", 0) == (1, 1, 1)
    assert style.tint("#102030", 1) == pytest.approx((16 / 255, 32 / 255, 48 / 255))


def test_noise_does_not_squeeze_an_axis_of_decibels() -> None:
    axes = Figure().subplots()
    axes.plot([0, 1], [9.0, -60.0])
    assert style.floor(axes, {"rvq": 9.0, "noise": -60.0}) == ["noise"]
    assert axes.get_ylim()[0] == style.FLOOR_DB
    assert style.below_floor(["noise"]) == "below −20 dB: noise"
    only = Figure().subplots()  # cut, it would be empty
    only.plot([0, 1], [-50.0, -60.0])
    assert style.floor(only, {"noise": -50.0}) == []
    assert only.get_ylim()[0] < style.FLOOR_DB
    above = Figure().subplots()
    above.plot([0, 1], [9.0, -5.0])
    assert style.floor(above, {"rvq": 9.0}) == []
    assert above.get_ylim()[0] > style.FLOOR_DB
