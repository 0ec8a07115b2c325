"""The workflow as a module of another one, and where catalogs look for it."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import ROOT, environment

OWN = f"""
configfile: "config/config.yaml"


rule earlier:
    output:
        "earlier.txt",
    shell:
        "echo earlier > {{output}}"


module codecs:
    snakefile:
        "{ROOT}/Snakefile"
    config:
        config


use rule * from codecs as codecs_*


rule later:
    default_target: True
    input:
        "earlier.txt",
        "results/demo/figures/fig1-storage.svg",
    output:
        "later.txt",
    shell:
        "echo later > {{output}}"
"""


def snakemake(folder: Path, *words: str) -> str:
    run = subprocess.run(
        ["snakemake", "--cores", "1", *words],
        cwd=folder, env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout + run.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of someone else's, with a copy of our configuration."""
    (tmp_path / "config").mkdir()
    content = (ROOT / "config" / "config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config" / "config.yaml").write_text(content, encoding="utf-8")
    (tmp_path / "Snakefile").write_text(OWN, encoding="utf-8")
    return tmp_path


def test_another_workflow_uses_its_rules(folder: Path) -> None:
    snakemake(folder)
    assert (folder / "later.txt").read_text() == "later\n"
    results = folder / "results" / "demo"
    assert (results / "figures" / "fig1-storage.svg").is_file()
    assert [path.name for path in (results / "logs").iterdir()] == ["codecs-figure-storage.log"]
    assert "codecs_front_page" in snakemake(folder, "--dry-run", "results/demo/index.html")


def test_the_link_of_catalogs_is_the_workflow(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").symlink_to(ROOT / "config.yaml")
    words = ("--dry-run", "results/demo/figures/fig1-storage.svg")
    for name in ("Snakefile", "workflow/Snakefile"):
        told = snakemake(tmp_path, "--snakefile", str(ROOT / name), *words)
        assert re.search(r"figure_storage +1\ntotal +1\n", told)
    entry = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())
    assert entry["usage"]["report"] is True


def test_the_public_ci_runs_what_ours_does() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    assert {"run": ".ci/run"} in jobs["all"]["steps"]
