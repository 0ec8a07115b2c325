"""A page of samples whose sounds tell which system they are of, on the server of the tests."""

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from spiking_music import config as configuration
from spiking_music.codec.classical import AtRate
from spiking_music.codec.session import load
from spiking_music.config import SignalConfig, StimuliConfig
from spiking_music.evaluation.anchor import distorted
from spiking_music.evaluation.codes_file import NO_LEVEL, Origin
from spiking_music.listening.sample_page import write_page
from spiking_music.listening.selection import Chosen
from spiking_music.listening.systems import SystemOutput, codec_rates, live_outputs
from spiking_music.models.shipped import PRETRAINED, WEIGHTS
from tests.browser.recording import Wave
from tests.browser.stimuli import sound
from tests.conftest import DEFAULTS

SIGNAL = SignalConfig(sample_rate=22050, clip_samples=65536, hop=512)
LEVELS = (0, 8, 16, 24)
UNITS, CODEBOOKS = 24, 4
CLIPS = [
    Chosen("c1", 3, 0, 0, "Frédéric Chopin", "Nocturne, “the <first>”", -30.0),
    Chosen("c2", 5, 1, 1_500_000, "J. S. Bach", "Invention", -30.0),
]
NOTES = [[(0.1, 0.9, 60, 80), (0.5, 1.5, 67, 40)], [(0.0, 2.9, 40, 100)]]


def make_samples(folder: Path) -> Path:
    """The page with a reference, RVQ, FREE, μ-SPARSE at four levels, MEL, MP3 and an anchor."""
    raw = configuration.read(DEFAULTS)
    out = folder / "index.html"
    write_page(
        CLIPS, _shown(), NOTES, "tones", out, SIGNAL, configuration.section(raw, StimuliConfig)
    )
    return out


def _shown() -> list[SystemOutput]:
    draw = np.random.default_rng(3)
    originals = _audio(0)
    order = draw.permutation(UNITS)
    shown = [SystemOutput("reference", "reference", originals)]
    indices = draw.integers(16, size=(len(CLIPS), CODEBOOKS, SIGNAL.steps)).astype(np.uint16)
    shown.append(SystemOutput("rvq", "model", _audio(1), _origin("rvq", 16), indices))
    for place, level in enumerate((NO_LEVEL, *LEVELS)):
        density = 0.5 if level == NO_LEVEL else 0.4 * 2 ** (-level / 8)
        z = (draw.random((len(CLIPS), UNITS, SIGNAL.steps)) < density).astype(np.uint8)
        name = "free" if level == NO_LEVEL else "mu-sparse"
        origin = _origin("binary", 1, level)
        shown.append(SystemOutput(name, "model", _audio(2 + place), origin, z, order))
    shown.append(SystemOutput("mel", "model", _audio(9)))
    rates = tuple(codec_rates(AtRate("mp3", 8, 8.24, 0.29, wave)) for wave in _audio(10))
    shown.append(SystemOutput("mp3-8", "codec", _audio(10), rates=rates))
    spoilt = np.stack([distorted(x.astype(float), SIGNAL.sample_rate) for x in originals])
    shown.append(SystemOutput("anchor-distorted", "anchor", spoilt.astype(np.float32)))
    return shown


def _audio(seed: int) -> np.ndarray:
    waves = [sound(100 * seed + clip)[: SIGNAL.clip_samples] for clip in range(len(CLIPS))]
    return np.stack(waves).astype(np.float32)


def _origin(kind: Any, size: int, level: int = NO_LEVEL) -> Origin:
    return Origin(kind, size, level, kind, SIGNAL.hop, SIGNAL.sample_rate, "")


def page_data(path: Path) -> dict[str, Any]:
    """What the page knows."""
    island = r'<script type="application/json" id="data">(.*?)</script>'
    found = re.search(island, path.read_text(), re.S)
    assert found
    return json.loads(found[1])


def page_sounds(path: Path) -> dict[str, Wave]:
    """The sounds in the page, decoded: clip/system -> (samples,)."""
    found = re.findall(r'data-sound="([^"]+)">([^<]+)<', path.read_text())
    return {
        name: soundfile.read(io.BytesIO(base64.b64decode(content)))[0] for name, content in found
    }


def with_streams(folder: Path) -> Path:
    """The page with a reference and the package's model, whose levels the page decodes."""
    codec = load()
    originals = _audio(0)
    origin = Origin("binary", 1, 10, "mdct-mu", SIGNAL.hop, SIGNAL.sample_rate, "")
    shown = SystemOutput("mdct-shipped", "model", originals, origin, coder=codec.model.coder)
    live = live_outputs(shown, PRETRAINED / WEIGHTS, originals, SIGNAL.sample_rate)
    reference = SystemOutput("reference", "reference", originals)
    stimuli = configuration.section(configuration.read(DEFAULTS), StimuliConfig)
    out = folder / "index.html"
    write_page(CLIPS, [reference, *live], NOTES, "tones", out, SIGNAL, stimuli)
    return out
