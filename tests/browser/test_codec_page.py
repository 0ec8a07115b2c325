"""The codec's page in Chromium: streams dropped on it, recordings encoded in it, who can use it."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from playwright.sync_api import FileChooser, Page, expect

from spiking_music.codec.session import Codec, load
from spiking_music.listening.codec_page import build
from tests.browser.conftest import OpenPage
from tests.browser.test_mushra_access import violations
from tests.conftest import made_once
from tests.listening.plain import plain

RATE, HOP = 22050, 512
LARGEST = 8_000_000  # bytes of the page
PATIENCE = 60_000  # milliseconds: other jobs take turns
# what the worker says, and how far the bar is then
SPY = """
window.said = [];
window.Worker = class extends Worker {
  constructor(...all) {
    super(...all);
    this.addEventListener("message", ({ data }) =>
      setTimeout(() => said.push([data, document.querySelector("progress")?.value])));
  }
};
"""
EVENTS = """
() => said.filter(([{ kind }]) => kind === "block").map(([{ index, events, samples }, bar]) => {
  const text = (array) => {
    const letters = Array.from(new Uint8Array(array.buffer), (byte) => String.fromCharCode(byte));
    return btoa(letters.join(""));
  };
  return { index, bar, units: [...events.units], steps: [...events.steps], samples: text(samples) };
})
"""
DROP = """
([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name));
  const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  document.body.dispatchEvent(drop);
}
"""


@pytest.fixture(scope="module")
def codec() -> Codec:
    return load()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, on disk."""
    folder = made_once(tmp_path_factory, "codec-page", lambda folder: build(folder / "codec.html"))
    return folder / "codec.html"


def drop(page: Page, name: str, content: bytes) -> None:
    page.evaluate(DROP, [name, base64.b64encode(content).decode()])


def decoded(page: Page, name: str) -> Page:
    """The page, when it has decoded a stream."""
    expect(page.locator("#live")).to_contain_text(f"{name} is decoded", timeout=PATIENCE)
    return page


def download(page: Page, name: str) -> bytes:
    with page.expect_download() as started:
        page.get_by_role("link", name=name).click()
    return Path(started.value.path()).read_bytes()


def wav(audio: NDArray, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, audio, rate, "PCM_16", format="WAV")
    return file.getvalue()


def test_a_stream_that_is_dropped_is_decoded_as_python_does(
    path: Path, open_page: OpenPage, codec: Codec, piano: NDArray
) -> None:
    assert path.stat().st_size <= LARGEST
    stream = codec.encode(piano, RATE, level=6)
    page = open_page(path.as_uri(), SPY)
    drop(page, "piece.spk", stream)
    blocks = decoded(page, "piece.spk").evaluate(EVENTS)
    size = codec.model.header(RATE).block_steps
    assert [block["index"] for block in blocks] == list(range(len(blocks)))
    bars = [block["bar"] for block in blocks]
    assert 0 < bars[0] < bars[1] < bars[-1] == 1
    events = codec.events(stream)
    steps = [block["index"] * size + np.array(block["steps"]) for block in blocks]
    np.testing.assert_array_equal(
        np.concatenate(steps), np.floor(events["time"] * RATE / HOP).astype(int)
    )
    np.testing.assert_array_equal(
        np.concatenate([block["units"] for block in blocks]), events["unit"]
    )
    samples = b"".join(base64.b64decode(block["samples"]) for block in blocks)
    audio = codec.decode(stream)
    np.testing.assert_allclose(np.frombuffer(samples, np.float32), audio, rtol=0, atol=1e-3)
    saved, rate = soundfile.read(io.BytesIO(download(page, "Download WAV")))
    assert rate == RATE
    np.testing.assert_allclose(saved, audio, rtol=0, atol=1e-3)
    kbps = 8 * len(stream) / 1000 / (len(piano) / RATE)
    expect(page.get_by_label("The stream")).to_contain_text(f"{kbps:.2f} kbps")


def test_events_are_drawn_and_sound_plays(
    path: Path, open_page: OpenPage, codec: Codec, piano: NDArray
) -> None:
    page = open_page(path.as_uri())
    drop(page, "piece.spk", codec.encode(piano[: 10 * RATE], RATE, level=12))
    decoded(page, "piece.spk")
    canvas = page.locator(".field canvas")
    first = canvas.evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".time")).not_to_have_text("0:00.0 of 0:10.0", timeout=PATIENCE)
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Show fewer seconds").click()
    assert canvas.evaluate("canvas => canvas.toDataURL()") != first
    expect(canvas).to_have_attribute(
        "aria-label", "Events from 0:00.0 to 0:04.0, by time and frequency"
    )


@pytest.mark.parametrize("choice", ["level", "kbps"])
def test_a_recording_is_encoded_and_can_be_taken_away(
    path: Path, open_page: OpenPage, piano: NDArray, choice: str, tmp_path: Path
) -> None:
    codec = plain(tmp_path)
    page = open_page(path.as_uri())
    drop(page, "take 1.wav", wav(piano[: 6 * RATE]))
    expect(page.get_by_role("heading", name="Encode take 1.wav")).to_be_visible()
    if choice == "level":
        page.get_by_role("slider", name="Level μ").fill("20")
        wish: dict[str, Any] = {"level": 20}
    else:
        page.get_by_role("radio", name="Bit rate").check()
        page.get_by_role("spinbutton", name="kbps at most").fill("0.8")
        wish = {"kbps": 0.8}
    page.get_by_role("button", name="Encode").click()
    decoded(page, "take 1.spk")
    stream = download(page, "Download .spk")
    own = codec.events(stream)
    heard = soundfile.read(io.BytesIO(wav(piano[: 6 * RATE])))[0]
    expected = codec.events(codec.encode(heard, RATE, robust=True, **wish))
    shared = np.intersect1d(np.asarray(own), np.asarray(expected))
    assert len(shared) >= 0.99 * max(len(own), len(expected))
    assert len(codec.decode(stream)) == 6 * RATE


def test_all_of_it_works_by_keyboard(
    path: Path, open_page: OpenPage, codec: Codec, piano: NDArray, tmp_path: Path
) -> None:
    stream = tmp_path / "piece.spk"
    stream.write_bytes(codec.encode(piano[: 12 * RATE], RATE, level=20))
    page = open_page(path.as_uri())
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Choose a file")).to_be_focused()
    choosers: list[FileChooser] = []
    page.on("filechooser", lambda chooser: choosers.append(chooser))
    for key in ("Enter", "o"):
        before = len(choosers)
        for _ in range(10):  # Chromium opens no file dialogue before its first frames
            page.keyboard.press(key)
            for _ in range(20):
                page.wait_for_timeout(100 * (len(choosers) == before))
            if len(choosers) > before:
                break
        assert len(choosers) > before
    choosers[-1].set_files(stream)
    decoded(page, "piece.spk")
    position = page.get_by_role("slider", name="Position")
    page.evaluate("document.activeElement.blur()")
    for key, seconds in (("ArrowRight", "1.0"), ("ArrowRight", "2.0"), ("ArrowLeft", "1.0")):
        page.keyboard.press(key)
        expect(position).to_have_attribute("aria-valuenow", seconds)
    position.focus()
    page.keyboard.press("End")
    expect(position).to_have_attribute("aria-valuetext", "0:11.9 of 0:12.0")
    page.keyboard.press("Home")
    page.keyboard.press("-")
    page.keyboard.press("+")
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.spk", b"\x89SPK\r\n\x1a\n\x01short", "The stream ends within its header"),
        ("a.txt", b"a text", "This is no .spk stream"),
        ("a.wav", b"RIFF\x00\x00\x00\x00WAVE", "holds no sound"),
    ],
)
def test_what_cannot_be_read_is_told(
    path: Path, open_page: OpenPage, name: str, content: bytes, words: str
) -> None:
    page = open_page(path.as_uri())
    drop(page, name, content)
    if name.endswith(".wav"):
        page.get_by_role("button", name="Encode").click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("progressbar")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_all_fits(
    path: Path, open_page: OpenPage, codec: Codec, piano: NDArray, width: int, scheme: Any
) -> None:
    view = {"width": width, "height": 844}
    page = open_page(path.as_uri(), viewport=view, color_scheme=scheme)
    assert violations(page) == []
    drop(page, "a.wav", wav(piano[: 4 * RATE]))
    expect(page.get_by_role("button", name="Encode")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Encode").click()
    decoded(page, "a.spk")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
