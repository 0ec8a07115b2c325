"""The notes alone, played again: rows `midi-<ticks>` beside the codecs."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.codec.midi import Coder, Event, events, performed
from spiking_music.config import EvaluationConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.index import read_performances
from spiking_music.data.midi import read_midi
from spiking_music.data.render import mix, open_soundfont
from spiking_music.errors import DataError
from spiking_music.evaluation.reconstruct import (
    Audio,
    Sent,
    clip_places,
    codec_table,
    scoring,
)

GAIN_STEP, GAIN_BITS = 0.5, 8  # dB; of the level of a performance, which its MIDI does not tell


@dataclass(frozen=True)
class Sources:
    """Where the notes of a data set are, and the font that plays them."""

    performances: Path  # table of `data index`
    root: Path  # where file names in it start
    soundfont: str | None  # null: the one that pretty_midi ships


def evaluate_midi(
    ticks: int,
    sources: Sources,
    clips: list[Path],
    tables: list[Path],
    out: Path,
    config: EvaluationConfig,
) -> None:
    """What `reconstruct.evaluate_classical` says of MP3, of MIDI on a grid of `ticks` a second.

    Frequencies of the coder are those of the train split. The bits of a clip are those of the
    events in it, and of a level of the performance in its first one.

    Raises `DataError` where a MIDI file or the font cannot be read, and as `evaluate` does.
    """
    source = Clips(clips)
    places = clip_places(tables, len(source))
    catalogue = read_performances(sources.performances)
    coder = Coder(
        events(read_midi(sources.root / str(name)), ticks)
        for name in catalogue.loc[catalogue["split"] == "train", "midi_filename"]
    )
    names = catalogue.set_index("performance")["midi_filename"]
    owners, offsets = (places[name].to_numpy(np.int64) for name in ("performance", "offset"))
    played: list[_Played] = []  # the performance at hand, alone

    def send(number: int, clip: Audio) -> Sent:
        owner = int(owners[number])
        if not played or played[0].performance != owner:
            if owner not in names.index:
                raise DataError(
                    f"'{sources.performances}' has no performance {owner} of the clips: make both "
                    "from the same catalogue"
                )
            coded = events(read_midi(sources.root / str(names[owner])), ticks)
            own = {int(i): int(offsets[i]) for i in np.flatnonzero(owners == owner)}
            played[:] = [_Played(owner, own, coded, ticks, source, sources, coder.bits(coded))]
        bits = played[0].bits(number)
        return Sent(played[0].clip(number), 1e-3 * bits * source.sample_rate / len(clip), 0.0)

    with scoring(source, config) as pool:
        files.write_csv(codec_table(send, source, tables, config, pool), out)


@dataclass(frozen=True)
class _Played:
    """A performance as its events give it back."""

    performance: int
    offsets: dict[int, int]  # samples, of the number of each of its clips
    coded: list[Event]
    ticks: int
    source: Clips
    sources: Sources
    spent: NDArray[np.float64]  # bits of each event

    def clip(self, number: int) -> Audio:
        return np.asarray(self._gain * self._at(number), np.float32)

    def bits(self, number: int) -> float:
        """Of the events that begin in a clip, and of the level in the first one."""
        begin = self.offsets[number]
        at = np.array([event.time for event in self.coded]) / self.ticks * self.source.sample_rate
        within = (at >= begin) & (at < begin + self.source.clip_samples)
        return float(self.spent[within].sum()) + GAIN_BITS * (number == min(self.offsets))

    @cached_property
    def _waveform(self) -> NDArray[np.float32]:
        font = open_soundfont(self.sources.soundfont, self.source.sample_rate)
        whole = np.concatenate([*mix(performed(self.coded, self.ticks), font, 1)], axis=1)[0]
        beyond = max(self.offsets.values()) + self.source.clip_samples - len(whole)
        return np.pad(whole, (0, max(0, beyond)))

    @cached_property
    def _gain(self) -> float:
        """Equal power over all clips, to the nearest step."""
        played = sum(float(np.square(self._at(number)).sum()) for number in self.offsets)
        heard = sum(float(np.square(self.source[number].numpy()).sum()) for number in self.offsets)
        if not played or not heard:
            return 1.0
        decibels = GAIN_STEP * round(10 * np.log10(heard / played) / GAIN_STEP)
        return float(10 ** (decibels / 20))

    def _at(self, number: int) -> NDArray[np.float32]:
        begin = self.offsets[number]
        return self._waveform[begin : begin + self.source.clip_samples]
