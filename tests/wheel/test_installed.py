"""The wheel in environments of their own: the codec on every Python, without torch."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tests.audio.making import made
from tests.browser.stimuli import write_stimuli
from tests.conftest import ROOT
from tests.listening.crowd import Server, crowd, running
from tests.wheel.conftest import LOCK, PYTHONS, Install, Installed, without_python

LARGEST = 400e6  # bytes of an environment
MOST = 12  # direct dependencies
USER = Path(__file__).with_name("user.py")
CODEC_TESTS = (  # those that need pytest, hypothesis, and nothing of the extras
    *("tests/codec/stream", "tests/codec/test_formats.py", "tests/codec/test_integers.py"),
    *("tests/codec/test_picture.py", "tests/codec/entropy/test_coder.py"),
    *("tests/codec/entropy/test_range_code.py", "tests/codec/entropy/test_probabilities.py"),
    *("tests/mdct/test_golden.py", "tests/mdct/test_thermometer.py"),
)
TORCHS = ("tests/codec/stream/test_mutations.py",)  # fits entropy tables


def test_it_is_small(installed: Installed) -> None:
    print(
        f"Python {installed.version}: {installed.size / 1e6:.0f} MB, {installed.direct} direct "
        f"dependencies, {len(installed.names)} distributions"
    )
    assert installed.size <= LARGEST
    assert 0 < installed.direct <= MOST
    assert not {"torch", "pandas", "scipy", "h5py", "av"} & installed.names


def test_the_command_line(installed: Installed, recording: Path, tmp_path: Path) -> None:
    def run(*words: object) -> str:
        return installed.run("spiking-music", *words, cwd=tmp_path).stdout

    assert "encode" in run("--help") and "0.1.0" in run("--version")
    run("encode", recording, "a.spk")
    run("decode", "a.spk", "a.wav", "--original-rate")
    assert soundfile.info(tmp_path / "a.wav").frames == soundfile.info(recording).frames
    assert "pretrained" in run("info", "a.spk")
    run("events", recording, "a.csv")
    assert (tmp_path / "a.csv").read_text().startswith("time,unit\n")


def test_the_example_of_the_readme(installed: Installed, recording: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    installed.run("python", "-c", example, cwd=recording.parent)


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (("encode", "a.m4a", "a.spk"), "formats"),
        (("events", "in.flac", "a.h5"), "formats"),
        (("events", "in.flac", "a.csv", "--picture", "a.png"), "workflow"),
        (("encode", "in.flac", "a.spk", "--model", "free"), "workflow"),
        (("encode", "in.flac", "a.spk", "--device", "cuda"), "workflow"),
        (("codec", "formats", "--units=8", "--steps=8", "--events=3"), "workflow"),
        (("train", "to-fp16", "w.safetensors", "--out", "x.safetensors"), "workflow"),
    ],
    ids=" ".join,
)
def test_what_needs_an_extra_says_which(
    install: Install, recording: Path, tmp_path: Path, words: tuple[str, ...], extra: str
) -> None:
    sound, rate = soundfile.read(recording)
    soundfile.write(tmp_path / "in.flac", sound, rate)
    (tmp_path / "a.m4a").write_bytes(made("m4a"))
    (tmp_path / "w.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}")
    before = {*tmp_path.iterdir()}
    done = install(PYTHONS[0]).run("spiking-music", *words, cwd=tmp_path, code=1)
    assert re.fullmatch(
        rf"error: .* needs \w+, which is not installed: run `pip install "
        rf"'spiking-music\[{extra}\]'`\n",
        done.stderr,
    )
    assert {*tmp_path.iterdir()} == before


def test_streams_are_equal_on_all_and_decode_on_all(
    install: Install, recording: Path, tmp_path: Path
) -> None:
    streams, sounds = {}, {}
    for version in PYTHONS:
        stream = tmp_path / f"{version}.spk"
        words = ("encode", recording, stream, "--kbps", "2")
        install(version).run("spiking-music", *words, cwd=tmp_path)
        streams[version] = stream.read_bytes()
    assert len({*streams.values()}) == 1
    for version in PYTHONS:
        sound = tmp_path / f"{version}.wav"
        install(version).run("spiking-music", "decode", stream, sound, cwd=tmp_path)
        sounds[version] = sound.read_bytes()
    assert len({*sounds.values()}) == 1


def test_a_program_of_the_api_is_typed(install: Install, tmp_path: Path) -> None:
    installed = install(PYTHONS[0])
    command = [
        *(sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", tmp_path),
        *("--python-executable", installed.python, USER),
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env=without_python(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    installed.run("python", USER, 1.5, cwd=tmp_path)


def test_the_extra_of_formats(install: Install, tmp_path: Path) -> None:
    installed = install(PYTHONS[-1])
    installed.pip("install", "--constraint", LOCK, "spiking-music[formats]")
    (tmp_path / "a.m4a").write_bytes(made("m4a"))
    installed.run("spiking-music", "encode", "a.m4a", "a.spk", cwd=tmp_path)
    installed.run("spiking-music", "events", "a.spk", "a.h5", cwd=tmp_path)


def test_the_extra_of_the_collector(install: Install, tmp_path: Path) -> None:
    """It takes a message without pandas, torch or anything else of the workflow."""
    installed = install(PYTHONS[0])
    shutil.copy(ROOT / "config.yaml", tmp_path)
    manifest = write_stimuli(tmp_path / "stimuli")
    words = ("listen", "collect", "--stimuli", manifest, "--config", "config.yaml")
    words += ("--database", "ratings.sqlite", "--port", "0")
    done = installed.run("spiking-music", *words, cwd=tmp_path, code=1)
    assert "needs uvicorn, which is not installed" in done.stderr
    assert "'spiking-music[collector]'" in done.stderr
    installed.pip("install", "--constraint", LOCK, "spiking-music[collector]")
    command = [installed.python, "-m", "spiking_music"]
    own = {"command": command, "environment": without_python()}
    with running(Server(manifest, tmp_path / "ratings.sqlite", **own)) as server:
        (listener,) = crowd(manifest, 1, seed=1)
        listener.run(server)
    words = ("listen", "collected", "ratings.sqlite", "--out", "all.csv")
    assert "2 pages; listeners: 1 at" in installed.run("spiking-music", *words, cwd=tmp_path).stderr


def test_the_tests_of_the_codec(installed: Installed) -> None:
    """Last of each environment, as it adds what the tests need."""
    installed.pip("install", "--constraint", LOCK, "pytest", "hypothesis")
    ignored = [f"--ignore={each}" for each in TORCHS]
    options = ("-q", "-m", "not slow", "-o", "addopts=", "-p", "no:cacheprovider", *ignored)
    done = installed.run("python", "-m", "pytest", *options, *CODEC_TESTS, cwd=ROOT)
    print(f"Python {installed.version}: {done.stdout.splitlines()[-1]}")
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) > 300
