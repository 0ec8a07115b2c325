"""Messages in a SQLite database: what has been answered for is on the disk, and there once."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from spiking_music import overwriting
from spiking_music.errors import DataError, OutputError
from spiking_music.listening.collector import messages
from spiking_music.listening.manifest import Manifest

MAGIC = b"SQLite format 3\0"
OURS = 0x73706B6D  # the database's application_id
SCHEMA = f"""
PRAGMA application_id = {OURS};
CREATE TABLE manifest (content TEXT NOT NULL);
CREATE TABLE sessions (session TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE);
CREATE TABLE messages (
  session TEXT NOT NULL, part TEXT NOT NULL, received TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (session, part)
);
"""
PATIENCE = 10  # seconds for another process to let go


class Database:
    """The messages of one test. Its methods may be called from several threads."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        """Open the database `path`, or make it.

        Raises `OutputError` where another file lies there, or ratings of other stimuli.
        """
        with overwriting.in_words(path):
            overwriting.require_place(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            _require_ours(path)
        self._lock = threading.Lock()
        self._connection = _connected(path)
        self._connection.execute("PRAGMA synchronous = FULL")  # on the disk before the answer
        self._require_test(path, manifest.model_dump_json())
        self._connection.execute("PRAGMA journal_mode = WAL")  # the export reads meanwhile

    def _require_test(self, path: Path, content: str) -> None:
        with self._transaction():
            if not self._connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
                for statement in SCHEMA.split(";"):  # `executescript` would commit
                    self._connection.execute(statement)
                self._connection.execute("INSERT INTO manifest VALUES (?)", [content])
            (kept,) = self._connection.execute("SELECT content FROM manifest").fetchone()
        if kept != content:
            self.close()
            raise OutputError(f"'{path}' holds ratings of other stimuli: name another file")

    def add(self, message: messages.Any) -> int | None:
        """Keep a message, unless its session has that part already: then the first stays.

        Returns the listener's number, counted from 0 in the order in which they began; None before
        they have. On return the message is on the disk.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        row = (message.session, messages.part(message), now, message.model_dump_json())
        with self._transaction():
            if isinstance(message, messages.Begun):
                self._connection.execute(
                    "INSERT INTO sessions SELECT ?, coalesce(max(number) + 1, 0) FROM sessions"
                    " WHERE true ON CONFLICT (session) DO NOTHING",
                    [message.session],
                )
            self._connection.execute(
                "INSERT INTO messages VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", row
            )
            found = self._connection.execute(
                "SELECT number FROM sessions WHERE session = ?", [message.session]
            ).fetchone()
        return found and int(found[0])

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        self._connection.close()


def read(path: Path) -> tuple[Manifest, list[messages.Any]]:
    """The stimuli of a database and its messages, in the order in which they came.

    A server may write to it meanwhile. Raises `DataError` where it is no database of ratings.
    """
    try:
        _require_ours(path)
        with closing(_connected(path)) as connection:
            (content,) = connection.execute("SELECT content FROM manifest").fetchone()
            rows = connection.execute("SELECT body FROM messages ORDER BY rowid").fetchall()
    except (OutputError, sqlite3.Error):
        raise DataError(f"'{path}' is no database that 'listen collect' wrote") from None
    return Manifest.model_validate_json(content), [
        messages.ADAPTER.validate_json(body) for (body,) in rows
    ]


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)


def _require_ours(path: Path) -> None:
    """`OutputError` where a file is there that is no database of ours; an empty one is nobody's."""
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb") as file:
        head = file.read(72)
    if not head.startswith(MAGIC) or int.from_bytes(head[68:72], "big") != OURS:
        raise OutputError(f"'{path}' exists and is no database of ratings: name another file")
