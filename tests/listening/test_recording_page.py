"""The page of one's own recordings, as far as it can be seen without a browser."""

import base64
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from spiking_music.codec.session import load
from spiking_music.errors import ConfigError, DataError
from spiking_music.listening.recording_page import Section, build
from tests.browser.samples import page_data, page_sounds

RATE = 22050


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory, piano: NDArray) -> Path:
    """Three seconds in stereo at twice the codec's rate."""
    path = tmp_path_factory.mktemp("recording") / "mine.wav"
    doubled = np.repeat(piano[: 3 * RATE], 2)
    soundfile.write(path, np.stack([doubled, doubled], axis=1), 2 * RATE)
    return path


def test_every_level_is_a_row_with_its_size_rate_and_si_snr(
    recording: Path, tmp_path: Path
) -> None:
    build([recording], (0, 20), Section(0, 60), tmp_path / "page.html")
    codec = load()
    (clip,) = page_data(tmp_path / "page.html")["clips"]
    assert (clip["title"], clip["seconds"], clip["notes"]) == ("mine.wav", 3, None)
    reference, first, second = clip["systems"]
    assert (reference["name"], first["name"]) == ("reference", "mdct-shipped@0")
    assert list(page_sounds(tmp_path / "page.html")) == ["r1/reference"]
    for entry in (first, second):
        stream = base64.b64decode(entry["stream"])
        assert entry["rates"]["bytes"] == len(stream)
        assert entry["rates"]["kbps"] == pytest.approx(8 * len(stream) / 3000)
        events = codec.events(stream)
        assert entry["rates"]["eventsPerSecond"] == pytest.approx(len(events) / 3)
        assert len(codec.decode(stream)) == 3 * RATE
    assert first["rates"]["bytes"] > second["rates"]["bytes"]
    assert first["siSnr"] > second["siSnr"] > 3


def test_a_model_in_torch_is_heard_as_sounds(recording: Path, tmp_path: Path) -> None:
    build([recording], (), Section(0.5, 1), tmp_path / "page.html", Path("free"))
    (clip,) = page_data(tmp_path / "page.html")["clips"]
    reference, coded = clip["systems"]
    assert (clip["seconds"], clip["start"], coded["name"]) == (1, 0.5, "free")
    assert coded["codes"]["kind"] == "binary"
    assert list(page_sounds(tmp_path / "page.html")) == ["r1/reference", "r1/free"]
    assert reference["siSnr"] is None


@pytest.mark.parametrize(
    ("levels", "section", "model", "error", "words"),
    [
        ((40,), Section(0, 60), None, ConfigError, "the model has levels 0 to 31, not 40"),
        ((1,), Section(0, 60), Path("free"), ConfigError, "no levels: leave out --levels"),
        ((), Section(2.8, 60), None, DataError, "has 0.2 s from 2.8 s on"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    recording: Path,
    tmp_path: Path,
    levels: tuple[int, ...],
    section: Section,
    model: Path | None,
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        build([recording], levels, section, tmp_path / "page.html", model)
    assert not list(tmp_path.iterdir())
