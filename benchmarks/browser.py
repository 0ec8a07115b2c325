"""The codec's page beside Python: python benchmarks/browser.py [--streams 1000] [--seconds 60]

A thousand short streams, of clips of a generated piece of all lengths, loudnesses and levels, are
decoded in Chromium by the worker's script: all events must be those of Python, and samples within
1e-3. Then the page itself, opened from disk, decodes a minute at three levels, and Python the same,
in turns: how many seconds of sound a second of CPU time decodes, for which other jobs matter
little; of the page, that of all Chromium's processes. The best of several rounds.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect, sync_playwright
from rich.console import Console
from rich.progress import track
from rich.table import Table
from tests.chromium import launched
from tests.listening.javascript import DECODE, HELPERS, base64_text, differences, model

from spiking_music import config as configuration
from spiking_music.codec.session import Codec, load
from spiking_music.data.compose import compose
from spiking_music.data.demo import plan
from spiking_music.data.render import mix, open_soundfont
from spiking_music.listening.codec_page import build, worker_script

ROOT = Path(__file__).parents[1]
RATE, LEVELS, BATCH, ROUNDS = 22050, 32, 50, 3
CLOSE, BOUND = 1e-3, 10.0  # of samples; times real time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    codec, sound, console = load(), piece(arguments.seconds), Console(width=100)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = launched(playwright)
        console.print(equality(browser, codec, sound, arguments.streams))
        console.print(speed(browser, codec, sound, Path(folder)))
        browser.close()


def piece(seconds: float) -> NDArray[np.float32]:
    """A generated piece, rendered."""
    raw = configuration.read([str(ROOT / "config.yaml")])
    demo = configuration.section(raw, configuration.DatasetConfig).demo
    plans = plan(demo.model_copy(update={"minutes": 4, "performances": 4}), 11)
    blocks = mix(compose(next(iter(plans.values()))), open_soundfont(None, RATE), 1)
    sound = np.concatenate([block[0] for block in blocks])
    repeated: NDArray[np.float32] = np.resize(sound, int(seconds * RATE))
    return repeated


def equality(browser: Browser, codec: Codec, sound: NDArray, count: int) -> str:
    """A sentence on so many streams; `AssertionError` where events differ."""
    draw, page = np.random.default_rng(25), browser.new_page()
    largest, events, seconds = 0.0, 0, 0.0
    shared = "Object.assign(globalThis, { modules, codecOf, decoded })"
    page.evaluate(f"var self = globalThis;\n{worker_script()}\n{HELPERS}\n{shared}")
    packed = {name: base64_text(content) for name, content in model().items()}
    page.evaluate("argument => { globalThis.codec = codecOf(argument); }", packed)
    body = DECODE.replace("const codec = codecOf(argument);", "")
    for start in track(range(0, count, BATCH)):
        streams = []
        for number in range(start, min(count, start + BATCH)):
            size = int(draw.integers(1, 3 * RATE))
            begin = int(draw.integers(0, len(sound) - size))
            gain = 10 ** draw.uniform(-3, 1)
            clip = gain * sound[begin : begin + size]
            streams.append(codec.encode(clip, RATE, level=number % LEVELS))
            seconds += size / RATE
        texts = [base64_text(stream) for stream in streams]
        found = page.evaluate(f"argument => {{ {body} }}", {"streams": texts})
        largest = max(largest, differences(codec, streams, found))
        events += sum(len(each["units"]) for each in found)
    page.close()
    assert largest < CLOSE, f"samples differ by {largest}"
    return (
        f"{count} streams of {seconds:.0f} s in all: {events} events equal, samples within "
        f"{largest:.1e} (bound {CLOSE:g})"
    )


def speed(browser: Browser, codec: Codec, sound: NDArray, folder: Path) -> Table:
    """Seconds of sound that a second decodes, in the page and in Python."""
    build(folder / "codec.html")
    page = browser.new_page()
    page.goto((folder / "codec.html").as_uri())
    table = Table("level μ", "page, x real time", "Python", f"≥ {BOUND:g}")
    length = len(sound) / RATE
    for level in (0, 10, 20):
        stream = codec.encode(sound, RATE, level=level)
        (folder / f"{level}.spk").write_bytes(stream)
        spent, own = [], []
        for _ in range(ROUNDS):
            spent.append(dropped(page, folder / f"{level}.spk"))
            began = time.process_time()
            codec.decode(stream)
            own.append(time.process_time() - began)
        ratio = length / min(spent)
        met = "yes" if ratio >= BOUND else "NO"
        table.add_row(str(level), f"{ratio:.0f}", f"{length / min(own):.0f}", met)
    return table


def dropped(page: Page, path: Path) -> float:
    """CPU seconds from opening a stream until all of it is decoded and drawn."""
    page.locator("#live").evaluate("live => { live.textContent = ''; }")
    began = chromium_seconds()
    page.set_input_files("input[type=file]", path)
    expect(page.locator("#live")).to_contain_text("decoded", timeout=300_000)
    return chromium_seconds() - began


def chromium_seconds() -> float:
    """CPU time of all its processes so far."""
    processes = psutil.Process().children(recursive=True)
    times = [each.cpu_times() for each in processes if "chrom" in each.name()]
    return sum(each.user + each.system for each in times)


if __name__ == "__main__":
    main()
