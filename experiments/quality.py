"""The pretrained model on unseen performances: python experiments/quality.py FOLDER … [--model …]

Every folder has MAESTRO's layout; the whole clips of its test split are encoded to streams and
decoded, one by one, by the model of the package, or by every --model instead, at every --level
(else at its own choice). kbps is what the streams really spend on sound (their payloads), headers
are what they spend beside it. Intervals are over performances. Speed is that of one minute in one
piece on `--threads` threads, streams included, the best of three rounds by the clock: seconds of
sound a second.
"""

import argparse
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import command_line
import spiking_music
import tables
from spiking_music import config as configuration
from spiking_music.audio.recording import stream
from spiking_music.codec.session import Codec
from spiking_music.codec.stream import summary
from spiking_music.config import DatasetConfig, SignalConfig, SubsetConfig
from spiking_music.data.index import choose
from spiking_music.evaluation import metrics

SIGNAL = configuration.section(tables.RAW, SignalConfig)
TIMED_SECONDS, ROUNDS = 60, 3
HEADINGS = (
    "test split", "model", "clips", "kbps", "headers", "SI-SNR dB", "mel distance dB",
    "encode ×", "decode ×",
)  # fmt: skip
Audio = NDArray[np.float32]


@dataclass(frozen=True)
class Material:
    """The clips (C, L) of a test split that are not silent, and the performance of each, (C,)."""

    name: str
    clips: Audio
    performances: NDArray[np.int64]


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    models = {path.name: path for path in arguments.model} or {"pretrained": None}
    codecs = {name: spiking_music.load(path) for name, path in models.items()}
    rows = [
        row(material, name, codec, level)
        for material in map(split, arguments.folders)
        for name, codec in codecs.items()
        for level in arguments.level or [None]
    ]
    tables.publish(HEADINGS, rows, 2, arguments.out)


def split(folder: Path, name: str = "test", every: int = 1) -> Material:
    """One of `every` whole clips of the recordings of a split in `folder`."""
    subset = SubsetConfig.model_validate(tables.RAW["dataset"]["subset"] | {"splits": [name]})
    dataset = configuration.section(tables.RAW, DatasetConfig).model_copy(
        update={"source": "folder", "path": str(folder), "subset": subset}
    )
    table = choose(dataset, tables.SEED, None)
    clips, owners = [], []
    for performance, file in zip(table["performance"], table["audio_filename"], strict=True):
        audio = np.concatenate(list(stream(folder / file, SIGNAL.sample_rate)))
        count = len(audio) // SIGNAL.clip_samples
        whole = audio[: count * SIGNAL.clip_samples].reshape(count, -1)
        loud = whole[metrics.level_dbfs(whole) > tables.SETTINGS.silence_dbfs]
        clips.append(loud)
        owners += [performance] * len(loud)
    whole, performances = np.concatenate(clips), np.array(owners)
    return Material(folder.name, whole[::every], performances[::every])


def row(material: Material, name: str, codec: Codec, level: int | None) -> tuple[str, ...]:
    """One model at one level μ, or its own choice, on one test split."""
    sent = [codec.encode(clip, SIGNAL.sample_rate, level) for clip in material.clips]
    audio = np.stack([codec.decode(one) for one in sent])
    facts = [summary(io.BytesIO(one), codec.model.known) for one in sent]
    to_kbps = 8 * SIGNAL.sample_rate / SIGNAL.clip_samples / 1000  # of bytes a clip
    measured = partial(tables.mean, performances=material.performances)
    encoding, decoding = speed(codec, material.clips, level)
    return (
        material.name,
        name if level is None else f"{name}, μ = {level}",
        str(len(sent)),
        f"{to_kbps * np.mean([one.payload_bytes for one in facts]):.2f}",
        f"{to_kbps * np.mean([one.overhead_bytes for one in facts]):.2f}",
        measured(metrics.si_snr(audio, material.clips)),
        measured(metrics.mel_distance(audio, material.clips, SIGNAL.sample_rate)),
        f"{encoding:.0f}",
        f"{decoding:.0f}",
    )


def speed(codec: Codec, clips: Audio, level: int | None) -> tuple[float, float]:
    """Seconds of sound that a second encodes, and decodes."""
    sound = np.resize(clips, TIMED_SECONDS * SIGNAL.sample_rate)
    coded = codec.encode(sound, SIGNAL.sample_rate, level)
    encoding = min(_timed(lambda: codec.encode(sound, SIGNAL.sample_rate, level)))
    decoding = min(_timed(lambda: codec.decode(coded)))
    return TIMED_SECONDS / encoding, TIMED_SECONDS / decoding


def _timed(run: Callable[[], object]) -> Iterator[float]:
    for _ in range(ROUNDS):
        started = time.perf_counter()
        run()
        yield time.perf_counter() - started


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "quality.md")
    command_line.add_recordings(parser)
    parser.add_argument("--model", action="append", type=Path, default=[], help="model folder")
    parser.add_argument("--level", nargs="+", type=int, default=[], help="of models that take one")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
