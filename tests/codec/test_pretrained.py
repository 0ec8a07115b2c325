"""The model of the package: small, at hand by default, and good at what it was made for."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors import safe_open

import spiking_music
from spiking_music.codec.session import Codec
from spiking_music.codec.si_snr import si_snr
from spiking_music.codec.stream import summary
from spiking_music.config import read, variant, variants
from spiking_music.errors import ConfigError
from spiking_music.models import pretrained
from spiking_music.models.pretrained import PRETRAINED, TABLES, WEIGHTS, with_pretrained
from tests.conftest import DEFAULTS

RATE = 22050
MOST_BYTES = 8_000_000  # of weights and tables: what a clone should carry


@pytest.fixture(scope="module")
def codec() -> Codec:
    return spiking_music.load()


def test_it_is_small_enough_for_a_clone_and_has_a_card() -> None:
    files = [PRETRAINED / name for name in (WEIGHTS, TABLES)]
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES
    card = (PRETRAINED / "README.md").read_text()
    assert "CC BY-NC-SA 4.0" in card


def test_its_weights_take_16_bits_and_are_finite(codec: Codec) -> None:
    with safe_open(PRETRAINED / WEIGHTS, framework="numpy") as file:
        values = [file.get_tensor(name) for name in file.keys()]  # noqa: SIM118
    assert all(value.dtype == np.float16 and np.isfinite(value).all() for value in values)


def test_as_a_row_of_the_workflow_it_is_what_its_weights_say(codec: Codec) -> None:
    raw = with_pretrained(read([*DEFAULTS, '{"seed": 9}']))  # whatever else is drawn here
    row = variant(raw, "mdct-shipped")
    assert row == codec.model.config.model_copy(update={"name": "mdct-shipped"})
    assert [*variants(raw)] == [*variants(read(DEFAULTS)), "mdct-shipped"]
    without = read([*DEFAULTS, '{"pretrained": false}'])
    assert with_pretrained(without) == without


def test_clips_of_another_signal_are_not_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"signal \(.*sample_rate 22050\): set pretrained"):
        with_pretrained(read([*DEFAULTS, '{"signal": {"sample_rate": 16000}}']))
    monkeypatch.setattr(pretrained, "PRETRAINED", tmp_path)
    with pytest.raises(ConfigError, match="no pretrained model comes with this version: set pre"):
        with_pretrained(read(DEFAULTS))


def test_it_codes_a_piano_it_never_heard(codec: Codec, piano: np.ndarray) -> None:
    stream = codec.encode(piano, RATE)
    back = codec.decode(stream)
    assert len(back) == len(piano)
    facts = summary(io.BytesIO(stream), codec.model.known)
    assert facts.formats["entropy"] == len(facts.blocks)
    assert facts.kbps < 3.0
    assert si_snr(back[None], piano[None])[0] > 2.0


def test_equal_recordings_give_equal_streams(codec: Codec, piano: np.ndarray) -> None:
    again = spiking_music.load()
    assert again.encode(piano, RATE) == codec.encode(piano, RATE)


def test_unseen_performances(codec: Codec, salamander: Path) -> None:
    """The first clips of five test recordings, of the piano that it was trained on."""
    ratios = []
    for number in range(5):
        audio, rate = soundfile.read(salamander / f"test/test_{number:03d}.flac", dtype="float32")
        ratios.append(si_snr(codec.decode(codec.encode(audio, rate))[None], audio[None])[0])
    assert np.mean(ratios) > 8.0
