"""slurm/site.yaml and a machine without SLURM: one sentence each, at once."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from snakemake_executor_plugin_slurm_watched import Executor
from snakemake_executor_plugin_slurm_watched.site import Site, SiteError, read, site
from tests.conftest import ROOT

WORKFLOW = ("Snakefile", "config.yaml", "config", "rules", "report", "envs", "slurm")
TOOLS = ("which", "bash", "sh", "env", "git", "uname", "nproc")


def written(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_is_valid_and_names_may_look_like_numbers(tmp_path: Path) -> None:
    example = read(ROOT / "slurm" / "site.example.yaml")
    assert example.model_fields_set == Site.model_fields.keys()  # it names every key
    assert example.cores == 32 and example.gpu.type == "a100"
    assert example.time_limits == {"cpu": 2880, "gpu": 1440}
    named = read(written(tmp_path, "account: 4711\npartition: größe\n"))
    assert named == Site(account="4711", partition="größe")
    assert read(written(tmp_path, "# nothing\n")) == Site()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("acount: x", "unknown key 'acount' in '{path}'; did you mean 'account'?"),
        ("gpu-partition: x", "unknown key 'gpu-partition' in '{path}'; did you mean 'gpu_partit"),
        ("walltime: 3", "unknown key 'walltime' in '{path}'; known are account, constraint, cores"),
        ("gpu: {typ: x}", "unknown key 'gpu.typ' in '{path}'; did you mean 'type'?"),
        (
            "gpu: {request: some}",
            "'gpu.request' in '{path}' must be 'gpus', 'gpus-per-node' or 'gr",
        ),
        ("gpu: a100", "'gpu' in '{path}' must be a valid dictionary"),
        ("memory: node", "'memory' in '{path}' must be 'job', 'core' or 'none' (got 'node')"),
        (
            "time_limits: {gpu: 1d}",
            "'time_limits.gpu' in '{path}' must be minutes, or a time as sb",
        ),
        ("time_limits: {gpu: 0}", "must be minutes, or a time as sbatch takes it"),
        ("extra: --signal=INT@30", "'extra' in '{path}' must not set --signal, by which training"),
        ("extra: '--mem=4G --nice'", "must not set the memory, which the workflow sets itself"),
        ('extra: --comment="a', "must be options of sbatch in one line of text"),
        ("extra: [--nice]", "must be options of sbatch in one line of text"),
        ("modules: cuda", "'modules' in '{path}' must be a valid list (got 'cuda')"),
        ("7: x", "unknown key '7'"),
        ("cores: many", "'cores' in '{path}' must be a whole number above 0 (got 'many')"),
        ("cores: 0", "must be a whole number above 0 (got 0)"),
        ("cores: true", "must be a whole number above 0 (got True)"),
        ("cores: 1.5", "must be a whole number above 0 (got 1.5)"),
        ("account:", "'account' in '{path}' must be a name (got None)"),
        ("partition: [a, b]", "'partition' in '{path}' must be a name (got ['a', 'b'])"),
        ("partition: true", "must be a name (got True)"),
        ("partition: ''", "must be a name (got '')"),
        ("- account", "'{path}' must hold keys and values"),
        ("account: {", "'{path}' is not valid YAML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SiteError) as caught:
        read(path)
    assert sentence.format(path=path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_named_and_absent_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPIKING_MUSIC_SITE", raising=False)
    assert site() == Site()
    monkeypatch.setenv("SPIKING_MUSIC_SITE", str(tmp_path / "none.yaml"))
    with pytest.raises(SystemExit, match=r"error: .*none\.yaml' cannot be read \(No such file"):
        site()


def account(no_account: bool, **resources: str) -> list[str]:
    """The account options of a job, from an executor that would guess one if it were asked to."""
    executor: Any = object.__new__(Executor)
    executor.workflow = SimpleNamespace(executor_settings=SimpleNamespace(no_account=no_account))
    executor._fallback_account_arg = " -A guessed"
    return list(executor.get_account_arg(SimpleNamespace(resources=resources)))


def test_no_account_is_guessed_where_none_is_wanted() -> None:
    assert account(True) == [""]
    assert account(False) == [" -A guessed"]


@pytest.fixture
def clone(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """The workflow, and an environment whose PATH holds Snakemake and no SLURM."""
    folder, binaries = tmp_path / "clone", tmp_path / "bin"
    folder.mkdir()
    binaries.mkdir()
    for name in WORKFLOW:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    (folder / "slurm" / "site.yaml").unlink(missing_ok=True)
    for tool in TOOLS:
        if found := shutil.which(tool):
            (binaries / tool).symlink_to(found)
    path = f"{Path(sys.executable).parent}{os.pathsep}{binaries}"
    return folder, {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "src")}


def snakemake(clone: tuple[Path, dict[str, str]], *arguments: str) -> tuple[int, str]:
    """Exit status, and what was said."""
    folder, environment = clone
    done = subprocess.run(
        ["snakemake", "--profile", "slurm", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_without_slurm_the_workflow_ends_with_a_sentence(
    clone: tuple[Path, dict[str, str]],
) -> None:
    code, said = snakemake(clone)
    assert code == 1, said
    assert "SLURM's 'sbatch' is not on this machine's PATH: start the workflow where" in said
    assert "Traceback" not in said and "trying to guess" not in said
    code, said = snakemake(clone, "-n", "--quiet")  # what would run can be asked for anywhere
    assert code == 0, said


def test_a_wrong_site_file_ends_snakemake(clone: tuple[Path, dict[str, str]]) -> None:
    (clone[0] / "slurm" / "site.yaml").write_text("acount: x\n")
    code, said = snakemake(clone, "-n")
    assert code == 1
    assert "error: unknown key 'acount' in 'slurm/site.yaml'; did you mean 'account'?" in said
    assert "Traceback" not in said


def test_what_a_run_would_cost_is_told_anywhere(clone: tuple[Path, dict[str, str]]) -> None:
    def plan(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "spiking_music", "plan", *arguments],
            cwd=clone[0], env=clone[1], capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    told = plan("--configfile", "config/tiny.yaml", "--", "training")
    assert told.returncode == 0, told.stderr
    assert "| train | 10 | 0.0" in told.stdout and "an estimate" in told.stdout
    assert re.search(r"\d+ jobs of \d+ steps: \d+\.\d core-hours, 0\.0 GPU-hours", told.stdout)
    assert not (clone[0] / "results").exists()
    wrong = plan("nothing.csv")
    assert wrong.returncode == 1 and "No rule to produce nothing.csv" in wrong.stderr
    assert wrong.stderr.startswith("error: ") and wrong.stderr.count("\n") == 1
