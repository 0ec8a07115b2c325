"""Messages → ratings as one CSV file, a row a rating, as the page itself writes them."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spiking_music import files
from spiking_music.listening.collector import database
from spiking_music.listening.collector.messages import Any, Ended, Rated, ScreenedOut, systems_of
from spiking_music.listening.results import CLIP, SCORE, SESSION, SYSTEM, TEST

AFTER = ("rating_time", "rating_comment", "seed")


@dataclass
class Listener:
    """What is known of one session."""

    session: str
    known: dict[str, str] = field(default_factory=dict)  # fields and answers
    pages: list[Rated] = field(default_factory=list)
    ended: bool = False
    screened_out: bool = False


def export(path: Path, out: Path) -> str:
    """Write the ratings in the database `path` to the file `out`; returns who they are of.

    Sessions that have not ended are there as far as they came. Raises as `database.read`.
    """
    manifest, messages = database.read(path)
    found = listeners(messages)
    names = list(dict.fromkeys(name for listener in found for name in listener.known))
    systems = systems_of(manifest)
    with files.atomic(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([TEST, *names, SESSION, CLIP, SYSTEM, SCORE, *AFTER])
        for listener in found:
            known = [listener.known.get(name, "") for name in names]
            writer.writerows(_rows(listener, known, systems))
    files.wrote(out)
    return _told(found)


def listeners(messages: Iterable[Any]) -> list[Listener]:
    """Listeners in the order of their first messages, their pages in that of presentation."""
    found: dict[str, Listener] = {}
    for message in messages:
        listener = found.setdefault(message.session, Listener(message.session))
        if isinstance(message, Rated):
            listener.pages.append(message)
            continue
        if not isinstance(message, Ended):
            listener.known |= message.fields
        listener.known |= message.answers
        listener.ended |= isinstance(message, Ended)
        listener.screened_out |= isinstance(message, ScreenedOut)
    for listener in found.values():
        listener.pages.sort(key=lambda page: page.position)
    return list(found.values())


def _rows(
    listener: Listener, known: list[str], systems: dict[str, dict[str, str]]
) -> Iterator[list[object]]:
    for page in listener.pages:
        rest = page.milliseconds, page.comment, page.seed
        for sound, score in page.ratings:
            system = systems[page.clip][sound]
            yield [page.test, *known, listener.session, page.clip, system, score, *rest]


def _told(found: list[Listener]) -> str:
    ended = sum(listener.ended for listener in found)
    screened_out = sum(listener.screened_out for listener in found)
    pages = sum(len(listener.pages) for listener in found)
    under_way = len(found) - ended - screened_out
    return (
        f"{pages} pages; listeners: {ended} at the end, {under_way} on the way, "
        f"{screened_out} screened out"
    )
