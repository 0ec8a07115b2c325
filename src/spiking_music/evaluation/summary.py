"""Tables of clips → one row a variant: for programs (.csv), for people (.md), for DVC (.json)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from spiking_music import files
from spiking_music.config import label as row_label
from spiking_music.errors import DataError
from spiking_music.evaluation import energy
from spiking_music.evaluation.bootstrap import interval
from spiking_music.evaluation.tables import markdown, read, with_interval, write_text
from spiking_music.models.metadata import describe

AMOUNTS = [
    *("kbps_dense", "kbps_coo", "kbps_time", "kbps_units", "kbps_paper", "kbps_entropy"),
    *("events_per_second", "density"),
]
WRITTEN, HEADER = "kbps", "kbps_header"
QUALITIES = [
    *("si_snr_db", "si_snr_lag_db", "mel_distance", "stft_distance"),
    *("waveform_rmse", "spectrum_rmse", "dac_mel", "audiotools_mel", "audiotools_stft"),
    *("visqol", "zimtohrli"),
]
INTERVALS = {"si_snr_db": "si_snr", "mel_distance": "mel_distance", "visqol": "visqol"}
COLUMNS = [
    *("variant", "decoder", "clips", "silent_clips", "failed_clips"),
    *(WRITTEN, *AMOUNTS, HEADER),
    *QUALITIES,
    "si_snr_std",
    *(f"{stem}_{end}" for stem in INTERVALS.values() for end in ("low", "high")),
    *("steps", "parameters"),
    *energy.COLUMNS,
]
HEADINGS = {
    "variant": "variant",
    WRITTEN: "kbps",
    "kbps_paper": "paper kbps",
    "events_per_second": "events/s",
    "density": "density",
    "si_snr": "SI-SNR dB",
    "mel_distance": "mel distance dB",
    "visqol": "ViSQOL",
    "zimtohrli": "Zimtohrli",
    "steps": "steps",
    "parameters": "parameters",
}
NOTE = (
    "Means over the {clips} clips of the split, with 95 % bootstrap intervals; kbps is what is "
    "written to disk: the entropy coder's bytes, of other codecs the bytes of sound in the file; "
    "paper kbps is the cheapest of the paper's formats with its overheads. "
    "SI-SNR, ViSQOL and Zimtohrli: higher is better; mel distance: lower. "
    "steps: of the last training; a model that it started from had others before."
)


@dataclass(frozen=True)
class Run:
    """The files of one trained variant."""

    weights: Path
    evaluation: Path  # table of `evaluate`; its name is the row's
    storage: Path  # table of `paper_costs`
    operations: Path  # table of `write_operations`
    coded: Path | None  # table of `entropy_costs`; none where there is no code


def summarise(
    runs: list[Run],
    classical: list[Path],
    anchors: list[Path],
    out: Path,
    resamplings: int,
    seed: int,
) -> None:
    """Put the variants side by side in `out` (.csv), and in .md and .json beside it.

    Columns: variant, decoder, clips, silent_clips, failed_clips (not silent, but a perceptual
    metric gave no number while it did elsewhere), means of the tables' columns (kbps is what is
    written to disk, kbps_paper the paper's cheapest format), si_snr_std over clips, <measure>_low
    and _high (95 %), steps of the model's last training (not of those before, where it started from
    another model), its parameters, and what a second of audio costs (`energy.cost`). Quality is
    averaged over clips that are not silent, rates over all.

    `classical` are tables of `evaluate_classical`, `evaluate_midi` and `evaluate_external`, named
    by their files, <codec>-<setting>: below the variants, with the codec as decoder, kbps the bytes
    of sound and kbps_header those beside it.
    `anchors` are tables of `evaluate_anchor`, named by their files: they stand last, with
    decoder "none". The columns of training, codes and operations are empty in both.

    Raises `DataError` where a table is missing or does not belong beside the others, `CodeError`
    where a model is missing or tells nothing of itself.
    """
    rows = [_row(run, resamplings, seed) for run in runs]
    for path in classical:
        rows.append(_classical(path, resamplings, seed))
    for path in anchors:
        quality = read(path, ["performance", "silent"], QUALITIES)
        rows.append(_quality(path.stem, "none", quality, resamplings, seed))
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    files.write_csv(table, out)
    write_text(summary_text(table), out.with_suffix(".md"))
    files.write_json(_metrics(table), out.with_suffix(".json"))


def summary_text(table: pd.DataFrame) -> str:
    """The columns that a reader compares, as a Markdown table with a note below."""
    return f"{markdown([*HEADINGS.values()], cells(table))}\n{note(table)}\n"


def cells(table: pd.DataFrame) -> list[list[str]]:
    """The rows of a table of `summarise` as text, in the columns `HEADINGS`."""
    return [[_cell(row, name) for name in HEADINGS] for row in table.to_dict("records")]


def note(table: pd.DataFrame) -> str:
    """What the numbers of a table of `summarise` are."""
    return NOTE.format(clips=" or ".join(str(n) for n in sorted(set(table["clips"]))))


def _row(run: Run, resamplings: int, seed: int) -> dict[str, Any]:
    about = describe(run.weights)
    quality = read(run.evaluation, ["performance", "silent"], QUALITIES)
    amount = read(run.storage, [], AMOUNTS)
    if len(quality) != len(amount):
        raise DataError(
            f"'{run.evaluation}' has {len(quality)} clips but '{run.storage}' {len(amount)}: "
            "make both from the same codes"
        )
    config = about["config"]
    row = _quality(run.evaluation.stem, config["decoder"]["kind"], quality, resamplings, seed)
    counts = {name: int(about["extra"][name]) for name in ("steps", "parameters")}
    kbps = read(run.coded, [WRITTEN])[WRITTEN].mean() if run.coded else np.nan
    means = dict(amount[AMOUNTS].mean())
    work = energy.cost(run.operations, run.coded, means["events_per_second"])
    return row | {WRITTEN: kbps} | means | counts | work


def _classical(path: Path, resamplings: int, seed: int) -> dict[str, Any]:
    table = read(path, ["performance", "silent", WRITTEN, HEADER], QUALITIES)
    row = _quality(path.stem, path.stem.rpartition("-")[0], table, resamplings, seed)
    return row | dict(table[[WRITTEN, HEADER]].mean())


def _quality(
    name: str, decoder: str, quality: pd.DataFrame, resamplings: int, seed: int
) -> dict[str, Any]:
    """What a table of `evaluate` adds up to."""
    audible = quality[quality["silent"] == 0]
    scores = audible[["visqol", "zimtohrli"]]
    failed = scores.isna().any(axis=1) if scores.notna().any(axis=None) else pd.Series(dtype=bool)
    row: dict[str, Any] = {
        "variant": name,
        "decoder": decoder,
        "clips": len(quality),
        "silent_clips": len(quality) - len(audible),
        "failed_clips": int(failed.sum()),
        **audible[QUALITIES].mean(),
        "si_snr_std": audible["si_snr_db"].std(),
    }
    for column, stem in INTERVALS.items():
        low, high = interval(audible[column], audible["performance"], resamplings, seed)
        row |= {f"{stem}_low": low, f"{stem}_high": high}
    return row


def _metrics(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """{variant: {column: number}}, without what is not known, which JSON cannot write."""
    numbers = table.set_index("variant").select_dtypes("number")
    return {
        str(name): {str(key): value for key, value in row.items() if np.isfinite(value)}
        for name, row in numbers.to_dict("index").items()
    }


def _cell(row: dict[Any, Any], name: str) -> str:
    """A number with its interval where there is one; "–" where it is not known."""
    if name == "variant":
        return row_label(str(row[name]))
    value = row.get("si_snr_db" if name == "si_snr" else name, np.nan)
    if np.isnan(value):
        return "–"
    if name in ("steps", "parameters", "events_per_second"):
        return f"{value:,.0f}".replace(",", "\u202f")
    if name == "density":
        return f"{100 * value:.1f} %"
    return with_interval(value, row.get(f"{name}_low", np.nan), row.get(f"{name}_high", np.nan))
