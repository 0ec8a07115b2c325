"""The pages in Firefox, as Debian has it: what matters most of each, on a desktop and a phone."""

import base64
from pathlib import Path

import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

from spiking_music.codec.session import load
from spiking_music.listening.codec_page import build as build_codec_page
from spiking_music.listening.recording_page import Section
from spiking_music.listening.recording_page import build as build_recording_page
from tests.browser.conftest import OpenPage, Site
from tests.browser.methods import answer
from tests.browser.mushra import make_page, posted, scores_sent
from tests.browser.participant import begin, by_keyboard, go_on, rate_all
from tests.browser.samples import make_samples
from tests.browser.test_codec_page import DROP, PATIENCE, RATE, wav
from tests.browser.test_mushra_access import SIZES, violations
from tests.conftest import made_once

SECONDS = 4


@pytest.fixture(scope="module")
def browser(firefox: Browser) -> Browser:
    """What `open_page` opens."""
    return firefox


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, piano: NDArray) -> Path:
    """A folder with a page of samples, one of a recording, and the codec's."""

    def make(folder: Path) -> None:
        (folder / "mine.wav").write_bytes(wav(piano[: SECONDS * RATE]))
        build_recording_page(
            [folder / "mine.wav"], (6, 20), Section(0, 60), folder / "recording.html"
        )
        build_codec_page(folder / "codec.html")
        make_samples(folder).rename(folder / "samples.html")

    return made_once(tmp_path_factory, "firefox-pages", make)


def opened(open_page: OpenPage, address: str, size: str) -> Page:
    width, height = SIZES[size]
    return open_page(address, viewport={"width": width, "height": height})


def fits(page: Page, size: str) -> bool:
    wide = page.evaluate("document.documentElement.scrollWidth")
    return bool(wide <= SIZES[size][0]) and violations(page) == []


@pytest.mark.parametrize("size", SIZES)
def test_a_page_of_samples(open_page: OpenPage, pages: Path, size: str) -> None:
    page = opened(open_page, (pages / "samples.html").as_uri(), size)
    expect(page.get_by_role("radio", name="FREE")).to_be_checked()
    assert fits(page, size)
    page.keyboard.press("3")
    page.keyboard.press(",")
    expect(page.get_by_role("heading", name="μ-SPARSE at μ = 8")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.locator(".time")).not_to_have_text("0.0 s of 3.0 s")
    page.keyboard.press("n")
    expect(page.locator(".clip:has(:checked)")).to_contain_text("Invention")


@pytest.mark.parametrize("size", SIZES)
def test_a_page_of_a_recording(open_page: OpenPage, pages: Path, size: str) -> None:
    """The stream of a level is decoded in the page, and drawn and played."""
    page = opened(open_page, (pages / "recording.html").as_uri(), size)
    expect(page.locator(".codes figcaption")).to_contain_text(
        "sorted by frequency", timeout=PATIENCE
    )
    assert fits(page, size)
    page.keyboard.press("2")
    expect(page.get_by_role("heading", name="MDCT (shipped), μ = 20")).to_be_visible(
        timeout=PATIENCE
    )
    page.keyboard.press(" ")
    expect(page.locator(".time")).not_to_have_text("0.0 s of 4.0 s")


@pytest.mark.parametrize("size", SIZES)
def test_the_codecs_page(open_page: OpenPage, pages: Path, piano: NDArray, size: str) -> None:
    codec = load()
    stream = codec.encode(piano[: SECONDS * RATE], RATE, level=12)
    page = opened(open_page, (pages / "codec.html").as_uri(), size)
    page.evaluate(DROP, ["piece.spk", base64.b64encode(stream).decode()])
    expect(page.locator("#live")).to_contain_text("piece.spk is decoded", timeout=PATIENCE)
    kbps = 8 * len(stream) / 1000 / SECONDS
    expect(page.get_by_label("The stream")).to_contain_text(f"{kbps:.2f} kbps")
    assert fits(page, size)


def test_a_listening_test_by_keyboard(site: Site, open_page: OpenPage) -> None:
    """What is sent: WebDriver BiDi tells Playwright of no download."""
    manifest = make_page(site, post_url=f"{site.address}/messages")
    page = opened(open_page, f"{site.address}/test/index.html", "desktop")
    assert fits(page, "desktop")
    begin(page)
    rate_all(page, [0, 100, 0, 100, 0], by_keyboard)
    assert fits(page, "desktop")
    go_on(page)
    scores = [0, 1, 100, 99, 100]
    for _ in range(2):
        rate_all(page, scores, by_keyboard)
        go_on(page)
    expect(page.get_by_role("main")).to_contain_text("The results have been sent")
    assert sorted(each["kind"] for each in posted(site)) == ["begin", "end", "page", "page"]
    assert [score for _, _, score in scores_sent(site, manifest)] == 2 * scores


def test_abx_on_a_phone(site: Site, open_page: OpenPage) -> None:
    pairs = {"pairs": [["reference", "free"]]}
    make_page(site, method="abx", post_url=f"{site.address}/messages", **pairs)
    page = opened(open_page, f"{site.address}/test/index.html", "phone")
    begin(page)
    assert fits(page, "phone")
    while "Thank you" not in str(page.get_by_role("heading").text_content()):
        answer(page, "abx", 1)
    expect(page.get_by_role("main")).to_contain_text("The results have been sent")
    assert [each["answer"] for each in posted(site) if each["kind"] == "choice"] == ["a", "a"]
