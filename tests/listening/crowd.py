"""A collector in a process of its own, and listeners who send to it until each message is taken."""

import http.client
import json
import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import DEFAULTS

Message = dict[str, Any]
TIMEOUT = 30  # seconds for the server to start


class Server:
    """`spiking-music listen collect`, to be killed and started again at the same address."""

    def __init__(
        self,
        manifest: Path,
        database: Path,
        *,
        page: Path | None = None,
        changes: str = "{}",
        command: Sequence[str | Path] = (sys.executable, "-m", "spiking_music"),
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """changes: of the configuration. command: what runs the command line."""
        self.database = database
        self._command, self._environment = command, environment
        self._words = ["--stimuli", manifest, "--config", *DEFAULTS, "--config", changes]
        self._words += ["--page", page] if page else []
        self._port = 0
        self.start()

    def start(self) -> None:
        words = [*self._words, "--database", self.database, "--port", self._port]
        command = list(map(str, [*self._command, "listen", "collect", *words]))
        said = self.database.with_suffix(".log")
        with said.open("w") as log:
            self.process = subprocess.Popen(command, stderr=log, env=self._environment)
        end = time.monotonic() + TIMEOUT
        while "Ctrl-C ends" not in said.read_text():
            assert self.process.poll() is None and time.monotonic() < end, said.read_text()
            time.sleep(0.05)
        self.url = said.read_text().split()[2]
        address = urlsplit(self.url)
        self.origin, self._port = f"{address.scheme}://{address.netloc}", address.port or 0

    def kill(self) -> None:
        """As by a power cut: SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def post(self, body: bytes, timeout: float = 10) -> tuple[int, bytes]:
        """Status and body of the answer; `OSError` or `HTTPException` where there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            connection.request("POST", urlsplit(self.url).path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Stop the server at the end."""
    try:
        yield server
    finally:
        server.stop()


def messages(manifest: Path, session: str, draw: random.Random) -> list[Message]:
    """All that the page of one listener sends, the pages in any order."""
    content = json.loads(manifest.read_text())
    head = {"version": 1, "test": content["test"], "session": session, "seed": 7}
    clips = draw.sample(content["clips"], len(content["clips"]))
    pages = [
        {
            **{**head, "kind": "page", "clip": clip["clip"], "position": place},
            "ratings": [[Path(s["file"]).stem, draw.randint(0, 100)] for s in clip["stimuli"]],
            **{"milliseconds": draw.randint(0, 10**6), "comment": draw.choice(["", "é, “x”"])},
        }
        for place, clip in enumerate(clips)
    ]
    name = {"participant": session[:8]}
    begin = {**head, "kind": "begin", "fields": name, "answers": {}}
    return [begin, *pages, {**head, "kind": "end", "answers": {}}]


@dataclass
class Listener:
    """One of a crowd: sends each message until it is taken, and some once more."""

    session: str
    messages: Sequence[Message]
    draw: random.Random
    pause: float = 0.0  # seconds before each message, at most
    taken: list[Message] = field(default_factory=list)
    numbers: set[int] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)  # that each answer took
    attempts: int = 0

    def run(self, server: Server) -> None:
        for message in self.messages:
            time.sleep(self.draw.uniform(0, self.pause))
            while not self._sent(server, message):
                time.sleep(self.draw.uniform(0.05, 0.3))
            self.taken.append(message)
            if self.draw.random() < 0.2:  # as if the answer had been lost
                self._sent(server, message)

    def _sent(self, server: Server, message: Message) -> bool:
        self.attempts += 1
        began = time.perf_counter()
        try:
            status, answer = server.post(json.dumps(message).encode())
        except (OSError, http.client.HTTPException):
            return False
        self.seconds.append(time.perf_counter() - began)
        assert status in (200, 503), answer
        if status == 200:
            self.numbers.add(json.loads(answer)["number"])
        return status == 200


def crowd(manifest: Path, size: int, seed: int, pause: float = 0.0) -> list[Listener]:
    """Listeners, by a seed."""
    made = []
    for number in range(size):
        draw = random.Random(f"{seed}:{number}")
        session = str(uuid.UUID(int=draw.getrandbits(128), version=4))
        made.append(Listener(session, messages(manifest, session, draw), draw, pause))
    return made
