"""Snakemake's scheduler does not look for jobs more often the more jobs have ended."""

import subprocess
import time
from pathlib import Path

import pytest

JOBS = 40
SNAKEFILE = f"""
{{patch}}

rule all:
    input:
        expand("{{{{i}}}}.txt", i=range({JOBS})),


rule wait:
    output:
        "{{{{i}}}}.txt",
    shell:
        "sleep 0.05 && touch {{{{output}}}}"
"""
PATCH = "from spiking_music.workflow.rounds import one_timer_at_a_time\n\none_timer_at_a_time()"


@pytest.mark.parametrize("limit", ["100/1s", "8/1s"])
def test_rounds_are_those_of_jobs_and_of_seconds(tmp_path: Path, limit: str) -> None:
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(patch=PATCH))
    start = time.monotonic()
    run = subprocess.run(
        ["snakemake", "--cores", "1", "--verbose", "--max-jobs-per-timespan", limit],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    seconds = time.monotonic() - start
    assert run.returncode == 0, run.stderr
    assert len(list(tmp_path.glob("*.txt"))) == JOBS
    rounds = run.stderr.count("Ready jobs: ")
    assert JOBS / 2 < rounds < 2 * JOBS + seconds
