"""MOS, DCR, AB and ABX from one engine: from the first page to the collector and the results."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from spiking_music.listening.collector.database import Database
from spiking_music.listening.collector.export import export
from spiking_music.listening.collector.messages import Design
from spiking_music.listening.manifest import read_manifest
from tests.browser.conftest import OpenPage, Site
from tests.browser.methods import ANSWERS, answer, asked, hear, settings
from tests.browser.mushra import make_page, posted, rows
from tests.browser.participant import begin, download, go_on
from tests.browser.recording import TAP, heard, order, play_on, recorded
from tests.browser.stimuli import names
from tests.browser.test_mushra_access import violations

TONES = """
async () => {
  const { headphoneTrials } = await import("mushra/headphones");
  return headphoneTrials(JSON.parse(Object.values(localStorage)[0]).seed);
}
"""
AT_ONCE = """
AudioBufferSourceNode.prototype.start = function () {
  setTimeout(() => this.onended?.());
};
AudioBufferSourceNode.prototype.stop = () => {};
"""  # sounds end as soon as they begin
PAIR = {"pairs": [["reference", "free"]]}
KINDS = {
    "mos": {"method": "mos"},
    "dcr": {"method": "dcr"},
    "ab": {"method": "ab", **PAIR},
    "abx": {"method": "abx", **PAIR, "repeats": 2},
}
PAGES = {"mos": 10, "dcr": 10, "ab": 2, "abx": 4}  # of two clips


def take(page: Page, method: str) -> None:
    """Answer all pages after the volume, attention pages as they ask for."""
    while "Thank you" not in str(page.get_by_role("heading").text_content()):
        answer(page, method, asked(page, method) or ANSWERS[method])


@pytest.mark.parametrize("method", ["dcr", "ab", "abx"])
def test_from_the_first_page_to_the_results(
    site: Site, open_page: OpenPage, tmp_path: Path, method: str
) -> None:
    """What the collector keeps and exports is what the page itself writes."""
    changes = {**KINDS[method], "attention": 1, "post_url": f"{site.address}/messages"}
    manifest = read_manifest(make_page(site, **changes))
    page = open_page(f"{site.address}/test/index.html?seed=4")
    begin(page)
    take(page, method)
    expect(page.get_by_role("main")).to_contain_text("The results have been sent")
    design = Design.of(manifest, settings(**changes))
    database = Database(tmp_path / "all.sqlite", manifest)
    for body in site.posted:
        database.add(design.read(body.encode()))
    database.close()
    (attention,) = (each for each in posted(site) if each["kind"] == "attention")
    assert attention["given"] == attention["asked"]
    export(tmp_path / "all.sqlite", tmp_path / "all.csv")
    own, collected = rows(download(page, tmp_path)), rows(tmp_path / "all.csv")
    for row in (*own, *collected):
        del row["rating_time"]  # the page's ends a little later
    assert own == collected
    assert len(own) == PAGES[method]
    assert {(row["method"], row["attention_failed"]) for row in own} == {(method, "0")}
    if method == "abx":
        right = [row["choice_x"] == row["choice_answer"] for row in own]
        assert [row["choice_b"] == row["choice_answer"] for row in own] == [True] * 4
        assert len({row["choice_x"] for row in own}) == 2, "X is drawn"
        assert right.count(True) < 4
    elif method == "ab":
        assert {row["choice_answer"] for row in own} == {"none"}
    else:
        assert {row["rating_score"] for row in own} == {"2"}


def test_a_failed_attention_page_is_told(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    make_page(site, **KINDS["ab"], attention=1)
    page = open_page(f"{site.address}/test/index.html?seed=4")
    begin(page)
    while "Thank you" not in str(page.get_by_role("heading").text_content()):
        wanted = asked(page, "ab")
        answer(page, "ab", 3 - wanted if wanted else 1)
    assert {row["attention_failed"] for row in rows(download(page, tmp_path))} == {"1"}


@pytest.mark.parametrize(("width", "method"), [(1280, "mos"), (390, "abx"), (390, "dcr")])
def test_axe_finds_nothing_and_all_fits(
    site: Site, open_page: OpenPage, width: int, method: str
) -> None:
    make_page(site, **KINDS[method], language="en")
    view = {"width": width, "height": 844}
    page = open_page(f"{site.address}/test/index.html", viewport=view)
    begin(page)
    assert violations(page) == []
    hear(page, method)
    page.keyboard.press("1")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.get_by_role("button", name="Next")).to_be_enabled()
    if method != "dcr":
        expect(page.get_by_role("button", name="Reference")).to_have_count(0)


def test_x_is_one_of_the_two(site: Site, open_page: OpenPage) -> None:
    """What is heard of A, B and X, and that it is what the results say."""
    manifest = make_page(site, **KINDS["abx"])
    sounds = {
        "/".join(name): soundfile.read(manifest.parent / f"{file}.wav")[0]
        for file, name in names(manifest).items()
    }
    page = open_page(f"{site.address}/test/index.html?seed=1", TAP, bypass_csp=True)
    page.evaluate("window.tapReady")
    begin(page)
    hear(page, "abx")
    play_on(page, 0.2)
    a, b, x = (name.partition("/")[2] for name in order(heard(recorded(page), sounds))[:3])
    assert {a, b} == {"reference", "free"}
    assert x == a  # as this seed draws it


@pytest.mark.parametrize("right", [5, 4])
def test_who_listens_without_headphones_is_screened_out(
    site: Site, open_page: OpenPage, right: int
) -> None:
    make_page(
        site,
        **KINDS["ab"],
        headphones=True,
        screened_out={"code": "OUT", "url": None},
        post_url=f"{site.address}/messages",
    )
    page = open_page(f"{site.address}/test/index.html", AT_ONCE, bypass_csp=True)
    begin(page)
    expect(page.get_by_role("heading")).to_have_text("Headphones: 1 of 6")
    assert violations(page) == []
    trials = page.evaluate(TONES)
    for trial, tones in enumerate(trials):
        if trial == 2:
            page.reload()  # goes on where one was
        expect(page.get_by_role("heading")).to_have_text(f"Headphones: {trial + 1} of 6")
        place = tones.index("quiet" if trial < right else "opposed") + 1
        page.get_by_role("button", name="Play the three tones").click()
        page.get_by_label(f"Tone {place}").check()
        page.get_by_role("button", name="Next").click()
    if right == 5:
        expect(page.get_by_role("heading")).to_contain_text("Training 1")
    else:
        expect(page.get_by_text("Your completion code: OUT")).to_be_visible()
        page.wait_for_function("Object.keys(localStorage).every((k) => !k.includes('outbox'))")
        assert [each["kind"] for each in posted(site)] == ["begin", "screened-out"]


STEREO = """
async ([first, second, rate]) => {
  const { excerpts } = await import("mushra/excerpts");
  const { Voices } = await import("mushra/voices");
  const context = new OfflineAudioContext(2, rate / 2, rate);
  const buffers = new Map([first, second].map((channels, i) => {
    const buffer = context.createBuffer(2, channels[0].length, rate);
    channels.forEach((samples, j) => buffer.copyToChannel(Float32Array.from(samples), j));
    return [`s${i}`, buffer];
  }));
  const parts = excerpts(context, buffers, [0, first[0].length], 0.005);
  const output = context.destination;
  const voices = new Voices(context, parts, { ramp: 0.005, selected: "s1", output });
  voices.start(0, 0);
  const played = await context.startRendering();
  return [0, 1].map((channel) => [...played.getChannelData(channel)]);
}
"""


def test_stereo_sounds_stay_stereo(site: Site, open_page: OpenPage) -> None:
    make_page(site)
    page = open_page(f"{site.address}/test/index.html", bypass_csp=True)
    rate = 8000
    sounds = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 2, rate // 2)).astype(np.float32)
    played = np.array(page.evaluate(STEREO, [sounds[0].tolist(), sounds[1].tolist(), rate]))
    inside = slice(rate // 20, rate // 4)  # without the fades
    np.testing.assert_allclose(played[:, inside], sounds[1][:, inside], atol=1e-6)


def test_one_goes_on_after_a_reload(site: Site, open_page: OpenPage) -> None:
    make_page(site, **KINDS["abx"])
    page = open_page(f"{site.address}/test/index.html")
    begin(page)
    hear(page, "abx")
    page.keyboard.press("2")
    page.reload()
    expect(page.get_by_label("X is B")).to_be_checked()
    go_on(page)
