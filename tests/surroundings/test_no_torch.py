"""The package's own model codes without torch, and without all else that the workflow needs."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.conftest import ROOT

HEAVY = (
    "torch", "torchaudio", "lightning_fabric", "pandas", "h5py", "zarr", "av", "matplotlib",
    "sklearn", "snakemake", "dvc", "tensorboard", "symusic", "pretty_midi",
)  # fmt: skip
REFUSE = f"""
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {HEAVY}:
            raise ImportError(f"{{name}} was imported")

sys.meta_path.insert(0, Refused())
"""
PYTHON = """
import numpy as np
import spiking_music

codec = spiking_music.load()
sound = 0.1 * np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)
for wish in ({}, {"kbps": 1.0}, {"min_si_snr": 5.0}):
    stream = codec.encode(sound, 44100, **wish)
    assert len(codec.decode(stream, original_rate=True)) == len(sound)
"""
COMMAND = "from spiking_music import cli\ncli.main()\n"


def run(code: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", REFUSE + code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_refused_cannot_be_imported() -> None:
    with pytest.raises(AssertionError, match="torch was imported"):
        run("import torch")


def test_python_codes_without_torch() -> None:
    run(PYTHON)


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_the_command_line_codes_without_torch(suffix: str, tmp_path: Path) -> None:
    source, stream, target = (tmp_path / name for name in (f"a{suffix}", "a.spk", f"b{suffix}"))
    soundfile.write(source, 0.1 * np.random.default_rng(0).standard_normal((44_100, 2)), 44_100)
    run(COMMAND, "encode", source, stream)
    run(COMMAND, "decode", stream, target, "--original-rate")
    assert soundfile.info(target).frames == 44_100
    assert "0:01.000" in run(COMMAND, "info", stream)
