"""From the browser to the tables: results of participants go through the rule of ratings."""

from pathlib import Path

import pandas as pd
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage, Site
from tests.browser.mushra import make_page
from tests.browser.participant import (
    Rate,
    begin,
    by_keyboard,
    by_mouse,
    download,
    go_on,
    rate_all,
)
from tests.browser.stimuli import CLIPS
from tests.workflow.conftest import run_snakemake

ATTENTIVE = {"reference": 98, "rvq": 81, "free": 70, "sparse": 64, "anchor-distorted": 7}
CONFUSED = {**ATTENTIVE, "reference": 7, "anchor-distorted": 98}
TABLES = "results/tiny/listen/listeners"


def orders(page: Page) -> list[list[str]]:
    """The systems of each page with sliders, from left to right."""
    found = page.evaluate(
        """async () => {
          const { plan } = await import("mushra/plan");
          const test = JSON.parse(document.getElementById("test").textContent);
          const systems = JSON.parse(atob(test.systems));
          const key = Object.keys(localStorage).find((name) => name.startsWith("mushra:"));
          const state = JSON.parse(localStorage.getItem(key));
          const pages = plan(test, state).filter(({ order }) => order);
          return pages.map(({ order }) => order.map((sound) => systems[sound]));
        }"""
    )
    assert isinstance(found, list)
    return found


def take(page: Page, scores: dict[str, int], rate: Rate, folder: Path) -> Path:
    """Take the whole test, reload in its middle, and save the results."""
    begin(page)
    for number, order in enumerate(orders(page)):
        rate_all(page, [scores[system] for system in order], rate)
        if number == 1:
            page.reload()
        go_on(page)
    return download(page, folder)


def test_what_participants_save_becomes_tables_and_figure_3(
    site: Site, open_page: OpenPage, tmp_path: Path
) -> None:
    """One listens, by mouse; one takes the anchor for the reference, by keyboard."""
    make_page(site)
    folder = tmp_path / "ratings"
    address = f"{site.address}/test/index.html"
    attentive = take(open_page(address), ATTENTIVE, by_mouse, folder)
    confused = take(open_page(address), CONFUSED, by_keyboard, folder)
    (folder / "zcopy.csv").write_bytes(attentive.read_bytes())
    (folder / "torn.csv").write_bytes(attentive.read_bytes()[:-20])

    config = "listening={ratings: {folder: ratings}}"
    targets = f"{TABLES}/systems.csv", "results/tiny/figures/fig3-listeners.png"
    done = run_snakemake(tmp_path, *targets, "--config", config)
    assert done.code == 0, done.said[-5000:]
    systems = pd.read_csv(tmp_path / TABLES / "systems.csv")
    assert set(systems["source"]) == {"listeners"}
    for _, kept in systems.groupby("screening"):
        assert dict(zip(kept["system"], kept["mean"], strict=True)) == ATTENTIVE
        assert set(kept["scores"]) == {len(CLIPS)}
    listeners = pd.read_csv(tmp_path / TABLES / "listeners.csv").set_index("file")
    expected = {f"ratings/{attentive.name}": [1, 1], f"ratings/{confused.name}": [0, 0]}
    assert listeners[["paper", "BS.1534-3"]].T.to_dict("list") == expected
    left_out = pd.read_csv(tmp_path / TABLES / "left-out.csv").set_index("file")["reason"]
    assert left_out["ratings/zcopy.csv"].startswith("duplicated")
    assert left_out["ratings/torn.csv"].startswith("malformed")
    assert len(left_out) == 2
    assert (tmp_path / targets[1]).stat().st_size > 10_000
