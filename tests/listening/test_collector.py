"""The server of a listening test, in a process of its own: what it takes, keeps and gives away."""

import csv
import json
import random
import sqlite3
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from spiking_music.errors import DataError, OutputError
from spiking_music.listening.collector.database import Database, read
from spiking_music.listening.collector.export import export
from spiking_music.listening.collector.messages import ADAPTER, LARGEST, part
from spiking_music.listening.manifest import read_manifest
from spiking_music.listening.results import collect
from tests.browser.stimuli import CLIPS, SYSTEMS, names
from tests.listening.crowd import Server, crowd, messages

QUESTIONS = [
    {"name": "ears", "text": "?", "when": "before", "choices": ["two", "one"], "admit": ["two"]},
    {"name": "job", "text": "?", "when": "after"},
]
CHANGES = json.dumps({"listening": {"page": {"questions": QUESTIONS}}})


@pytest.fixture(scope="module")
def server(manifest: Path) -> Iterator[Server]:
    page = manifest.parents[1] / "page"
    page.mkdir()
    (page / "index.html").write_text("the test")
    database = manifest.parents[1] / "ratings.sqlite"
    running = Server(manifest, database, page=page, changes=CHANGES)
    yield running
    running.stop()


@pytest.fixture
def sent(manifest: Path) -> list[dict[str, Any]]:
    """A listener's messages: begin, two pages, end."""
    return messages(manifest, str(uuid.uuid4()), random.Random(0))


def answer(server: Server, message: Any) -> tuple[int, dict[str, Any]]:
    status, body = server.post(json.dumps(message).encode())
    return status, json.loads(body)


def stored(server: Server, session: str) -> list[str]:
    with closing(sqlite3.connect(server.database)) as connection:
        query = "SELECT part FROM messages WHERE session = ? ORDER BY rowid"
        return [part for (part,) in connection.execute(query, [session])]


def test_a_listener_is_numbered_and_exported(
    server: Server, manifest: Path, sent: list[dict[str, Any]], tmp_path: Path
) -> None:
    sent[0]["answers"], sent[-1]["answers"] = {"ears": "two"}, {"job": 'a "luthier", or so'}
    answers = [answer(server, message) for message in (*sent, *sent)]
    numbers = {body["number"] for _, body in answers}
    assert len(numbers) == 1
    assert {status for status, _ in answers} == {200}
    assert stored(server, sent[0]["session"]) == [
        "begin",
        *(f"page:{page['clip']}" for page in sent[1:-1]),
        "end",
    ]
    export(server.database, tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["session_uuid"] == sent[0]["session"]]
    systems = names(manifest)
    expected = [
        (page["clip"], systems[sound][1], str(score), page["comment"])
        for page in sent[1:-1]
        for sound, score in page["ratings"]
    ]
    columns = "trial_id", "rating_stimulus", "rating_score", "rating_comment"
    assert [tuple(row[name] for name in columns) for row in rows] == expected
    assert {(row["participant"], row["ears"], row["job"]) for row in rows} == {
        (sent[0]["session"][:8], "two", 'a "luthier", or so')
    }
    pages = collect([tmp_path / "all.csv"]).pages
    assert set(pages.systems) == set(SYSTEMS)
    assert list(pages.clips[pages.units == sent[0]["session"]]) == sorted(CLIPS)


@pytest.mark.parametrize(
    ("which", "change", "reason"),
    [
        (0, {"version": 2}, "version"),
        (0, {"test": "other"}, "this server collects for test 'tones'"),
        (0, {"session": "1"}, "session"),
        (0, {"session": "../../etc/passwd"}, "session"),
        (0, {"seed": -1}, "seed"),
        (0, {"kind": "hello"}, "kind"),
        (0, {"more": 1}, "more"),
        (0, {"fields": {"secret": "x"}}, "fields: not all are of this test"),
        (0, {"fields": {"participant": "x" * 201}}, "at most 200 characters"),
        (0, {"fields": {"participant": ["x"]}}, "valid string"),
        (0, {"answers": {"ears": "three"}}, "answers: not one of the choices"),
        (0, {"answers": {"else": "x"}}, "answers: not all are of this test"),
        (1, {"clip": "c9"}, "clip: not one of this test"),
        (1, {"ratings": []}, "at least 1 item"),
        (1, {"ratings": [["0" * 16, 50]] * 5}, "not every sound of the clip once"),
        (1, {"position": 0.5}, "position"),
        (1, {"milliseconds": 2**60}, "milliseconds"),
        (1, {"comment": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_what_is_no_message_of_the_test_is_refused(
    server: Server, sent: list[dict[str, Any]], which: int, change: dict[str, Any], reason: str
) -> None:
    status, body = answer(server, {**sent[which], **change})
    assert status == 400
    assert reason in body["error"]
    assert stored(server, sent[0]["session"]) == []


@pytest.mark.parametrize("score", [-1, 101, 50.5, "50", None, True])
def test_a_score_is_a_whole_number_of_0_to_100(
    server: Server, sent: list[dict[str, Any]], score: Any
) -> None:
    sent[1]["ratings"][2][1] = score
    assert answer(server, sent[1])[0] == 400
    assert stored(server, sent[0]["session"]) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"kind": "page"}'])
def test_what_is_no_json_is_refused(server: Server, body: bytes) -> None:
    assert server.post(body)[0] == 400


def test_a_large_message_is_refused(server: Server, sent: list[dict[str, Any]]) -> None:
    assert server.post(json.dumps(sent[1]).encode() + b" " * LARGEST)[0] == 413
    assert server.post(json.dumps(sent[1]).encode() + b" " * 1000)[0] == 200


def test_the_first_of_two_pages_stays(server: Server, sent: list[dict[str, Any]]) -> None:
    """Who knows a session, which only its own browser does, can add to it but change nothing."""
    answer(server, sent[1])
    status, _ = answer(server, {**sent[1], "comment": "another"})
    assert status == 200
    _, found = read(server.database)
    (kept,) = (m for m in found if m.session == sent[0]["session"])
    assert kept == ADAPTER.validate_python(sent[1])


def test_visitors_get_the_page_and_nothing_else(server: Server) -> None:
    def status(path: str, method: str = "GET") -> int:
        asked = urllib.request.Request(server.origin + path, method=method)
        try:
            with urllib.request.urlopen(asked) as got:
                return int(got.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert status("/") == status("/index.html") == 200
    for path in (
        "/ratings.sqlite",
        "/../ratings.sqlite",
        "/%2e%2e/ratings.sqlite",
        "/messages",
        "/docs",
    ):
        assert status(path) == 404
    for method in ("PUT", "DELETE", "PATCH"):
        assert status("/messages", method) == 405


def test_20_listeners_while_the_server_is_killed_twice(manifest: Path, tmp_path: Path) -> None:
    """Every message that was answered for is there, and each once."""
    server = Server(manifest, tmp_path / "ratings.sqlite")
    listeners = crowd(manifest, 20, seed=1, pause=1.0)
    try:
        with ThreadPoolExecutor(len(listeners)) as pool:
            jobs = [pool.submit(listener.run, server) for listener in listeners]
            for _ in range(2):
                time.sleep(0.8)
                server.kill()
                taken = [message for each in listeners for message in each.taken]
                time.sleep(0.3)
                server.start()
                _, found = read(server.database)
                kept = {(m.session, part(m)) for m in found}
                answered = [ADAPTER.validate_python(message) for message in taken]
                assert kept >= {(m.session, part(m)) for m in answered}
            for job in jobs:
                job.result(60)
    finally:
        server.stop()
    _, found = read(server.database)
    assert len(found) == sum(len(listener.messages) for listener in listeners)
    sent = [ADAPTER.validate_python(m) for listener in listeners for m in listener.messages]
    assert sorted(map(str, found)) == sorted(map(str, sent))
    numbers = [number for listener in listeners for number in listener.numbers]
    assert sorted(numbers) == list(range(20))
    assert sum(listener.attempts for listener in listeners) > len(found)  # it was down for some
    assert export(server.database, tmp_path / "all.csv").startswith("40 pages; listeners: 20 at")
    assert len(collect([tmp_path / "all.csv"]).pages.scores) == 40


def test_threads_write_side_by_side(manifest: Path, tmp_path: Path) -> None:
    database = Database(tmp_path / "ratings.sqlite", read_manifest(manifest))
    listeners = crowd(manifest, 8, seed=2)
    numbers: list[int | None] = []
    barrier = threading.Barrier(len(listeners))

    def begin(message: dict[str, Any]) -> None:
        barrier.wait()
        numbers.append(database.add(ADAPTER.validate_python(message)))

    with ThreadPoolExecutor(len(listeners)) as pool:
        list(pool.map(begin, [listener.messages[0] for listener in listeners]))
    database.close()
    assert sorted(number for number in numbers if number is not None) == list(range(8))


def test_files_of_others_are_left_alone(manifest: Path, tmp_path: Path) -> None:
    stimuli = read_manifest(manifest)
    path = tmp_path / "other.sqlite"
    for content in (b"text", b"SQLite format 3\0" + bytes(100)):
        path.write_bytes(content)
        with pytest.raises(OutputError, match="exists and is no database of ratings"):
            Database(path, stimuli)
        with pytest.raises(DataError, match="is no database that 'listen collect' wrote"):
            read(path)
        assert path.read_bytes() == content
    with pytest.raises(OutputError, match="is a folder"):
        Database(tmp_path, stimuli)


def test_other_stimuli_need_another_file(manifest: Path, tmp_path: Path) -> None:
    stimuli = read_manifest(manifest)
    Database(tmp_path / "ratings.sqlite", stimuli).close()
    Database(tmp_path / "ratings.sqlite", stimuli).close()
    with pytest.raises(OutputError, match="holds ratings of other stimuli"):
        Database(tmp_path / "ratings.sqlite", stimuli.model_copy(update={"seed": 8}))
