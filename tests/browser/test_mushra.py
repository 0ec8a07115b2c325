"""Participants take the whole test, by mouse, keyboard and touch, from a server and from disk."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.mushra import make_page, posted, rows, scores_sent
from tests.browser.participant import (
    begin,
    by_keyboard,
    by_mouse,
    download,
    go_on,
    listen,
    rate_all,
    scores_shown,
    slider,
    tab_to,
)
from tests.browser.stimuli import CLIPS, SYSTEMS

RATED = ["trial_id", "rating_stimulus", "rating_score", "rating_time", "rating_comment"]
REST = ("seed", "method", "attention_failed")
COLUMNS = ["session_test_id", "participant", "session_uuid", *RATED, *REST]
SCORES = [[12, 34, 56, 78, 100], [0, 21, 43, 65, 87]]  # of the two excerpts, from left to right
KEPT = "JSON.stringify({ ...localStorage })"


def check(results: Path | str) -> list[dict[str, str]]:
    """Every system of every clip once, with the scores that were given, in order."""
    table = rows(results)
    assert list(table[0]) == COLUMNS
    assert [int(row["rating_score"]) for row in table] == SCORES[0] + SCORES[1]
    pairs = [(row["trial_id"], row["rating_stimulus"]) for row in table]
    assert sorted(pairs) == sorted((clip, system) for clip in CLIPS for system in SYSTEMS)
    assert [clip for clip, _ in pairs[:5]] == [pairs[0][0]] * 5
    assert {row["session_test_id"] for row in table} == {"tones"}
    assert {row["participant"] for row in table} == {"P01"}
    assert len({(row["session_uuid"], row["seed"]) for row in table}) == 1
    assert all(1000 < int(row["rating_time"]) < 120_000 for row in table)  # milliseconds
    return table


def finish(page: Page, rate=by_mouse) -> None:
    """Training, both excerpts, and on to the results."""
    rate_all(page, [50] * 5, rate)
    go_on(page)
    for scores in SCORES:
        rate_all(page, scores, rate)
        go_on(page)


def test_a_participant_by_mouse(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    make_page(site, contact="room 101")
    page = open_page(f"{site.address}/test/index.html")
    begin(page)
    finish(page)
    expect(page.get_by_role("main")).to_contain_text("hand them to the organisers (room 101)")
    expect(page.get_by_role("button", name="Next participant")).to_be_disabled()
    path = download(page, tmp_path)
    uuid = check(path)[0]["session_uuid"]
    assert path.name == f"mushra-tones-{uuid}.csv"
    page.get_by_role("button", name="Next participant").click()
    assert page.get_by_label("Participant").input_value() == ""
    begin(page)
    expect(page.get_by_role("heading")).to_contain_text("Training")
    assert scores_shown(page) == ["–"] * 5


def test_a_participant_by_keyboard_alone(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    make_page(site)
    page = open_page(f"{site.address}/test/index.html")
    tab_to(page, "participant")
    page.keyboard.type("P01")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("Set the volume")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    for scores in ([50] * 5, *SCORES):
        tab_to(page, "Next")
        page.keyboard.press("Enter")
        expect(page.locator(".board")).to_be_visible()
        expect(page.get_by_role("heading")).to_be_focused()
        rate_all(page, scores, by_keyboard)
    tab_to(page, "Next")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("Thank you")
    tab_to(page, "Download the results")
    with page.expect_download() as saved:
        page.keyboard.press("Enter")
    saved.value.save_as(tmp_path / "results.csv")
    check(tmp_path / "results.csv")


def test_a_participant_on_a_phone(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    make_page(site)
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = open_page(f"{site.address}/test/index.html", **phone)

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        for box in (button.bounding_box() for button in page.get_by_role("button").all()):
            assert box is None or box["height"] >= 32  # None: hidden

    def by_touch(page: Page, place: int, score: int) -> None:
        page.get_by_role("button", name=f"Play sound {place + 1}", exact=True).tap()
        expect(slider(page, place)).to_be_enabled()
        track = page.locator(".track").nth(place)
        track.scroll_into_view_if_needed()
        box = track.bounding_box()
        assert box
        page.touchscreen.tap(box["x"] + box["width"] * score / 100, box["y"] + box["height"] / 2)

    fits()
    begin(page)
    fits()
    for scores in ([50] * 5, *SCORES):
        rate_all(page, scores, by_touch)
        for shown, score in zip(scores_shown(page), scores, strict=True):
            assert abs(int(shown) - score) <= 1  # a finger's pixel
        fits()
        go_on(page)
    fits()
    assert len(rows(download(page, tmp_path))) == 10


def test_the_page_opens_from_disk(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    manifest = make_page(site, post_url=f"{site.address}/results")
    page = open_page((site.folder / "test" / "index.html").as_uri())
    begin(page)
    finish(page)
    expect(page.get_by_role("main")).to_contain_text("The results have been sent")
    table = check(download(page, tmp_path))
    assert sorted(each["kind"] for each in posted(site)) == ["begin", "end", "page", "page"]
    assert scores_sent(site, manifest) == [
        (row["trial_id"], row["rating_stimulus"], int(row["rating_score"])) for row in table
    ]


def test_a_reload_loses_nothing(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    make_page(site)
    page = open_page(f"{site.address}/test/index.html")
    begin(page)
    rate_all(page, [50] * 5)
    go_on(page)
    rate_all(page, SCORES[0][:3])
    comment = 'a "bell", and\na hiss'
    page.get_by_label("Comment (optional)").fill(comment)
    listen(page, 3)
    before = page.evaluate(KEPT)
    page.wait_for_function(f"before => {KEPT} !== before", arg=before)  # what was heard, too
    heading = page.get_by_role("heading").text_content()
    page.reload()
    expect(page.get_by_role("heading")).to_have_text(str(heading))
    assert scores_shown(page) == [*map(str, SCORES[0][:3]), "–", "–"]
    expect(slider(page, 3)).to_be_enabled()
    expect(slider(page, 4)).to_be_disabled()
    for place in (3, 4):
        by_mouse(page, place, SCORES[0][place])
    go_on(page)
    rate_all(page, SCORES[1])
    go_on(page)
    page.reload()
    table = check(download(page, tmp_path))
    assert [row["rating_comment"] for row in table] == [comment] * 5 + [""] * 5


def test_a_failed_post_can_be_repeated(site: Site, open_page: OpenPage) -> None:
    manifest = make_page(site, post_url=f"{site.address}/results")
    site.status = 503
    page = open_page(f"{site.address}/test/index.html", expected="503")
    begin(page)
    finish(page)
    expect(page.get_by_role("main")).to_contain_text("could not be sent (the server answered 503)")
    assert site.posted == []
    site.status = 200
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("main")).to_contain_text("The results have been sent")
    assert len(posted(site)) == 4
    assert [score for _, _, score in scores_sent(site, manifest)] == SCORES[0] + SCORES[1]


def test_sliders_are_locked_until_heard(site: Site, open_page: OpenPage) -> None:
    make_page(site, heard_seconds=3.0)
    page = open_page(f"{site.address}/test/index.html")
    begin(page)
    for place in range(5):
        expect(slider(page, place)).to_be_disabled()
    page.get_by_role("button", name="Play sound 1").click()
    page.wait_for_timeout(300)  # milliseconds
    page.get_by_role("button", name="Reference").click()
    page.wait_for_timeout(2800)
    expect(slider(page, 0)).to_be_disabled()  # listening to the reference does not count
    page.get_by_role("button", name="Play sound 1").click()
    expect(slider(page, 0)).to_be_enabled()
    for place in range(1, 5):
        expect(slider(page, place)).to_be_disabled()
    expect(page.get_by_text("Still to be heard: 2, 3, 4, 5")).to_be_visible()
    expect(page.get_by_role("button", name="Next")).to_be_disabled()


def test_a_blank_name_is_not_taken(site: Site, open_page: OpenPage) -> None:
    make_page(site)
    page = open_page(f"{site.address}/test/index.html")
    for name in ("", "   "):
        page.get_by_label("Participant").fill(name)
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_role("heading")).to_have_text("Piano music listening test")
    begin(page, " P 1 ")


@pytest.mark.parametrize("seed", [1, 4294967295])
def test_the_order_follows_from_the_seed(site: Site, open_page: OpenPage, seed: int) -> None:
    make_page(site)

    def plan(given: int) -> str:
        page = open_page(f"{site.address}/test/index.html?seed={given}")
        return page.evaluate(
            """async () => {
              const { plan } = await import("mushra/plan");
              const test = JSON.parse(document.getElementById("test").textContent);
              const key = Object.keys(localStorage).find((name) => name.startsWith("mushra:"));
              const state = JSON.parse(localStorage.getItem(key));
              return JSON.stringify([state.seed, plan(test, state)]);
            }"""
        )

    assert plan(seed) == plan(seed)
    assert plan(seed).startswith(f"[{seed},")
    others = {plan(other).split(",", 1)[1] for other in range(10, 14)}
    assert len(others) == 4


def test_every_order_is_about_as_frequent(site: Site, open_page: OpenPage) -> None:
    """Over 6 000 seeds each of the six orders of three things comes 1 000 ± 150 times."""
    make_page(site)
    page = open_page(f"{site.address}/test/index.html")
    counts = page.evaluate(
        """async () => {
          const { hash, shuffled } = await import("mushra/random");
          const counts = {};
          for (let seed = 0; seed < 6000; seed++) {
            const order = shuffled("abc", hash(`${seed}:trial:c1`)).join("");
            counts[order] = (counts[order] ?? 0) + 1;
          }
          return counts;
        }"""
    )
    assert len(counts) == 6
    assert all(abs(count - 1000) < 150 for count in counts.values())


def test_nothing_on_the_page_names_a_system(site: Site, open_page: OpenPage) -> None:
    make_page(site)
    page = open_page(f"{site.address}/test/index.html")
    begin(page)
    listen(page, 0)
    text = page.evaluate(
        """() => {
          const copy = document.documentElement.cloneNode(true);
          copy.querySelectorAll("script[type=importmap]").forEach((script) => script.remove());
          return copy.outerHTML;
        }"""
    )
    assert "Prelude in C" in text
    for system in SYSTEMS[1:]:
        assert system not in text


def test_the_policy_refuses_other_addresses(site: Site, open_page: OpenPage) -> None:
    make_page(site, post_url="http://127.0.0.1:9/results")
    page = open_page(f"{site.address}/test/index.html", expected="Content Security Policy")
    refused = page.evaluate(
        """async () => {
          const refused = [];
          addEventListener("securitypolicyviolation", (event) => refused.push(event.blockedURI));
          await fetch("http://127.0.0.1:10/x").catch(() => {});
          const image = new Image();
          image.src = "http://127.0.0.1:10/y.png";
          await new Promise((resolve) => setTimeout(resolve, 300));
          return refused;
        }"""
    )
    assert refused == ["http://127.0.0.1:10/x", "http://127.0.0.1:10/y.png"]
