"""Rendering: level, time, pedal, dynamics, decay, memory, and bad sound fonts."""

import itertools
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spiking_music.data.performance import Performance
from spiking_music.data.render import BLOCK, CEILING, mix, open_soundfont, render
from spiking_music.data.soundfont import SoundFont
from spiking_music.errors import DataError, OutputError
from tests.conftest import full_disk

RATE = 11025
EMPTY = np.zeros(0)


@pytest.fixture(scope="module")
def font() -> SoundFont:
    return open_soundfont(None, RATE)


def performance(
    *notes: tuple[float, float, int, int], pedal: tuple[tuple[float, int], ...] = ()
) -> Performance:
    start, stop, pitch, velocity = np.array(notes, dtype=float).T
    time, value = np.array(pedal, dtype=float).reshape(-1, 2).T
    return Performance(
        start, stop, pitch.astype(int), velocity.astype(int), time, value.astype(int)
    )


def waveform(font: SoundFont, p: Performance, channels: int = 1) -> np.ndarray:
    return np.concatenate(list(mix(p, font, channels)), axis=1)


def level(wave: np.ndarray, begin: float, seconds: float = 0.1) -> float:
    """RMS in dB."""
    part = wave[..., int(begin * RATE) : int((begin + seconds) * RATE)]
    return float(20 * np.log10(np.sqrt(np.mean(part**2)) + 1e-9))


@pytest.mark.parametrize("pitch", [28, 45, 60, 69, 81, 93])
def test_pitch_and_onset(font: SoundFont, pitch: int) -> None:
    wave = waveform(font, performance((1.0, 4.0, pitch, 90)))[0]
    assert abs(np.argmax(np.abs(wave) > 0.02 * np.abs(wave).max()) / RATE - 1.0) < 0.01
    tone = wave[RATE : 4 * RATE] * np.hanning(3 * RATE)
    spectrum = np.abs(np.fft.rfft(tone, 2**18))
    f0 = 440 * 2 ** ((pitch - 69) / 12)
    hertz = np.arange(len(spectrum)) * RATE / 2**18
    near = np.abs(hertz / f0 - 1) < 0.04
    found = hertz[near][np.argmax(spectrum[near])]
    assert abs(1200 * np.log2(found / f0)) < 12  # cents


def test_velocity_sets_the_loudness(font: SoundFont) -> None:
    loud, soft = (level(waveform(font, performance((0, 1, 60, v))), 0) for v in (100, 50))
    assert loud - soft == pytest.approx(40 * np.log10(2), abs=0.01)


def test_tones_decay_and_dampers_end_them(font: SoundFont) -> None:
    held = waveform(font, performance((0, 5, 60, 90)))
    levels = [level(held, t) for t in (0, 1, 2, 3, 4)]
    assert all(a > b + 2 for a, b in itertools.pairwise(levels))
    short = waveform(font, performance((0, 0.5, 60, 90), (4, 5, 40, 1)))
    assert level(short, 0.3) == pytest.approx(level(held, 0.3))
    assert level(short, 0.8) < level(held, 0.8) - 25
    jump = np.abs(np.diff(short[0, int(0.45 * RATE) : int(0.8 * RATE)])).max()
    before = np.abs(np.diff(held[0, int(0.3 * RATE) : int(0.45 * RATE)])).max()
    assert jump <= before  # no click


def test_pedal_is_heard(font: SoundFont) -> None:
    dry = waveform(font, performance((0, 0.3, 60, 90), (3, 4, 40, 1)))
    wet = waveform(font, performance((0, 0.3, 60, 90), (3, 4, 40, 1), pedal=((0.1, 100), (2, 0))))
    assert level(wet, 1.5) > level(dry, 1.5) + 20
    assert level(wet, 2.7) < level(wet, 1.5) - 20


def test_blocks_join_without_a_seam(font: SoundFont) -> None:
    edge = float(BLOCK)
    crossing = performance((edge - 1, edge + 2, 55, 90), (edge - 1, edge + 1, 62, 70))
    early = performance((1.0, 4.0, 55, 90), (1.0, 3.0, 62, 70))
    late = waveform(font, crossing, 2)[:, int((edge - 1) * RATE) :]
    once = waveform(font, early, 2)[:, RATE:]
    np.testing.assert_allclose(late, once[:, : late.shape[1]], atol=1e-6)


def test_stereo_spreads_the_keyboard(font: SoundFont) -> None:
    low, high = (waveform(font, performance((0, 1, key, 90)), 2) for key in (30, 100))
    assert level(low[0], 0) > level(low[1], 0) + 1
    assert level(high[1], 0) > level(high[0], 0) + 1


def test_only_clipping_music_is_scaled(font: SoundFont, tmp_path: Path) -> None:
    quiet = performance((0, 1, 60, 60))
    crash = performance(*((0, 2, key, 127) for key in range(30, 90)))
    assert np.abs(waveform(font, crash)).max() > 1
    for p, name in ((quiet, "quiet"), (crash, "crash")):
        peak = render(p, font, 1, tmp_path / f"{name}.flac")
        audio, rate = soundfile.read(tmp_path / f"{name}.flac")
        assert rate == RATE and len(audio) == round(p.duration * RATE)
        assert np.abs(audio).max() == pytest.approx(peak, abs=1e-4)
    assert peak == pytest.approx(CEILING, abs=1e-4)
    audio, _ = soundfile.read(tmp_path / "quiet.flac")
    np.testing.assert_allclose(audio, waveform(font, quiet)[0], atol=1e-4)


def test_a_full_disk_is_one_sentence_and_no_file(font: SoundFont, tmp_path: Path) -> None:
    audio = tmp_path / "a.flac"
    with full_disk(1000), pytest.raises(OutputError, match=r"^cannot write '.*/a\.flac' \("):
        render(performance((0, 1, 60, 60)), font, 2, audio)
    assert not list(tmp_path.iterdir())


def test_same_performance_same_bytes(font: SoundFont, tmp_path: Path) -> None:
    p = performance((0, 1, 60, 60), (0.5, 2, 67, 80))
    render(p, font, 2, tmp_path / "a.flac")
    render(p, open_soundfont(None, RATE), 2, tmp_path / "b.flac")
    assert (tmp_path / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()


def test_memory_does_not_grow_with_length() -> None:
    """Twenty minutes in stereo would take 106 MB at this rate, twice that with a copy."""
    code = """
import resource, numpy as np
from spiking_music.data.performance import Performance
from spiking_music.data.render import mix, open_soundfont
font = open_soundfont(None, 11025)
def peak(seconds):
    n = np.arange(0, seconds, 0.5)
    e = np.zeros(0)
    p = Performance(n, n + 0.4, 60 + (n % 5).astype(int), np.full(len(n), 64), e, e.astype(int))
    for block in mix(p, font, 2): pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(-peak(60) + peak(1200))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(out.stdout) < 20  # MB


def test_bad_soundfonts_are_named(tmp_path: Path, font: SoundFont) -> None:
    with pytest.raises(DataError, match=r"nope\.sf2' does not exist: correct dataset\.soundfont"):
        open_soundfont(str(tmp_path / "nope.sf2"), RATE)
    whole = font.path.read_bytes()
    cut = bytearray(whole)
    at = whole.index(b"phdr")
    for name, data in {"text": b"hello" * 99, "short": whole[: at + 60], "empty": b""}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError, match=f"{name}' is not a SoundFont 2"):
            open_soundfont(str(tmp_path / name), RATE)
    struct.pack_into("<H", cut, whole.index(b"ifil") + 8, 3)
    (tmp_path / "three.sf3").write_bytes(cut)
    with pytest.raises(DataError, match=r"compressed \(\.sf3\): convert"):
        open_soundfont(str(tmp_path / "three.sf3"), RATE)
    cut = bytearray(whole)
    for preset in range(at + 8, len(whole) - 38, 38):  # every preset to bank 5
        if whole[preset : preset + 3] == b"EOP":
            break
        struct.pack_into("<H", cut, preset + 22, 5)
    (tmp_path / "drums.sf2").write_bytes(cut)
    with pytest.raises(DataError, match="has no preset 0 in bank 0"):
        open_soundfont(str(tmp_path / "drums.sf2"), RATE)


def test_other_instruments_of_the_font() -> None:
    """A flute holds its tone where a piano's dies away; what the font has not is refused."""
    path = open_soundfont(None, 22050).path
    held = {}
    for program in (0, 73):
        (tone, *_) = SoundFont(path, 22050, program).strike(72, 100)
        early, late = (tone.wave[int(s * 22050) :][:2205] for s in (0.3, 2.0))
        held[program] = np.sqrt(np.mean(late**2) / np.mean(early**2))
    assert held[0] < 0.5 < held[73]
    with pytest.raises(DataError, match="has no preset 200 in bank 0"):
        SoundFont(path, 22050, 200)
