"""Everyone can take the test: what axe finds, names for screen readers, focus, contrast."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.mushra import make_page
from tests.browser.participant import begin, go_on, listen, rate_all, slider

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


def violations(page: Page) -> list[str]:
    found = Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]]


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_on_any_page(site: Site, open_page: OpenPage, size: str) -> None:
    make_page(site, contact="room 101")
    width, height = SIZES[size]
    page = open_page(f"{site.address}/test/index.html", viewport={"width": width, "height": height})
    assert violations(page) == []
    page.get_by_label("Participant").fill("P01")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading")).to_have_text("Set the volume")
    assert violations(page) == []
    go_on(page)
    for _ in range(3):
        listen(page, 0)
        assert violations(page) == []
        rate_all(page, [20, 40, 60, 80, 100])
        assert violations(page) == []
        go_on(page)
    assert violations(page) == []


def test_axe_would_find_a_mistake(site: Site, open_page: OpenPage) -> None:
    make_page(site)
    page = open_page(f"{site.address}/test/index.html")
    page.evaluate("document.querySelector('input').parentElement.firstChild.remove()")
    assert [each.split(":")[0] for each in violations(page)] == ["label"]


def test_screen_readers_are_told_what_happens(site: Site, open_page: OpenPage) -> None:
    make_page(site)
    page = open_page(f"{site.address}/test/index.html")
    begin(page)
    expect(page.get_by_role("heading")).to_be_focused()
    expect(slider(page, 0)).to_have_attribute("aria-valuetext", "locked until heard")
    page.get_by_role("button", name="Play sound 1").click()
    pressed = page.get_by_role("button", name="Play sound 1", pressed=True)
    expect(pressed).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Sound 1 can be rated now")
    expect(slider(page, 0)).to_have_attribute("aria-valuetext", "not yet rated")
    slider(page, 0).press("End")
    expect(slider(page, 0)).to_have_attribute("aria-valuetext", "100, Excellent")
    for _ in range(21):
        slider(page, 0).press("ArrowDown")
    expect(slider(page, 0)).to_have_attribute("aria-valuetext", "79, Good")


def test_a_comment_is_no_command(site: Site, open_page: OpenPage) -> None:
    make_page(site)
    page = open_page(f"{site.address}/test/index.html")
    begin(page)
    rate_all(page, [50] * 5)
    go_on(page)
    comment = page.get_by_label("Comment (optional)")
    comment.press_sequentially("r2 [d2]")
    assert comment.input_value() == "r2 [d2]"
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()  # nothing plays


def test_the_loop_is_set_by_keys(site: Site, open_page: OpenPage) -> None:
    make_page(site)
    page = open_page(f"{site.address}/test/index.html")
    begin(page)
    start, end = page.get_by_label("Loop start"), page.get_by_label("Loop end")
    start.press("ArrowRight")
    start.press("PageUp")
    expect(start).to_have_attribute("aria-valuetext", "1.1 seconds")
    end.press("Home")  # no nearer than the shortest loop
    expect(end).to_have_attribute("aria-valuenow", "1.6")
    start.press("End")
    expect(start).to_have_attribute("aria-valuenow", "1.1")
    page.keyboard.press("Escape")
    expect(start).to_have_attribute("aria-valuenow", "0.0")
    expect(end).to_have_attribute("aria-valuenow", "2.5")
