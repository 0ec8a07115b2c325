"""Which clips are listened to: a documented, seeded choice (docs/listening.md).

Common repertoire first: composers in the order of how many performances of theirs the split has.
Going round them, one performance of each is drawn, until there are enough; no performance gives a
second clip while another has given none. Within a performance the first of its clips in a random
order is taken that is complete and has no silence: the quietest 400 ms of it are above a floor.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spiking_music.config import StimuliConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.index import read_performances
from spiking_music.errors import DataError
from spiking_music.evaluation.reconstruct import clip_places

WINDOW, STEP = 0.4, 0.1  # seconds: the gating blocks of BS.1770
STREAM = 7  # of the seed, for this choice alone


@dataclass(frozen=True)
class Chosen:
    """A clip of the test: its name there, and where it comes from."""

    clip: str
    index: int  # in the split, shard after shard
    performance: int
    offset: int  # samples
    composer: str
    title: str
    quietest_dbfs: float  # RMS of the quietest 400 ms


def choose(
    clips: Sequence[Path], performances: Path, config: StimuliConfig, seed: int
) -> list[Chosen]:
    """Clips c1, c2 … of the shards `clips`, whose tables lie beside them.

    Fewer than `config.clips` where the split has no more of them, which is said on stderr. Raises
    `DataError` where none will do, or clips, tables and catalogue do not belong together.
    """
    source = Clips(clips)
    places = clip_places([path.with_suffix(".csv") for path in clips], len(source))
    catalogue = read_performances(performances).set_index("performance")
    owners = catalogue.loc[catalogue.index.isin(places["performance"])]
    if missing := set(places["performance"]) - set(owners.index):
        raise DataError(f"performance {min(missing)} of the clips is not in '{performances}'")
    draw = np.random.default_rng((seed, STREAM))
    queue = _rounds(owners["canonical_composer"], draw)
    waiting = {owner: _loud(rows, source, config, draw) for owner, rows in _owned(places)}
    chosen: list[Chosen] = []
    while queue and len(chosen) < config.clips:
        owner = queue.pop(0)
        found = next(waiting[owner], None)
        if found is not None:
            queue.append(owner)
            row, level = found
            composer = str(catalogue.loc[owner, "canonical_composer"])
            title = str(catalogue.loc[owner, "canonical_title"])
            name, offset = f"c{len(chosen) + 1}", int(places["offset"][row])
            chosen.append(Chosen(name, row, owner, offset, composer, title, level))
    if not chosen:
        raise DataError(
            f"no clip of '{clips[0]}' and its shards stays above {config.quiet_dbfs:g} dBFS: "
            "lower listening.stimuli.quiet_dbfs"
        )
    if len(chosen) < config.clips:
        few = f"{len(chosen)} clips without silence, where {config.clips} are asked for"
        print(f"there are only {few}", file=sys.stderr)
    return chosen


def quietest_dbfs(audio: NDArray[np.float32], sample_rate: int) -> float:
    """RMS of the quietest 400 ms of `audio` (samples,) in dB re full scale; -inf for zeros."""
    window, step = round(WINDOW * sample_rate), round(STEP * sample_rate)
    power = np.concatenate([[0.0], np.cumsum(audio.astype(np.float64) ** 2)])
    starts = np.arange(0, max(1, len(audio) - window + 1), step)
    ends = np.minimum(starts + window, len(audio))
    quietest = float(((power[ends] - power[starts]) / (ends - starts)).min())
    return 10 * float(np.log10(quietest)) if quietest > 0 else -np.inf


def table(chosen: Sequence[Chosen]) -> pd.DataFrame:
    """A row a clip with the fields of `Chosen`."""
    return pd.DataFrame([asdict(each) for each in chosen])


def read_chosen(path: Path) -> list[Chosen]:
    """What `table` was written to; `DataError` where it is missing or something else."""
    try:
        rows = pd.read_csv(path, keep_default_na=False).to_dict("records")
        chosen = [Chosen(**{str(key): row[key] for key in row}) for row in rows]
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"'{path}' is no table of chosen clips ({error}): make it again") from None
    if not chosen:
        raise DataError(f"'{path}' is no table of chosen clips (it has no row): make it again")
    return chosen


def _rounds(composers: "pd.Series[str]", draw: np.random.Generator) -> list[int]:
    """Performances (the index) in the order in which they are asked for a clip."""
    often = composers.value_counts()
    ranked = sorted(often.index, key=lambda name: (-often[name], name))
    drawn = [draw.permutation(composers.index[composers == name]) for name in ranked]
    return [int(each) for turn in zip_longest(*drawn) for each in turn if each is not None]


def _owned(places: pd.DataFrame) -> Iterator[tuple[int, list[int]]]:
    """Each performance and the indices of its clips."""
    for owner, rows in places.groupby("performance"):
        yield int(str(owner)), rows["clip"].tolist()


def _loud(
    indices: list[int], source: Clips, config: StimuliConfig, draw: np.random.Generator
) -> Iterator[tuple[int, float]]:
    """Clips without silence in a random order, and how quiet they get."""
    order = draw.permutation(indices)  # when the first is asked for
    for index in order:
        audio = source.read(int(index), 0, source.clip_samples)
        level = quietest_dbfs(audio, source.sample_rate)
        if level >= config.quiet_dbfs:
            yield int(index), level
