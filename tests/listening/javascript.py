"""The JavaScript of pages, run outside of them: by Node.js if there is one, else in Chromium."""

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import sync_playwright

from spiking_music.listening import browser_model
from spiking_music.listening.bundle import bundled
from spiking_music.listening.codec_page import CODEC, codec_modules
from spiking_music.listening.sample_page import FOLDER
from tests.chromium import launched

SAMPLES = FOLDER / "samples" / "modules"
MODULES = codec_modules() | {f"samples/{path.stem}": path for path in SAMPLES.glob("*.js")}

HELPERS = """
const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const numbers = (array) => base64(new Uint8Array(array.slice().buffer));
const codecOf = ({ model, kernels }) =>
  new (modules["codec/codec"].Codec)(bytesOf(model).buffer, bytesOf(kernels).buffer);
const decoded = (codec, stream) => {
  const opened = codec.decoder.open(bytesOf(stream));
  const [units, steps, samples] = [[], [], []];
  let start = 0;
  for (const block of codec.decoder.blocks(opened)) {
    units.push(...block.events.units);
    steps.push(...Array.from(block.events.steps, (step) => start + step));
    samples.push(...block.samples);
    start += block.steps;
  }
  return { units, steps, samples: numbers(Float32Array.from(samples)) };
};
"""
DECODE = """
const codec = codecOf(argument);
return argument.streams.map((stream) => decoded(codec, stream));
"""


class JavaScript:
    """Runs bodies of functions of `argument`, which may name what `HELPERS` has."""

    def __init__(
        self, folder: Path, entry: str = "codec/worker", modules: Mapping[str, Path] = MODULES
    ) -> None:
        """entry: which of the modules is run, with all that it imports."""
        self._script = folder / "script.js"
        self._bundle = bundled(modules, entry)

    def run(self, body: str, **argument: Any) -> Any:
        """What the body returns; both are JSON, bytes as base64."""
        text = json.dumps(argument, default=base64_text)
        path = shutil.which("node")
        call = f"((argument) => {{{HELPERS}{body}}})"
        script = f"var self = globalThis;\n{self._bundle}\n"
        if path is None:
            return _in_chromium(f"{script}{call}({text})")
        read = 'JSON.parse(require("fs").readFileSync(0))'
        self._script.write_text(f"{script}process.stdout.write(JSON.stringify({call}({read})));")
        done = subprocess.run([path, self._script], input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def base64_text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def floats(text: str) -> NDArray[np.float32]:
    """What `numbers` wrote of a Float32Array."""
    return np.frombuffer(base64.b64decode(text), np.float32)


def model() -> dict[str, bytes]:
    """The arguments that `codecOf` reads, of the package's model."""
    return {"model": browser_model.packed(), "kernels": (CODEC / "kernels.wasm").read_bytes()}


def differences(codec: Any, streams: Sequence[bytes], found: Sequence[dict[str, Any]]) -> float:
    """The largest difference of samples from Python's; the events of each must be equal."""
    largest = 0.0
    for stream, own in zip(streams, found, strict=True):
        events = codec.events(stream)
        frames = np.floor(events["time"] * codec.sample_rate / 512).astype(np.int64)
        np.testing.assert_array_equal(own["units"], events["unit"])
        np.testing.assert_array_equal(own["steps"], frames)
        audio, samples = codec.decode(stream), floats(own["samples"])
        assert samples.shape == audio.shape
        largest = max(largest, float(np.abs(samples - audio).max()))
    return largest


def _in_chromium(script: str) -> Any:
    if shutil.which("chromium") is None:
        pytest.skip("neither Node.js nor Chromium is at hand: run tests/install.sh")
    with sync_playwright() as playwright:
        browser = launched(playwright)
        try:
            return browser.new_page().evaluate(script)
        finally:
            browser.close()
