"""What `status` reads from the files of trainings."""

import os
from pathlib import Path

import pytest

from spiking_music.errors import DataError
from spiking_music.workflow.status import describe, trainings_of

NOW = 1_000_000.0
HEADER = "step,loss,validation_si_snr_db\n"


def training(
    results: Path, variant: str, rows: str, said: str, age: float = 0, done: bool = False
) -> None:
    folder, log = results / "models" / variant, results / "logs" / f"train-{variant}.log"
    folder.mkdir(parents=True)
    log.parent.mkdir(exist_ok=True)
    (folder / "log.csv").write_text(HEADER + rows)
    log.write_text(said)
    for path in (folder / "log.csv", log):
        os.utime(path, (NOW - age, NOW - age))
    if done:
        (folder / "weights.safetensors").touch()


def test_a_row_for_each_state(tmp_path: Path) -> None:
    paces = "free: step 120 of 400, 0.5 s a step, 0:02:20 left\n"
    training(tmp_path, "free", "100,0.5,\n120,0.4,6.25\n130,0.3,\n", paces)
    training(tmp_path, "mel", "60,0.1,\n", "", age=3600)
    training(tmp_path, "rvq", "200,0.2,9.5\n", "wrote x\n", done=True)
    training(tmp_path, "sparse", "10,0.9,\n", "sparse step 10\nerror: it collapsed\n")
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "rvq-coded.csv").write_text("kbps\n3.0\n3.5\n")
    rows = {row.variant: row for row in trainings_of(tmp_path, NOW)}
    assert [row.state for row in rows.values()] == ["running", "stopped", "done", "failed"]
    free = rows["free"]
    assert (free.step, free.of, free.loss, free.si_snr) == ("130", "400", "0.300", "6.25")
    assert (free.pace, free.left) == ("0.5", "0:02:20")
    assert (rows["rvq"].kbps, rows["rvq"].left) == ("3.25", "")
    assert rows["sparse"].said == "error: it collapsed"
    assert "| mel | stopped | 60 |" in describe(tmp_path, NOW)


def test_a_line_that_is_being_written_is_left_for_later(tmp_path: Path) -> None:
    training(tmp_path, "free", "100,0.5,\n120,0.4,6.25\n130,0.3,5,", "")
    assert [row.step for row in trainings_of(tmp_path, NOW)] == ["120"]


def test_a_damaged_table_is_told(tmp_path: Path) -> None:
    training(tmp_path, "free", "100,0.5,\n", "", done=True)
    coded = tmp_path / "storage" / "free-coded.csv"
    coded.parent.mkdir()
    coded.write_text("something else\n")
    with pytest.raises(DataError, match=r"free-coded\.csv' has no"):
        describe(tmp_path, NOW)
    coded.write_bytes(bytes(range(256)))
    with pytest.raises(DataError, match=r"is not a table|has no"):
        describe(tmp_path, NOW)
    coded.unlink()
    curve = tmp_path / "models" / "free" / "log.csv"
    curve.write_text(f"{HEADER}100,what,\n")
    with pytest.raises(DataError, match="is no table of a training"):
        describe(tmp_path, NOW)
    curve.write_bytes(bytes(range(256)))
    with pytest.raises(DataError, match="is no table of a training"):
        describe(tmp_path, NOW)


def test_where_nothing_was_trained_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no training has begun in"):
        describe(tmp_path)
