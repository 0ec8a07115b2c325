"""MP3, Opus, others and our codecs: python experiments/codecs.py [SHARD.h5 …] [--model FOLDER …]

Every system compresses whole clips to bytes and restores them; one table is printed (Markdown) and
written (.csv), and one picture is drawn. Without shards, clips are generated as for the demo. Bytes
are true ones: what a file spends on sound (MP3 frames, Opus packets, payloads of .spk blocks) is
kbps, what it spends beside it (tags, pages, headers, checksums) stands apart. Our payloads are
entropy coded where the model's folder has tables; `paper kbps` is the same codes in the cheapest of
the paper's formats. Intervals are over performances.
"""

import argparse
import io
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import command_line
import spiking_music
from spiking_music import config as configuration
from spiking_music import files
from spiking_music.codec import classical, external
from spiking_music.codec.bits import width
from spiking_music.codec.formats import stored_bits
from spiking_music.codec.session import Codec
from spiking_music.codec.stream import summary
from spiking_music.config import CommandsConfig, DatasetConfig, EvaluationConfig, SignalConfig
from spiking_music.config.external import external_systems
from spiking_music.data.clip_dataset import Clips
from spiking_music.data.compose import compose
from spiking_music.data.demo import plan
from spiking_music.data.render import mix, open_soundfont
from spiking_music.errors import DataError
from spiking_music.evaluation import metrics, perceptual
from spiking_music.evaluation.bootstrap import interval
from spiking_music.evaluation.tables import markdown, with_interval
from spiking_music.figures import codecs as figure

ROOT = Path(__file__).parents[1]
RAW = configuration.read([str(ROOT / "config.yaml")])
SIGNAL = configuration.section(RAW, SignalConfig)
SETTINGS = configuration.section(RAW, EvaluationConfig)
SEED = configuration.seed(RAW)
RATES = (6, 8, 12, 16, 24, 32, 48, 64)  # kbps; each codec takes those it has
HEADINGS = {
    "system": "system",
    "kbps": "kbps",
    "header_kbps": "headers kbps",
    "kbps_paper": "paper kbps",
    "si_snr_db": "SI-SNR dB",
    "mel_distance": "mel distance dB",
    "visqol": "ViSQOL",
    "zimtohrli": "Zimtohrli",
}
NOTE = (
    "Means over {clips} clips, with 95 % bootstrap intervals over performances. SI-SNR, ViSQOL and "
    "Zimtohrli: higher is better; mel distance: lower."
)
Audio = NDArray[np.float32]


@dataclass(frozen=True)
class Material:
    """Clips (C, L) at 22 050 Hz and the performance of each, (C,)."""

    clips: Audio
    performances: NDArray[np.int64]


@dataclass(frozen=True)
class Sent:
    """A clip as it arrives, and what it cost; bits by the paper's formula: nan where none fits."""

    audio: Audio
    payload: int  # bytes
    header: int  # bytes
    events: int | None = None  # S of binary codes


@dataclass(frozen=True)
class System:
    """A codec at one setting."""

    name: str  # of the setting
    codec: str  # "mp3", "opus", a row of `external` or a variant
    send: Callable[[Audio], Sent | external.Received]
    paper_bits: Callable[[list[Sent]], NDArray[np.float64]] | None = None  # of each clip


def main() -> None:
    arguments = _arguments()
    stem: Path = arguments.out
    material = chosen(arguments.shards, arguments.count) if arguments.shards else None
    material = material or generated(arguments.count)
    systems = [*classical_systems(arguments.kbps), *others(arguments.external)]
    for folder in arguments.model:
        systems += our_systems(spiking_music.load(folder), arguments.level, folder.name)
    scoring = perceptual.pool(arguments.processes, SIGNAL.sample_rate)
    with scoring if arguments.perceptual else nullcontext() as pool:
        table = pd.DataFrame(measured(systems, material, pool))
    print(summary_text(table))
    files.write_csv(table, stem.with_suffix(".csv"))
    figure.draw(stem.with_suffix(".csv"), stem)


def chosen(shards: list[Path], count: int) -> Material:
    """`count` clips, evenly spread over those of `shards` that are not silent."""
    source = Clips(shards)
    if source.sample_rate != SIGNAL.sample_rate:
        raise DataError(f"'{shards[0]}' is at {source.sample_rate} Hz: cut clips at 22 050 Hz")
    tables = [pd.read_csv(path.with_suffix(".csv")) for path in shards]
    owners = pd.concat(tables)["performance"].to_numpy()
    loud = [
        i
        for i, clip in enumerate(source)
        if metrics.level_dbfs(clip.numpy()[None])[0] > SETTINGS.silence_dbfs
    ]
    if not loud:
        raise DataError(f"all clips of '{shards[0]}' and its shards are silent: name others")
    places = np.linspace(0, len(loud) - 1, min(count, len(loud))).round().astype(int)
    indices = np.array(loud)[places]
    return Material(np.stack([source[i].numpy() for i in indices]), owners[indices])


def generated(count: int) -> Material:
    """The beginnings of `count` pieces of the demo's kind, as the seed of config.yaml has them."""
    font = open_soundfont(None, SIGNAL.sample_rate)
    seconds = 1.5 * SIGNAL.clip_samples / SIGNAL.sample_rate
    demo = configuration.section(RAW, DatasetConfig).demo.model_copy(
        update={"minutes": count * seconds / 60, "performances": count}
    )
    clips = [
        next(iter(mix(compose(piece), font, 1)))[0, : SIGNAL.clip_samples]
        for piece in plan(demo, SEED).values()
    ]
    return Material(np.stack(clips), np.arange(count))


def classical_systems(rates: list[int]) -> Iterator[System]:
    """MP3 and Opus at whichever of `rates` (kbps) they have."""
    for codec, has in (
        ("mp3", lambda kbps: kbps in classical.MP3),
        ("opus", lambda kbps: classical.OPUS[0] <= kbps <= classical.OPUS[1]),
    ):
        for kbps in filter(has, rates):
            yield System(f"{codec} {kbps}", codec, partial(_classical, codec, kbps))


def _classical(codec: str, kbps: int, clip: Audio) -> Sent:
    coded = classical.compress(clip, codec, kbps)
    return Sent(classical.restore(coded), coded.payload, coded.header)


def others(overlays: list[Path]) -> Iterator[System]:
    """Programs of the rows `external` of configuration files such as those of config/external."""
    for overlay in overlays:
        raw = configuration.read([str(ROOT / "config.yaml"), str(overlay)])
        for system in external_systems(configuration.validate(raw).external).values():
            if isinstance(system.config, CommandsConfig):
                send = partial(external.through_commands, system, system.config)
                yield System(system.name, system.row, partial(send, rate=SIGNAL.sample_rate))


def our_systems(codec: Codec, levels: list[int], row: str) -> Iterator[System]:
    """The model, called `row`, as it is or, where it has levels, at each of `levels`."""
    config = codec.model.config
    bits = partial(_paper_bits, codec)
    if not config.levels:
        yield System(row, row, partial(_ours, codec, None), bits)
        return
    for level in levels:
        yield System(f"{row} μ = {level}", row, partial(_ours, codec, level), bits)


def _ours(codec: Codec, level: int | None, clip: Audio) -> Sent:
    stream = codec.encode(clip, SIGNAL.sample_rate, level)
    about = summary(io.BytesIO(stream), codec.model.known)
    events = len(codec.events(stream)) if about.header.kind == "binary" else 0
    return Sent(codec.decode(stream), about.payload_bytes, about.overhead_bytes, events)


def _paper_bits(codec: Codec, sent: list[Sent]) -> NDArray[np.float64]:
    """Bits of each clip in its cheapest format, with the overheads of `formats.stored_bits`."""
    header = codec.model.header(SIGNAL.sample_rate)
    steps = -(-len(sent[0].audio) // header.hop)
    if header.kind == "rvq":
        return np.full(len(sent), header.rows * steps * float(width(header.codebook_size)))
    events = np.array([one.events for one in sent])
    levels = bool(codec.model.config.levels)
    return stored_bits(header.rows, steps, events, int(events.max()), levels).astype(float)


def measured(
    systems: list[System], material: Material, pool: perceptual.Pool | None
) -> Iterator[dict[str, object]]:
    """A row a system; while one is scored by `pool`, the next one codes."""
    waiting: deque[tuple[System, pd.DataFrame, list]] = deque()
    for system in systems:
        sent = [system.send(clip) for clip in material.clips]
        audio = np.stack([one.audio for one in sent])
        pairs = zip(audio, material.clips, strict=True)
        scores = [pool.submit(y, x) for y, x in pairs] if pool else []
        waiting.append((system, _clip_table(system, sent, audio, material), scores))
        print(f"{system.name} coded", file=sys.stderr)
        if len(waiting) > 1:
            yield _row(*waiting.popleft(), material)
    while waiting:
        yield _row(*waiting.popleft(), material)


def _clip_table(system: System, sent: list[Sent], audio: Audio, material: Material) -> pd.DataFrame:
    """Rates and the fast measures, a row a clip."""
    to_kbps = SIGNAL.sample_rate / audio.shape[1] / 1000
    lagged, lag = metrics.lagged_si_snr(audio, material.clips, SETTINGS.max_lag)
    return pd.DataFrame(
        {
            "kbps": [8 * to_kbps * one.payload for one in sent],
            "header_kbps": [8 * to_kbps * one.header for one in sent],
            "kbps_paper": to_kbps * system.paper_bits(sent) if system.paper_bits else np.nan,
            "si_snr_db": metrics.si_snr(audio, material.clips),
            "si_snr_lag_db": lagged,
            "lag": np.abs(lag),
            "mel_distance": metrics.mel_distance(audio, material.clips, SIGNAL.sample_rate),
        }
    )


def _row(
    system: System, table: pd.DataFrame, scores: list, material: Material
) -> dict[str, object]:
    """Means over clips, with intervals of what is measured."""
    found = [future.result() for future in scores]
    table["visqol"] = [score.visqol for score in found] or np.nan
    table["zimtohrli"] = [score.zimtohrli for score in found] or np.nan
    row = {"system": system.name, "codec": system.codec, "clips": len(table), **table.mean()}
    for name in figure.MEASURES:
        ends = interval(table[name], material.performances, SETTINGS.bootstrap, SEED)
        row |= dict(zip((f"{name}_low", f"{name}_high"), ends, strict=True))
    return row


def summary_text(table: pd.DataFrame) -> str:
    """The columns that a reader compares, as Markdown with a note below."""
    rows = [[_cell(row, name) for name in HEADINGS] for row in table.to_dict("records")]
    return f"{markdown([*HEADINGS.values()], rows)}\n{NOTE.format(clips=table['clips'].max())}"


def _cell(row: dict, name: str) -> str:
    """A number, with its interval where there is one; "–" where it is not known."""
    if name == "system":
        return row[name]
    return with_interval(row[name], row.get(f"{name}_low", np.nan), row.get(f"{name}_high", np.nan))


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "codecs")
    parser.add_argument("shards", nargs="*", type=Path, help="clips (.h5), tables beside them")
    parser.add_argument("--model", action="append", type=Path, default=[], help="model folder")
    parser.add_argument("--level", action="append", type=int, help="μ of models with levels")
    parser.add_argument("--kbps", action="append", type=int, help="of MP3 and Opus")
    parser.add_argument(
        "--external", action="append", type=Path, default=[], help="file of config/external"
    )
    parser.add_argument("--count", type=int, default=24, help="clips, evenly spread")
    parser.add_argument("--no-perceptual", dest="perceptual", action="store_false")
    parser.add_argument("--processes", type=int, default=SETTINGS.processes)
    arguments = parser.parse_args()
    arguments.level = arguments.level or [SETTINGS.level]
    arguments.kbps = arguments.kbps or list(RATES)
    return arguments


if __name__ == "__main__":
    command_line.run(main)
