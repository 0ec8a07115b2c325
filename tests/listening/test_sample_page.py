"""What the page of samples holds, as far as it can be seen without a browser."""

import base64
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import soundfile

from spiking_music import config as configuration
from spiking_music.codec import classical, formats
from spiking_music.codec.classical import compress
from spiking_music.codec.session import load
from spiking_music.codec.si_snr import si_snr
from spiking_music.config import SamplesConfig, StimuliConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.onsets import read_onsets
from spiking_music.errors import ConfigError
from spiking_music.evaluation.codes_file import Origin
from spiking_music.evaluation.excerpts import spectrogram_db
from spiking_music.evaluation.tuning import write_tuning
from spiking_music.listening.rasters import loudest_db, spectrogram_settings, unit_order
from spiking_music.listening.sample_page import Sources, build, write_page
from spiking_music.listening.selection import Chosen, read_chosen
from spiking_music.listening.stored_sound import sound_element
from spiking_music.listening.systems import SystemOutput, anchors, codec_rates, live_outputs
from spiking_music.models.shipped import PRETRAINED, WEIGHTS
from tests.browser.samples import page_data, page_sounds
from tests.conftest import DEFAULTS
from tests.listening.conftest import LEVEL, SIGNAL, Inputs
from tests.listening.javascript import JavaScript, floats
from tests.listening.test_stimuli import make

LEVELS = (0, 31)


@pytest.fixture(scope="module")
def chosen(inputs: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(inputs, tmp_path_factory.mktemp("chosen") / "stimuli") / "clips.csv"


@pytest.fixture(scope="module")
def page(inputs: Inputs, chosen: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_page(inputs, chosen, tmp_path_factory.mktemp("page") / "index.html", LEVELS)


def make_page(inputs: Inputs, chosen: Path, out: Path, levels: tuple[int, ...]) -> Path:
    files = inputs.clips, inputs.performances, inputs.root, True, inputs.models, inputs.tuning
    stimuli = configuration.section(configuration.read(DEFAULTS), StimuliConfig)
    samples = SamplesConfig(levels=levels, mp3=(2, 64))
    build(Sources(chosen, *files), "mine", out, SIGNAL, stimuli, samples)
    return out


def entries(page: Path, clip: int = 0) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in page_data(page)["clips"][clip]["systems"]}


def test_every_system_and_level_is_there_in_order(page: Path) -> None:
    levels = [f"mu-sparse@{level}" for level in (0, LEVEL, 31)]
    expected = ["reference", "rvq", "free", *levels, "mel", "mp3-2", "mp3-64"]
    expected += ["anchor-7000", "anchor-3500", "anchor-distorted"]
    assert list(entries(page)) == expected
    sounds = page_sounds(page)
    assert list(sounds) == [f"c{clip}/{name}" for clip in (1, 2, 3) for name in expected]
    assert {len(wave) for wave in sounds.values()} == {SIGNAL.clip_samples}


def test_nothing_comes_from_elsewhere_and_bytes_are_equal(
    page: Path, inputs: Inputs, chosen: Path, tmp_path: Path
) -> None:
    text = page.read_text()
    assert not re.search(r"""(?:src|href)=["'](?!data:)|https?://|url\(|@import""", text)
    assert make_page(inputs, chosen, tmp_path / "again.html", LEVELS).read_text() == text


def test_si_snr_and_sound_are_of_the_clip(page: Path, inputs: Inputs, chosen: Path) -> None:
    source, sounds = Clips(inputs.clips), page_sounds(page)
    for clip, each in enumerate(read_chosen(chosen)):
        original = source.read(each.index, 0, source.clip_samples)[None]
        reference = sounds[f"{each.clip}/reference"][None]
        assert si_snr(reference, original)[0] > 60  # 16 bits of it
        for name, entry in list(entries(page, clip).items())[1:]:
            heard = si_snr(sounds[f"{each.clip}/{name}"][None], original)[0]
            # of what has nothing to do with the original, a chance correlation
            near = max(-20, heard), max(-20, entry["siSnr"])
            assert near[0] == pytest.approx(near[1], abs=0.5 if heard < 30 else 3)


def test_codes_and_rates_are_of_the_clip(page: Path, inputs: Inputs, chosen: Path) -> None:
    order = unit_order(inputs.models["free"][1], inputs.tuning["free"])
    seconds = SIGNAL.clip_samples / SIGNAL.sample_rate
    with h5py.File(inputs.models["free"][1]) as file:
        for clip, each in enumerate(read_chosen(chosen)):
            z = file["codes"][each.index]
            entry = entries(page, clip)["free"]
            packed = np.frombuffer(base64.b64decode(entry["codes"]["data"]), np.uint8)
            np.testing.assert_array_equal(
                np.unpackbits(packed)[: z.size].reshape(z.shape), z[order]
            )
            _, cheapest = formats.cheapest(*z.shape, int(z.sum()))
            overhead = 2 + int(np.ceil(np.log2(z.size + 1)))
            kbps = (int(cheapest) + overhead) / (1000 * seconds)
            assert entry["rates"]["kbpsPaper"] == pytest.approx(kbps)
            assert entry["rates"]["density"] == pytest.approx(z.mean())
            assert entry["rates"]["kbps"] is None  # without tables
    assert entries(page)["mu-sparse@0"]["rates"]["kbps"] > 0
    rvq = entries(page)["rvq"]["rates"]
    assert rvq["kbpsPaper"] == pytest.approx(3 * 3 * SIGNAL.steps / (1000 * seconds))
    assert "rates" not in entries(page)["mel"]


def test_the_ladder_has_its_true_bytes(page: Path, inputs: Inputs, chosen: Path) -> None:
    source = Clips(inputs.clips)
    for clip, each in enumerate(read_chosen(chosen)):
        coded = compress(source.read(each.index, 0, source.clip_samples), "mp3", 64)
        entry = entries(page, clip)["mp3-64"]
        assert (entry["group"], entry["level"]) == ("codec", None)
        assert entry["rates"] == pytest.approx({"kbps": coded.kbps, "headers": coded.header_kbps})
        assert entry["siSnr"] > entries(page, clip)["mp3-2"]["siSnr"]


def test_notes_are_where_they_sound(page: Path, inputs: Inputs, chosen: Path) -> None:
    """Five notes a second of 0.3 s and more; of all clips the first second begins with one."""
    seconds = SIGNAL.clip_samples / SIGNAL.sample_rate
    for described in page_data(page)["clips"]:
        starts = [start for start, *_ in described["notes"] if start > 0]
        assert np.allclose(np.diff(sorted(set(starts))), 0.2, atol=0.005)
        assert all(0 <= start < end <= seconds + 1e-3 for start, end, *_ in described["notes"])
        held = [note for note in described["notes"] if note[0] == 0]
        assert held  # notes of before still sound, or one begins


def test_a_level_that_the_model_lacks_is_one_sentence(
    inputs: Inputs, chosen: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="'mu-sparse' has 32 levels, not 32"):
        make_page(inputs, chosen, tmp_path / "page.html", (0, 32))
    assert not list(tmp_path.iterdir())


def test_spectrograms_are_those_of_python(tmp_path: Path) -> None:
    """The page's own, of noise whose level rises: within a hundredth of a decibel."""
    draw = np.random.default_rng(8)
    rising = np.geomspace(1e-6, 1, SIGNAL.clip_samples)
    noise = (rising * draw.uniform(-1, 1, SIGNAL.clip_samples)).astype(np.float32)
    expected = spectrogram_db(noise, SIGNAL.model_copy(update={"hop": SIGNAL.hop // 2}))
    body = """
    const samples = new Float32Array(bytesOf(argument.audio).buffer);
    return numbers(modules["samples/spectrum"].levels(samples, argument.settings));
    """
    found = JavaScript(tmp_path, "samples/spectrum").run(
        body, audio=noise.tobytes(), settings=spectrogram_settings(SIGNAL)
    )
    levels = floats(found).reshape(-1, len(expected)).T
    np.testing.assert_allclose(levels, expected, atol=0.01)
    assert loudest_db(noise, SIGNAL) == expected.max()


def test_sounds_lose_nothing_that_matters() -> None:
    """Tones decay as those of a piano; the better a system, the less may be lost."""
    time = np.arange(3 * 22050) / 22050
    tones = sum(np.sin(2 * np.pi * hz * time) * np.exp(-time) for hz in (220, 277, 330, 1000))
    audio = (0.1 * tones).astype(np.float32)
    sizes = []
    for si_snr_db, snr_db in ((None, 60.0), (5.0, 20.0), (50.0, 35.0)):
        element = sound_element("c1/x", audio, 22050, si_snr_db)
        content = base64.b64decode(element.split(">")[1].split("<")[0])
        heard, rate = soundfile.read(io.BytesIO(content))
        assert (rate, len(heard)) == (22050, len(audio))
        noise = np.square(heard - audio).sum() / np.square(audio).sum()
        assert -10 * np.log10(noise) >= snr_db
        sizes.append(len(content))
    assert sizes[1] <= sizes[2] < sizes[0]


def test_units_are_ordered_by_their_notes(inputs: Inputs, tmp_path: Path) -> None:
    """Codes that repeat the onsets of single keys, in a shuffled order, come back sorted."""
    onsets = np.asarray(read_onsets(inputs.onsets).onsets[:])
    keys = np.flatnonzero(onsets.sum(axis=(0, 2)))[:12]
    shuffled = np.random.default_rng(1).permutation(keys)
    path = tmp_path / "codes.h5"
    path.write_bytes(inputs.models["free"][1].read_bytes())
    with h5py.File(path, "r+") as file:
        file["codes"][:] = (onsets[:, shuffled] > 0).astype(np.uint8)
    write_tuning(path, inputs.onsets, tmp_path / "free.csv")
    order = unit_order(path, tmp_path / "free.csv")
    np.testing.assert_array_equal(shuffled[order], np.sort(shuffled))


LARGEST = 12_000_000  # bytes of the demo's page


def test_the_demos_page_stays_small(piano: Any, tmp_path: Path) -> None:
    """A page of one clip of the demo's music with as many rows as the demo's, scaled to its clips.

    The package's model at all its levels; what it makes of the clip at some stands in for models
    of the demo, which nobody trains here.
    """
    raw = configuration.read(DEFAULTS)
    settings = configuration.section(raw, SamplesConfig)
    codec, rate = load(), 22050
    original = piano[4 * rate : 4 * rate + 131072][None]
    signal = codec.model.config.signal
    origin = Origin("binary", 1, 10, "mdct-mu", signal.hop, rate, "")
    shipped = SystemOutput("mdct-shipped", "model", original, origin, coder=codec.model.coder)
    live = [*live_outputs(shipped, PRETRAINED / WEIGHTS, original, rate)]
    units = (np.random.default_rng(0).random((1, 80, signal.steps)) < 0.3).astype(np.uint8)
    order = np.arange(80)
    trained = [name for name in raw["variants"] if name != "mu-sparse"]
    rows = [(name, 0) for name in trained] + [("mu-sparse", level) for level in settings.levels]
    models = [
        SystemOutput(
            name, "model", live[place % 32].audio, replace(origin, level=level), units, order
        )
        for place, (name, level) in enumerate(rows, start=8)
    ]
    ladder = [
        SystemOutput(f"mp3-{kbps}", "codec", version.audio[None], rates=(codec_rates(version),))
        for kbps in settings.mp3
        for version in classical.at_rates(original[0], "mp3", [kbps])
    ]
    others = [SystemOutput(n, "anchor", audio) for n, audio in anchors(original, rate).items()]
    shown = [SystemOutput("reference", "reference", original), *live, *models, *ladder, *others]
    chosen = [Chosen("c1", 0, 0, 0, "Chopin", "Nocturne", -30.0)]
    stimuli = configuration.section(raw, StimuliConfig)
    notes = [(0.1 * i, 0.1 * i + 0.5, 40 + i, 80) for i in range(60)]
    write_page(chosen, shown, [notes], "demo", tmp_path / "page.html", signal, stimuli)
    text = (tmp_path / "page.html").read_text()
    clip = sum(map(len, re.findall(r"<script [^>]*data-sound=.*?</script>", text, re.S)))
    clip += len(
        re.findall(r'<script type="application/json" id="data">.*?</script>', text, re.S)[0]
    )
    assert clip > 0.1 * len(text)
    assert len(text) + (stimuli.clips - 1) * clip <= LARGEST
