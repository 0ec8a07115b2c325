"""A dry run of the workflow in the working folder, whose jobs are noted."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from spiking_music.errors import ConfigError


def notes(targets: Sequence[str], profiles: Sequence[str], configs: Sequence[Path]) -> list[str]:
    """A line of JSON for each submission (`snakemake_executor_plugin_plan`).

    Raises `ConfigError` where there is no workflow here, or Snakemake cannot plan it.
    """
    if not Path("Snakefile").is_file():
        raise ConfigError("there is no Snakefile here: run it in a clone of spiking-music")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "plan.jsonl")
        command = [sys.executable, "-m", "snakemake", "--executor", "plan", "--plan-out", str(out)]
        command += [word for profile in profiles for word in ("--profile", profile)]
        command += ["--configfile", *map(str, configs)] if configs else []
        command += ["--quiet", "progress", "rules", "host", "--", *targets]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ConfigError(_why(done.stderr))
        return out.read_text("utf-8").splitlines() if out.exists() else []


def _why(said: str) -> str:
    """Snakemake's reason, in one line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for index, line in enumerate(lines):
        if line.startswith("error: "):  # ours, whole
            return line.removeprefix("error: ")
        if "Error" in line or "Exception" in line:
            return f"Snakemake cannot plan the run: {' '.join(lines[index : index + 3])}"
    return "Snakemake cannot plan the run: `snakemake -n` says why"
