"""The table, the plan, the whole archive, a zip at hand: what is asked for and what that costs."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from spiking_music.config import DatasetConfig, DownloadConfig, SignalConfig
from spiking_music.data.index import choose, write_index
from spiking_music.data.maestro import plan as plans
from spiking_music.data.maestro import store as stores
from spiking_music.data.maestro import whole
from spiking_music.data.maestro.http import Client
from spiking_music.data.maestro.store import Store
from spiking_music.data.sources import prepare
from spiking_music.errors import ConfigError, DataError, DownloadError
from tests.data.maestro.conftest import NAMES, ZIP, assert_whole, litter
from tests.data.maestro.server import Server, make_zip


def test_table(
    dataset: DatasetConfig, download: DownloadConfig, server: Server, tmp_path: Path
) -> None:
    name = "maestro-v3.0.0.csv"
    write_index(dataset, 1, tmp_path / "p.csv", download)
    assert len(pd.read_csv(tmp_path / "p.csv")) == 2 and server.asked(name) == 2
    assert (Path(download.folder) / name).read_bytes() == (server.folder / name).read_bytes()
    write_index(dataset, 1, tmp_path / "p.csv", download)
    assert server.asked(name) == 2  # kept
    (Path(download.folder) / name).write_text("damaged")
    write_index(dataset, 1, tmp_path / "p.csv", download)
    assert server.asked(name) == 4
    wrong = download.model_copy(update={"table_checksum": f"sha256:{'0' * 64}"})
    with pytest.raises(DataError, match=r"instead of sha256:0000.*download\.table_checksum"):
        write_index(dataset, 1, tmp_path / "q.csv", wrong)
    assert not (tmp_path / "q.csv").exists()


def test_plan(
    dataset: DatasetConfig,
    download: DownloadConfig,
    store: Store,
    server: Server,
    fetched: Callable[[], int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    performances = choose(dataset, 1, download)
    table = plans.plan(performances, store)
    assert list(table["split"]) == ["train", "test", "all"]
    assert list(table["members"]) == [2, 2, 4]
    assert list(table["bytes"]) == [store.size(NAMES[:2]), store.size(NAMES[2:]), store.size(NAMES)]
    plans.fetch(dataset, download, 1, dry_run=True)
    assert str(store.size(NAMES)) in capsys.readouterr().out
    assert not list(Path(download.folder).rglob("*.wav"))
    train = dataset.subset.model_copy(update={"splits": ("train",)})
    plans.fetch(dataset.model_copy(update={"subset": train}), download, 1, dry_run=False)
    table = plans.plan(performances, store).set_index("split")
    assert table["missing"].to_dict() == {
        "train": 0,
        "test": store.size(NAMES[2:]),
        "all": store.size(NAMES[2:]),
    }


def test_the_whole_archive(
    dataset: DatasetConfig,
    download: DownloadConfig,
    client: Client,
    server: Server,
    members: dict[str, bytes],
    fetched: Callable[[], int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = download.model_copy(update={"whole": True})
    size = config.archive_bytes
    server.faults[ZIP] = ["", "cut", *[404] * 9]
    with pytest.raises(DownloadError):
        stores.survey(dataset, config, client)
    server.faults[ZIP] = []
    choose(dataset, 1, config)
    plans.fetch(dataset, config, 1, dry_run=True)
    assert f"{size - size // 2} bytes" in capsys.readouterr().out
    fetched()
    archive = stores.survey(dataset, config, client)
    assert fetched() == 1 + size - size // 2
    assert archive.path == Path(config.folder) / ZIP
    store = stores.opened(archive, config, 1)
    store.fetch(NAMES, skip=False)
    assert_whole(store, members)
    assert stores.survey(dataset, config, client) == archive and fetched() == 0


@pytest.mark.parametrize("fault", ["cut", "wrong"])
def test_the_whole_archive_without_ranges(
    download: DownloadConfig, client: Client, server: Server, fault: str
) -> None:
    server.ranges = False
    server.faults[ZIP] = ["", fault]
    if fault == "wrong":
        with pytest.raises(DataError, match=r"download\.archive_checksum"):
            whole.archive(client, download)
    path = whole.archive(client, download)
    assert f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" == download.archive_checksum
    assert not list(path.parent.glob(".download-*"))


def test_a_zip_at_hand(
    dataset: DatasetConfig,
    download: DownloadConfig,
    client: Client,
    server: Server,
    members: dict[str, bytes],
) -> None:
    path = server.folder / ZIP
    own = dataset.model_copy(update={"path": str(path)})
    assert len(choose(own, 1, download)) == 2
    archive = stores.survey(own, download, client)
    store = stores.opened(archive, download, 1)
    store.fetch(NAMES, skip=False)
    assert_whole(store, members)
    assert server.requests == []

    data = bytearray(path.read_bytes())
    begin = archive.member("2006/b.wav").header_offset
    data[begin + 1000] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(1, 1))
    with pytest.raises(DataError, match=r"zip' has changed: run the rule `archive` again"):
        stores.opened(archive, download, 1)
    store = stores.opened(stores.survey(own, download, client), download, 1)
    (store.root / "2006/b.wav").unlink()
    with pytest.raises(DataError, match=r"b\.wav' of .* is damaged .Bad CRC-32"):
        store.fetch(NAMES, skip=False)
    assert litter(store) == []


def test_a_folder_is_another_source(
    dataset: DatasetConfig, download: DownloadConfig, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"is a folder: set dataset\.source: folder"):
        choose(dataset.model_copy(update={"path": str(tmp_path)}), 1, download)


def test_shards_and_members_that_are_not_there(
    dataset: DatasetConfig,
    download: DownloadConfig,
    client: Client,
    server: Server,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """The first shard's member is absent from the archive, the second shard is empty."""
    members = {"maestro-v3.0.0.csv": b"x", "2004/a.wav": b"y"}
    make_zip(server.folder / "few.zip", members)
    changes = {"archive": server.url("few.zip"), "archive_bytes": None}
    few = download.model_copy(update=changes)
    train = dataset.subset.model_copy(update={"splits": ("train",)})
    own = {"subset": train, "shards": 2, "bad_recordings": "skip"}
    skipping = dataset.model_copy(update=own)
    write_index(skipping, 1, tmp_path / "p.csv", few)
    store = stores.opened(stores.survey(skipping, few, client), few, 1)
    signal = SignalConfig(sample_rate=22050, clip_samples=8192, hop=512)
    for shard in range(2):
        manifest = tmp_path / f"{shard}.csv"
        prepare(skipping, signal, 1, tmp_path / "p.csv", shard, store.root, manifest, store)
    first, second = (pd.read_csv(tmp_path / f"{shard}.csv", dtype=str) for shard in range(2))
    assert "has no member '2004/a.midi'" in first["status"][0]
    assert first["audio_bytes"][0] == "1" and pd.isna(first["midi_crc32"][0])
    assert second.empty and list(second.columns) == list(first.columns)
    capsys.readouterr()
    plans.fetch(skipping, few, 1, dry_run=False)
    assert "skipped 2004/a.midi: " in capsys.readouterr().err
    with pytest.raises(DataError, match=r"2004/a\.midi'"):
        plans.fetch(skipping.model_copy(update={"bad_recordings": "fail"}), few, 1, dry_run=False)


def test_another_source_has_nothing_to_fetch(
    dataset: DatasetConfig, download: DownloadConfig
) -> None:
    with pytest.raises(ConfigError, match=r"dataset\.source 'demo' has nothing to fetch"):
        plans.fetch(dataset.model_copy(update={"source": "demo"}), download, 1, dry_run=True)
