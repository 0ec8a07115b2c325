"""The package's own model codes without torch, and without all else that the workflow needs."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spiking_music.extras import LIBRARIES
from tests.cli.calls import CALLS, aimed, sources
from tests.conftest import ROOT

REFUSE = f"""
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(LIBRARIES)}:
            raise ModuleNotFoundError(f"No module named '{{name}}'", name=name)

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
CALLS_ALL = """
import contextlib, io, json
from spiking_music import cli

found = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["spiking-music", *words]
    with contextlib.redirect_stderr(io.StringIO()) as said:
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                cli.main()
            except SystemExit as end:
                found.append((end.code, said.getvalue()))
print(json.dumps(found))
"""
SENTENCE = re.compile(
    r"error: .* needs \w+, which is not installed: "
    r"run `pip install 'spiking-music\[(formats|workflow)\]'`\n"
)
IN_BASE = {"encode", "decode", "info", "provenance"}  # `events` also writes HDF5 and pictures


def run(code: str, *arguments: object, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-c", REFUSE + code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True, text=True, timeout=300, cwd=cwd,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_refused_cannot_be_imported() -> None:
    with pytest.raises(AssertionError, match="No module named 'torch'"):
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


def test_every_verb_works_or_says_which_extra_it_needs(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (tmp_path / "source").mkdir()
    work.mkdir()
    calls = [(verb, aimed(words, "", "")) for verb, each in CALLS.items() for words in each]
    for _, words in calls:
        for path in sources(words):
            (work / path).write_bytes(b"\2\0\0\0\0\0\0\0{}")
    soundfile.write(tmp_path / "source" / "a.wav", np.zeros(2205), 22050)
    found = json.loads(run(CALLS_ALL, json.dumps([words for _, words in calls]), cwd=work))
    assert len(found) == len(calls)
    asked = set()
    for (verb, words), (code, said) in zip(calls, found, strict=True):
        assert code in (0, 1) and said.count("error:") <= 1, (words, said)
        if SENTENCE.fullmatch(said):
            asked.add(verb)
    assert "train to-fp16" in asked and len(asked) > 25
    assert not asked & IN_BASE


def test_the_libraries_are_those_of_the_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def distributions(requirements: list[str]) -> set[str]:
        names = {re.split(r"[<>=\[]", each)[0] for each in requirements}
        return {name.lower().replace("_", "-") for name in names} - {project["name"]}

    extras = project["optional-dependencies"]
    modules: dict[str, set[str]] = {}
    for module, owners in packages_distributions().items():
        for owner in owners:
            modules.setdefault(owner.lower().replace("_", "-"), set()).add(module)
    for name in distributions([*extras["formats"], *extras["workflow"]]):
        assert modules[name] & LIBRARIES, name
    for name in distributions(project["dependencies"]):
        assert not modules[name] & LIBRARIES, name
