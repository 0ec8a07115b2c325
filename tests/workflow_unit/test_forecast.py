"""What the notes of a dry run add up to."""

import json
from pathlib import Path
from typing import Any

import pytest

from spiking_music.errors import DataError
from spiking_music.workflow.forecast import Forecast, forecast


def step(results: Path, rule: str, name: str, needs: str = "", **others: Any) -> dict[str, Any]:
    benchmark = results / "benchmarks" / f"{rule.replace('_', '-')}-{name}.tsv"
    files = {"input": [needs] if needs else [], "output": [f"{rule}/{name}"]}
    known = {"rule": rule, "benchmark": str(benchmark), "seconds": None, "megabytes": None}
    return known | files | others


def note(*steps: dict[str, Any], cores: int = 1, gpus: int = 0, minutes: int = 60) -> str:
    return json.dumps({"cores": cores, "gpus": gpus, "minutes": minutes, "jobs": steps})


def planned(results: Path) -> Forecast:
    """Clips, measured; two trainings on GPUs, estimated; codes of both in a group, unknown."""
    (results / "benchmarks").mkdir(exist_ok=True)
    (results / "benchmarks" / "clips-train.tsv").write_text("s\th:m:s\n1800\t-\n")
    train = {"needs": "clips/train", "megabytes": 2000}
    return forecast(
        [
            note(step(results, "clips", "train", megabytes=500)),
            note(step(results, "clips", "test")),  # as long as the other, none of its own
            note(step(results, "train", "a", **train, seconds=7200), cores=8, gpus=2, minutes=190),
            note(step(results, "train", "b", **train, seconds=36000), cores=8, gpus=2, minutes=190),
            note(*(step(results, "codes", name, f"train/{name}") for name in "ab"), cores=2),
        ]
    )


def test_hours_bytes_and_the_longest_chain(tmp_path: Path) -> None:
    told = planned(tmp_path)
    assert told.hours("cores", lambda step: step.rule == "clips") == 1
    assert told.hours("cores", lambda step: step.rule == "train") == 8 * 12
    assert told.hours("gpus", lambda step: True) == 2 * 12
    assert told.hours("cores", lambda step: step.rule == "codes") == 2  # an hour, at most, on two
    assert told.chain == (1800 + 36000 + 3600, ["clips", "train", "codes"])
    assert [each.attempts for each in told.submissions] == [1, 1, 1, 4, 1]
    text = told.describe()
    assert "| clips | 2 | 1.00 | – | 0.50 | earlier runs |" in text
    assert "| train | 2 | 96.00 | 24.00 | 4.00 | an estimate |" in text
    assert "| codes | 2 | 2.00 | – | – | its time limit |" in text
    assert "5 jobs of 6 steps: 97.0 core-hours, 24.0 GPU-hours, 4.50 GB" in text
    assert "at most 2.0 core-hours, 0.0 GPU-hours" in text
    assert "The longest chain takes 11 h 30 min: clips, train, codes." in text
    assert "takes 4 attempts" in text


def test_a_training_of_its_own_before_tells_better_than_the_estimate(tmp_path: Path) -> None:
    planned(tmp_path)
    (tmp_path / "benchmarks" / "train-b.tsv").write_text("s\th:m:s\n3600\t-\n")
    told = planned(tmp_path)
    assert told.hours("gpus", lambda step: True) == 2 * (2 + 1)  # a: another variant's is no help


def test_nothing_to_do_and_a_broken_benchmark(tmp_path: Path) -> None:
    assert forecast([]).describe() == "Nothing is to be done.\n"
    planned(tmp_path)
    (tmp_path / "benchmarks" / "codes-a.tsv").write_text("what\n1\n")
    with pytest.raises(DataError, match=r"codes-a\.tsv' is no benchmark of Snakemake: delete it"):
        planned(tmp_path)
