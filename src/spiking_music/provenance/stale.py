"""Results that were made by other code than there is now.

Nothing remakes them unasked, as that may cost days of training: it is said, and how to.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from spiking_music.provenance import environment, modules
from spiking_music.provenance.record import FOLDER

NAMED = 4  # modules, before the others are counted


def note(results: Path, producers: Callable[[str], list[str]]) -> str:
    """One sentence about the folder `results`; "" where all is of the code at hand.

    producers: the rules of the workflow that make a path.
    """
    rules: dict[str, None] = {}  # in order, each once
    changed: dict[str, None] = {}
    for path, names in made_otherwise(results):
        if found := producers(str(path)):
            rules |= dict.fromkeys(found)
            changed |= dict.fromkeys(names)
    if not rules:
        return ""
    few = [name.partition(".")[2] for name in sorted(changed)]
    others = f" and {len(few) - NAMED} others" if len(few) > NAMED else ""
    return (
        f"note: code has changed since results in '{results}' were made ({', '.join(few[:NAMED])}"
        f"{others}); they are kept. To remake them, add: --forcerun {' '.join(sorted(rules))}"
    )


def made_otherwise(results: Path) -> Iterator[tuple[Path, list[str]]]:
    """Recorded results that are there, and the modules behind them that have changed since.

    Unknown, hence left out, is what was made by another Python or by a version that recorded no
    modules.
    """
    python = ".".join(map(str, sys.version_info[:2]))
    for place in sorted((results / FOLDER).rglob("*.json")):
        try:
            record = json.loads(place.read_text(encoding="utf-8"))
            path, known = results / record["output"], dict(record["modules"])
            same_python = record["software"]["python"].startswith(f"{python}.")
            same = record["code"]["source"] == environment.source()
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            continue  # damaged, or of another version
        if same or not same_python or not path.exists():
            continue
        if names := [name for name, digest in known.items() if modules.digest(name) != digest]:
            yield path, names
