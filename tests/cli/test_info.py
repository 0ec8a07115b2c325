"""What `info` tells to programs and draws, and several streams decoded at once."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

import spiking_music
from tests.cli.test_codec import run  # noqa: F401
from tests.codec.conftest import music

RATE = 22050
LEVEL = 16


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("info") / "a.spk"
    path.write_bytes(spiking_music.load().encode(music(3), RATE, level=LEVEL))
    return path


def test_json_says_what_the_stream_and_its_events_are(run, stream: Path) -> None:  # noqa: F811
    code, out, said = run("info", stream, "--json")
    assert code == 0 and not said and out.count("\n") == 1
    told = json.loads(out)
    assert told["bytes"] == stream.stat().st_size == told["payload_bytes"] + told["overhead_bytes"]
    assert told["kbps"] == pytest.approx(told["bytes"] / 125 / told["seconds"])
    assert (told["original_rate"], told["original_samples"]) == (RATE, 3 * RATE)
    assert told["levels"] == {str(LEVEL): told["blocks"]}
    assert told["events"] == len(spiking_music.load().events(stream.read_bytes()))
    assert told["pretrained"] == "pretrained"


def test_json_of_several_streams_is_a_line_each(run, stream: Path) -> None:  # noqa: F811
    _, out, _ = run("info", stream, stream, "--json")
    lines = out.splitlines()
    assert len(lines) == 2 and lines[0] == lines[1]


def test_a_damaged_stream_gives_no_json(run, stream: Path, tmp_path: Path) -> None:  # noqa: F811
    cut = tmp_path / "cut.spk"
    cut.write_bytes(stream.read_bytes()[:-5])
    code, out, said = run("info", cut, "--json")
    assert code == 1 and not out and said.startswith("error: ") and said.count("\n") == 1


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_a_picture_of_the_events(run, stream: Path, tmp_path: Path, kind: str) -> None:  # noqa: F811
    target = tmp_path / f"a.{kind}"
    assert run("info", stream, "--picture", target)[0] == 0
    if kind == "png":
        with Image.open(target) as image:
            pixels = np.asarray(image.convert("L"))
        assert (pixels < 128).mean() > 0.002  # something is drawn
    else:
        assert target.stat().st_size > 5000
    code, _, said = run("info", stream, "--picture", target)
    assert code == 1 and "exists: give --force" in said


def test_a_picture_never_replaces_another_kind_of_file(run, stream: Path, tmp_path: Path) -> None:  # noqa: F811
    own = tmp_path / "a.png"
    own.write_text("mine")
    assert run("info", stream, "--picture", own)[0] == 1
    assert own.read_text() == "mine"


def test_streams_are_decoded_in_several_processes(run, stream: Path, tmp_path: Path) -> None:  # noqa: F811
    album = tmp_path / "album"
    album.mkdir()
    for name in ("one", "two", "three"):
        (album / f"{name}.spk").write_bytes(stream.read_bytes())
    (album / "bad.spk").write_bytes(stream.read_bytes()[:-5])
    code, _, said = run("decode", album, "--out", tmp_path / "out", "--jobs", 2)
    assert code == 1 and "1 of 4 files failed" in said and "bad.spk" in said
    assert run("decode", stream, tmp_path / "alone.wav")[0] == 0
    alone, _ = soundfile.read(tmp_path / "alone.wav", dtype="int16")
    found = sorted((tmp_path / "out").iterdir())
    assert [path.stem for path in found] == ["one", "three", "two"]
    for path in found:
        np.testing.assert_array_equal(soundfile.read(path, dtype="int16")[0], alone)
