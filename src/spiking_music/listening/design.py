"""Which pages a listening test has: one page of the test is a trial of some sounds of one clip.

| method | a page | what is answered |
| :-- | :-- | :-- |
| mushra | all sounds of a clip, and the reference (ITU-R BS.1534-3) | 0 to 100 of each |
| mos | one sound (ITU-T P.800, absolute category rating) | 1 to 5 |
| dcr | one sound, and the reference (P.800, degradation category rating) | 1 to 5 |
| ab | two sounds | which is preferred, or neither |
| abx | two sounds, and one of them again | which of the two that is |

Sounds are called by their file names without `.wav`, as pages know them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from spiking_music.config import PageConfig
from spiking_music.errors import DataError
from spiking_music.listening.manifest import Clip, Manifest
from spiking_music.listening.scores import REFERENCE, under_test

PRACTISED = 2  # pages of each clip for training, where a page has not all of its sounds
PAIRED = ("ab", "abx")
SINGLE = ("mos", "dcr")
SCALES = {"mushra": (0, 100), "mos": (1, 5), "dcr": (1, 5)}  # lowest and highest score


@dataclass(frozen=True)
class Trial:
    """A page; of a clip with all its sounds, the name is the clip's."""

    name: str
    clip: str
    sounds: tuple[str, ...]


def sound(file: str) -> str:
    """What pages call a file."""
    return Path(file).stem


def trials(manifest: Manifest, settings: PageConfig) -> list[Trial]:
    """All pages that are answered, clip by clip.

    Raises `DataError` where the settings name systems that the stimuli do not have.
    """
    made = []
    for clip in manifest.clips:
        sounds = {each.system: sound(each.file) for each in clip.stimuli}
        if settings.method == "mushra":
            made.append(Trial(clip.clip, clip.clip, tuple(sorted(sounds.values()))))
        elif settings.method in SINGLE:
            made += [
                Trial(f"{clip.clip}/{each}", clip.clip, (each,)) for each in sorted(sounds.values())
            ]
        else:
            made += _paired(clip, sounds, settings)
    return made


def _paired(clip: Clip, sounds: dict[str, str], settings: PageConfig) -> Iterator[Trial]:
    for first, second in settings.pairs or pairs(sorted(sounds), settings.method):
        if unknown := {first, second} - sounds.keys():
            raise DataError(
                f"'listening.page.pairs' names '{min(unknown)}', which clip '{clip.clip}' does not "
                "have: name systems of the stimuli"
            )
        both = tuple(sorted((sounds[first], sounds[second])))
        for repeat in range(settings.repeats):
            yield Trial("/".join([clip.clip, *both, str(repeat)]), clip.clip, both)


def pairs(systems: Sequence[str], method: str) -> list[tuple[str, str]]:
    """Where none are named: each system under test and the reference, or any two under test."""
    tested = [system for system in systems if under_test(system)]
    if method == "abx":
        return [(REFERENCE, system) for system in tested]
    return [*combinations(tested, 2)]


def practice(manifest: Manifest, made: Sequence[Trial]) -> list[str]:
    """Names of the pages of the training."""
    found = []
    for clip in manifest.training:
        found += [trial.name for trial in made if trial.clip == clip][:PRACTISED]
    return found
