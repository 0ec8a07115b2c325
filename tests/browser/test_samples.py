"""The page of samples in a real browser: what is heard, what is seen, and who can use it."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from spiking_music.codec.session import load
from tests.browser.conftest import OpenPage, Site
from tests.browser.recording import (
    TAP,
    Heard,
    Wave,
    heard,
    order,
    play_on,
    playing,
    recorded,
    roughness,
)
from tests.browser.samples import (
    LEVELS,
    SIGNAL,
    make_samples,
    page_data,
    page_sounds,
    with_streams,
)
from tests.browser.test_mushra_access import violations

RATE, PERIOD = SIGNAL.sample_rate, SIGNAL.clip_samples
STEADY = 0.45  # seconds of listening


@pytest.fixture
def path(site: Site) -> Path:
    return make_samples(site.folder)


@pytest.fixture
def page(site: Site, path: Path, open_page: OpenPage) -> Page:
    """The page, recorded."""
    page = open_page(f"{site.address}/index.html", TAP, bypass_csp=True)
    page.evaluate("window.tapReady")
    return ready(page)


def ready(page: Page) -> Page:
    expect(page.get_by_role("status")).not_to_be_empty()
    return page


def opened(page: Page) -> None:
    """Wait until the sounds of a clip are there."""
    expect(page.locator(".stage")).not_to_have_attribute("aria-busy", "true")


def press(page: Page, *keys: str, seconds: float = STEADY) -> None:
    """Keys while it plays, and what is heard after each."""
    for key in keys:
        page.keyboard.press(key)
        playing(page)
        play_on(page, seconds)


def level(page: Page) -> Locator:
    return page.get_by_role("slider", name="Level μ of μ-SPARSE")


def picture(page: Page, lane: str) -> str:
    """What is drawn in a lane."""
    drawn = page.locator(f".{lane} canvas").evaluate("canvas => canvas.toDataURL()")
    assert isinstance(drawn, str)
    return drawn


def lag(windows: list[Heard]) -> Wave:
    """Where in the clip the recording's sample 0 would be, of every window."""
    return np.array([(window.place - window.time) % PERIOD for window in windows])


def smooth(recording: Wave, sounds: dict[str, Wave]) -> bool:
    return roughness(recording) < 2 * max(map(roughness, sounds.values()))


def test_systems_switch_in_step_without_a_click(page: Page, path: Path) -> None:
    """By number: all systems but the anchor, whose quantiser clicks by itself."""
    sounds = {name: wave for name, wave in page_sounds(path).items() if "anchor" not in name}
    press(page, " ", "1", "2", "3", "4", "r", "2")
    recording = recorded(page)
    windows = heard(recording, sounds)
    expected = ["free", "rvq", "free", f"mu-sparse@{LEVELS[2]}", "mel", "reference", "free"]
    assert order(windows) == [f"c1/{name}" for name in expected]
    assert np.ptp(lag(windows)) == 0  # 5 ms are asked for; it is to the sample
    np.testing.assert_allclose([window.gain for window in windows], 1, rtol=0.01)
    assert smooth(recording, sounds)


def test_it_opens_on_events(page: Page, path: Path) -> None:
    """On the first system that has any, drawn right under its sound; R leads to the reference."""
    expect(page.get_by_role("radio", name="FREE")).to_be_checked()
    expect(page.locator(".codes figcaption")).to_contain_text("Events of 24 units")
    assert len(set(picture(page, "codes"))) > 20
    tops = [
        page.locator(f".{lane} canvas").evaluate("canvas => canvas.getBoundingClientRect().top")
        for lane in ("wave", "codes", "roll")
    ]
    assert tops == sorted(tops)
    events = page.locator(".codes canvas").bounding_box()
    view = page.viewport_size
    assert events and view
    assert events["y"] + events["height"] <= view["height"]
    page.keyboard.press("r")
    expect(page.get_by_role("radio", name="Reference")).to_be_checked()


def test_the_slider_switches_sound_raster_and_numbers(page: Page, path: Path) -> None:
    page.locator(".system-name").get_by_text("μ-SPARSE").click()
    expect(page.get_by_role("radio", name="μ-SPARSE")).to_be_checked()
    press(page, " ")
    seen = {}
    level(page).focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight"):
        press(page, key)
        seen[level(page).get_attribute("aria-valuetext")] = picture(page, "codes")
    assert len(set(seen.values())) == len(LEVELS)
    entries = {e["name"]: e for e in page_data(path)["clips"][0]["systems"]}
    for text, mu in zip(seen, LEVELS, strict=True):
        rates = entries[f"mu-sparse@{mu}"]["rates"]
        kbps = rates["kbpsPaper"] if rates["kbps"] is None else rates["kbps"]
        assert text is not None
        assert text.startswith(f"μ = {mu}, {kbps:.2f} kbps, ")
    windows = heard(recorded(page), page_sounds(path))
    assert order(windows)[-len(LEVELS) :] == [f"c1/mu-sparse@{mu}" for mu in LEVELS]
    assert np.ptp(lag(windows)) == 0
    expect(page.get_by_role("heading", name=f"μ-SPARSE at μ = {LEVELS[-1]}")).to_be_visible()
    page.keyboard.press(",")
    expect(page.locator(".mu-value")).to_have_text(f"μ = {LEVELS[-2]}")


def test_the_raster_shows_the_events(page: Page, path: Path) -> None:
    """As many cells are inked as there are events, where they are."""
    page.keyboard.press("2")
    codes = page_data(path)["clips"][0]["systems"][2]["codes"]
    packed = np.frombuffer(base64.b64decode(codes["data"]), np.uint8)
    z = np.unpackbits(packed)[: codes["rows"] * codes["steps"]].reshape(codes["rows"], -1)
    inked = page.locator(".codes canvas").evaluate(
        """(canvas, [rows, steps]) => {
          const { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          const place = (cell, size, cells) => Math.floor(((cell + 0.4) * size) / cells);
          const at = (row, step) =>
            data[4 * (place(row, height, rows) * width + place(step, width, steps)) + 3];
          return Array.from({ length: rows }, (_, row) =>
            Array.from({ length: steps }, (_, step) => Number(at(row, step) > 0)));
        }""",
        [codes["rows"], codes["steps"]],
    )
    np.testing.assert_array_equal(np.array(inked), z[::-1])  # low notes' units at the bottom


def test_numbers_are_those_of_the_clip_and_system(page: Page, path: Path) -> None:
    for clip, described in enumerate(page_data(path)["clips"]):
        page.get_by_role("group", name="Clips").get_by_role("radio").nth(clip).check(force=True)
        expect(page.locator(".clip:has(:checked)")).to_contain_text(described["title"])
        for key, entry in ((1, described["systems"][1]), (2, described["systems"][2])):
            page.keyboard.press(str(key))
            facts = page.locator(".facts")
            expect(facts).to_contain_text(f"{entry['rates']['kbpsPaper']:.2f} kbps")
            decibels = f"{entry['siSnr']:.1f} dB".replace("-", "−")
            expect(facts).to_contain_text(decibels)
            expect(page.locator(".system:has(:checked)")).to_contain_text(decibels)


def test_mp3_has_its_name_its_bytes_and_no_codes(page: Page) -> None:
    page.keyboard.press("5")
    expect(page.locator(".system:has(:checked)")).to_contain_text("MP3, 8 kbps")
    facts = page.locator(".facts")
    for number in ("8.24 kbps", "0.29 kbps"):
        expect(facts).to_contain_text(number)
    expect(facts.locator("table")).to_have_count(0)


def test_another_clip_plays_on_with_the_same_system(page: Page, path: Path) -> None:
    page.keyboard.press("2")
    press(page, " ")
    page.keyboard.press("n")
    opened(page)
    playing(page)
    play_on(page, STEADY)
    assert order(heard(recorded(page), page_sounds(path))) == ["c1/free", "c2/free"]
    expect(page.locator(".clip:has(:checked)")).to_contain_text("Invention")
    roll = picture(page, "roll")
    page.keyboard.press("p")
    opened(page)
    assert picture(page, "roll") != roll


def test_hurried_clips_play_on(page: Page) -> None:
    press(page, " ")
    for key in "nnp":  # before any of them is there
        page.keyboard.press(key)
    opened(page)
    playing(page)


def test_a_click_in_any_lane_goes_there_and_a_drag_loops(page: Page, path: Path) -> None:
    box = page.locator(".roll canvas").bounding_box()
    assert box
    press(page, " ", seconds=0.2)
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 10)
    play_on(page, 0.3)
    windows = heard(recorded(page), page_sounds(path))
    jump = int(np.argmax(np.abs(np.diff([window.place - window.time for window in windows]))))
    assert abs(windows[jump + 1].place - 0.5 * PERIOD) < 0.15 * RATE
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 10, steps=4)
    page.mouse.up()
    play_on(page, 0.3)
    before = len(recorded(page))
    play_on(page, 1.2)
    places = [w.place for w in heard(recorded(page), page_sounds(path)) if w.time > before]
    assert min(places) > 0.19 * PERIOD
    assert max(places) < 0.41 * PERIOD
    page.keyboard.press("Escape")
    expect(page.get_by_label("Loop end")).to_have_attribute("aria-valuenow", "3.0")


def test_it_works_from_disk(path: Path, open_page: OpenPage) -> None:
    page = ready(open_page(path.as_uri()))
    assert page.locator(".time").text_content() == "0.0 s of 3.0 s"
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".time")).not_to_have_text("0.0 s of 3.0 s")
    page.keyboard.press("3")
    expect(page.get_by_role("heading", name="μ-SPARSE")).to_be_visible()


def test_its_policy_lets_it_work(site: Site, path: Path, open_page: OpenPage) -> None:
    """Without the recorder, whose script the policy would refuse; errors fail the fixture."""
    page = ready(open_page(f"{site.address}/index.html"))
    for key in " 3":
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert page.locator(".mel img").evaluate("image => image.naturalHeight") > 50


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1360])
def test_axe_finds_nothing_and_all_fits(
    site: Site, path: Path, open_page: OpenPage, width: int, scheme: Any
) -> None:
    view = {"width": width, "height": 900}
    page = ready(open_page(f"{site.address}/index.html", viewport=view, color_scheme=scheme))
    if width < 900:  # one column: events come before the systems to choose from
        events, systems = (page.locator(f".{each}").bounding_box() for each in ("codes", "systems"))
        assert events
        assert systems
        assert events["y"] < systems["y"]
    for key in ("r", "3"):
        page.keyboard.press(key)
        assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_theme_may_change_meanwhile(site: Site, path: Path, open_page: OpenPage) -> None:
    page = ready(open_page(f"{site.address}/index.html", color_scheme="light"))
    page.keyboard.press("2")
    light = picture(page, "codes")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(
        "light => document.querySelector('.codes canvas').toDataURL() !== light", arg=light
    )


def test_streams_are_decoded_when_they_are_chosen(site: Site, open_page: OpenPage) -> None:
    """Every level: its sound, by Python's decoder, its events and its numbers."""
    path, codec = with_streams(site.folder), load()
    page = open_page(f"{site.address}/index.html", TAP, bypass_csp=True)
    page.evaluate("window.tapReady")
    ready(page)
    slider = page.get_by_role("slider", name="Level μ of MDCT (shipped)")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="MDCT (shipped) at μ = 16")).to_be_visible()
    press(page, " ")
    sounds = {}
    for key, mu in (("Home", 0), ("ArrowRight", 1), ("End", 31)):
        slider.press(key)
        expect(page.get_by_role("heading", name=f"μ = {mu}", exact=False)).to_be_visible()
        play_on(page, 2 * STEADY)
        (entry,) = (e for e in page_data(path)["clips"][0]["systems"] if e["level"] == mu)
        stream = base64.b64decode(entry["stream"])
        sounds[f"c1/mdct-shipped@{mu}"] = entry["gain"] * codec.decode(stream).astype(float)
        fired = len(np.unique(codec.events(stream)["unit"]))
        expect(page.locator(".codes figcaption")).to_contain_text(f"the {fired} of 2976 units")
    assert order(heard(recorded(page), sounds))[-3:] == list(sounds)
    assert violations(page) == []
