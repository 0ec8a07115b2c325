"""The sounds of a listening test: clips × systems at equal length and loudness, and a manifest."""

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.audio.mixing import resampled
from spiking_music.codec.sound_file import as_int16
from spiking_music.config import StimuliConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.listening.manifest import Manifest
from spiking_music.listening.scores import REFERENCE
from spiking_music.listening.selection import choose, table
from spiking_music.listening.systems import (
    Audio,
    anchors,
    decode_chosen,
    loudness_match,
    references,
)

RATE = 48000  # Hz, of every listening test
MANIFEST, TABLE = "manifest.json", "clips.csv"


def make_stimuli(
    clips: Sequence[Path],
    performances: Path,
    variants: Mapping[str, tuple[Path, Path]],
    test: str,
    out: Path,
    config: StimuliConfig,
    seed: int,
) -> None:
    """Write the folder `out`: WAV files, 16 bits at 48 kHz, manifest.json and clips.csv.

    Lisboa & Bellec 2024, MUSHRA: five clips of six seconds, and the systems under test.
    clips: the shards of the split, their tables beside them. variants: weights and codes of that
    split by name; of those that `config.systems` asks for the missing ones are named on stderr.
    test: the test's name. Equal inputs give equal bytes. Raises `DataError` or `CodeError` where
    the files do not belong together or no clip will do.
    """
    chosen = choose(clips, performances, config, seed)
    source = Clips(clips)
    sounds = _systems(source, variants, [each.index for each in chosen], config)
    models = [path for pair in variants.values() for path in pair]
    with files.folder(out, "stimuli", [*clips, performances, *models]) as folder:
        records = [
            {
                "clip": each.clip,
                "title": f"{each.composer}: {each.title}",
                "stimuli": [*_write_sounds(folder, each.clip, of_clip, config, f"{seed}:{test}")],
            }
            for each, of_clip in zip(chosen, _by_clip(sounds, source.sample_rate), strict=True)
        ]
        names = [each.clip for each in chosen]
        manifest = {
            "version": 1,
            "test": test,
            "sample_rate": RATE,
            "seed": seed,
            "clips": records,
            "training": names[: config.training],
        }
        Manifest.model_validate_json(json.dumps(manifest))  # what every reader checks
        text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")
        table(chosen).to_csv(folder / TABLE, index=False, float_format="%.9g")
    files.wrote(out / MANIFEST, out / TABLE)


def _systems(
    source: Clips,
    variants: Mapping[str, tuple[Path, Path]],
    chosen: Sequence[int],
    config: StimuliConfig,
) -> dict[str, Audio]:
    """What every system makes of the chosen clips, the reference first."""
    original = references(source, chosen)
    sounds = {REFERENCE: original}
    for name in config.systems:
        if name in variants:
            sounds[name] = decode_chosen(*variants[name], chosen, len(source)).audio
        else:
            print(f"left out: the configuration has no variant '{name}'", file=sys.stderr)
    return sounds | anchors(original, source.sample_rate)


def _by_clip(sounds: Mapping[str, Audio], rate: int) -> Iterator[dict[str, NDArray[np.float32]]]:
    """The sounds of one clip after another, (samples,) at 48 kHz."""
    for clips in zip(*sounds.values(), strict=True):
        yield {
            name: np.concatenate([*resampled([audio], rate, RATE)])
            for name, audio in zip(sounds, clips, strict=True)
        }


def _write_sounds(
    folder: Path,
    clip: str,
    sounds: Mapping[str, NDArray[np.float32]],
    config: StimuliConfig,
    key: str,
) -> Iterator[dict[str, Any]]:
    """Write the sounds of a clip, equally loud; yield what the manifest says of each.

    A name is a hash of seed, test, clip and system: equal in every run, and it tells nothing.
    """
    matched = loudness_match([*sounds.values()], RATE, config.loudness_lufs, config.peak_dbfs)
    for system, audio in zip(sounds, matched, strict=True):
        name = hashlib.sha256(f"{key}:{clip}:{system}".encode()).hexdigest()[:16] + ".wav"
        soundfile.write(folder / name, as_int16(audio), RATE, "PCM_16", format="WAV")
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        yield {"system": system, "file": name, "sha256": digest, "samples": len(audio)}
