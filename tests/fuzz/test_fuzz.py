"""The fuzzer runs for a bounded time, and what it once found stays mended."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codec.stream.make_vectors import FOLDER
from tests.conftest import ROOT

SECONDS = 20
REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*"))


def fuzz(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.fuzz_stream", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS + 120,
    )


def test_fuzzer_finds_nothing(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for path in FOLDER.glob("*.spk"):
        shutil.copy(path, corpus)
    limits = ["-max_len=1024", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]
    done = fuzz(
        str(corpus),
        f"-max_total_time={SECONDS}",
        *limits,
        f"-artifact_prefix={tmp_path}/",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "number_of_executed_units" in done.stderr
    assert len(list(corpus.iterdir())) > len(list(FOLDER.glob("*.spk"))), "it found no new paths"


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.name)
def test_regressions(path: Path) -> None:
    done = fuzz(str(path))
    assert done.returncode == 0, done.stderr[-3000:]
