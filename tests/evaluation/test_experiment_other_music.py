"""`experiments/other_music.py`: recordings become clips, and codecs rows of one table."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

SCRIPT = Path(__file__).parents[2] / "experiments" / "other_music.py"
OPTIONS = ["--", "--no-perceptual", "--count", "2", "--kbps", "8"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)


def test_kinds_are_cut_coded_and_put_in_one_table(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    for kind, rate in (("low", 16000), ("high", 44100)):
        (tmp_path / kind / "album").mkdir(parents=True)
        for number in range(3):
            path = tmp_path / kind / "album" / f"{number}.wav"
            soundfile.write(path, 0.1 * noise.standard_normal((7 * rate, 2)), rate)
    (tmp_path / "low" / "album" / "0.wav").write_bytes(b"damaged")
    out = tmp_path / "out"
    kinds = [f"{kind}={tmp_path / kind}" for kind in ("low", "high")]
    done = run(*kinds, "--recordings", "2", "--out", out, *OPTIONS)
    assert done.returncode != 0 and "0.wav" in done.stderr  # not even its duration can be read
    (tmp_path / "low" / "album" / "0.wav").unlink()
    done = run(*kinds, "--recordings", "2", "--out", out, *OPTIONS)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(out / "other-music.csv")
    assert table["kind"].tolist() == ["low", "low", "high", "high"]
    assert table["system"].tolist() == ["mp3 8", "opus 8"] * 2
    assert table["clips"].tolist() == [2] * 4
    assert "| high | opus 8 |" in done.stdout
    assert not (tmp_path / "low" / "metadata.csv").exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = run(f"x={tmp_path / 'none'}", "--out", tmp_path / "out")
    assert done.returncode == 1 and "is not KIND=FOLDER" in done.stderr
    assert not (tmp_path / "out").exists()
