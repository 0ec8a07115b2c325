"""Demo music: is it music, does it follow its seed, and does its MIDI file hold it?"""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiking_music.config import DemoConfig, read
from spiking_music.config.sections import Style
from spiking_music.data import demo
from spiking_music.data.compose import Piece, compose
from spiking_music.data.harmony import CADENCES, Chord, Key, parallels, progression
from spiking_music.data.midi import write_midi
from spiking_music.data.performance import Performance
from spiking_music.data.textures import TEXTURES
from tests.conftest import DEFAULTS

SCALES = [
    {(tonic + step) % 12 for step in steps}
    for tonic in range(12)
    for steps in ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10, 11))
]


DENSITY = {"elegy": (0.7, 4), "toccata": (4, 26), "tremolo": (4, 20)}  # notes a second
PLAIN = DemoConfig.model_validate(read(DEFAULTS)["dataset"]["demo"])


def piece(style: str, mode: str = "major", number: int = 0) -> Piece:
    tempo = sum(TEXTURES[style].tempo) / 2
    return Piece((7, number), style, Key(4, mode), 3 + number % 2, tempo, 45.0, PLAIN.styles)


def in_key(performance: Performance) -> float:
    """Fraction of notes in the best-fitting scale of their 8 s, whatever key that is."""
    fitting = 0
    for begin in np.arange(0, performance.duration, 8):
        inside = (performance.start >= begin) & (performance.start < begin + 8)
        classes = performance.pitch[inside] % 12
        fitting += max(sum(int(c) in scale for c in classes) for scale in SCALES)
    return fitting / len(performance.pitch)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("style", TEXTURES)
def test_statistics_of_piano_music(style: str, mode: str) -> None:
    p = compose(piece(style, mode))
    low, high = DENSITY.get(style, (4, 16))
    assert low <= len(p.pitch) / p.duration <= high
    assert in_key(p) > 0.93
    assert p.pitch.min() >= 21 and p.pitch.max() <= 108
    assert p.pitch.max() - p.pitch.min() > 30
    assert p.velocity.min() >= 16 and p.velocity.max() <= 116 and p.velocity.std() > 6
    assert ((p.pedal_value > 0) & (p.pedal_value < 127)).any()  # half-pedal, as from a real piano


def test_random_notes_fail_the_measure_of_key() -> None:
    p = compose(piece("chorale"))
    shuffled = np.random.default_rng(0).integers(40, 80, len(p.pitch))
    assert in_key(replace(p, pitch=shuffled)) < 0.85


def test_melody_is_voiced_above_the_accompaniment() -> None:
    p = compose(piece("nocturne"))
    assert p.velocity[p.pitch > 72].mean() > p.velocity[p.pitch < 60].mean() + 5


def test_pedal_changes_with_the_harmony_and_lengthens_tones() -> None:
    p = compose(piece("prelude"))
    assert (p.sounding_until() - p.start).mean() > 2 * (p.stop - p.start).mean()
    lifts = p.pedal_time[p.pedal_value == 0]
    bars = p.duration / (60 / sum(TEXTURES["prelude"].tempo) * 2 * 3)
    assert 0.6 * bars < len(lifts) < 1.6 * bars


def test_final_ritardando_and_decrescendo() -> None:
    p = compose(piece("sonatina"))
    onsets = np.unique(np.round(p.start, 1))
    gaps = np.diff(onsets)
    assert gaps[-4:].mean() > 1.2 * np.median(gaps)
    assert p.velocity[-6:].mean() < p.velocity.mean()


def test_hands_are_not_machines() -> None:
    """Chords are struck within 80 ms, but not at once."""
    p = compose(piece("chorale"))
    gaps = np.diff(p.start)
    together = gaps[gaps < 0.08]
    assert len(together) > len(gaps) / 2
    assert 0.002 < together.mean() < 0.03


@given(
    st.sampled_from(sorted(TEXTURES)), st.integers(0, 2**31), st.floats(3, 60), st.integers(0, 11)
)
@settings(max_examples=25, deadline=None)
def test_any_piece_is_playable_and_long_enough(
    style: str, seed: int, seconds: float, tonic: int
) -> None:
    tempo = TEXTURES[style].tempo[0]
    p = compose(Piece((seed,), style, Key(tonic, "minor"), 4, tempo, seconds))
    assert p.duration >= seconds
    assert (np.diff(p.start) >= 0).all() and (p.stop > p.start).all() and p.start.min() >= 0
    assert (np.diff(p.pedal_time) >= 0).all() and p.pedal_value.max() <= 127
    for key in np.unique(p.pitch):  # a key is up before it goes down again
        mine = p.pitch == key
        assert (p.stop[mine][:-1] < p.start[mine][1:]).all()


def test_same_seed_same_midi_other_seed_other_music(tmp_path: Path) -> None:
    for name, number in (("a", 0), ("b", 0), ("c", 1)):
        write_midi(compose(piece("invention", number=number)), tmp_path / name)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("cadence", CADENCES)
def test_progressions_modulate_and_close(mode: str, cadence: str) -> None:
    home = Key(2, mode)
    for slots in (4, 8):
        chords = progression(home, home.related(), slots, cadence, np.random.default_rng(slots))
        assert len(chords) == slots
        assert chords[0] == Chord("I", home)
        assert chords[-1] == Chord(CADENCES[cadence][-1], home.related())
        entry = next(chord for chord in chords if chord.key != home)
        assert set(entry.tones) <= home.pitch_classes  # the pivot belongs to both keys


def test_parallels() -> None:
    assert parallels((48, 55), (50, 57)) == 1  # fifth to fifth
    assert parallels((48, 60), (50, 62)) == 1  # octave to octave
    assert parallels((48, 55), (48, 55)) == 0  # at rest
    assert parallels((48, 55), (50, 58)) == 0


def test_demo_table_has_the_size_asked_for() -> None:
    config = PLAIN.model_copy(update={"minutes": 6, "performances": 24})
    table = demo.table(config, seed=1)
    assert len(table) == 24 and table["audio_filename"].is_unique
    assert 360 <= table["duration"].sum() < 1.35 * 360
    assert dict(table["split"].value_counts()) == {"train": 18, "validation": 3, "test": 3}
    assert table.equals(demo.table(config, seed=1))
    assert not table.equals(demo.table(config, seed=2))


def test_every_texture_can_be_configured_as_a_style() -> None:
    assert set(TEXTURES) == set(get_args(Style))


def test_levels_tempi_and_octaves_of_a_data_set() -> None:
    wider = {"levels": (20, 110), "tempi": (0.5, 2.0), "octaves": (-2, 0, 2), "performances": 40}
    wide = PLAIN.model_copy(update=wider)
    played = [compose(each) for each in list(demo.plan(wide, 1).values())[:12]]
    usual = [compose(each) for each in demo.plan(PLAIN, 1).values()]
    for measure in (lambda p: p.velocity.mean(), lambda p: len(p.pitch) / p.duration):
        assert np.std([measure(p) for p in played]) > 1.5 * np.std([measure(p) for p in usual])
    assert min(p.pitch.min() for p in played) < 28 and max(p.pitch.max() for p in played) > 100
    assert all(p.pitch.min() >= 21 and p.pitch.max() <= 108 for p in played)


@given(st.integers(3, 2000))
def test_every_split_has_a_performance(count: int) -> None:
    names = demo.split_names(count)
    assert len(names) == count and set(names) == {"train", "validation", "test"}
    if count > 50:
        assert abs(names.count("train") / count - 0.754) < 0.02
