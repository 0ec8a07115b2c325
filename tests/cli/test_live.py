"""Pipes that are held open, and several files in several processes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spiking_music import encode_many
from spiking_music.errors import OutputError
from tests.cli.test_codec import run  # noqa: F401
from tests.codec.conftest import music

RATE = 22050
SOUND = np.tile(music(3), 4)


def held_open(data: bytes, given: int, *arguments: str) -> tuple[bytes, bytes]:
    """What a verb writes when it has `given` bytes and may get more, and what after them."""
    command = [sys.executable, "-m", "spiking_music", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(data[:given])
        process.stdin.flush()
        first = os.read(process.stdout.fileno(), 1 << 20)
        rest, _ = process.communicate(data[given:])
    assert process.returncode == 0
    return first, rest


def test_it_writes_before_it_has_read_all(tmp_path: Path) -> None:
    file = io.BytesIO()
    soundfile.write(file, SOUND, RATE, "PCM_16", format="WAV")
    wav = file.getvalue()
    raw = (SOUND * 32767).astype("<i2").tobytes()
    first, _ = held_open(wav, len(wav) // 2, "encode", "-", "-", "--level", "16")
    assert len(first) > 100
    raw_options = ("--raw", "22050:1:s16", "--delay", "0.5", "--level", "16")
    begun, more = held_open(raw, len(raw) // 4, "encode", "-", "-", *raw_options)
    assert len(begun) > 40 and len(begun) < len(more)
    stream = begun + more
    sound, later = held_open(stream, len(stream) // 2, "decode", "-", "-")
    assert len(sound) >= 44 and len(sound) + len(later) == 44 + len(raw)


def test_several_processes(run, tmp_path: Path) -> None:  # noqa: F811
    album, names = tmp_path / "album", ("one", "two", "three")
    album.mkdir()
    for seed, name in enumerate(names):
        soundfile.write(album / f"{name}.wav", music(1, seed=seed), RATE)
    (album / "bad.wav").write_bytes(b"RIFF")
    options = ("--jobs", 2, "--level", 16)
    code, _, said = run("encode", album, "--out", tmp_path / "a", *options)
    assert code == 1 and "1 of 4 files failed" in said and said.count("error: ") == 2
    assert run("encode", album / "one.wav", tmp_path / "alone.spk", "--level", 16)[0] == 0
    assert sorted(path.stem for path in (tmp_path / "a").iterdir()) == sorted(names)
    assert (tmp_path / "a" / "one.spk").read_bytes() == (tmp_path / "alone.spk").read_bytes()
    pairs = [(album / f"{name}.wav", tmp_path / f"{name}.spk") for name in (*names, "bad")]
    found = {outcome.source.stem: outcome for outcome in encode_many(pairs, jobs=2, level=16)}
    assert {name for name in found if found[name].error is None} == {*names}
    assert found["one"].bytes == (tmp_path / "alone.spk").stat().st_size
    assert "bad.wav" in str(found["bad"].error) and not (tmp_path / "bad.spk").exists()


def test_many_replace_streams_and_nothing_else(tmp_path: Path) -> None:
    sound, stream, own = tmp_path / "a.wav", tmp_path / "a.spk", tmp_path / "notes.txt"
    disguised = tmp_path / "mine.spk"
    soundfile.write(sound, music(0.2), RATE)
    own.write_text("mine")
    disguised.write_text("mine")
    targets = [stream, stream, own, disguised, sound, tmp_path]
    errors = [done.error for done in encode_many([(sound, target) for target in targets])]
    assert errors[:2] == [None, None] and all(isinstance(each, OutputError) for each in errors[2:])
    assert own.read_text() == disguised.read_text() == "mine"
    assert sound.read_bytes().startswith(b"RIFF")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--delay", 0.4), "--delay is 0.4: give 0.5 s or more"),
        (("--delay", 1, "--robust"), "have no delay to choose"),
        (("--raw", "44100:2:mp3"), "one of u8, s16, s24, s32, f32"),
    ],
)
def test_mistakes(run, options: tuple[object, ...], says: str, tmp_path: Path) -> None:  # noqa: F811
    soundfile.write(tmp_path / "a.wav", music(0.2), RATE)
    code, _, said = run("encode", tmp_path / "a.wav", tmp_path / "a.spk", *options)
    assert code == 1 and says in said and said.count("\n") == 1
