"""What README and the pages of the codec show can be run as it stands."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

import spiking_music
from spiking_music.codec.events import Events
from tests.conftest import ROOT

RATE = 44_100
PAGES = ("README.md", "docs/codec.md", "docs/events.md")


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the recordings that the examples name, and a model of one's own."""
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    for name in ("in.wav", "in.flac", "sonata.wav"):
        soundfile.write(name, 0.1 * draw.standard_normal((3 * RATE, 2)), RATE)
    command("events", "sonata.wav", "sonata.npz")
    models = tmp_path / "results" / "demo" / "models"
    models.mkdir(parents=True)
    package = Path(spiking_music.__file__).parent / "pretrained" / "free"
    (models / "free").symlink_to(package, target_is_directory=True)
    return tmp_path


def command(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "spiking_music", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}: {done.stderr}"


def given() -> dict[str, Any]:
    """What the examples take as known."""
    codec = spiking_music.load()
    waveform, rate = soundfile.read("in.wav")
    stream = codec.encode(waveform.T, rate)
    made: list[Any] = []
    return {
        "np": np,
        **{"codec": codec, "waveform": waveform.T, "sample_rate": rate, "stream": stream},
        **{"microphone": [waveform.T[:, :999], waveform.T[:, 999:]], "send": made.append},
        **{"received": [stream[:9], stream[9:]], "play": made.append},
        "z": np.random.default_rng(0).integers(2, size=(80, 20), dtype=np.uint8),
    }


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("workplace")
def test_python(page: str) -> None:
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(ROOT / page)
    examples = list(document.examples())
    assert examples
    document.namespace.update(given())
    for example in examples:
        example.evaluate()
    if page == "README.md":
        assert isinstance(document.namespace["events"], Events)


@pytest.mark.parametrize("page", ["README.md", "docs/codec.md"])
def test_first_commands(page: str, workplace: Path) -> None:
    """The commands of the first block that has any, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.S)
    block = next(block for block in blocks if "spiking-music encode" in block)
    lines = [line for line in block.splitlines() if line.startswith("spiking-music ")]
    assert len(lines) >= 5
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        if Path("out.spk").exists() and words[0] == "encode":
            words.append("--force")
        if Path("out.csv").exists() and words[0] == "events":
            words.append("--force")
        command(*words)
