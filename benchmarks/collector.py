"""The collector under load: python benchmarks/collector.py [--listeners 200] [--pages 10]

A crowd begins at once and sends all its pages as fast as they are taken, each listener one after
the other; a fifth of the messages come twice, as if the answer had been lost. Then the same with a
pause before each message, while the server is killed (SIGKILL) and started again. Whatever was
answered for must be in the database, once.
"""

import argparse
import hashlib
import json
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from tests.listening.crowd import Listener, Server, crowd

from spiking_music.listening.collector.database import read

SYSTEMS = ("reference", *(f"system-{number}" for number in range(8)))
PAUSE = 3.0  # seconds between two messages of a listener, at most, in the second round
DOWN = 0.5  # seconds between a kill and the next start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--kills", type=int, default=3)
    arguments = parser.parse_args()
    table = Table("round", "messages", "s", "a second", "median", "95 %", "99 %", "lost", "twice")
    with tempfile.TemporaryDirectory() as folder:
        manifest = stimuli(Path(folder), arguments.pages)
        for name, kills, pause in (("at once", 0, 0.0), ("killed", arguments.kills, PAUSE)):
            listeners = crowd(manifest, arguments.listeners, seed=1, pause=pause)
            server = Server(manifest, Path(folder) / f"{kills}.sqlite")
            seconds = load(server, listeners, kills, pause * arguments.pages)
            table.add_row(name, *row(server, listeners, seconds))
            server.stop()
    Console(width=100).print(table)


def stimuli(folder: Path, clips: int) -> Path:
    """A manifest of so many clips; the collector needs no sounds."""
    made = [
        {
            **{"clip": f"c{number}", "title": f"No. {number}"},
            "stimuli": [stimulus(f"c{number}", system) for system in SYSTEMS],
        }
        for number in range(clips)
    ]
    head = {"version": 1, "test": "load", "sample_rate": 48000, "seed": 1, "training": []}
    path = folder / "manifest.json"
    path.write_text(json.dumps({**head, "clips": made}))
    return path


def stimulus(clip: str, system: str) -> dict[str, object]:
    digest = hashlib.sha256(f"{clip}:{system}".encode()).hexdigest()
    return {"system": system, "file": f"{digest[:16]}.wav", "sha256": digest, "samples": 1}


def load(server: Server, listeners: list[Listener], kills: int, length: float) -> float:
    """Let all send to the server, which is killed so often; returns the seconds that it took."""
    threads = [threading.Thread(target=each.run, args=(server,)) for each in listeners]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for _ in range(kills):
        time.sleep(length / 2 / (kills + 1))
        server.kill()
        time.sleep(DOWN)
        server.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def row(server: Server, listeners: list[Listener], seconds: float) -> list[str]:
    _, found = read(server.database)
    sent = {(m["session"], m["kind"], m.get("clip")) for each in listeners for m in each.taken}
    kept = [(m.session, m.kind, getattr(m, "clip", None)) for m in found]
    spent = 1000 * np.array([each for listener in listeners for each in listener.seconds])
    middle, most, nearly_all = (f"{np.percentile(spent, q):.0f} ms" for q in (50, 95, 99))
    lost, twice = len(sent - set(kept)), len(kept) - len(set(kept))
    rate = f"{len(spent) / seconds:.0f}"
    count = f"{len(sent)} of {sum(len(each.messages) for each in listeners)}"
    return [count, f"{seconds:.1f}", rate, middle, most, nearly_all, str(lost), str(twice)]


if __name__ == "__main__":
    main()
