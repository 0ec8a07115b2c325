"""`experiments/other_music.py`: folders of recordings become clips, codecs rows of a table."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile

from spiking_music.errors import DataError
from tests.evaluation.conftest import experiment

SCRIPT = Path(__file__).parents[2] / "experiments" / "other_music.py"
OPTIONS = ["--", "--no-perceptual", "--count", "2", "--kbps", "8"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs it, and what it starts, in this process, which has imported all that they need."""
    module, codecs = experiment("other_music"), experiment("codecs")

    def call(main: Callable[[], None], *arguments: object) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["script", *map(str, arguments)])
            main()

    def started(command: list[str], check: bool) -> None:
        assert command[:2] == [sys.executable, str(SCRIPT.with_name("codecs.py"))] and check
        call(codecs.main, *command[2:])

    monkeypatch.setattr(module, "subprocess", SimpleNamespace(run=started))
    return partial(call, module.main)


def test_kinds_are_cut_coded_and_put_in_one_table(
    script: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(0)
    for kind, rate in (("low", 16000), ("high", 44100)):
        (tmp_path / kind / "album").mkdir(parents=True)
        for number in range(3):
            path = tmp_path / kind / "album" / f"{number}.wav"
            soundfile.write(path, 0.1 * noise.standard_normal((7 * rate, 2)), rate)
    (tmp_path / "low" / "album" / "0.wav").write_bytes(b"damaged")
    out = tmp_path / "out"
    kinds = [f"{kind}={tmp_path / kind}" for kind in ("low", "high")]
    with pytest.raises(DataError, match=r"0\.wav"):  # not even its duration can be read
        script(*kinds, "--recordings", "2", "--out", out, *OPTIONS)
    (tmp_path / "low" / "album" / "0.wav").unlink()
    script(*kinds, "--recordings", "2", "--out", out, *OPTIONS)
    table = pd.read_csv(out / "other-music.csv")
    assert table["kind"].tolist() == ["low", "low", "high", "high"]
    assert table["system"].tolist() == ["mp3 8", "opus 8"] * 2
    assert table["clips"].tolist() == [2] * 4
    assert "| high | opus 8 |" in capsys.readouterr().out
    assert not (tmp_path / "low" / "metadata.csv").exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = run(f"x={tmp_path / 'none'}", "--out", tmp_path / "out")
    assert done.returncode == 1 and "is not KIND=FOLDER" in done.stderr
    assert not (tmp_path / "out").exists()
