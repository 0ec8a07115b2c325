"""A crowd's listeners: sent by a platform, let in or not, dealt clips, sent back with a code."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from spiking_music.listening.collector.database import read
from spiking_music.listening.collector.export import export, listeners
from spiking_music.listening.results import collect
from tests.browser.conftest import OpenPage, Site
from tests.browser.mushra import make_page, posted
from tests.browser.participant import begin, go_on, rate_all
from tests.browser.stimuli import CLIPS, SYSTEMS
from tests.browser.test_mushra_access import violations
from tests.listening.crowd import Server

EARS = {
    **{"name": "ears", "text": "How well do you hear?", "when": "before"},
    **{"choices": ["well", "badly"], "admit": ["well"]},
}
JOB = {"name": "job", "text": "What do you work as?", "when": "after"}
KNOWN = {"fields_from_address": {"participant": "PROLIFIC_PID"}}
SCORES = [10, 30, 50, 70, 90]
LOADED = """count => {
  const names = performance.getEntriesByType("resource").map(({ name }) => name);
  return names.filter((name) => name.includes("/audio/")).length >= count;
}"""
Collecting = Callable[..., Server]


@pytest.fixture
def collecting(site: Site, tmp_path: Path) -> Iterator[Collecting]:
    """Start a collector that serves the page of these settings, too."""
    started: list[Server] = []

    def start(**changes: Any) -> Server:
        changes = {"post_url": "/messages", **changes}
        manifest = make_page(site, **changes)
        text = json.dumps({"listening": {"page": changes}})
        page = site.folder / "test"
        started.append(Server(manifest, tmp_path / "ratings.sqlite", page=page, changes=text))
        return started[0]

    yield start
    for each in started:
        each.stop()


def take(page: Page, clips: int = len(CLIPS)) -> None:
    """From the volume to what follows the ratings."""
    expect(page.get_by_role("heading")).to_have_text("Set the volume")
    go_on(page)
    rate_all(page, [50] * 5)
    go_on(page)
    for _ in range(clips):
        rate_all(page, SCORES)
        go_on(page)


def press_begin(page: Page) -> None:
    page.get_by_role("button", name="Begin").click()


def test_a_listener_of_a_platform_from_the_first_page_to_the_redirect(
    site: Site, open_page: OpenPage, collecting: Collecting, tmp_path: Path
) -> None:
    """Known by the address, asked for consent, asked questions, and sent back with a code."""
    (site.folder / "back.html").write_text('<link rel="icon" href="data:,">back')
    server = collecting(
        **KNOWN,
        consent="We keep your ratings.\n\nYou may stop at any time.",
        questions=[EARS, JOB],
        completion={"code": "C1AB", "url": f"{site.address}/back.html?id={{participant}}"},
    )
    page = open_page(f"{server.origin}/?PROLIFIC_PID=5f%20a&STUDY_ID=1")
    assert violations(page) == []
    expect(page.get_by_label("Participant")).to_have_count(0)
    expect(page.get_by_text("You may stop at any time.")).to_be_visible()
    page.get_by_label("well").check()
    press_begin(page)  # without consent
    expect(page.get_by_role("heading")).to_have_text("Piano music listening test")
    page.get_by_label("I have read this and I agree").check()
    press_begin(page)
    take(page)
    expect(page.get_by_role("heading")).to_have_text("A few questions")
    assert violations(page) == []
    page.get_by_label("What do you work as?").fill("tuner, mostly")
    page.get_by_role("button", name="Next").click()
    page.wait_for_url(f"{site.address}/back.html?id=5f%20a")
    page.go_back()  # does not send them away again
    expect(page.get_by_text("Your completion code: C1AB")).to_be_visible()
    expect(page.get_by_role("link", name="Finish")).to_be_visible()
    assert violations(page) == []
    assert export(server.database, tmp_path / "all.csv").startswith("2 pages; listeners: 1 at")
    assert len(collect([tmp_path / "all.csv"]).pages.scores) == 2
    (listener,) = listeners(read(server.database)[1])
    assert listener.known == {"participant": "5f a", "ears": "well", "job": "tuner, mostly"}
    page.goto(f"{server.origin}/?PROLIFIC_PID=another")  # at the same computer
    expect(page.get_by_role("button", name="Begin")).to_be_visible()


def test_who_is_screened_out_learns_it_and_rates_nothing(
    open_page: OpenPage, collecting: Collecting
) -> None:
    server = collecting(questions=[EARS], screened_out={"code": "OUT", "url": None})
    page = open_page(server.origin)
    page.get_by_label("Participant").fill("P01")
    page.get_by_label("badly").check()
    press_begin(page)
    for _ in range(2):
        expect(page.get_by_text("you cannot take part")).to_be_visible()
        expect(page.get_by_text("Your completion code: OUT")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)
        page.reload()
    assert violations(page) == []
    (listener,) = listeners(read(server.database)[1])
    assert listener.screened_out
    assert listener.known == {"participant": "P01", "ears": "badly"}


def test_listeners_get_their_clips_in_blocks(open_page: OpenPage, collecting: Collecting) -> None:
    """Of two clips one each: the second listener gets the one that the first did not."""
    server = collecting(clips=1)
    for number in range(2):
        page = open_page(server.origin)
        expect(page.get_by_text("You will hear 1 excerpt of music")).to_be_visible()
        begin(page, f"P{number}")
        rate_all(page, [50] * 5)
        go_on(page)
        page.reload()  # keeps to it
        rate_all(page, SCORES)
        go_on(page)
        expect(page.get_by_role("main")).to_contain_text("The results have been sent")
    pages = [page for each in listeners(read(server.database)[1]) for page in each.pages]
    assert {page.clip for page in pages} == set(CLIPS)


def test_without_an_answer_the_seed_deals(site: Site, open_page: OpenPage) -> None:
    make_page(site, clips=1, post_url=f"{site.address}/messages")
    site.status = 503
    page = open_page(f"{site.address}/test/index.html", expected="503")
    begin(page)
    rate_all(page, [50] * 5)
    go_on(page)
    rate_all(page, SCORES)
    go_on(page)
    expect(page.get_by_role("main")).to_contain_text("could not be sent")
    site.status = 200
    expect(page.get_by_role("main")).to_contain_text("have been sent", timeout=40_000)
    assert sorted(each["kind"] for each in posted(site)) == ["begin", "end", "page"]


def test_what_could_not_be_sent_survives_a_reload(site: Site, open_page: OpenPage) -> None:
    """The page is opened anew while the server is away, and sends by itself once it is back."""
    make_page(site, post_url=f"{site.address}/messages")
    site.status = 503
    page = open_page((site.folder / "test" / "index.html").as_uri(), expected="503")
    begin(page)
    rate_all(page, [50] * 5)
    go_on(page)
    rate_all(page, SCORES)
    go_on(page)
    heading = str(page.get_by_role("heading").text_content())
    page.reload()
    expect(page.get_by_role("heading")).to_have_text(heading)
    assert posted(site) == []
    site.status = 200
    page.reload()
    expect(page.get_by_role("heading")).to_have_text(heading)
    page.wait_for_function("Object.keys(localStorage).every((k) => !k.includes('outbox'))")
    assert sorted(each["kind"] for each in posted(site)) == ["begin", "page"]
    rate_all(page, SCORES)
    go_on(page)
    expect(page.get_by_role("main")).to_contain_text("The results have been sent")
    kinds = [each["kind"] for each in posted(site)]
    assert sorted(kinds) == ["begin", "end", "page", "page"]


def test_a_listener_without_net_goes_on(open_page: OpenPage, collecting: Collecting) -> None:
    """The net is gone for a page, and the server killed: with both back, all of it arrives once."""
    server = collecting()
    page = open_page(server.origin, expected="ERR_")
    begin(page)
    rate_all(page, [50] * 5)
    go_on(page)
    page.wait_for_function(LOADED, arg=len(CLIPS) * len(SYSTEMS))  # all sounds are there already
    page.context.set_offline(True)
    rate_all(page, SCORES)
    go_on(page)
    server.kill()
    rate_all(page, SCORES)
    go_on(page)
    expect(page.get_by_role("main")).to_contain_text("could not be sent")
    page.context.set_offline(False)
    expect(page.get_by_role("button", name="Send again")).to_be_visible()
    server.start()
    expect(page.get_by_role("main")).to_contain_text("have been sent", timeout=40_000)
    (listener,) = listeners(read(server.database)[1])
    assert listener.ended
    assert len(listener.pages) == 2


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ("Beginnen", "Lautstärke einstellen", "Weiter", "Klang abspielen: 1", "Schlecht")),
        ("es", ("Empezar", "Ajustar el volumen", "Siguiente", "Reproducir el sonido 1", "Mala")),
        ("fr", ("Commencer", "Régler le volume", "Suivant", "Lire le son 1", "Mauvais")),
    ],
)
def test_the_page_speaks_the_language(
    site: Site, open_page: OpenPage, language: str, words: tuple[str, ...]
) -> None:
    start, volume, following, play, bad = words
    make_page(site, language=language, title="Test")
    page = open_page(f"{site.address}/test/index.html", viewport={"width": 390, "height": 844})
    assert page.locator("html").get_attribute("lang") == language
    page.get_by_role("textbox").fill("P01")
    page.get_by_role("button", name=start).click()
    expect(page.get_by_role("heading")).to_have_text(volume)
    page.get_by_role("button", name=following).click()
    page.get_by_role("button", name=play).click()
    expect(page.get_by_role("slider").nth(2)).to_be_enabled()
    expect(page.get_by_text(bad, exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert violations(page) == []
