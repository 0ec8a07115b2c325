"""Which results of two runs differ, by how much, and what made the first of them differ."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from spiking_music import files
from spiking_music.errors import DataError
from spiking_music.provenance import VARIABLE, recorded
from spiking_music.provenance.compare import UNKNOWN, compare
from spiking_music.provenance.difference import difference

Run = Callable[..., Path]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A chain of three steps, clips → weights → table, recorded as those of the workflow are."""

    def step(root: Path, name: str, config: Any, read: list[str], write: Callable[[Path], None]):
        monkeypatch.setattr(files, "WRITTEN", [])
        monkeypatch.setattr(files, "READ", [])
        words = ["step", name, "--config", json.dumps(config), *(str(root / each) for each in read)]
        with pytest.raises(SystemExit), recorded(words):
            with files.atomic(root / name) as temporary:
                write(temporary)
            files.wrote(root / name)
            raise SystemExit(0)

    def make(name: str, seed: int = 1, bootstrap: int = 100, noise: float = 0.0) -> Path:
        root = tmp_path / name
        monkeypatch.setenv(VARIABLE, str(root / "provenance"))
        draw = np.random.default_rng(seed)
        weights = {"a": draw.normal(size=9), "b": np.zeros(3)}
        weights["a"][4] += noise
        table = pd.DataFrame({"variant": ["free"], "si_snr_db": [weights["a"][4]]})
        step(root, "clips.txt", {}, [], lambda path: path.write_text("clips"))
        step(root, "models/w.safetensors", {"seed": seed}, ["clips.txt"],
             lambda path: save_file(weights, path))  # fmt: skip
        config = {"evaluation": {"bootstrap": bootstrap}}
        step(root, "summary.csv", config, ["models/w.safetensors"],
             lambda path: table.to_csv(path, index=False))  # fmt: skip
        return root

    return make


def test_equal_runs(run: Run) -> None:
    found = compare(run("a"), run("b"))
    assert (found.equal, found.first, found.further) == (3, (), ())
    assert str(found) == "3 results in both: 3 equal, 0 differ"


def test_the_first_cause_is_the_seed_and_the_table_follows(run: Run) -> None:
    found = compare(run("a"), run("b", seed=2))
    assert found.equal == 1
    assert [each.name for each in found.first] == ["models/w.safetensors"]
    assert found.first[0].causes == ("seed: 1 and 2",)
    assert found.first[0].amount.startswith("a by up to ")
    assert [(each.name, each.causes) for each in found.further] == [("summary.csv", ())]
    assert found.further[0].amount.startswith("si_snr_db by up to ")


def test_what_follows_tells_its_own_configuration_too(run: Run) -> None:
    found = compare(run("a"), run("b", seed=2, bootstrap=200))
    assert found.further[0].causes == ("evaluation.bootstrap: 100 and 200",)


def test_a_step_that_gives_other_bytes_for_no_reason(run: Run) -> None:
    found = compare(run("a"), run("b", noise=0.5))
    assert found.first[0].amount.startswith("a by up to 0.5 (")
    assert found.first[0].causes == (UNKNOWN,)


def test_software_and_hardware_are_causes(run: Run) -> None:
    a, b = run("a"), run("b", noise=0.5)
    place = b / "provenance" / "models" / "w.safetensors.json"
    record = json.loads(place.read_text())
    record["software"]["torch"] = "9.9"
    record["hardware"]["processor"] = "an abacus"
    record["modules"]["spiking_music.files"] = "0"
    place.write_text(json.dumps(record))
    causes = compare(a, b).first[0].causes
    assert causes[0] == "code: spiking_music.files"
    assert causes[1].startswith("torch ") and causes[1].endswith(" and 9.9")
    assert causes[2].endswith(" and an abacus")


def test_a_file_that_was_changed_by_hand(run: Run) -> None:
    a, b = run("a"), run("b")
    (b / "clips.txt").write_text("other clips")
    found = compare(a, b)
    assert [each.name for each in found.first] == ["clips.txt"]
    assert found.first[0].amount == "other bytes (5 and 11)"
    assert found.first[0].causes == (
        "the file of the second folder was changed after it had been made",
    )
    assert not found.further


def test_results_of_one_folder_only(run: Run) -> None:
    a, b = run("a"), run("b")
    (b / "provenance" / "summary.csv.json").unlink()
    assert compare(a, b).only_a == ("summary.csv",)
    assert "only in the first folder: summary.csv" in str(compare(a, b))


def test_a_folder_without_records(run: Run, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no records"):
        compare(run("a"), tmp_path)
    broken = run("b") / "provenance" / "clips.txt.json"
    broken.write_text("{")
    with pytest.raises(DataError, match="is damaged"):
        compare(tmp_path / "a", tmp_path / "b")


def written(path: Path, values: Any) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **values)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            for name, value in values.items():
                file[f"group/{name}"] = value
    elif path.suffix == ".json":
        path.write_text(
            json.dumps({name: np.asarray(value).tolist() for name, value in values.items()})
        )
    return path


@pytest.mark.parametrize("kind", ["npz", "h5", "json"])
def test_arrays_of_any_kind(kind: str, tmp_path: Path) -> None:
    values = {"x": np.arange(10.0), "y": np.array([1, 2])}
    a = written(tmp_path / f"a.{kind}", values)
    b = written(tmp_path / f"b.{kind}", {**values, "x": values["x"] + 0.25 * (values["x"] == 9)})
    assert "x" in difference(a, b) and "by up to 0.25 (2.8 %)" in difference(a, b)
    assert "," not in difference(a, b)


def test_what_tables_tell(tmp_path: Path) -> None:
    table = pd.DataFrame({"variant": ["free", "rvq"], "db": [1.0, float("nan")]})
    table.to_csv(tmp_path / "a.csv")
    for changed, told in (
        (table.assign(db=[1.0, 2.0]), "db"),
        (table.assign(variant=["free", "mel"]), "variant"),
        (table.iloc[:1], "2 and 1 rows"),
        (table.drop(columns="db"), "only the first has db"),
        (table.assign(more=0), "only the second has more"),
        (table.assign(db=[1.5, float("nan")]), "db by up to 0.5 (50 %)"),
    ):
        changed.to_csv(tmp_path / "b.csv")
        assert difference(tmp_path / "a.csv", tmp_path / "b.csv") == told
    shutil.copy(tmp_path / "a.csv", tmp_path / "b.csv")
    with (tmp_path / "b.csv").open("a") as file:
        file.write("\n")  # an empty line is no row
    assert difference(tmp_path / "a.csv", tmp_path / "b.csv").startswith("other bytes (")


def test_damaged_files_differ_by_their_bytes(tmp_path: Path) -> None:
    for kind in ("csv", "json", "npz", "h5", "safetensors", "png"):
        a, b = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
        a.write_bytes(b""), b.write_bytes(b"\x89\n\x00")
        assert difference(a, b) == "other bytes (0 and 3)", kind


def test_files_of_one_name_in_two_other_folders_are_two_files(run: Run) -> None:
    a, b = run("a"), run("b", noise=0.5)
    for root, second in ((a, "2"), (b, "3")):
        place = root / "provenance" / "models" / "w.safetensors.json"
        record = json.loads(place.read_text())
        record["inputs"] |= {"/one/notes.mid": "1", f"/{root.name}/notes.mid": second}
        place.write_text(json.dumps(record))
    assert compare(a, b).first[0].causes == ("files that were read: notes.mid",)
