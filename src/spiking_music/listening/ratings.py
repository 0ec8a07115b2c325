"""Result files of a listening test → the tables that figure 3 is drawn from."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from spiking_music.config import RatingsConfig
from spiking_music.errors import DataError
from spiking_music.listening import tables
from spiking_music.listening.collecting import SIMULATED_LISTENERS, Collected, collect
from spiking_music.listening.results_file import LeftOut
from spiking_music.listening.screening import SCREENINGS, screen


def rate(results: Sequence[Path], out: Path, settings: RatingsConfig, seed: int) -> None:
    """Write the tables of `tables.write` for both screenings to the folder `out`.

    Besides: listeners.csv (of `screen`, with source and file) and left-out.csv (file, session,
    reason), which is said on stderr too. Raises `DataError` where no file can be used, the test has
    no hidden reference or no anchor, or nobody passes either screening.
    """
    collected = collect(results)
    for left in collected.left_out:
        print(f"left out: {_name(left)}: {left.reason}", file=sys.stderr)
    listeners = screen(collected.pages)
    screened = [
        collected.pages.screened(name, set(listeners.loc[listeners[name] == 1, "unit"]))
        for name in SCREENINGS
    ]
    rated = [pages for pages in screened if len(pages.scores)]
    if not rated:
        raise DataError(f"none of the {len(listeners)} listeners passes a screening: ask more")
    listeners.insert(0, "source", collected.pages.source)
    listeners.insert(2, "file", listeners["unit"].map(collected.files))
    left_out = pd.DataFrame(map(asdict, collected.left_out), columns=["file", "session", "reason"])
    others = {"listeners.csv": listeners, "left-out.csv": left_out}
    tables.write(
        rated, _notes(collected, listeners), others, out, settings, seed, "ratings", results
    )


def _name(left: LeftOut) -> str:
    return left.file + (f" (session {left.session})" if left.session else "")


def _notes(collected: Collected, listeners: pd.DataFrame) -> list[str]:
    notes = [
        f"{name} keeps {listeners[name].sum()} of {len(listeners)} {collected.pages.source}"
        for name in SCREENINGS
    ]
    if collected.pages.source == SIMULATED_LISTENERS:
        notes.insert(0, "**Nobody has listened: these ratings are simulated**")
    notes += [f"left out: {_name(left)}: {left.reason}" for left in collected.left_out]
    return notes
