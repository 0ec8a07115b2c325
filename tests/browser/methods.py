"""A participant of the tests that are not MUSHRA, by keyboard."""

import json

from playwright.sync_api import Page, expect

from spiking_music import config as configuration
from spiking_music.config import PageConfig
from tests.conftest import DEFAULTS

PLAYS = {"mos": "s", "dcr": "rs", "ab": "ab", "abx": "abx"}  # keys
ANSWERS = {"mos": 4, "dcr": 2, "ab": 3, "abx": 2}  # digits


def settings(**changes: object) -> PageConfig:
    page = {"heard_seconds": 0.3, **changes}
    raw = configuration.read([*DEFAULTS, json.dumps({"listening": {"page": page}})])
    return configuration.section(raw, PageConfig)


def hear(page: Page, method: str) -> None:
    """Play all sounds of a page until one may answer."""
    for key in PLAYS[method]:
        page.keyboard.press(key)
        if key == "r":
            expect(page.locator("#left")).not_to_contain_text("Reference")
        else:
            sound = page.locator(f".playable[aria-keyshortcuts={key.upper()}]")
            expect(sound).to_contain_class("rated")
    expect(page.locator("input[name=answer]").first).to_be_enabled()


def answer(page: Page, method: str, digit: int) -> None:
    """Hear all, answer, and go to the next page."""
    hear(page, method)
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.keyboard.press(str(digit))
    heading = str(page.get_by_role("heading").text_content())
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading")).not_to_have_text(heading)


def asked(page: Page, method: str) -> int:
    """The digit of the answer that an attention page asks for; 0 where it is another page."""
    task = str(page.locator(".task").text_content())
    if "This page checks" not in task:
        return 0
    wanted = task.rpartition("answer: ")[2]
    labels = page.locator(".answers label").all_text_contents()
    place = next(i for i, label in enumerate(labels) if label.endswith(wanted))
    return place + 1 if method in ("ab", "abx") else len(labels) - place
