"""What is whole is used; what is not is named and left out, whatever the order of the files."""

from pathlib import Path

import numpy as np
import pytest

from spiking_music.errors import DataError
from spiking_music.listening.results import collect, read_sessions
from tests.listening.results import HEADER, rows, write


def test_a_file_of_our_page_is_one_session(tmp_path: Path) -> None:
    (session,), left_out = read_sessions(write(tmp_path / "a.csv", rows("u1", rvq=55)))
    assert (session.test, session.uuid, session.simulated) == ("piano", "u1", False)
    assert session.answers["c1", "rvq"] == 55
    assert len(session.answers) == 8
    assert not left_out


def test_webmushras_columns_and_many_sessions_in_a_file(tmp_path: Path) -> None:
    header = (
        '"session_test_id","email","age","gender","session_uuid","trial_id","rating_stimulus",'
        '"rating_score","rating_time","rating_comment"\n'
    )
    lines = [
        f'"piano","a@b","31","x, y","{session}","c1","{system}","{score}","900","a, ""b"""\n'
        for session in ("u1", "u2")
        for system, score in (("reference", 100), ("rvq", 40))
    ]
    path = write(tmp_path / "mushra.csv", lines, "\ufeff" + header)
    sessions, left_out = read_sessions(path)
    assert [session.uuid for session in sessions] == ["u1", "u2"]
    assert sessions[1].answers == {("c1", "reference"): 100, ("c1", "rvq"): 40}
    assert not left_out


def _broken(line: str) -> list[str]:
    return [*rows("u1")[:-1], line]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (_broken("piano,Ann,u1,c2,anchor-dist"), "line 9 has 5 values for 9 columns"),
        (_broken("piano,Ann,u1,c2,anchor-distorted,loud,1,,7\r\n"), "a score of 'loud'"),
        (_broken("piano,Ann,u1,c2,anchor-distorted,101,1,,7\r\n"), "a score of '101'"),
        (_broken("piano,Ann,u1,c2,anchor-distorted,-1,1,,7\r\n"), "a score of '-1'"),
        (_broken("piano,Ann,u1,c2,anchor-distorted,nan,1,,7\r\n"), "a score of 'nan'"),
        (_broken("piano,Ann,u1,c2,anchor-distorted,,1,,7\r\n"), "line 9 has no rating_score"),
        (_broken("piano,Ann,u1,c2,rvq,10,1,,7\r\n"), "line 9 rates rvq of clip c2 again"),
        (_broken("other,Ann,u1,c2,anchor-distorted,10,1,,7\r\n"), "one session of 2 tests"),
        (_broken('piano,Ann,u1,c2,"anchor'), "unexpected end of data"),
        ([], "no ratings"),
    ],
)
def test_a_malformed_file_is_named_with_its_reason(
    tmp_path: Path, lines: list[str], reason: str
) -> None:
    sessions, (left,) = read_sessions(write(tmp_path / "bad.csv", lines))
    assert not sessions
    assert left.file.endswith("bad.csv")
    assert left.reason.startswith("malformed: ")
    assert reason in left.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "needs one column session_test_id"),
        (HEADER.replace("rating_score", "score").encode(), "needs one column rating_score"),
        (HEADER.encode() + b"\xff\xfe\x00", "codec can't decode"),
    ],
)
def test_what_is_no_result_file_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    sessions, (left,) = read_sessions(path)
    assert not sessions
    assert reason in left.reason


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    _, (left,) = read_sessions(tmp_path / "gone.csv")
    assert "No such file" in left.reason


def test_a_bad_session_leaves_the_others_of_its_file(tmp_path: Path) -> None:
    lines = [*rows("u1"), *rows("u2", rvq=400), *rows("u3")]
    sessions, (left,) = read_sessions(write(tmp_path / "mushra.csv", lines))
    assert [session.uuid for session in sessions] == ["u1", "u3"]
    assert left.session == "u2"


def test_pages_hold_every_score_once_in_the_order_of_tables(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.csv", rows(f"u{n}", rvq=50 + n)) for n in (2, 1)]
    pages = collect(paths).pages
    assert pages.source == "listeners"
    assert pages.systems == ("reference", "rvq", "free", "anchor-distorted")
    assert list(pages.units) == ["u1", "u1", "u2", "u2"]
    assert list(pages.clips) == ["c1", "c2", "c1", "c2"]
    np.testing.assert_array_equal(pages.scores[:, 1], [51, 51, 52, 52])
    np.testing.assert_array_equal(pages.unit_means()[:, 1], [51, 52])


def test_copies_partial_sessions_and_other_tests_are_left_out(tmp_path: Path) -> None:
    files = {
        "a": rows("u1"),
        "b": rows("u1"),  # a copy of a
        "c": rows("u2")[:-1],
        "d": rows("u3"),
        "e": rows("u4", test="other"),
        "f": rows("u5"),
        "g": rows("u5", rvq=1),  # contradicts f
        "h": [*rows("u6"), "piano,Ann,u6,c3,rvq,50,1,,7\r\n"],
    }
    paths = [write(tmp_path / f"{name}.csv", lines) for name, lines in files.items()]
    collected = collect(reversed(paths))
    assert set(collected.pages.units) == {"u1", "u3"}
    assert collected.files["u1"].endswith("a.csv")
    reasons = {Path(left.file).stem: left.reason for left in collected.left_out}
    assert set(reasons) == set("bcefgh")
    assert reasons["b"] == f"duplicated: the session is in '{paths[0]}'"
    assert reasons["c"] == "partial: 1 of 8 ratings are missing"
    assert reasons["e"] == "of test 'other', not 'piano'"
    assert reasons["f"] == reasons["g"] == "duplicated: copies with different ratings"
    assert reasons["h"] == "1 ratings that the others do not have"


def test_listeners_may_rate_other_clips_but_not_fewer(tmp_path: Path) -> None:
    """As blocks of clips deal them: c1 and c2 to one, c2 and c3 to another."""

    def of(session: str, *clips: str) -> list[str]:
        named = dict(zip(("c1", "c2"), clips, strict=True))
        return [line.replace(f",{old},", f",{new},") for line in rows(session)
                for old, new in named.items() if f",{old}," in line]  # fmt: skip

    lines = [*of("u1", "c1", "c2"), *of("u2", "c2", "c3"), *of("u3", "c3", "c1"), *rows("u4")[:4]]
    collected = collect([write(tmp_path / "mushra.csv", lines)])
    assert list(collected.pages.units) == ["u1", "u1", "u2", "u2", "u3", "u3"]
    assert list(collected.pages.clips) == ["c1", "c2", "c2", "c3", "c1", "c3"]
    assert [left.reason for left in collected.left_out] == ["partial: 4 of 8 ratings are missing"]


def test_one_real_session_drives_all_simulated_ones_out(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.csv", rows(f"s{n}", test="piano-Simulated")) for n in range(3)]
    assert collect(paths).pages.source == "SIMULATED listeners"
    collected = collect([*paths, write(tmp_path / "real.csv", rows("u1"))])
    assert collected.pages.source == "listeners"
    assert set(collected.pages.units) == {"u1"}
    assert [left.reason for left in collected.left_out] == ["simulated, beside real listeners"] * 3


def test_no_usable_session_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^no result file holds a usable session$"):
        collect([])
    with pytest.raises(DataError, match=r"usable session; '.*a\.csv' malformed: no ratings$"):
        collect([write(tmp_path / "a.csv", [])])


def test_clips_with_other_systems_cannot_be_compared(tmp_path: Path) -> None:
    lines = [line for line in rows("u1") if "c2,rvq" not in line]
    with pytest.raises(DataError, match="do not rate every system of every clip"):
        collect([write(tmp_path / "a.csv", lines)])
