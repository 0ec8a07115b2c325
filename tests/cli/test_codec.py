"""encode, decode and info as they are called: files, folders, pipes, and one sentence of error."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spiking_music import cli
from spiking_music.codec import model_folder as model_folder_module
from spiking_music.codec import pretrained
from tests.codec.conftest import (  # noqa: F401
    MakeFolder,
    folder_with_tables,
    model_folder,
    music,
)

RATE = 44100


@pytest.fixture
def model(model_folder: MakeFolder) -> str:  # noqa: F811
    return str(model_folder("free"))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "in.wav"
    soundfile.write(path, np.stack([music(1.7, RATE), music(1.7, RATE, 1)], axis=1), RATE)
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Calls the command line in this process → (exit code, stdout, stderr)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["spiking-music", *map(str, arguments)])
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def piped(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "spiking_music", *arguments]
    return subprocess.run(command, input=data, capture_output=True, env=environment)


def test_there_and_back(run, model: str, recording: Path, tmp_path: Path) -> None:
    stream, back = tmp_path / "a.spk", tmp_path / "back.flac"
    code, _, said = run("encode", recording, stream, "--model", model)
    assert code == 0 and f"wrote {stream}" in said and "kbps" in said
    code, _, said = run("decode", stream, back, "--model", model, "--original-rate")
    assert code == 0
    found = soundfile.info(back)
    assert (found.frames, found.samplerate, found.channels) == (round(1.7 * RATE), RATE, 1)
    assert (found.format, found.subtype) == ("FLAC", "PCM_16")
    run("decode", stream, tmp_path / "own.wav", "--model", model, "--start", 0.5, "--duration", 1)
    assert soundfile.info(tmp_path / "own.wav").frames == 22050

    code, _, said = run("decode", stream, tmp_path / "own.mp3", "--model", model)
    assert code == 1 and "is .wav or .flac" in said

    code, _, said = run("info", stream)
    assert code == 1 and "name it" in said and said.count("\n") == 1
    code, said, _ = run("info", stream, "--model", model)
    assert code == 0
    bytes_, kbps = stream.stat().st_size, stream.stat().st_size * 8 / 1.7 / 1000
    for fact in ("0:01.700", "37485 samples", f"{bytes_} bytes", f"{kbps:.3f} kbps", "dense 100%"):
        assert fact in said
    assert any("\u2800" < character <= "\u28ff" for character in said)


def test_pipes_carry_what_files_hold(run, model: str, recording: Path, tmp_path: Path) -> None:
    stream, back = tmp_path / "a.spk", tmp_path / "back.wav"
    run("encode", recording, stream, "--model", model)
    run("decode", stream, back, "--model", model)
    encoded = piped(recording.read_bytes(), "encode", "-", "-", "--model", model)
    assert (encoded.returncode, encoded.stdout, encoded.stderr) == (0, stream.read_bytes(), b"")
    decoded = piped(encoded.stdout, "decode", "-", "-", "--model", model)
    assert (decoded.returncode, decoded.stderr) == (0, b"")
    samples, _ = soundfile.read(back, dtype="int16")
    assert decoded.stdout[4:8] == decoded.stdout[40:44] == b"\xff\xff\xff\xff"
    # another process may use another number of threads, which may round a sample the other way
    np.testing.assert_allclose(np.frombuffer(decoded.stdout[44:], "<i2"), samples, rtol=0, atol=1)
    (tmp_path / "piped.wav").write_bytes(decoded.stdout)
    again = piped(decoded.stdout, "encode", "-", "-", "--model", model)  # a length unknown
    assert (again.returncode, again.stderr) == (0, b"")


def test_folders_keep_their_tree(run, model: str, recording: Path, tmp_path: Path) -> None:
    album = tmp_path / "album"
    (album / "deep").mkdir(parents=True)
    soundfile.write(album / "one.flac", music(0.3), 22050)
    soundfile.write(album / "deep" / "two.WAV", music(0.2), 22050)
    (album / "notes.txt").write_text("not a recording")
    out = tmp_path / "coded"
    assert run("encode", album, recording, "--out", out, "--model", model)[0] == 0
    names = {str(path.relative_to(out)) for path in out.rglob("*.*")}
    assert names == {"one.spk", "deep/two.spk", "in.spk"}
    assert run("decode", out, tmp_path / "sound", "--model", model)[0] == 0
    assert soundfile.info(tmp_path / "sound" / "deep" / "two.wav").frames == round(0.2 * 22050)


def test_one_bad_file_does_not_stop_the_others(run, model: str, recording, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF")
    out = tmp_path / "coded"
    code, _, said = run("encode", bad, recording, "--out", out, "--model", model)
    assert code == 1 and "1 of 2 files failed" in said and "bad.wav" in said
    assert sorted(path.name for path in out.iterdir()) == ["in.spk"]


def test_salvage_says_what_is_lost(run, model: str, recording: Path, tmp_path: Path) -> None:
    stream, back = tmp_path / "a.spk", tmp_path / "back.wav"
    run("encode", recording, stream, "--model", model)
    data = bytearray(stream.read_bytes())
    data[25 + 4 + 10] ^= 1  # in the first block
    stream.write_bytes(data)
    code, _, said = run("decode", stream, back, "--model", model)
    assert code == 1 and said.startswith("error: block 0 is damaged") and said.count("\n") == 1
    assert not back.exists() and run("info", stream)[0] == 1
    code, _, said = run("decode", stream, back, "--model", model, "--salvage")
    assert code == 0 and "lost blocks 0 .. 0 (0.0 .. 0.4 s): block 0 is damaged" in said
    assert soundfile.info(back).frames == 37485


def test_a_picture_of_entropy_coded_events_needs_the_model(
    run,
    folder_with_tables: Path,  # noqa: F811
    recording: Path,
    tmp_path: Path,
) -> None:
    stream, robust, model = tmp_path / "a.spk", tmp_path / "r.spk", str(folder_with_tables)
    run("encode", recording, stream, "--model", model, "--format", "entropy")
    assert run("info", stream)[0] == 1  # the model tells the shape of a compact stream
    run("encode", recording, robust, "--model", model, "--format", "entropy", "--robust")
    code, said, _ = run("info", robust)
    assert code == 0 and "entropy 100%" in said and "give their --model" in said
    code, said, _ = run("info", stream, "--model", model)
    assert code == 0 and "give their --model" not in said
    assert any("\u2800" < character <= "\u28ff" for character in said)


def test_the_packages_model_is_the_default_and_info_names_it(
    run,
    folder_with_tables: Path,  # noqa: F811
    recording: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own, other, back = tmp_path / "own.spk", tmp_path / "other.spk", tmp_path / "back.wav"
    assert run("encode", recording, other, "--model", folder_with_tables)[0] == 0
    assert "(pretrained)" not in run("info", other, "--model", folder_with_tables)[1]
    for module in (model_folder_module, pretrained):
        monkeypatch.setattr(module, "PRETRAINED", folder_with_tables)
    assert run("encode", recording, own)[0] == 0
    assert own.read_bytes() == other.read_bytes()
    assert run("decode", own, back)[0] == 0
    assert soundfile.info(back).frames == 37485
    code, said, _ = run("info", own)
    assert code == 0 and "(pretrained)" in said and "give their --model" not in said


def test_without_a_model_in_the_package_one_is_to_be_named(
    run, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_folder_module, "PRETRAINED", tmp_path / "none")
    code, _, said = run("encode", recording, tmp_path / "a.spk")
    assert code == 1 and said.startswith("error: no pretrained model comes with this version")


def test_a_miss_of_rate_control_is_said(run, model_folder, recording, tmp_path: Path) -> None:  # noqa: F811
    model, stream = str(model_folder("mu-sparse")), tmp_path / "a.spk"
    code, _, said = run("encode", recording, stream, "--model", model, "--min-si-snr", 90)
    assert code == 0 and "5 blocks have no level that gives over 90 dB" in said
    _, said, _ = run("info", stream, "--model", model)
    assert "levels" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["encode", "in.wav", "--model", "MODEL"], "name one source and one target"),
        (["encode", "in.wav", "b.wav", "--model", "MODEL"], "--out FOLDER"),
        (["encode", "gone.wav", "out.spk", "--model", "MODEL"], "no recording at 'gone.wav'"),
        (["encode", "-", "--out", "x", "--model", "MODEL"], "standard input has no name"),
        (["encode", "in.wav", "in.wav", "--out", "x", "--model", "MODEL"], "would both become"),
        (["encode", "in.wav", "out.spk", "--model", "MODEL", "--level", "3"], "has no levels"),
        (["encode", "in.wav", "o.spk", "--model", "MODEL", "--format", "zip"], "no format 'zip'"),
        (["decode", "gone.spk", "out.wav", "--model", "MODEL"], "no stream at 'gone.spk'"),
        (["decode", "in.wav", "out.wav", "--model", "MODEL"], "no .spk stream"),
        (["info", "in.wav"], "no .spk stream"),
        (["info", "gone.spk"], "no stream at 'gone.spk'"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    run, model: str, recording: Path, monkeypatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(recording.parent)
    code, _, said = run(*(model if word == "MODEL" else word for word in arguments))
    assert code == 1
    assert says in said and said.startswith("error: ") and said.count("\n") == 1
    assert sorted(path.name for path in recording.parent.iterdir()) == ["in.wav"]
