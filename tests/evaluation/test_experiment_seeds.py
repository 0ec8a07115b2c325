"""`experiments/seeds.py` and `curves.py`: rows of several seeds and folders."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
CLIPS = 6  # of three performances; the last is silent


def write_row(results: Path, name: str, si_snr: float, kbps: float, clips: int = CLIPS) -> None:
    """What the workflow measures of one training: the mean SI-SNR (dB) and bit rate are given."""
    about = {
        "performance": np.arange(clips) // 2,
        "offset": np.arange(clips) * 100,
        "silent": [0] * (clips - 1) + [1],
        "si_snr_db": si_snr + np.append(np.linspace(-1, 1, clips - 1), 99),
        "mel_distance": np.full(clips, 5.0),
        "visqol": np.full(clips, np.nan),
    }
    tables = {
        f"evaluation/{name}.csv": pd.DataFrame(about),
        f"storage/{name}-coded.csv": pd.DataFrame({"kbps": np.full(clips, kbps)}),
    }
    for path, table in tables.items():
        (results / path).parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(results / path, index=False)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of two seeds of `mine`, beside one of a row `theirs`."""
    write_row(tmp_path / "first", "mine", si_snr=4, kbps=1)
    write_row(tmp_path / "first", "mine-seed-2", si_snr=6, kbps=3)
    write_row(tmp_path / "second", "theirs", si_snr=3, kbps=0.5)
    return tmp_path / "first"


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, EXPERIMENTS / script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_rows_of_two_folders_are_one_table(results: Path) -> None:
    theirs = f"{results.with_name('second')}:theirs"
    done = run(
        "seeds.py", results, "mine", theirs, "--against", theirs, "--out", results / "seeds.md"
    )
    assert done.returncode == 0, done.stderr
    headings, _, *lines = (line.strip("| ").split(" | ") for line in done.stdout.splitlines())
    mine, other = (dict(zip(headings, line, strict=True)) for line in lines)
    assert (mine["row"], other["row"]) == ("mine", theirs)
    assert (mine["kbps"], mine["seeds"]) == ("2.00", "4.00 to 6.00")
    assert mine["SI-SNR dB"].startswith("5.00 [") and mine["ViSQOL"] == "–"
    assert mine["Δ SI-SNR dB"] == "+1.00 [+1.00, +1.00]"  # of the equal seed
    assert other["SI-SNR dB"].startswith("3.00 [")


def test_rows_of_two_folders_are_one_picture(results: Path) -> None:
    theirs = f"{results.with_name('second')}:theirs"
    out = results / "curves"
    done = run("curves.py", results, "--curve", "both", "mine", theirs, "--out", out)
    assert done.returncode == 0, done.stderr
    assert out.with_suffix(".png").is_file() and out.with_suffix(".svg").is_file()


@pytest.mark.parametrize("script", ["seeds.py", "curves.py"])
def test_rows_of_other_clips_are_refused(results: Path, script: str) -> None:
    write_row(results.with_name("second"), "longer", si_snr=3, kbps=1, clips=8)
    rows = ["mine", f"{results.with_name('second')}:longer"]
    before = ["--curve", "both"] if script == "curves.py" else []
    done = run(script, results, *before, *rows, "--out", results / "out")
    assert done.returncode == 1
    sentence = f"'{rows[1]}' has 7 clips that are not silent, 'mine' 5: name rows of the same"
    assert sentence in done.stderr and len(done.stderr.splitlines()) == 1
