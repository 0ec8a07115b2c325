"""`spiking-music events` as it is called: formats, streams and recordings, sections, pictures."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from spiking_music.codec.events import Coding
from spiking_music.codec.session import Codec, load
from spiking_music.codec.stream import Block, StreamWriter
from spiking_music.data.midi import write_midi
from spiking_music.data.performance import Performance
from tests.cli.test_codec import piped, run  # noqa: F401
from tests.codec.conftest import (  # noqa: F401
    RATE,
    MakeFolder,
    folder_with_tables,
    model_folder,
    music,
)

SECONDS = 1.7


@pytest.fixture
def model(model_folder: MakeFolder) -> str:  # noqa: F811
    return str(model_folder("free"))


@pytest.fixture
def codec(model: str) -> Codec:
    return load(model)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "in.wav", music(SECONDS), RATE, subtype="FLOAT")
    return tmp_path / "in.wav"


@pytest.fixture
def stream(codec: Codec, tmp_path: Path) -> Path:
    (tmp_path / "in.spk").write_bytes(codec.encode(music(SECONDS), RATE))
    return tmp_path / "in.spk"


@pytest.mark.parametrize("source", ["in.wav", "in.spk"])
@pytest.mark.parametrize("ending", [".csv", ".npz"])
def test_a_recording_and_its_stream_give_the_same_events(
    run, model, codec, recording, stream, tmp_path: Path, source: str, ending: str  # noqa: F811
) -> None:  # fmt: skip
    out = tmp_path / f"out{ending}"
    code, _, said = run("events", tmp_path / source, out, "--model", model)
    assert code == 0 and f"wrote {out}" in said
    wanted = codec.events(stream.read_bytes())
    found = pd.read_csv(out) if ending == ".csv" else np.load(out)["events"]
    assert np.array_equal(np.array(found["time"]), wanted["time"])
    assert np.array_equal(np.array(found["unit"]), wanted["unit"])
    assert f"{len(wanted)} events in {SECONDS:.3f} s" in said
    if ending == ".npz":
        with np.load(out) as arrays:
            coding = Coding(int(arrays["samples"]), arrays["blocks"])
            sound = codec.synthesize(arrays["events"], coding=coding)
        assert np.array_equal(sound, codec.decode(stream.read_bytes()))


def test_a_section_is_the_part_of_the_whole(run, model, codec, stream, tmp_path: Path) -> None:  # noqa: F811
    out = tmp_path / "out.csv"
    section = ("--start", 0.5, "--duration", 0.7)
    assert run("events", stream, out, "--model", model, *section)[0] == 0
    time = codec.events(stream.read_bytes())["time"]
    inside = time[(time >= 0.5) & (time < 1.2)]
    assert 0 < len(inside) < len(time)
    assert pd.read_csv(out)["time"].tolist() == inside.tolist()
    code, _, said = run("events", stream, tmp_path / "late.csv", "--model", model, "--start", 9)
    assert code == 1 and "the recording lasts 1.700 s: start before its end" in said
    assert not list(tmp_path.glob("late*"))


def test_pipes_get_the_events_as_csv(model, recording, stream) -> None:
    for source in (recording, stream):
        done = piped(source.read_bytes(), "events", "-", "-", "--model", model)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(b"time,unit\n0.0") and b"wrote" not in done.stderr


def test_folders(run, model, recording, stream, tmp_path: Path) -> None:  # noqa: F811
    album = tmp_path / "album"
    album.mkdir()
    recording.rename(album / "one.wav")
    stream.rename(album / "two.spk")
    code, _, said = run("events", album, tmp_path / "out", "--model", model)
    assert code == 0, said
    names = [f"{name}{part}.csv" for name in ("one", "two") for part in ("-blocks", "-units", "")]
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == sorted(names)
    (album / "one.spk").write_bytes((album / "two.spk").read_bytes())
    code, _, said = run("events", album, tmp_path / "new", "--model", model)
    assert code == 1 and "would both become" in said
    (album / "one.spk").rename(album / "one-units.spk")
    code, _, said = run("events", album, tmp_path / "new", "--model", model)
    assert code == 1 and "would both write" in said and not (tmp_path / "new").exists()


def test_notes_of_units(run, model, codec, stream, tmp_path: Path) -> None:  # noqa: F811
    count = len(codec.units)
    table = pd.DataFrame({"unit": range(count), "best_note": [60.0 + i for i in range(count)]})
    table.loc[2, "best_note"] = np.nan
    table.to_csv(tmp_path / "free.csv", index=False)
    call = ("events", stream, tmp_path / "out.csv", "--model", model, "--selectivity")
    assert run(*call, tmp_path / "free.csv")[0] == 0
    assert pd.read_csv(tmp_path / "out-units.csv")["note"].tolist()[:4] == [60, 61, -1, 63]
    table[:-1].to_csv(tmp_path / "other.csv", index=False)
    code, _, said = run(*call, tmp_path / "other.csv", "--force")
    assert code == 1 and "name the table of this model" in said


@pytest.mark.parametrize("trained", [True, False])
def test_a_picture(run, model, recording, tmp_path: Path, trained: bool) -> None:  # noqa: F811
    empty, notes = np.zeros(0), np.arange(5)
    performance = Performance(
        notes * 0.3, notes * 0.3 + 0.2, 60 + notes, notes + 64, empty, empty.astype(int)
    )
    write_midi(performance, tmp_path / "in.mid")
    call = ["events", recording, tmp_path / "out.csv", *(["--model", model] if trained else [])]
    drawn = ["--picture", tmp_path / "out.png"]
    assert run(*call, *drawn)[0] == 0
    with Image.open(tmp_path / "out.png") as image:
        small = image.size
    assert run(*call, *drawn, "--midi", tmp_path / "in.mid", "--force")[0] == 0
    with Image.open(tmp_path / "out.png") as image:
        assert image.size[1] > small[1] and image.size[0] == small[0]
    assert not list(tmp_path.glob("*.svg"))


def test_what_cannot_be_is_told_in_one_sentence(
    run, model, model_folder, recording, stream, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    (tmp_path / "bad.mid").write_bytes(b"no MIDI")
    (tmp_path / "bad.wav").write_bytes(b"no recording")
    (tmp_path / "bad.spk").write_bytes(stream.read_bytes()[:-50])
    (tmp_path / "bad.csv").write_text("unit\n0\n")
    out, own = tmp_path / "out.csv", ("--model", model)
    picture = ("--picture", tmp_path / "out.png")
    before = sorted(tmp_path.iterdir())
    wrong: list[tuple[tuple, str]] = [
        ((recording, tmp_path / "out.wav", *own), "looks like a source"),
        ((recording, tmp_path / "out.txt", *own), "events are .csv, .npz or .h5"),
        ((recording, tmp_path, *own), "is a folder: name a file in it"),
        ((tmp_path / "gone.wav", out, *own), "no recording or stream at"),
        ((tmp_path / "bad.wav", out, *own), "bad.wav"),
        ((tmp_path / "bad.spk", out, *own), "the stream ends within a block"),
        ((recording, out, "--level", 3, *own), "this model has no levels"),
        ((stream, out, "--level", 3, *own), "is a stream and has its levels"),
        ((stream, out), "name the model that encoded it"),
        ((recording, out, *own, *picture, "--midi", tmp_path / "bad.mid"), "bad.mid"),
        ((recording, out, *own, "--selectivity", tmp_path / "bad.csv"), "has no column"),
        ((recording, out, "--model", model_folder("rvq")), "codebooks and no events"),
        (
            (recording, tmp_path / "bad.spk", "--out", tmp_path / "x", *picture),
            "a picture is of one recording",
        ),
    ]
    for words, message in wrong:
        code, _, said = run("events", *words)
        assert code == 1 and said.count("error: ") == 1 and message in said, said
        assert sorted(tmp_path.iterdir()) == before, message


CODE = """
import resource, sys, numpy as np
from spiking_music import cli
sys.argv = ["spiking-music", "events", *sys.argv[1:]]
try:
    cli.main()
except SystemExit as end:
    assert not end.code
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """In streams of the package's model in which a tenth of all units fire."""
    shipped = load()
    header = shipped.model.header(RATE)

    def peak(blocks: int) -> float:
        """MiB"""
        stream = tmp_path / f"{blocks}.spk"
        rng = np.random.default_rng(0)
        shape = (header.rows, header.block_steps)
        with stream.open("wb") as file, StreamWriter(file, header, format="dense") as writer:
            for index in range(blocks):
                writer.write(Block(index, (rng.random(shape) < 0.1).astype(np.uint8), 1.0, 10))
            writer.finish(*[blocks * header.block_samples] * 2)
        done = subprocess.run(
            [sys.executable, "-c", CODE, str(stream), str(tmp_path / f"{blocks}.csv")],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / f"{blocks}.csv").stat().st_size > blocks * 500_000
        return float(done.stdout)

    # 50 blocks have 2.6 million events, 40 MiB as an array
    assert peak(50) - peak(2) < 15
