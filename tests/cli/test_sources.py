"""What encode, decode and info read: folders of all kinds, odd names, pipes that are files."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spiking_music.cli import paths, sources
from spiking_music.cli.paths import Job
from spiking_music.errors import ConfigError, DataError, SpikingMusicError
from tests.audio.making import made
from tests.cli.test_codec import model, recording, run  # noqa: F401
from tests.codec.conftest import model_folder, music  # noqa: F401

NAMES = ("a.aifc", "b.oga", "c.caf", "d.bwf", "e.wave", "f.mp2", "G.WAV", "none", "take 1.5")


def album(folder: Path) -> Path:
    """A folder of many kinds of recordings, of other files, and of what cannot be read."""
    (folder / "deep").mkdir(parents=True)
    for name in NAMES:
        (folder / name).write_bytes(made("wav"))
    (folder / "deep" / "h.m4a").write_bytes(made("m4a"))
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    (folder / "notes.txt").write_text("not a recording")
    (folder / "x.spk").write_bytes(b"a stream")
    (folder / "dangling.wav").symlink_to(folder / "nowhere")
    (folder / "broken.flac").write_bytes(b"no flac")
    (folder / "loop").symlink_to(folder)
    return folder


def test_a_folder_is_told_by_its_content(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    found = sources.recordings_in(album(tmp_path / "album"))
    names = {str(path.relative_to(tmp_path / "album")) for path in found}
    assert names == {*NAMES, "deep/h.m4a", "dangling.wav", "broken.flac"}
    said = capsys.readouterr().err
    assert said.count("\n") == 2 and "cover.jpg" in said and "notes.txt" in said


def test_a_pipe_in_a_folder_is_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    for name in ("a.wav", "b"):
        os.mkfifo(tmp_path / name)
    assert sources.recordings_in(tmp_path) == []
    assert capsys.readouterr().err.count("is a pipe or a device") == 2


def test_results_keep_their_trees_and_names(tmp_path: Path) -> None:
    todo = paths.jobs([album(tmp_path / "album")], tmp_path / "out", sources.RECORDINGS, ".spk")
    names = {str(job.target.relative_to(tmp_path / "out")) for job in todo}
    assert names >= {"a.spk", "G.spk", "none.spk", "take 1.5.spk", "deep/h.spk", "dangling.spk"}


def test_results_that_would_be_one_file_are_refused(tmp_path: Path) -> None:
    for name in ("a.wav", "a.flac"):
        (tmp_path / name).write_bytes(made("wav"))
    with pytest.raises(ConfigError, match="would both become"):
        paths.jobs([tmp_path], tmp_path / "out", sources.RECORDINGS, ".spk")


def test_a_folder_that_cannot_be_listed_is_not_passed_over(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "shut").mkdir()
    real = os.scandir

    def scandir(place):
        if str(place).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(place))
        return real(place)

    monkeypatch.setattr(os, "scandir", scandir)
    assert sources.recordings_in(tmp_path) == [tmp_path / "shut"]


def test_no_exception_of_one_file_stops_the_others(capsys: pytest.CaptureFixture) -> None:
    done = []

    def work(job: Job) -> None:
        if job.source.name == "b":
            raise UnicodeEncodeError("utf-8", "b", 0, 1, "surrogates not allowed")
        done.append(job.source.name)

    with pytest.raises(SpikingMusicError, match="1 of 3 files failed"):
        paths.each([Job(Path(name), Path("x")) for name in "abc"], work)
    assert done == ["a", "c"] and "error: b: UnicodeEncodeError" in capsys.readouterr().err


def test_folders_are_coded_whatever_their_names(model: str, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "odd").mkdir()
    for name in (b"1.wav", b"lat\xe9.wav", b"z.wav"):
        (tmp_path / "odd" / os.fsdecode(name)).write_bytes(made("wav"))
    (tmp_path / "odd" / "bad.ogg").symlink_to("nowhere")
    command = [sys.executable, "-m", "spiking_music", "encode", "odd", "out", "--model", model]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True)
    assert done.returncode == 1
    assert b"bad.ogg" in done.stderr and b"1 of 4 files failed" in done.stderr
    names = sorted(os.fsencode(path.name) for path in (tmp_path / "out").iterdir())
    assert names == [b"1.spk", b"lat\xe9.spk", b"z.spk"]


def fed(path: Path, data: bytes) -> threading.Thread:
    os.mkfifo(path)
    thread = threading.Thread(target=path.write_bytes, args=[data], daemon=True)
    thread.start()
    return thread


def test_pipes_that_look_like_files(run, model: str, recording, tmp_path: Path) -> None:  # noqa: F811
    stream = tmp_path / "a.spk"
    assert run("encode", recording, stream, "--model", model)[0] == 0
    fed(tmp_path / "in", recording.read_bytes())
    assert run("encode", tmp_path / "in", tmp_path / "b.spk", "--model", model)[0] == 0
    assert (tmp_path / "b.spk").read_bytes() == stream.read_bytes()
    fed(tmp_path / "coded", stream.read_bytes())
    assert run("decode", tmp_path / "coded", tmp_path / "b.wav", "--model", model)[0] == 0
    assert soundfile.info(tmp_path / "b.wav").frames == 37485
    fed(tmp_path / "told", stream.read_bytes())
    code, said, _ = run("info", tmp_path / "told", "--model", model)
    assert code == 0 and "37485 samples" in said


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash gives process substitution")
def test_process_substitution_and_standard_input(model: str, recording, tmp_path: Path) -> None:  # noqa: F811
    command = (
        f'm() {{ "{sys.executable}" -m spiking_music "$@" --model "{model}"; }}\n'
        f'm encode <(cat "{recording}") a.spk && cat "{recording}" | m encode /dev/stdin b.spk\n'
        f'cmp a.spk b.spk && head -c 900 "{recording}" | m encode - c.spk'
    )
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "error: standard input is cut short" in done.stderr
    assert sorted(path.name for path in tmp_path.glob("*.spk")) == ["a.spk", "b.spk"]


def test_devices_are_no_recordings() -> None:
    with pytest.raises(DataError, match="is a device"):
        sources.is_pipe(Path("/dev/null"))


def test_what_clips_is_said(run, model: str, tmp_path: Path) -> None:  # noqa: F811
    hot, stream, back = tmp_path / "hot.wav", tmp_path / "hot.spk", tmp_path / "back.wav"
    soundfile.write(hot, 9000 * music(1.0), 22050, "FLOAT")
    assert run("encode", hot, stream, "--model", model)[0] == 0
    code, _, said = run("decode", stream, back, "--model", model)
    samples, _ = soundfile.read(back, dtype="int16")
    assert code == 0
    clipped = int(np.sum((samples == 32767) | (samples == -32768)))
    assert clipped and f"{clipped} samples are beyond full scale" in said and "peak is" in said


def test_joined_recordings_are_all_coded_and_counted(run, model: str, tmp_path: Path) -> None:  # noqa: F811
    source = tmp_path / "two.ogg"
    source.write_bytes(made("ogg-vorbis") * 2)
    code, _, said = run("encode", source, tmp_path / "x.spk", "--model", model)
    assert code == 0
    assert "holds 2 recordings, one after the other: all of them are coded" in said
