"""The same workflow on a MAESTRO that lies on a server: what it fetches, and what it survives."""

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from spiking_music import cli
from spiking_music.data.maestro.archive import load
from tests.conftest import DEFAULTS
from tests.data.maestro.server import Server, make_zip, serving
from tests.workflow.conftest import Done, run_snakemake
from tests.workflow.folders import make_folder

TABLE, ZIP = "maestro-v3.0.0.csv", "maestro-v3.0.0.zip"
SPLITS = ("train", "validation", "test")
TARGETS = [f"clips/{split}-0.h5" for split in SPLITS]
TARGETS += [f"onsets/{split}.zarr.zip" for split in SPLITS]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four recordings of 6.5 s in MAESTRO's layout, and `maestro.zip` with them."""
    root = make_folder(tmp_path_factory.mktemp("recordings") / "data", seconds=6.5)
    table = pd.read_csv(root / "metadata.csv")
    for kind in ("audio_filename", "midi_filename"):
        for name in table[kind]:
            (root / "2004").mkdir(exist_ok=True)
            (root / name).rename(root / "2004" / name)
        table[kind] = "2004/" + table[kind]
    (root / "metadata.csv").unlink()
    table.to_csv(root / TABLE, index=False)
    return root


@pytest.fixture
def server(recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    served = tmp_path / "served"
    served.mkdir()
    names = [TABLE, *(f"2004/{i}.{ending}" for i in range(4) for ending in ("wav", "midi"))]
    make_zip(served / ZIP, {name: (recordings / name).read_bytes() for name in names})
    (served / TABLE).write_bytes((recordings / TABLE).read_bytes())
    with serving(served) as server:
        yield server


def overlay(folder: Path, server: Server, **dataset: object) -> Path:
    """Settings of the server's MAESTRO in a file of `folder`."""
    download = {
        "table": server.url(TABLE),
        "table_checksum": "sha256:"
        + hashlib.sha256((server.folder / TABLE).read_bytes()).hexdigest(),
        "archive": server.url(ZIP),
        "archive_bytes": None,
        "archive_checksum": None,
        "backoff": 0.01,
        "attempts": 3,
        "timeout": 5,
        "connections": 1,  # so that faults meet the requests in their order
    }
    path = folder / "maestro.yaml"
    settings = {"name": "maestro", "source": "maestro", **dataset}
    path.write_text(yaml.safe_dump({"dataset": settings, "download": download}))
    return path


def run(folder: Path, file: Path, *arguments: str, name: str = "maestro") -> Done:
    targets = [f"results/{name}/{target}" for target in TARGETS]
    return run_snakemake(folder, *targets, *arguments, overlays=("config/tiny.yaml", str(file)))


def errors(done: Done) -> set[str]:
    return {line for line in done.said.splitlines() if line.startswith("error: ")}


def test_from_a_bad_server_to_clips_and_onsets(
    server: Server, recordings: Path, tmp_path: Path
) -> None:
    file = overlay(tmp_path, server, shards=1)
    results, kept = tmp_path / "results" / "maestro", tmp_path / "results" / "maestro-v3.0.0"

    # the first member breaks off for good: the run ends in one sentence and keeps what it has
    server.faults[ZIP] = ["", "", "cut", *[403] * 99]
    done = run(tmp_path, file)
    assert done.code != 0 and "Traceback" not in done.said
    assert len(errors(done)) == 1 and "HTTP 403" in errors(done).pop()
    assert sum(path.stat().st_size for path in kept.rglob(".download-*")) > 0
    assert not (results / "recordings" / "manifest-0.csv").exists()

    # the next run goes on, over cuts and busy signals, and fetches nothing twice
    server.faults[ZIP] = ["cut", 503, "cut", 429]
    done = run(tmp_path, file)
    assert done.code == 0, done.said[-5000:]
    archive = load(results / "recordings" / "archive.json")
    members = [f"2004/{i}.{ending}" for i in range(4) for ending in ("wav", "midi")]
    spans = [archive.span(archive.member(name)) for name in members]
    overhead = len((recordings / TABLE).read_bytes()) + 1  # and a probe of it
    overhead += 1 + min(archive.size, 2**16 + 256)  # probe and end of the archive
    assert server.sent == overhead + sum(stop - begin for begin, stop in spans)
    for name in members:
        assert (kept / name).read_bytes() == (recordings / name).read_bytes()
    assert not [*kept.rglob(".download-*"), *kept.rglob(".partial-*")]
    manifest = pd.read_csv(results / "recordings" / "manifest-0.csv", dtype=str)
    assert list(manifest["status"]) == ["ok"] * 4
    for row in manifest.itertuples():
        info = archive.member(str(row.audio_filename))
        assert (row.audio_bytes, row.audio_crc32) == (str(info.file_size), f"{info.CRC:08x}")

    # clips and onsets are those of the same recordings in a folder
    own = tmp_path / "own.yaml"
    own.write_text(
        json.dumps({"dataset": {"name": "own", "source": "folder", "path": str(recordings)}})
    )
    assert run(tmp_path, own, name="own").code == 0
    for target in TARGETS:
        assert (results / target).read_bytes() == (
            tmp_path / "results" / "own" / target
        ).read_bytes()

    # what is fetched is not fetched again, and a damaged file is found out
    sent = server.sent
    assert "Nothing to be done" in run(tmp_path, file).said
    (kept / "2004/2.wav").write_bytes(b"RIFF")
    done = run(tmp_path, file, "--forcerun", "recordings")
    assert done.code == 0 and "2004/2.wav' is damaged: making it again" in done.said
    begin, stop = archive.span(archive.member("2004/2.wav"))
    assert server.sent == sent + stop - begin
    assert (kept / "2004/2.wav").read_bytes() == (recordings / "2004/2.wav").read_bytes()


def test_a_subset_in_shards_with_a_member_that_is_damaged(
    server: Server, recordings: Path, tmp_path: Path
) -> None:
    archive = bytearray((server.folder / ZIP).read_bytes())
    at = archive.index(b"2004/0.midi") + 200  # a train recording
    archive[at : at + 50] = bytes(50)
    (server.folder / ZIP).write_bytes(archive)
    subset = {"splits": ["train", "test"]}
    file = overlay(tmp_path, server, shards=2, bad_recordings="skip", subset=subset)
    results = [f"results/maestro/recordings/manifest-{shard}.csv" for shard in (0, 1)]
    done = run_snakemake(tmp_path, *results, overlays=("config/tiny.yaml", str(file)))
    assert done.code == 0, done.said[-5000:]
    made = pd.concat([pd.read_csv(tmp_path / path) for path in results])
    status = made.set_index("audio_filename")["status"]
    assert sorted(status.index) == ["2004/0.wav", "2004/1.wav", "2004/3.wav"]
    assert "0.midi' of" in status.pop("2004/0.wav") and (status == "ok").all()
    assert not (tmp_path / "results/maestro-v3.0.0/2004/2.wav").exists()


def test_a_dry_run_says_how_much(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    file = overlay(tmp_path, server)

    def fetch(*arguments: str) -> tuple[int, int, int]:
        """Bytes in all, there and missing, as the line for all splits says."""
        config = [text for path in [*DEFAULTS, str(file)] for text in ("--config", path)]
        monkeypatch.setattr(sys, "argv", ["spiking-music", "data", "fetch", *config, *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code
        said = re.sub(r"[│()]|[\d.]+ [kMG]?B|0 bytes", "", capsys.readouterr().out)
        found = re.search(r"all +4 +8 +(\d+) +(\d+) +(\d+)", said)
        assert found is not None, said
        return int(found[1]), int(found[2]), int(found[3])

    planned, there, missing = fetch("--dry-run")
    assert planned == missing > 3e6 and there == 0
    assert not list(tmp_path.rglob("*.wav"))
    before = server.sent
    overhead = 1 + min((server.folder / ZIP).stat().st_size, 2**16 + 256)
    assert fetch() == (planned, 0, planned)
    assert server.sent - before == planned + overhead
    assert fetch("--dry-run") == (planned, planned, 0)


def test_recordings_need_the_directory(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    file = overlay(tmp_path, server)
    config = [text for path in [*DEFAULTS, str(file)] for text in ("--config", path)]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").touch()
    given = ["--performances", "p.csv", "--shard", "0", "--root", ".", "--manifest", "m.csv"]
    monkeypatch.setattr(sys, "argv", ["spiking-music", "data", "recordings", *config, *given])
    with pytest.raises(SystemExit):
        cli.main()
    assert "error: source 'maestro' needs --archive" in capsys.readouterr().err
