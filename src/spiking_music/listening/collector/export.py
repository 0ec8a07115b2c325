"""Messages → one CSV file, a row a rating or a choice, as the page itself writes them."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spiking_music import files
from spiking_music.listening.collector import database
from spiking_music.listening.collector.messages import (
    Any,
    Attention,
    Begun,
    Chosen,
    Ended,
    Rated,
    ScreenedOut,
    systems_of,
)
from spiking_music.listening.result_files import (
    CHOICE,
    CLIP,
    REST,
    SCORE,
    SESSION,
    SYSTEM,
    TEST,
)


@dataclass
class Listener:
    """What is known of one session."""

    session: str
    known: dict[str, str] = field(default_factory=dict)  # fields and answers
    pages: list[Rated | Chosen] = field(default_factory=list)
    failed: int = 0  # attention pages
    ended: bool = False
    screened_out: bool = False


def export(path: Path, out: Path) -> str:
    """Write the answers in the database `path` to the file `out`; returns who they are of.

    Sessions that have not ended are there as far as they came. Raises as `database.read`.
    """
    manifest, messages = database.read(path)
    found = listeners(messages)
    names = list(dict.fromkeys(name for listener in found for name in listener.known))
    systems = systems_of(manifest)
    with files.atomic(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        chosen = any(isinstance(page, Chosen) for listener in found for page in listener.pages)
        columns = CHOICE if chosen else (SYSTEM, SCORE)
        writer.writerow([TEST, *names, SESSION, CLIP, *columns, *REST])
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
        if isinstance(message, Rated | Chosen):
            listener.pages.append(message)
        elif isinstance(message, Attention):
            listener.failed += message.given != message.asked
        else:
            if isinstance(message, Begun | ScreenedOut):
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
        who = page.test, *known, listener.session
        rest = page.milliseconds, page.comment, page.seed, page.method, listener.failed
        if isinstance(page, Rated):
            for sound, score in page.ratings:
                yield [*who, page.clip, systems[page.clip][sound], score, *rest]
        else:
            yield [*who, page.clip, *_choice(page, systems[page.clip]), *rest]


def _choice(page: Chosen, systems: dict[str, str]) -> tuple[str, ...]:
    """The systems A, B and X, and the one that was chosen, or "none"."""
    a, b = (systems[sound] for sound in page.sounds)
    named = {"a": a, "b": b, "none": "none"}
    return a, b, named[page.x] if page.x else "", named[page.answer]


def _told(found: list[Listener]) -> str:
    ended = sum(listener.ended for listener in found)
    screened_out = sum(listener.screened_out for listener in found)
    pages = sum(len(listener.pages) for listener in found)
    under_way = len(found) - ended - screened_out
    return (
        f"{pages} pages; listeners: {ended} at the end, {under_way} on the way, "
        f"{screened_out} screened out"
    )
