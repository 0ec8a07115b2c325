"""How far the trainings of a data set are, from their files alone."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from spiking_music.errors import DataError
from spiking_music.evaluation.tables import markdown, read
from spiking_music.workflow.pace import lines_of, steps

QUIET = 600.0  # seconds without a word, after which a training is taken to have stopped
HEADINGS = (
    *("variant", "state", "step", "of", "loss", "SI-SNR dB", "kbps", "s/step", "left", "said last"),
)
WORDS = 2  # columns to the left


@dataclass(frozen=True)
class Training:
    """What the files of one variant say; "" where they say nothing."""

    variant: str
    state: str  # done, running, failed, stopped
    step: str = ""
    of: str = ""
    loss: str = ""
    si_snr: str = ""  # of the last validation
    kbps: str = ""
    pace: str = ""  # seconds a step
    left: str = ""
    said: str = ""  # the last line of the log of a training that failed

    @property
    def cells(self) -> list[str]:
        """In the order of `HEADINGS`."""
        numbers = (self.step, self.of, self.loss, self.si_snr, self.kbps, self.pace, self.left)
        return [self.variant, self.state, *(value or "–" for value in numbers), self.said]


def describe(results: Path, now: float | None = None) -> str:
    """A row for each variant whose training has begun in the folder `results`, as Markdown.

    now: seconds since the epoch. Raises `DataError` where no training has begun.
    """
    trainings = [*trainings_of(results, time.time() if now is None else now)]
    if not trainings:
        raise DataError(f"no training has begun in '{results}': name a folder results/<dataset>")
    return markdown(HEADINGS, [training.cells for training in trainings], WORDS)


def trainings_of(results: Path, now: float) -> Iterator[Training]:
    """Of each variant, in the order of names."""
    logs = {path.stem.removeprefix("train-"): path for path in results.glob("logs/train-*.log")}
    tables = {path.parent.name: path for path in results.glob("models/*/log.csv")}
    for variant in sorted({*logs, *tables}):
        yield _training(results, variant, tables.get(variant), logs.get(variant), now)


def _training(
    results: Path, variant: str, table: Path | None, log: Path | None, now: float
) -> Training:
    lines = lines_of(log) if log else []
    told = steps(lines)
    step, of, pace, left = told[-1].groups() if told else ("", "", "", "")
    curve = _curve(table)
    done = (results / "models" / variant / "weights.safetensors").is_file()
    state = "done" if done else _state(lines, [path for path in (table, log) if path], now)
    return Training(
        variant,
        state,
        str(max(int(curve.get("step", 0)), int(step or 0)) or ""),
        of,
        _shown(curve.get("loss")),
        _shown(curve.get("validation_si_snr_db"), 2),
        _kbps(results, variant),
        "" if done else pace,
        left if state == "running" else "",
        lines[-1] if state == "failed" else "",
    )


def _state(lines: list[str], files: list[Path], now: float) -> str:
    last = lines[-1] if lines else ""
    if last.startswith("error: "):
        return "stopped" if "was stopped after step" in last else "failed"  # by a signal
    written = max(path.stat().st_mtime for path in files)
    return "running" if now - written < QUIET else "stopped"


def _curve(table: Path | None) -> dict[str, float]:
    """The last number in each column of a training's table."""
    if table is None or not table.stat().st_size:
        return {}
    try:
        columns = pd.read_csv(table, on_bad_lines="skip")  # a line may still be written
        filled = {str(name): column.dropna() for name, column in columns.items()}
        return {name: float(column.iloc[-1]) for name, column in filled.items() if len(column)}
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"'{table}' is no table of a training ({reason}): restore it, or train again"
        ) from None


def _kbps(results: Path, variant: str) -> str:
    """Of the test clips, once they have been coded."""
    path = results / "storage" / f"{variant}-coded.csv"
    if not path.is_file():
        return ""
    return _shown(pd.to_numeric(read(path, ["kbps"])["kbps"], errors="coerce").mean(), 2)


def _shown(value: float | None, digits: int = 3) -> str:
    return "" if value is None else f"{value:.{digits}f}"
