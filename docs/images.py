"""Make the pictures of docs/images: python -m docs.images NAME…, or all that can be made here.

Screenshots need Chromium and the package's extra `dev`. Pictures of results need them: `--results
results/demo` of `make demo` for samples-* and fig3-objective, and those of the runs in
docs/results.md and docs/notebook/probes.md for fig4-mu-sparse and fig5-selectivity, and
probe-composer. The figures among them are copied from `figures` of the results.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from PIL import Image, ImageChops
from playwright.sync_api import Page, sync_playwright
from tests.chromium import launched

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
CONFIG = ["--config", str(ROOT / "config.yaml")]
DESKTOP, PHONE = (1280, 1000), (390, 844)  # CSS pixels
SCORES = (72, 100, 18, 55, 41, None, 30, 64, None)  # of the sounds of a page of MUSHRA
METHODS = ("ab", "dcr", "mos")
FAR = 24  # of 255


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MAKERS))
    parser.add_argument("--results", type=Path, help="folder results/<dataset>")
    arguments = parser.parse_args()
    for name in arguments.names or [name for name, need in MAKERS.items() if not need[1]]:
        make, from_results = MAKERS[name]
        if from_results and arguments.results is None:
            parser.error(f"{name} shows results: give --results")
        with tempfile.TemporaryDirectory() as folder:
            small(make(name, Path(folder), arguments.results), IMAGES / f"{name}.png")


def small(picture: Path, out: Path) -> None:
    """Store a picture in few bytes: in 256 colours, where they miss no pixel by more than `FAR`."""
    with Image.open(picture) as image:
        whole = image.convert("RGB")
    kinds = (Image.Quantize.MAXCOVERAGE, Image.Quantize.MEDIANCUT, Image.Quantize.FASTOCTREE)
    found = {
        _error(whole, flat): flat for flat in (whole.quantize(256, k, dither=0) for k in kinds)
    }
    (found[min(found)] if min(found) <= FAR else whole).save(out, optimize=True)
    print(f"wrote {out.relative_to(ROOT)}, {out.stat().st_size / 1000:.0f} kB", file=sys.stderr)


def _error(whole: Image.Image, flat: Image.Image) -> int:
    """The largest difference of any channel of any pixel."""
    return max(high for _, high in ImageChops.difference(whole, flat.convert("RGB")).getextrema())


def spiking_music(*words: object) -> None:
    subprocess.run(["spiking-music", *map(str, words)], check=True)


@contextmanager
def opened(path: Path, size: tuple[int, int]) -> Iterator[Page]:
    """A page from disk in Chromium."""
    with sync_playwright() as playwright:
        browser = launched(playwright, "--autoplay-policy=no-user-gesture-required")
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.goto(path.resolve().as_uri())
        yield page
        browser.close()


def screenshot(page: Page, folder: Path, name: str) -> Path:
    page.wait_for_timeout(1500)  # for lanes that are being drawn
    page.screenshot(path=folder / f"{name}.png")
    return folder / f"{name}.png"


def music(seconds: float) -> tuple[np.ndarray, int]:
    """The beginning of a generated piece, (samples,), and its rate."""
    from spiking_music import config as configuration
    from spiking_music.config import DatasetConfig
    from spiking_music.data.compose import compose
    from spiking_music.data.demo import plan
    from spiking_music.data.render import mix, open_soundfont

    rate, raw = 22050, configuration.read(CONFIG[1:])
    dataset = configuration.section(raw, DatasetConfig)
    piece = next(iter(plan(dataset.demo, configuration.seed(raw)).values()))
    font = open_soundfont(dataset.soundfont, rate)
    audio = np.concatenate([block[0] for block in mix(compose(piece), font, 1)])
    return audio[: round(seconds * rate)], rate


def stimuli(folder: Path) -> Path:
    """A listening test of one clip and nine systems, all of them the package's codec at some μ."""
    from spiking_music import load

    audio, rate = music(5.9)
    codec, names = load(), ("reference", "rvq", "free", "sparse", "mel", "rvq-impaired")
    names += ("anchor-7000", "anchor-3500", "anchor-distorted")
    (folder / "stimuli").mkdir()
    sounds = []
    for number, system in enumerate(names):
        sound = audio if not number else codec.decode(codec.encode(audio, rate, level=3 * number))
        file = folder / "stimuli" / f"{number:016x}.wav"
        soundfile.write(file, sound[: len(audio)], rate)
        sounds.append(stimulus(system, file, len(audio)))
    clip = {"clip": "c1", "title": "Chorale in F-sharp major", "stimuli": sounds}
    about = {"version": 1, "test": "demo", "sample_rate": rate, "seed": 1, "training": []}
    path = folder / "stimuli" / "manifest.json"
    path.write_text(json.dumps({**about, "clips": [clip]}))
    return path


def stimulus(system: str, file: Path, samples: int) -> dict[str, object]:
    from hashlib import sha256

    digest = sha256(file.read_bytes()).hexdigest()
    return {"system": system, "file": file.name, "sha256": digest, "samples": samples}


def test_page(folder: Path, **settings: object) -> Path:
    """The page of a listening test."""
    page = json.dumps({"listening": {"page": settings}})
    manifest = folder / "stimuli" / "manifest.json"
    out = folder / f"page-{settings.get('method', 'mushra')}"
    spiking_music(
        *("listen", "test-page", manifest if manifest.exists() else stimuli(folder)),
        *(*CONFIG, "--config", page, "--out", out),
    )
    return out / "index.html"


def begin(page: Page) -> None:
    """To the first page with sounds that count."""
    page.get_by_label("Participant").fill("P01")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="Next").click()
    page.wait_for_timeout(800)


def mushra(name: str, folder: Path, _: Path | None) -> Path:
    size = PHONE if name.endswith("phone") else (1280, 800)
    with opened(test_page(folder, heard_seconds=0.3), size) as page:
        begin(page)
        for place, score in enumerate(SCORES, start=1):
            page.get_by_role("button", name=f"Play sound {place}", exact=True).click()
            slider = page.get_by_label(f"Rating of sound {place}", exact=True)
            page.wait_for_timeout(500)
            if score is not None:
                slider.focus()
                page.keyboard.press("Home")
                for _ in range(score):
                    page.keyboard.press("ArrowUp")
        page.get_by_role("button", name="Play sound 6", exact=True).click()
        page.evaluate("window.scrollTo(0, 0)")
        return screenshot(page, folder, name)


def methods(name: str, folder: Path, _: Path | None) -> Path:
    """AB, DCR and MOS side by side on phones."""
    shots = []
    for method in METHODS:
        own = {"pairs": [["reference", "free"]]} if method == "ab" else {}
        with opened(test_page(folder, method=method, heard_seconds=0.3, **own), (390, 620)) as page:
            begin(page)
            for key in {"ab": "ab", "dcr": "rs", "mos": "s"}[method]:
                page.keyboard.press(key)
                page.wait_for_timeout(500)
            page.keyboard.press("2")
            page.evaluate("window.scrollTo(0, 0)")
            shots.append(Image.open(screenshot(page, folder, method)))
    whole = Image.new(
        "RGB", (sum(shot.width + 20 for shot in shots) - 20, shots[0].height), "white"
    )
    for place, shot in enumerate(shots):
        whole.paste(shot, (place * (shot.width + 20), 0))
    whole.save(folder / "whole.png")
    return folder / "whole.png"


def recording(name: str, folder: Path, _: Path | None) -> Path:
    soundfile.write(folder / "etude.wav", *music(12.0))
    page = folder / "page.html"
    spiking_music("listen", "recording-page", folder / "etude.wav", "--out", page)
    return of_samples(page, DESKTOP, folder, name)


def samples(name: str, folder: Path, results: Path | None) -> Path:
    assert results is not None
    size = PHONE if name.endswith("phone") else DESKTOP
    return of_samples(results / "listen" / "index.html", size, folder, name)


def of_samples(path: Path, size: tuple[int, int], folder: Path, name: str) -> Path:
    """Of a page of samples, once the first system is decoded."""
    with opened(path, size) as page:
        page.get_by_text("Events of").first.wait_for(timeout=120_000)
        return screenshot(page, folder, name)


def simulated(name: str, folder: Path, _: Path | None) -> Path:
    spiking_music("listen", "simulate-listeners", *CONFIG, "--out", folder / "made")
    files = sorted((folder / "made").glob("*.csv"))
    spiking_music("listen", "ratings", *files, *CONFIG, "--out", folder / "tables")
    drawn = folder / "figure"
    spiking_music("figure", "listening", *CONFIG, "--tables", folder / "tables", "--out", drawn)
    return folder / "figure.png"


def events(name: str, folder: Path, _: Path | None) -> Path:
    script = ROOT / "experiments" / "events.py"
    subprocess.run([sys.executable, script, "--out", folder / "events"], check=True)
    return folder / "events.png"


def codecs(name: str, folder: Path, _: Path | None) -> Path:
    """From the table of docs/codecs.md: a mean and its interval in a cell, a dash where none is."""
    from spiking_music.figures.codecs import MEASURES, PAPER_RATE, RATE, draw

    columns = [RATE, "header", PAPER_RATE]
    columns += [f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high")]
    rows = []
    for line in (ROOT / "docs" / "codecs.md").read_text().splitlines():
        system, *cells = line.strip("| ").split(" | ")
        numbers = re.findall(r"-?\d+\.\d+|–", " ".join(cells))
        if len(numbers) == len(columns):
            values = (number.replace("–", "nan") for number in numbers)
            rows.append({"codec": system.split()[0], **dict(zip(columns, values, strict=True))})
    pd.DataFrame(rows).to_csv(folder / "codecs.csv", index=False)
    draw(folder / "codecs.csv", folder / "codecs")
    return folder / "codecs.png"


def figure(name: str, folder: Path, results: Path | None) -> Path:
    """One that the workflow has drawn."""
    assert results is not None
    return results / "figures" / f"{name}.png"


Maker = Callable[[str, Path, Path | None], Path]
MAKERS: dict[str, tuple[Maker, bool]] = {  # and whether they show results
    "events": (events, False),
    "recording-page": (recording, False),
    "mushra-desktop": (mushra, False),
    "mushra-phone": (mushra, False),
    "methods-phone": (methods, False),
    "fig3-simulated": (simulated, False),
    "codecs": (codecs, False),
    "samples-desktop": (samples, True),
    "samples-phone": (samples, True),
    "fig2": (figure, True),
    "fig3-objective": (figure, True),
    "fig4-mu-sparse": (figure, True),
    "fig5-selectivity": (figure, True),
    "probe-composer": (figure, True),
}

if __name__ == "__main__":
    main()
