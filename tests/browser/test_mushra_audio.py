"""What is heard: the right sounds, in step, without clicks."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.mushra import make_page, rows
from tests.browser.participant import begin, by_mouse, download, go_on, rate_all
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
from tests.browser.stimuli import RATE, SYSTEMS, names

BUSY = """
  const { start } = AudioBufferSourceNode.prototype;
  AudioBufferSourceNode.prototype.start = function (...when) {
    const end = performance.now() + 40;
    while (performance.now() < end);
    start.apply(this, when);
  };
"""  # a browser that begins every sound too late
LATE = """
  for (const name of ["cancelScheduledValues", "linearRampToValueAtTime", "setValueAtTime"]) {
    const original = AudioParam.prototype[name];
    AudioParam.prototype[name] = function (...given) {
      const end = performance.now() + 25;
      while (performance.now() < end);
      return original.apply(this, given);
    };
  }
"""  # one whose plans of gains come when they are past
GAIN = 10 ** (-10 / 20)  # of the volume slider at 75, where it starts
STEADY = 0.4  # seconds of listening


@pytest.fixture
def sounds(site: Site) -> dict[str, Wave]:
    """The stimuli as written, by clip and system."""
    manifest = make_page(site)
    return {
        "/".join(name): soundfile.read(manifest.parent / f"{file}.wav")[0]
        for file, name in names(manifest).items()
    }


@pytest.fixture
def training(
    site: Site, sounds: dict[str, Wave], open_page: OpenPage, request: pytest.FixtureRequest
) -> Page:
    """The training page, recorded; a parameter is a script that runs before it."""
    script = TAP + getattr(request, "param", "")
    page = open_page(f"{site.address}/test/index.html", script, bypass_csp=True)
    page.evaluate("window.tapReady")
    begin(page)
    expect(page.get_by_role("heading")).to_contain_text("Training")
    return page


def press(page: Page, *keys: str, seconds: float = STEADY) -> None:
    for key in keys:
        page.keyboard.press(key)
        if key != " ":
            playing(page)
        play_on(page, seconds)


def lag(windows: list[Heard]) -> Wave:
    """How far the sounds are ahead of the recording, in samples: constant where they run on."""
    return np.array([window.place - window.time for window in windows])


def smooth(recording: Wave, sounds: dict[str, Wave]) -> bool:
    """Whether there is no click: nothing rougher than a mixture of the sounds can be."""
    return roughness(recording) < 2 * GAIN * max(map(roughness, sounds.values()))


@pytest.mark.parametrize("training", ["", BUSY], ids=["idle", "busy"], indirect=True)
def test_switching_keeps_the_position_and_does_not_click(
    training: Page, sounds: dict[str, Wave]
) -> None:
    press(training, "r", "1", "2", "3", "4", "5", "r", "2")
    recording = recorded(training)
    windows = heard(recording, sounds)
    played = order(windows)
    assert {name.split("/")[0] for name in played} == {"c1"}
    assert {name.split("/")[1] for name in played} == set(SYSTEMS)
    assert played[0] == "c1/reference"
    period = len(sounds["c1/reference"])
    assert len(windows) > 8 * 5
    assert np.ptp(lag(windows) % period) == 0  # 5 ms are asked for; it is to the sample
    np.testing.assert_allclose([window.gain for window in windows], GAIN, rtol=5e-3)
    assert smooth(recording, sounds)


def test_a_hard_switch_would_be_found(sounds: dict[str, Wave]) -> None:
    """The measure of clicks is fine enough: a cut between two sounds, or out of silence, fails."""
    one, other = GAIN * sounds["c1/reference"], GAIN * sounds["c1/rvq"]
    assert smooth(one, sounds)
    cuts = np.linspace(5000, 100_000, 20).astype(int)
    found = [not smooth(np.r_[one[:cut], other[cut:]], sounds) for cut in cuts]
    assert sum(found) >= 18  # where the two happen to be equal, a cut is none
    assert not smooth(np.r_[np.zeros(100), one[int(np.abs(one).argmax()) :]], sounds)


@pytest.mark.parametrize("training", ["", LATE], ids=["idle", "late"], indirect=True)
def test_hurried_switching_does_not_click(training: Page, sounds: dict[str, Wave]) -> None:
    """Fades that are interrupted by the next, pauses and starts among them."""
    press(training, "1", seconds=0.2)
    for key in "2r5 31 4r 25":
        training.keyboard.press(key)
        training.wait_for_timeout(3)  # milliseconds
    for key in "1234512345":
        training.keyboard.press(key)
    press(training, " ", seconds=0.2)
    assert smooth(recorded(training), sounds)


def test_a_pause_keeps_the_place(training: Page, sounds: dict[str, Wave]) -> None:
    press(training, "r", " ", " ")
    recording = recorded(training)
    windows = heard(recording, sounds)
    silent = np.flatnonzero(np.diff([window.time for window in windows]) > 0.2 * RATE)
    assert len(silent) == 1
    before, after = windows[silent[0]], windows[silent[0] + 1]
    assert 0 < after.place - before.place < 0.2 * RATE
    assert smooth(recording, sounds)


def test_a_looped_region_repeats_without_a_click(training: Page, sounds: dict[str, Wave]) -> None:
    box = training.locator(".waveform").bounding_box()
    assert box
    press(training, "1")
    training.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 20)
    training.mouse.down()
    training.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 20, steps=4)
    training.mouse.up()
    play_on(training, 0.3)
    before = len(recorded(training))
    press(training, "2", "3", seconds=0.7)
    recording = recorded(training)
    inside = [window for window in heard(recording, sounds) if window.time > before]
    places = [window.place for window in inside]
    period = len(sounds["c1/reference"])
    start, end = 0.4 * period, 0.6 * period
    assert min(places) > start - 0.01 * period
    assert max(places) < end + 0.01 * period
    assert (np.diff(places) < 0).sum() >= 2  # 1.4 s of a loop of 0.5 s come round
    rounds = np.diff(lag(inside))  # 0, or the length of the loop: always the same
    lengths = np.unique(-rounds[rounds != 0])
    assert len(lengths) == 1
    assert abs(lengths[0] - 0.5 * RATE) < 0.02 * RATE
    assert smooth(recording, sounds)


def test_a_click_on_the_waveform_goes_there(training: Page, sounds: dict[str, Wave]) -> None:
    press(training, "r", seconds=0.2)
    training.locator(".waveform").click(position={"x": 300, "y": 20})
    box = training.locator(".waveform").bounding_box()
    assert box
    play_on(training, 0.2)
    recording = recorded(training)
    windows = heard(recording, sounds)
    jump = int(np.argmax(np.abs(np.diff(lag(windows)))))
    expected = 300 / box["width"] * len(sounds["c1/reference"])
    assert abs(windows[jump + 1].place - expected) < 0.1 * RATE
    assert smooth(recording, sounds)


def test_the_ratings_are_of_the_sounds_that_were_heard(
    training: Page, sounds: dict[str, Wave], tmp_path: Path
) -> None:
    rate_all(training, [50] * 5)
    go_on(training)
    expected = []
    for _ in range(2):
        play_on(training, 0.3)
        start = len(recorded(training))
        rate_all(training, [10, 30, 50, 70, 90], by_mouse)
        recording = recorded(training)[start:]
        expected += order(heard(recording, sounds))
        go_on(training)
    results = rows(download(training, tmp_path))
    assert [f"{row['trial_id']}/{row['rating_stimulus']}" for row in results] == expected
