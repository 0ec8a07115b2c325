"""Codes → audio → a table with the quality of every clip; anchors and old codecs measured alike."""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.codec import classical
from spiking_music.config import EvaluationConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import ConfigError, DataError
from spiking_music.evaluation import metrics, perceptual, published
from spiking_music.evaluation.anchor import ANCHORS
from spiking_music.evaluation.codes_file import open_codes
from spiking_music.evaluation.inference import (
    decode_batch,
    device_at_hand,
    read_batch,
    require_origin,
    require_signal,
)
from spiking_music.evaluation.perceptual import Pool, Scores
from spiking_music.models.weights import load_weights
from spiking_music.progress import tracked

Audio = NDArray[np.float32]  # (B, L), or (L,) of one clip


class Sent(NamedTuple):
    """A clip (L,) as it comes back from a codec, and what it cost."""

    audio: Audio
    kbps: float  # bytes of sound
    kbps_header: float  # all others


Send = Callable[[int, Audio], Sent]  # of the number of a clip, and the clip (L,)
Submitted = list["Future[Scores] | None"]  # a clip each; None where it is not scored
UNSCORED = Scores(np.nan, np.nan, "")
MEASURES = (
    "si_snr_db",
    "si_snr_lag_db",
    "lag",
    "mel_distance",
    "stft_distance",
    "waveform_rmse",
    "spectrum_rmse",
    "dac_mel",
    "audiotools_mel",
    "audiotools_stft",
    "visqol",
    "zimtohrli",
)


def evaluate(
    weights: Path,
    codes: Path,
    clips: list[Path],
    tables: list[Path],
    out: Path,
    config: EvaluationConfig,
) -> None:
    """Decode the file `codes` by the model `weights` and compare with `clips`; write a row a clip.

    tables: the table of each shard of `clips`. Columns: clip (0…), performance, offset (samples),
    si_snr_db, si_snr_lag_db and its lag (samples), mel_distance (dB), stft_distance, waveform_rmse
    and spectrum_rmse (full scale = 1), dac_mel, audiotools_mel and audiotools_stft (as published:
    `evaluation.published`), visqol and zimtohrli (mean opinion scores; nan unless
    `config.perceptual`, and where the metric failed, which is said on stderr), silent. A clip whose
    RMS is below `config.silence_dbfs` is silent, and all its measures are nan. Two batches are in
    memory at most.

    Raises `CodeError` where the codes are missing, damaged or another model's, `DataError` where
    clips are missing or damaged, or differ in number from the codes or the rows of the tables.
    """
    model, variant = load_weights(weights, device_at_hand())
    source = Clips(clips)
    require_signal(source, variant, weights)
    with open_codes(codes) as coded:
        require_origin(coded, weights, variant)
        if len(coded) != len(source):
            raise DataError(
                f"codes '{codes}' hold {len(coded)} clips, the shards {len(source)}: encode again"
            )
        batches = coded.batches(config.batch_size)
        estimates = (decode_batch(model, batch, coded.origin.level) for batch in batches)
        with scoring(source, config) as pool:
            files.write_csv(_compare(estimates, source, tables, config, pool), out)


def evaluate_anchor(
    name: str, clips: list[Path], tables: list[Path], out: Path, config: EvaluationConfig
) -> None:
    """What `evaluate` says of a variant, of the anchor `name` of `anchor.ANCHORS`.

    Raises `ConfigError` for an unknown name, `DataError` as `evaluate` does, and where the anchor
    does not suit the sample rate.
    """
    if name not in ANCHORS:
        raise ConfigError(f"unknown anchor '{name}'; known are {', '.join(ANCHORS)}")
    source = Clips(clips)
    estimates = (
        np.stack([ANCHORS[name](x, source.sample_rate) for x in batch]).astype(np.float32)
        for batch in _references(source, config.batch_size)
    )
    with scoring(source, config) as pool:
        files.write_csv(_compare(estimates, source, tables, config, pool), out)


def evaluate_classical(
    codec: str,
    rates: list[int],
    clips: list[Path],
    tables: list[Path],
    folder: Path,
    config: EvaluationConfig,
) -> None:
    """What `evaluate` says of a variant, of MP3 or Opus: `folder`/<codec>-<kbps>.csv for each rate.

    Two columns more: kbps, the bytes that a file spends on sound, and kbps_header, those that it
    spends beside it, over the duration of the clip.

    Raises `ConfigError` where there is no such codec or rate, or no encoder for it on this machine,
    `DataError` as `evaluate` does, and for clips of another sample rate than 22 050 Hz.
    """
    source = Clips(clips)
    classical.require_sample_rate(source.sample_rate)
    with scoring(source, config) as pool:
        for kbps in rates:
            table = codec_table(partial(_classical, codec, kbps), source, tables, config, pool)
            files.write_csv(table, folder / f"{codec}-{kbps}.csv")


def _classical(codec: str, kbps: int, number: int, clip: Audio) -> Sent:
    coded = classical.compress(clip, codec, kbps)
    return Sent(classical.restore(coded), coded.kbps, coded.header_kbps)


def codec_table(
    send: Send, source: Clips, tables: list[Path], config: EvaluationConfig, pool: Pool | None
) -> pd.DataFrame:
    """A row a clip of what `send` makes of it: `evaluate`'s columns, kbps and kbps_header."""
    spent: list[dict[str, float]] = []  # a clip each
    estimates = _through(send, source, config.batch_size, spent)
    table = _compare(estimates, source, tables, config, pool)
    return pd.concat([table, pd.DataFrame(spent)], axis=1)


def _through(
    send: Send, source: Clips, size: int, spent: list[dict[str, float]]
) -> Iterator[Audio]:
    """The clips as they come back, batch after batch; what they cost goes to `spent`."""
    for batch in _references(source, size):
        sent = [send(number, clip) for number, clip in enumerate(batch, len(spent))]
        spent += [{"kbps": each.kbps, "kbps_header": each.kbps_header} for each in sent]
        yield np.stack([each.audio for each in sent])


def scoring(source: Clips, config: EvaluationConfig) -> AbstractContextManager[Pool | None]:
    """The processes that score clips, if that is wanted."""
    if not config.perceptual:
        return nullcontext()
    return perceptual.pool(config.processes, source.sample_rate)


def _compare(
    estimates: Iterable[Audio],
    source: Clips,
    tables: list[Path],
    config: EvaluationConfig,
    pool: Pool | None,
) -> pd.DataFrame:
    """`estimates`, batch after batch, measured against the clips: a row a clip."""
    places = clip_places(tables, len(source))
    measures = pd.concat(_measured(estimates, source, config, pool), ignore_index=True)
    _report(measures.pop("failure"))
    return pd.concat([places, measures], axis=1)


def _references(source: Clips, size: int) -> Iterator[Audio]:
    for start in range(0, len(source), size):
        yield read_batch(source, start, size).numpy()


def _measured(
    estimates: Iterable[Audio], source: Clips, config: EvaluationConfig, pool: Pool | None
) -> Iterator[pd.DataFrame]:
    """The measures of batch after batch; while one is decoded, the one before it is scored."""
    waiting: deque[tuple[pd.DataFrame, Submitted]] = deque()
    references = _references(source, config.batch_size)
    pairs = zip(estimates, references, strict=True)  # both (B, L)
    for estimate, reference in tracked(pairs, "clips", len(source), lambda pair: len(pair[0])):
        table = _measure(estimate, reference, source.sample_rate, config)
        waiting.append((table, _submit(pool, estimate, reference, table["silent"])))
        if len(waiting) > 1:
            yield _scored(*waiting.popleft())
    while waiting:
        yield _scored(*waiting.popleft())


def _measure(
    estimate: Audio, reference: Audio, sample_rate: int, config: EvaluationConfig
) -> pd.DataFrame:
    """The fast measures of a batch."""
    lagged, lag = metrics.lagged_si_snr(estimate, reference, config.max_lag)
    return pd.DataFrame(
        {
            "si_snr_db": metrics.si_snr(estimate, reference),
            "si_snr_lag_db": lagged,
            "lag": lag,
            "mel_distance": metrics.mel_distance(estimate, reference, sample_rate),
            "stft_distance": metrics.stft_distance(estimate, reference),
            "waveform_rmse": metrics.waveform_rmse(estimate, reference),
            "spectrum_rmse": metrics.spectrum_rmse(estimate, reference),
            "dac_mel": published.dac_mel(estimate, reference, sample_rate),
            "audiotools_mel": published.audiotools_mel(estimate, reference, sample_rate),
            "audiotools_stft": published.audiotools_stft(estimate, reference),
            "silent": metrics.level_dbfs(reference) < config.silence_dbfs,
        }
    )


def _submit(
    pool: Pool | None, estimate: Audio, reference: Audio, silent: "pd.Series[bool]"
) -> Submitted:
    return [
        None if pool is None or skipped else pool.submit(y, x)
        for y, x, skipped in zip(estimate, reference, silent, strict=True)
    ]


def _scored(table: pd.DataFrame, submitted: Submitted) -> pd.DataFrame:
    """The table with the scores in it, waiting for them; silent clips keep no measure."""
    scores = [UNSCORED if future is None else future.result() for future in submitted]
    table = table.assign(**pd.DataFrame(scores, columns=Scores._fields))
    silent = table.pop("silent")
    table[list(MEASURES)] = table[list(MEASURES)].mask(silent)
    return table.assign(silent=silent.astype(int))


def clip_places(tables: list[Path], clips: int) -> pd.DataFrame:
    """clip, performance and offset of every clip, in the order of the shards.

    Raises `DataError` where a table is missing or damaged, or has not a row a clip.
    """
    try:
        rows = [pd.read_csv(path, usecols=["performance", "offset"]) for path in tables]
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read a table of clips ({error}): run the rule `clips`") from None
    places = pd.concat(rows, ignore_index=True)[["performance", "offset"]]
    if len(places) != clips:
        raise DataError(
            f"the tables of the clips have {len(places)} rows for {clips} clips: cut them again"
        )
    places.insert(0, "clip", range(clips))
    return places


def _report(failures: "pd.Series[str]") -> None:
    """Say on stderr how many clips a perceptual metric failed on, and why on the first."""
    failed = failures[failures != ""]
    if len(failed):
        print(
            f"no perceptual score for {len(failed)} of {len(failures)} clips; "
            f"clip {failed.index[0]}: {failed.iloc[0]}",
            file=sys.stderr,
        )
