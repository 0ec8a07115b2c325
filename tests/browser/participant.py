"""A participant of a listening test, by mouse, by keyboard or by touch."""

from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Page, expect

Rate = Callable[[Page, int, int], None]  # page, place from 0, score


def begin(page: Page, name: str = "P01") -> None:
    """From the first page to the training."""
    page.get_by_label("Participant").fill(name)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading")).to_have_text("Set the volume")
    go_on(page)


def go_on(page: Page) -> None:
    """To the next page, when its sounds are loaded."""
    heading = page.get_by_role("heading").text_content()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading")).not_to_have_text(str(heading))


def slider(page: Page, place: int):
    return page.get_by_label(f"Rating of sound {place + 1}", exact=True)


def listen(page: Page, place: int) -> None:
    """Play a sound until its slider opens."""
    page.get_by_role("button", name=f"Play sound {place + 1}", exact=True).click()
    expect(slider(page, place)).to_be_enabled()


def by_mouse(page: Page, place: int, score: int) -> None:
    """Listen, then click where the score is."""
    listen(page, place)
    box = page.locator(".track").nth(place).bounding_box()
    assert box
    upright = box["height"] > box["width"]
    if upright:
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * (1 - score / 100))
    else:
        page.mouse.click(box["x"] + box["width"] * score / 100, box["y"] + box["height"] / 2)


def by_keyboard(page: Page, place: int, score: int) -> None:
    """Press the sound's number, which leads to its slider, and set the score from one end."""
    page.keyboard.press(str(place + 1))
    expect(slider(page, place)).to_be_focused()
    page.keyboard.press("End" if score > 50 else "Home")
    key = "ArrowDown" if score > 50 else "ArrowUp"
    for _ in range(min(score, 100 - score)):
        page.keyboard.press(key)


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the element with this text or name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        here = "document.activeElement.textContent || document.activeElement.name"
        if page.evaluate(here) == words:
            return
    raise AssertionError(f"Tab does not lead to '{words}'")


def rate_all(page: Page, scores: Sequence[int], rate: Rate = by_mouse) -> None:
    for place, score in enumerate(scores):
        rate(page, place, score)


def scores_shown(page: Page) -> list[str]:
    return page.locator(".score").all_text_contents()


def download(page: Page, folder: Path) -> Path:
    """Save the results of the last page."""
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download the results").click()
    path = folder / saved.value.suggested_filename
    saved.value.save_as(path)
    return path
