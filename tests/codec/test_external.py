"""Codecs by their command lines: what comes back, at which cost, and every way it can go wrong."""

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spiking_music import config as configuration
from spiking_music.codec import external
from spiking_music.codec.external import Received, from_file, through_commands
from spiking_music.codec.si_snr import si_snr
from spiking_music.config import CommandsConfig, ExternalSystem, FolderConfig
from spiking_music.errors import ConfigError, DataError
from spiking_music.evaluation.metrics import mel_distance
from tests.conftest import DEFAULTS, ROOT

RATE = 22050
COPY = "import shutil, sys; shutil.copy(*sys.argv[1:3])"


def music(samples: int = 2 * RATE) -> np.ndarray:
    """Three decaying notes every half a second, full scale = 1."""
    time = np.arange(samples) / RATE
    notes = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 277.2, 329.6))
    return (0.1 * notes * np.exp(-6 * (time % 0.5))).astype(np.float32)


def python(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", program, *arguments]


def made(**changes: Any) -> ExternalSystem:
    """A codec that copies its input, 16 bits at the rate of clips, but for `changes`."""
    settings: dict[str, Any] = {
        "kind": "commands",
        "rates": ["353"],
        "sample_rate": RATE,
        "delay": 0,
        "encode": python(COPY, "{input}", "{output}"),
        "decode": python(COPY, "{input}", "{output}"),
        "sound": "wav",
        "stream": "copy",
        "payload": "file",
        "padding": 0.0,
    }
    return ExternalSystem("copy", "353", CommandsConfig(**settings | changes))


def sent(system: ExternalSystem, clip: np.ndarray) -> Received:
    assert isinstance(system.config, CommandsConfig)
    return through_commands(system, system.config, clip, RATE)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Whatever happens, nothing is left where programs ran."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    yield
    assert not list(place.iterdir())


def test_a_codec_that_copies_gives_the_clip_back_at_its_size() -> None:
    clip = music()
    wav, raw = sent(made(), clip), sent(made(sound="raw"), clip)
    for received in (wav, raw):
        assert received.audio.shape == clip.shape and received.audio.dtype == np.float32
        np.testing.assert_allclose(received.audio, clip, atol=2**-16)
        assert received.header == 0
    assert raw.payload == 2 * (len(clip) + external.TAIL)
    assert wav.payload == raw.payload + 44


def test_a_codec_may_have_another_sample_rate() -> None:
    clip = music()
    received = sent(made(sample_rate=48_000), clip)
    assert si_snr(received.audio[None], clip[None])[0] > 50  # 16 bits
    assert len(sent(made(sample_rate=8000), clip).audio) == len(clip)


def test_a_delay_is_taken_off_and_padding_makes_up_for_it() -> None:
    late = python(
        "import sys; data = open(sys.argv[1], 'rb').read();"
        "open(sys.argv[2], 'wb').write((bytes(200) + data)[:len(data)])",
        *("{input}", "{output}"),
    )
    clip = music()
    received = sent(made(sound="raw", decode=late, delay=100, padding=0.01), clip)
    np.testing.assert_allclose(received.audio, clip, atol=2**-16)
    with pytest.raises(DataError, match="gives 44016 samples at 22050 Hz behind its delay"):
        sent(made(sound="raw", decode=late, delay=100), clip)


def test_no_shell_reads_the_words(tmp_path: Path) -> None:
    words = ["; touch broken", "$(touch broken)", "a  b", "{rate}", "*"]
    program = f"import sys; assert sys.argv[3:] == {[*words[:3], '353', '*']!r}; {COPY}"
    clip = music()
    sent(made(encode=python(program, "{input}", "{output}", *words)), clip)
    assert not list(tmp_path.rglob("broken"))


def test_files_are_named_by_their_folder_too() -> None:
    program = "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2] + '/clip.copy')"
    assert sent(made(encode=python(program, "{input}", "{folder}")), music()).payload > 0


WRITE = "import soundfile, sys, numpy; soundfile.write(sys.argv[2], {}, {}, subtype='FLOAT')"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"encode": ["no-such-program", "{input}", "{output}"]}, ConfigError, "needs the program"),
        (
            {"encode": python("import sys; sys.exit('a  reason\\n')", "{input}", "{output}")},
            DataError,
            r"failed with status 1 \(a reason\): correct its command",
        ),
        ({"decode": python("", "{input}", "{output}")}, DataError, "left no {output} of the name"),
        (
            {"encode": python("import sys; open(sys.argv[2], 'w')", "{input}", "{output}")},
            DataError,
            "left no {output} of the name clip.copy",
        ),
        (
            {"decode": python(WRITE.format("numpy.zeros(44100)", 44100), "{input}", "{output}")},
            DataError,
            "gives sound of 44100 Hz and 1 channels, not of 22050 Hz and one",
        ),
        (
            {"decode": python(WRITE.format("numpy.zeros((9, 2))", RATE), "{input}", "{output}")},
            DataError,
            "gives sound of 22050 Hz and 2 channels",
        ),
        (
            {"decode": python(WRITE.format("numpy.zeros(44099)", RATE), "{input}", "{output}")},
            DataError,
            "gives 44099 samples at 22050 Hz behind its delay for a clip of 44100 to 55141",
        ),
        (
            {"decode": python(WRITE.format("numpy.zeros(55142)", RATE), "{input}", "{output}")},
            DataError,
            "gives 55142 samples",
        ),
        (
            {
                "decode": python(
                    WRITE.format("numpy.full(44100, numpy.nan)", RATE), "{input}", "{output}"
                )
            },
            DataError,
            "NaN or infinite",
        ),
        (
            {
                "decode": python(
                    "import sys; open(sys.argv[2], 'w').write('x')", "{input}", "{output}"
                )
            },
            DataError,
            "gives a file 'clip.wav' that is no sound",
        ),
        ({"payload": "packets", "sound": "raw"}, DataError, "FFmpeg finds no packets"),
        (
            {
                "sound": "raw",
                "decode": python(
                    "open(__import__('sys').argv[2], 'wb').write(bytes(88201))",
                    "{input}",
                    "{output}",
                ),
            },
            DataError,
            "gives 88201 bytes of raw sound, an odd number",
        ),
    ],
)
def test_what_goes_wrong_is_one_sentence(changes: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        sent(made(**changes), music())
    assert "\n" not in str(caught.value)


def test_a_program_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "LIMIT", 0.2)
    sleep = python("import time; time.sleep(60)", "{input}", "{output}")
    with pytest.raises(DataError, match=r"took more than 0\.2 s"):
        sent(made(encode=sleep), music())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    config = FolderConfig(kind="folder", rates=("1",), sample_rate=RATE, delay=0, folder="x")
    with pytest.raises(DataError, match="has no file"):
        from_file(ExternalSystem("x", "1", config), tmp_path / "0.wav", 9, RATE)


PROGRAMS = {"opus": ("opusenc", "opusdec"), "codec2": ("c2enc", "c2dec"), "aac": ("ffmpeg",)}
SYSTEMS = {  # kbps at most; dB of SI-SNR, or of mel distance, that the music above survives with
    "opus-tools-16": ("opus", 18, ("si_snr", 10)),
    "opus-tools-64": ("opus", 70, ("si_snr", 20)),
    "ffmpeg-aac-24": ("aac", 26, ("si_snr", 10)),
    "ffmpeg-aac-64": ("aac", 70, ("si_snr", 20)),
    "codec2-3200": ("codec2", 3.5, ("mel", 30)),
    "codec2-1200": ("codec2", 1.4, ("mel", 30)),
    "codec2-newamp-700C": ("codec2", 0.9, ("mel", 30)),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_real_programs(name: str) -> None:
    file, most, (measure, bound) = SYSTEMS[name]
    if absent := [program for program in PROGRAMS[file] if not shutil.which(program)]:
        pytest.skip(f"{absent[0]} is not at hand: run tests/install.sh")
    path = ROOT / "config" / "external" / f"{file}.yaml"
    system = configuration.external_system(configuration.read([*DEFAULTS, str(path)]), name)
    clip = music(4 * RATE)
    received = sent(system, clip)
    assert received.audio.shape == clip.shape
    kbps = 8e-3 * received.payload * RATE / len(clip)
    assert 0.5 * most < kbps < most
    if measure == "si_snr":
        assert received.header > 0
        assert si_snr(received.audio[None], clip[None])[0] > bound
    else:
        assert received.header == 0
        assert mel_distance(received.audio[None], clip[None], RATE)[0] < bound
