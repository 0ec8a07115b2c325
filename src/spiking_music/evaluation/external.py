"""Codecs of others, through their command lines or as they were decoded elsewhere: `external`."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from spiking_music import files
from spiking_music.codec import external
from spiking_music.config import CommandsConfig, EvaluationConfig, ExternalSystem
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import DataError
from spiking_music.evaluation.reconstruct import Audio, Sent, codec_table, scoring
from spiking_music.evaluation.tables import read

TABLE = "clips.csv"  # in the folder of a row: file and bytes of each clip, in their order


def evaluate_external(
    system: ExternalSystem,
    clips: list[Path],
    tables: list[Path],
    out: Path,
    config: EvaluationConfig,
) -> None:
    """What `reconstruct.evaluate_classical` says of MP3 and Opus, of a row of `external`: `out`.

    kbps_header is 0 where the row does not count the headers of its files apart.

    Raises `ConfigError` and `DataError` as `codec.external` does, `DataError` where the folder of a
    row does not hold just these clips, and as `evaluate` does.
    """
    source = Clips(clips)
    if isinstance(system.config, CommandsConfig):
        send = partial(_run, system, system.config, source.sample_rate)
    else:
        folder = Path(str(system.folder))
        decoded = _decoded(system, folder, len(source))
        files.READ.append(folder / TABLE)
        send = partial(_found, system, folder, decoded, source.sample_rate)
    with scoring(source, config) as pool:
        files.write_csv(codec_table(send, source, tables, config, pool), out)


def _run(
    system: ExternalSystem, config: CommandsConfig, rate: int, number: int, clip: Audio
) -> Sent:
    received = external.through_commands(system, config, clip, rate)
    to_kbps = 8e-3 * rate / len(clip)
    return Sent(received.audio, to_kbps * received.payload, to_kbps * received.header)


def _found(
    system: ExternalSystem, folder: Path, decoded: pd.DataFrame, rate: int, number: int, clip: Audio
) -> Sent:
    row = decoded.iloc[number]
    audio = external.from_file(system, folder / str(row["file"]), len(clip), rate)
    return Sent(audio, 8e-3 * rate / len(clip) * float(row["bytes"]), 0.0)


def _decoded(system: ExternalSystem, folder: Path, clips: int) -> pd.DataFrame:
    """The table of a folder: file and bytes of each clip."""
    table = read(folder / TABLE, ["file", "bytes"])
    if len(table) != clips:
        raise DataError(
            f"'{folder / TABLE}' has {len(table)} rows for {clips} clips of the split: decode "
            f"just these for external '{system.name}'"
        )
    counts = pd.to_numeric(table["bytes"], errors="coerce")
    if table["file"].isna().any() or not (np.isfinite(counts) & (counts >= 0)).all():
        raise DataError(f"'{folder / TABLE}' lacks a file, or a number of bytes, in some row")
    for name in table["file"].astype(str):
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise DataError(f"'{folder / TABLE}' names '{name}', which is not in its folder")
    return table.assign(bytes=counts)
