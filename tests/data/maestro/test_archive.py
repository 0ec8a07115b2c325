"""The archive's directory: ZIP64, offsets beyond 4 GiB, few requests, and archives that lie."""

import itertools
import json
import struct
import zipfile
from pathlib import Path

import pytest

from spiking_music.config import DownloadConfig
from spiking_music.data.maestro import archive as archives
from spiking_music.data.maestro.archive import Archive
from spiking_music.data.maestro.http import Client
from spiking_music.errors import DataError, DownloadError
from tests.data.maestro.server import FOLDER, Server, make_zip

HOLE = 5 * 2**30  # bytes
ZIP64_LOCATOR = b"PK\x06\x07"


@pytest.fixture
def archive(client: Client, download: DownloadConfig) -> Archive:
    return archives.remote(client, download.archive, download.archive_bytes)


def test_the_directory_of_a_zip64(
    archive: Archive, server: Server, members: dict[str, bytes]
) -> None:
    zipped = server.folder / "maestro.zip"
    assert ZIP64_LOCATOR in zipped.read_bytes()
    with zipfile.ZipFile(zipped) as reference:
        assert any(struct.pack("<H", 1) == info.extra[:2] for info in reference.infolist())
        for name, data in members.items():
            info, expected = archive.member(name), reference.getinfo(f"{FOLDER}/{name}")
            assert (info.CRC, info.file_size) == (expected.CRC, len(data))
            begin, stop = archive.span(info)
            assert begin == expected.header_offset
            assert stop - begin < info.compress_size + 200
        spans = sorted(archive.span(archive.member(name)) for name in members)
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans))
    assert server.asked("maestro.zip") == 2  # the first byte, and the end
    assert server.sent < 2**16 + 300


def test_a_large_directory_takes_one_more_request(client: Client, server: Server) -> None:
    many = {"metadata.csv": b"x"} | {f"2018/{'x' * 60}{number}.wav": b"y" for number in range(1300)}
    make_zip(server.folder / "many.zip", many)
    archive = archives.remote(client, server.url("many.zip"), None)
    assert len(archive.tail) > 2 * 2**16
    assert archive.member(list(many)[-1]).file_size == 1
    assert server.asked("many.zip") == 3
    assert server.sent == 1 + len(archive.tail)  # nothing twice


def test_offsets_beyond_4_gib(client: Client, server: Server, members: dict[str, bytes]) -> None:
    make_zip(server.folder / "far.zip", members, offset=HOLE)
    archive = archives.remote(client, server.url("far.zip"), None)
    assert all(archive.span(archive.member(name))[0] >= HOLE for name in members)
    assert len(archive.tail) < 2**16


def test_what_is_written_is_loaded(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "archive.json"
    archive.write(path)
    assert archives.load(path) == archive
    facts = json.loads(path.read_text())
    assert facts["members"] == 5 and facts["source"] == archive.source
    for broken in ({**facts, "tail": facts["tail"][:-8]}, {**facts, "tail": "é"}, {}):
        path.write_text(json.dumps(broken))
        with pytest.raises(DataError, match=r"archive\.json' cannot be used .*remove it and make"):
            archives.load(path)
    path.write_text("half")
    with pytest.raises(DataError, match=r"archive\.json' cannot be used"):
        archives.load(path)


def test_servers_that_cannot_be_used(
    client: Client, server: Server, download: DownloadConfig
) -> None:
    with pytest.raises(DownloadError, match=r"has \d+ bytes and download.archive_bytes is 7"):
        archives.remote(client, download.archive, 7)
    server.ranges = False
    with pytest.raises(DownloadError, match=r"ignores ranges: set download\.whole .*dataset\.path"):
        archives.remote(client, download.archive, None)


@pytest.mark.parametrize("cut", [True, False])
def test_what_is_no_zip(client: Client, server: Server, cut: bool) -> None:
    whole = (server.folder / "maestro.zip").read_bytes()
    (server.folder / "bad.zip").write_bytes(whole[:-5] if cut else b"no zip at all " * 9000)
    with pytest.raises(DataError, match=r"bad\.zip' is no readable zip .*: replace it"):
        archives.remote(client, server.url("bad.zip"), None)


@pytest.mark.parametrize("size", [2**28, 2**62])
def test_a_directory_that_claims_to_be_huge(client: Client, server: Server, size: int) -> None:
    path = server.folder / "huge.zip"
    make_zip(path, {"metadata.csv": b"x"}, offset=HOLE)
    with path.open("r+b") as file:
        file.seek(HOLE)
        file.seek(HOLE + file.read().rindex(b"PK\x06\x06") + 40)
        file.write(struct.pack("<Q", size))
    with pytest.raises(DataError, match=r"huge\.zip' is no readable zip"):
        archives.remote(client, server.url("huge.zip"), None)
    assert server.sent < 2**17


def test_names_that_lead_outside(client: Client, server: Server) -> None:
    for name in ("../../evil.wav", "C:\\evil.wav"):
        make_zip(server.folder / "slip.zip", {"metadata.csv": b"x", name: b"y"})
        with pytest.raises(
            DataError, match=r"slip\.zip' names the file .* outside of the data set"
        ):
            archives.remote(client, server.url("slip.zip"), None).member("metadata.csv")


def test_members_that_overlap(client: Client, server: Server) -> None:
    """One member's data claims to reach into the next: how small zips unpack to petabytes."""
    path = server.folder / "overlap.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("metadata.csv", "a.wav", "b.wav"):
            archive.writestr(name, bytes(1000))
        archive.getinfo("a.wav").compress_size = 1500
    overlapping = archives.remote(client, server.url("overlap.zip"), None)
    with pytest.raises(DataError, match=r"overlap at 'a\.wav'"):
        overlapping.span(overlapping.member("a.wav"))


def test_absent_and_empty_members(client: Client, server: Server) -> None:
    make_zip(server.folder / "few.zip", {"metadata.csv": b"x", "a.wav": b""})
    archive = archives.remote(client, server.url("few.zip"), None)
    for name in ("a.wav", "b.wav"):
        with pytest.raises(DataError, match=f"has no member '{name}' of any size"):
            archive.member(name)


def test_a_zip_at_hand(server: Server, archive: Archive, tmp_path: Path) -> None:
    path = server.folder / "maestro.zip"
    local = archives.local(path)
    assert local.path == path and local.tail == archive.tail and local.start == archive.start
    with pytest.raises(DataError, match=r"is no file: name the zip, or set dataset\.source"):
        archives.local(tmp_path)
