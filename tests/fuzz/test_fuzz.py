"""The fuzzer runs for a bounded time, and what it once found, or could have, stays mended."""

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.mutations import originals

from tests.codec.stream.make_vectors import FOLDER
from tests.conftest import ROOT

SECONDS = 20
SEEDS = [*FOLDER.glob("*.spk"), *(Path(__file__).parent / "regressions").glob("*.spk")]


def test_fuzzer_finds_nothing(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for path in SEEDS:  # are run before anything else
        shutil.copy(path, corpus)
    for number, original in enumerate(originals()):  # of a model's entropy coder, too
        (corpus / f"original-{number}.spk").write_bytes(original.stream)
    seeds = len(list(corpus.iterdir()))
    limits = ["-max_len=2048", "-timeout=10", "-rss_limit_mb=2048"]  # of bytes, s and MiB
    flags = [f"-max_total_time={SECONDS}", f"-artifact_prefix={tmp_path}/", *limits]
    command = [sys.executable, "-m", "tests.fuzz.fuzz_stream", str(corpus), *flags]
    done = subprocess.run(
        ["sh", "-c", '"$@"; exit $?', "sh", *command],  # else Linux counts our memory as its own
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS + 200,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(list(corpus.iterdir())) > seeds, f"it found no new path:\n{done.stderr[-3000:]}"
