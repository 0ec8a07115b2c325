"""What is wrong with a configuration or a row's name, as the command line says it."""

import sys
from pathlib import Path

import pytest

from spiking_music import cli
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            [
                "train",
                "variant",
                "fre",
                str(ROOT / "README.md"),
                "--weights",
                "w",
                "--log",
                "l",
                "--checkpoints",
                "c",
            ],
            "unknown variant 'fre'; did you mean 'free'?",
        ),
        (["evaluate", "architecture", "rqv", "--out", "f"], "did you mean 'rvq'?"),
        (
            ["data", "index", "--config", '{"dataset": {"shard": 2}}', "--out", "o"],
            "unknown configuration key 'dataset.shard'; did you mean 'shards'?",
        ),
        (
            ["data", "index", "--config", '{"seed": "one"}', "--out", "o"],
            "configuration value 'seed' must be a whole number (got 'one')",
        ),
        (
            ["data", "index", "--config", "none.yaml", "--out", "o"],
            "configuration 'none.yaml' cannot be read",
        ),
        (
            ["data", "index", "--config", "{dataset: [", "--out", "o"],
            "configuration '{dataset: [' is not valid YAML",
        ),
    ],
)
def test_a_bad_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    config = ["--config", str(ROOT / "config.yaml")]
    monkeypatch.setattr(sys, "argv", ["spiking-music", *arguments[:2], *config, *arguments[2:]])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.startswith("error: ") and sentence in told
    assert list(tmp_path.iterdir()) == []
