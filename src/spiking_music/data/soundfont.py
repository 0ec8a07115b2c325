"""A sampler for the piano of a SoundFont 2 file: one decaying tone a key, ready to be mixed.

Why not symusic's synthesizer, which is at hand: 0.5.8 plays every note equally loud whatever its
velocity, lets piano tones stop decaying after half a second, and cuts them off at the key release.
Against TinySoundFont, the tones here correlate at 0.975 or more from A0 to C8 (first 0.18 s).

From the SoundFont 2.04 specification: zones and generators (7, 8.1), volume envelope with 100 dB of
range (8.1.2 nr 33-38), low-pass with modulation envelope (nr 8, 9, 11, 25-30), tuning (nr 51-58),
loops (nr 54), attenuation 40·log10(127 / velocity) dB (8.4.1). Left out, because pianos hardly use
them: LFOs, pitch envelopes, chorus, reverb, other modulators.
"""

import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import scipy.signal
import soxr

from spiking_music.errors import DataError

RATE = 44100  # Hz at which tones are made before they are resampled
LONGEST = 8.0  # seconds after which a tone, then 60 dB down, is over whatever the font says
FADE = 2.0  # seconds of fade-out before that end
FILTER_BLOCK = 1024  # samples between two settings of the low-pass
# numbers of generators (specification 8.1.2)
FINE_OFFSETS, COARSE_OFFSETS = (0, 1, 2, 3), (4, 12, 45, 50)
CUTOFF, RESONANCE, ENVELOPE_TO_CUTOFF, PAN = 8, 9, 11, 17
MODULATION_ENVELOPE, VOLUME_ENVELOPE, RELEASE = 25, 33, 38
INSTRUMENT, KEYS, VELOCITIES, ATTENUATION, COARSE_TUNE, FINE_TUNE = 41, 43, 44, 48, 51, 52
SAMPLE, LOOP_MODE, SCALE_TUNING, ROOT_KEY = 53, 54, 56, 58
DEFAULTS = {CUTOFF: 13500, SCALE_TUNING: 100, ROOT_KEY: -1} | dict.fromkeys(
    (25, 26, 27, 28, 30, 33, 34, 35, 36, 38), -12000
)
NOT_ADDED = {KEYS, VELOCITIES, LOOP_MODE, ROOT_KEY, SAMPLE, *FINE_OFFSETS, *COARSE_OFFSETS}

Zone = dict[int, int]  # generator -> amount


@dataclass(frozen=True)
class Tone:
    """One key struck: its waveform until silence at unit velocity gain, and how it ends."""

    wave: np.ndarray  # (samples,) float32
    pan: float  # -0.5 left .. 0.5 right
    release: float  # seconds for 100 dB once the damper has fallen


class SoundFont:
    """An instrument of a .sf2 file, sounding at `sample_rate` Hz.

    It is preset `program` of bank 0: 0 is a grand piano, others are as General MIDI numbers them.
    """

    def __init__(self, path: Path, sample_rate: int, program: int = 0) -> None:
        """Read the file; `DataError` where it is missing or is no SoundFont 2."""
        if not path.is_file():
            raise DataError(
                f"sound font '{path}' does not exist: correct dataset.soundfont, or null it"
            )
        self.path, self.sample_rate, self.program = path, sample_rate, program
        self._tones: dict[tuple[int, int], Tone] = {}
        try:
            self._chunks = _chunks(path.read_bytes())
            self.zones = self._read_zones()
        except (KeyError, IndexError, struct.error, ValueError):
            raise DataError(f"'{path}' is not a SoundFont 2 file: use one in .sf2 format") from None
        if not self.zones:
            raise DataError(f"'{path}' has no preset {program} in bank 0: use another sound font")

    def strike(self, key: int, velocity: int) -> list[Tone]:
        """The tones that a key sets off: one a zone of the font that covers key and velocity."""
        return [
            self._tone(number, key)
            for number, zone in enumerate(self.zones)
            if _within(zone, KEYS, key) and _within(zone, VELOCITIES, velocity)
        ]

    def _tone(self, number: int, key: int) -> Tone:
        if (number, key) not in self._tones:
            self._tones[number, key] = self._make(self.zones[number], key)
        return self._tones[number, key]

    def _make(self, zone: Zone, key: int) -> Tone:
        """Sample → pitch → low-pass → volume envelope → project rate."""
        wave = self._pitched(zone, key)
        t = np.arange(len(wave)) / RATE
        wave = _low_pass(wave, zone, key)
        wave *= 10 ** (-5 * (1 - _envelope(zone, VOLUME_ENVELOPE, t, key)))
        wave *= 10 ** (-zone.get(ATTENUATION, 0) / 200)
        wave *= np.clip((len(wave) / RATE - t) / FADE, 0, 1)
        audible = np.flatnonzero(np.abs(wave) > 10 ** (-90 / 20) * np.abs(wave).max(initial=0.0))
        wave = wave[: audible[-1] + 1 if len(audible) else 0].astype(np.float32)
        return Tone(
            soxr.resample(wave, RATE, self.sample_rate),
            float(np.clip(zone.get(PAN, 0) / 1000, -0.5, 0.5)),
            _seconds(zone[RELEASE]),
        )

    def _pitched(self, zone: Zone, key: int) -> np.ndarray:
        """The sample read at the speed that gives `key`, looped if the zone loops it, (n,) float64.

        Third-order (Catmull-Rom) interpolation between the samples.
        """
        begin, end, loop, loop_end, rate, root, correction, *_ = self._samples[zone[SAMPLE]]
        fine, coarse = ([zone.get(g, 0) for g in gs] for gs in (FINE_OFFSETS, COARSE_OFFSETS))
        offset = [a + 32768 * b for a, b in zip(fine, coarse, strict=True)]
        begin, end = begin + offset[0], end + offset[1]
        loop, loop_end = loop + offset[2], loop_end + offset[3]
        root = zone[ROOT_KEY] if zone[ROOT_KEY] >= 0 else root
        cents = (key - root) * zone[SCALE_TUNING] + correction
        cents += 100 * zone.get(COARSE_TUNE, 0) + zone.get(FINE_TUNE, 0)
        speed = rate / RATE * 2 ** (cents / 1200)
        looped = zone.get(LOOP_MODE, 0) % 2 == 1 and begin <= loop < loop_end
        line = self._pcm[begin : loop_end if looped else end]
        if looped:  # unrolled as far as the longest tone reads it
            more = max(0, int(LONGEST * RATE * speed) + 4 - len(line))
            line = np.concatenate([line, np.resize(self._pcm[loop:loop_end], more)])
        line = np.pad(line.astype(np.float64) / 32768, (1, 2))
        position = 1 + np.arange(min(int(LONGEST * RATE), int((len(line) - 4) / speed))) * speed
        whole = position.astype(np.int64)
        x = position - whole
        a, b, c, d = (line[whole + k] for k in (-1, 0, 1, 2))
        return b + x / 2 * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))

    @cached_property
    def _pcm(self) -> np.ndarray:
        return np.frombuffer(self._chunks["smpl"], dtype="<i2")

    @cached_property
    def _samples(self) -> list[tuple[int, ...]]:
        """begin, end, loop begin, loop end, rate, root key, cents, link, type of every sample."""
        return [row[1:] for row in struct.iter_unpack("<20s5IBb2H", self._chunks["shdr"])]

    def _read_zones(self) -> list[Zone]:
        """All zones of the instrument, preset generators added to those of the instrument."""
        presets = list(struct.iter_unpack("<20s3H3I", self._chunks["phdr"]))
        instruments = list(struct.iter_unpack("<20sH", self._chunks["inst"]))
        sought = (self.program, 0)
        found = [i for i, row in enumerate(presets[:-1]) if row[1:3] == sought]
        if not found:
            return []
        zones = []
        for upper in self._zones("p", presets[found[0]][3], presets[found[0] + 1][3], INSTRUMENT):
            number = upper.pop(INSTRUMENT)
            for lower in self._zones(
                "i", instruments[number][1], instruments[number + 1][1], SAMPLE
            ):
                zone = DEFAULTS | lower
                for generator, amount in upper.items():
                    if generator not in NOT_ADDED:
                        zone[generator] = zone.get(generator, 0) + amount
                    elif generator in (KEYS, VELOCITIES):
                        zone[generator] = _intersection(zone.get(generator, 0x7F00), amount)
                zones.append(zone)
        if self._chunks["ifil"][:2] == b"\x03\x00":
            raise DataError(f"'{self.path}' is compressed (.sf3): convert it to .sf2")
        return zones

    def _zones(self, level: str, first: int, last: int, target: int) -> list[Zone]:
        """Zones first..last of `level` (p or i), the global zone's generators filled in."""
        bags = [row[0] for row in struct.iter_unpack("<2H", self._chunks[level + "bag"])]
        generators = list(struct.iter_unpack("<Hh", self._chunks[level + "gen"]))
        zones = [dict(generators[bags[i] : bags[i + 1]]) for i in range(first, last)]
        common = zones[0] if zones and target not in zones[0] else {}
        return [common | zone for zone in zones if target in zone]


def _chunks(data: bytes) -> dict[str, bytes]:
    """The leaves of a RIFF file by name."""
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError("no RIFF sfbk")
    leaves, at = {}, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4].decode("ascii"), struct.unpack_from("<I", data, at + 4)[0]
        if name == "LIST":
            at += 12
            continue
        leaves[name] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return leaves


def _within(zone: Zone, generator: int, value: int) -> bool:
    span = zone.get(generator, 0x7F00)
    return span & 0xFF <= value <= span >> 8


def _intersection(one: int, other: int) -> int:
    return max(one & 0xFF, other & 0xFF) | min(one >> 8, other >> 8) << 8


def _seconds(timecents: float) -> float:
    return 2 ** (timecents / 1200)


def _envelope(zone: Zone, first: int, t: np.ndarray, key: int) -> np.ndarray:
    """Level 0..1 at times `t` (s): delay, attack, hold, decay to sustain.

    `first` is the generator of the delay; those of the other parts follow it. The decay is a
    straight line, in dB for the volume and in cents for the low-pass.
    """
    delay, attack, hold, decay = (zone[first + k] for k in range(4))
    hold += (60 - key) * zone.get(first + 6, 0)  # key tracking
    decay += (60 - key) * zone.get(first + 7, 0)
    sustain = 1 - min(max(zone.get(first + 4, 0), 0), 1000) / 1000
    peak = _seconds(delay) + _seconds(attack)
    rise = np.clip((t - _seconds(delay)) / _seconds(attack), 0, 1)
    fall = np.clip((t - peak - _seconds(hold)) / _seconds(decay), 0, 1 - sustain)
    return np.where(t < peak, rise, 1 - fall)


def _low_pass(wave: np.ndarray, zone: Zone, key: int) -> np.ndarray:
    """Second-order resonant low-pass whose cutoff follows the modulation envelope."""
    t = (np.arange(0, len(wave), FILTER_BLOCK) + FILTER_BLOCK / 2) / RATE  # centres of the blocks
    level = _envelope(zone, MODULATION_ENVELOPE, t, key)
    cents = zone[CUTOFF] + zone.get(ENVELOPE_TO_CUTOFF, 0) * level
    cutoff = 8.176 * 2 ** (cents / 1200)
    if (cutoff > 0.45 * RATE).all():
        return wave
    k = np.tan(np.pi * np.minimum(cutoff, 0.45 * RATE) / RATE)
    damping = np.sqrt(2) * 10 ** (-zone.get(RESONANCE, 0) / 200)
    norm = 1 / (1 + damping * k + k * k)
    state, out = np.zeros(2), np.empty_like(wave)
    for i, (k_i, n_i) in enumerate(zip(k, norm, strict=True)):
        span = slice(i * FILTER_BLOCK, (i + 1) * FILTER_BLOCK)
        b = np.array([1.0, 2.0, 1.0]) * k_i * k_i * n_i
        a = np.array([1.0, 2 * (k_i * k_i - 1) * n_i, (1 - damping * k_i + k_i * k_i) * n_i])
        out[span], state = scipy.signal.lfilter(b, a, wave[span], zi=state)
    return out
