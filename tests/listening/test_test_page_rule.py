"""The rule that makes the page, run by Snakemake."""

from pathlib import Path

from tests.browser.stimuli import write_stimuli
from tests.workflow.conftest import run_snakemake

ALONE = ("--allowed-rules", "test_page")  # its stimuli are at hand


def test_the_rule_makes_the_page_and_the_settings_remake_it(tmp_path: Path) -> None:
    results = tmp_path / "results" / "tiny"
    (results / "listen").mkdir(parents=True)
    write_stimuli(results / "listen" / "stimuli")
    page = "results/tiny/listen/test"
    done = run_snakemake(tmp_path, page, *ALONE)
    assert done.code == 0, done.said
    assert "<title>Piano music listening test</title>" in (
        (tmp_path / page / "index.html").read_text()
    )
    assert f"wrote {page}/index.html" in (results / "logs" / "test-page.log").read_text()
    assert "Nothing to be done" in run_snakemake(tmp_path, page, "-n", *ALONE).said
    other = run_snakemake(tmp_path, page, "-n", *ALONE, "--config", "figures={clips: 2}")
    assert "Nothing to be done" in other.said
    title = run_snakemake(
        tmp_path, page, "-n", *ALONE, "--config", "listening={page: {title: Ours}}"
    )
    assert "rule test_page" in title.said


def test_a_missing_sound_is_one_sentence(tmp_path: Path) -> None:
    results = tmp_path / "results" / "tiny" / "listen"
    results.mkdir(parents=True)
    write_stimuli(results / "stimuli")
    next((results / "stimuli").glob("*.wav")).unlink()
    done = run_snakemake(tmp_path, "results/tiny/listen/test", *ALONE)
    assert done.code != 0
    errors = [line for line in done.said.splitlines() if line.startswith("error: ")]
    assert errors
    assert "cannot use" in errors[0]
    assert not (results / "test").exists()
