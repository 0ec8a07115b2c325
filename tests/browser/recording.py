"""What a page has played: which sounds, from where in them, and whether there was a click."""

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

TAP = (Path(__file__).parent / "tap.js").read_text()
BLOCK = 128  # samples of Web Audio's render quantum
WINDOW = 1920  # samples, 40 ms
ALIKE = 0.9999  # correlation of a window that is nothing but one sound

Wave = NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """One window of the recording: at sample `time` it has `name` from its sample `place` on."""

    time: int
    name: str
    place: int
    gain: float


def playing(page: Page) -> None:
    """Wait until it plays, which the audio thread tells the page late."""
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def play_on(page: Page, seconds: float) -> None:
    """Let so much more be played: on a busy machine that takes longer."""
    page.wait_for_function(
        f"""([before, seconds]) =>
          {BLOCK} * (window.tapped.frames.length - before) > seconds * window.tapped.rate""",
        arg=[page.evaluate("window.tapped.frames.length"), seconds],
    )


def recorded(page: Page) -> Wave:
    """All samples so far, (samples,); none may be missing."""
    frames, text = page.evaluate(
        """async () => {
          const frames = [...window.tapped.frames];
          const all = new Blob(window.tapped.blocks.slice(0, frames.length));
          const address = await new Promise((resolve) => {
            const reader = new FileReader();
            reader.onload = () => resolve(reader.result);
            reader.readAsDataURL(all);
          });
          return [frames, address.split(",")[1]];
        }"""
    )
    samples = np.frombuffer(base64.b64decode(text), np.float32).astype(float)
    # Chromium may give some blocks in a row the number of the first; none is ahead of its place
    late = np.array(frames) - frames[0] - BLOCK * np.arange(len(frames))
    assert late.max() == 0
    assert late[-100:].max() == 0
    return samples


def heard(recording: Wave, sounds: dict[str, Wave]) -> list[Heard]:
    """Every window that is one sound unmixed and at one gain, every 40 ms."""
    spectra = {name: np.fft.rfft(wave) for name, wave in sounds.items()}
    norms = {name: _norms(wave) for name, wave in sounds.items()}
    found = []
    for time in range(0, len(recording) - WINDOW, WINDOW):
        window = recording[time : time + WINDOW]
        energy = np.sqrt((window**2).sum())
        if energy < 1e-3:
            continue
        for name, wave in sounds.items():
            products = np.fft.irfft(spectra[name] * np.conj(np.fft.rfft(window, len(wave))))
            likeness = (products / norms[name])[: len(wave) - WINDOW] / energy
            place = int(likeness.argmax())
            if likeness[place] > ALIKE:
                found.append(Heard(time, name, place, energy / norms[name][place]))
    return found


def _norms(wave: Wave) -> Wave:
    """The norm of every window of a wave that goes round, (samples,)."""
    power = np.concatenate([[0], np.cumsum(np.r_[wave, wave[:WINDOW]] ** 2)])
    return np.sqrt(power[WINDOW:-1] - power[: -WINDOW - 1]) + 1e-12


def roughness(wave: Wave) -> float:
    """The largest second difference: a click's is that of its jump."""
    return float(np.abs(np.diff(wave, 2)).max())


def order(windows: list[Heard]) -> list[str]:
    """Names in the order in which they were heard, each run once."""
    names = [window.name for window in windows]
    return [name for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
