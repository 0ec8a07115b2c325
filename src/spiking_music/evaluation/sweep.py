"""A model with levels at all of them: the tables and event matrices behind figure 4."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from spiking_music import files
from spiking_music.codec.choice import over, within
from spiking_music.codec.entropy import EntropyCoder, load_tables, make_coder
from spiking_music.codec.network import Audio, LevelNetwork
from spiking_music.codec.rate_control import (
    Sweep,
    controlled,
    highest_level,
    lowest_level,
    sweep,
)
from spiking_music.codec.torch_network import TorchNetwork
from spiking_music.config import EvaluationConfig, VariantConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import ConfigError, DataError
from spiking_music.evaluation.bootstrap import interval
from spiking_music.evaluation.inference import device_at_hand, require_signal
from spiking_music.evaluation.rates import written_kbps
from spiking_music.evaluation.reconstruct import clip_places
from spiking_music.evaluation.tables import markdown, with_interval, write_text
from spiking_music.evaluation.tuning import pitches
from spiking_music.models.weights import load_weights
from spiking_music.training.data import evenly_spaced

HEADINGS = ("choice", "clips", "mean μ", "kbps", "paper kbps", "SI-SNR dB")
NOTE = (
    "Means over the swept clips, with 95 % bootstrap intervals; kbps is what the entropy coder "
    "writes, paper kbps the cheapest of the paper's formats with its overheads, μ among them. Rate "
    "control goes by kbps. A target counts the clips for which some level meets it; the others get "
    "the level that comes nearest, and are in the means."
)


@dataclass(frozen=True)
class Models:
    """The files of a trained model: weights, the tables of its entropy coder, and the table of
    `write_tuning` that its units are sorted by, where notes are known."""

    weights: Path
    entropy: Path
    tuning: Path | None = None


def sweep_split(
    models: Models,
    clips: list[Path],
    tables: list[Path],
    out: Path,
    config: EvaluationConfig,
    seed: int,
) -> None:
    """Code `sweep_clips` clips, spread evenly over the shards, at all `levels`; write five tables.

    `out` (.csv): a row a clip and level, columns `rate_control.COLUMNS`; `clip` counts through the
    shards. `<out>-quality.csv`: what quality control at `bound_db` picks for each clip, and whether
    the bound was met; `<out>-budget.csv`: the same for the lowest level within `budget_kbps`.
    `<out>-levels.csv` and .md: means over the clips, see `summarise_levels`; `tables` lie beside
    `clips`. `<out>.npz`: levels (L,) and codes (L, N, T) of the clip in the middle, its number, and
    where the units stand, pitches (N,) and sorting, see `tuning.pitches`.
    Equal inputs give equal bytes.

    Raises `ConfigError` where the model lacks a level of the sweep, `CodeError` where a file of it
    is missing or damaged, `DataError` where clips are, or are of another sample rate or length.
    """
    device = device_at_hand()
    model, variant = load_weights(models.weights, device)
    coder = make_coder(load_tables(models.entropy))
    source = Clips(clips)
    _require(models.weights, variant, source, config)
    places, sorting = pitches(variant, models.tuning)
    chosen = evenly_spaced(config.sweep_clips, len(source))
    owners = clip_places(tables, len(source))["performance"]
    audio = np.stack([source[i].numpy() for i in chosen])  # (B, T_x)
    network = TorchNetwork(model, config.batch_size)
    found = _swept(network, coder, audio, config, source.sample_rate)
    table = found.table(chosen)
    quality = controlled(table, lambda rows: highest_level(rows, config.bound_db))
    budget = controlled(table, lambda rows: lowest_level(rows, config.budget_kbps))
    files.write_csv(table, out)
    files.write_csv(quality, out.with_name(f"{out.stem}-quality.csv"))
    files.write_csv(budget, out.with_name(f"{out.stem}-budget.csv"))
    targets = {over(config.bound_db): quality, within(config.budget_kbps): budget}
    levels = summarise_levels(table, targets, owners, config.bootstrap, seed)
    files.write_csv(levels, out.with_name(f"{out.stem}-levels.csv"))
    write_text(_markdown(levels), out.with_name(f"{out.stem}-levels.md"))
    middle = len(chosen) // 2
    with files.atomic(out.with_suffix(".npz")) as temporary:
        np.savez_compressed(
            temporary, levels=found.levels, codes=found.codes[:, middle], clip=chosen[middle],
            pitches=places, sorting=np.asarray(sorting),
        )  # fmt: skip
    files.wrote(out.with_suffix(".npz"))
    _report(quality, f"exceed {config.bound_db:g} dB")
    _report(budget, f"fit into {config.budget_kbps:g} kbps")


def _require(
    weights: Path, variant: VariantConfig, source: Clips, config: EvaluationConfig
) -> None:
    missing = [level for level in config.levels if level >= variant.levels]
    if missing:
        raise ConfigError(
            f"model '{weights}' has {variant.levels} levels, not {missing[0]}: "
            "change `levels` in section `evaluation`"
        )
    require_signal(source, variant, weights)
    if not len(source):
        raise DataError(f"there are no clips in '{source.paths[0]}': nothing to sweep")


def _swept(
    network: LevelNetwork,
    coder: EntropyCoder,
    audio: Audio,
    config: EvaluationConfig,
    sample_rate: int,
) -> Sweep:
    seconds = audio.shape[-1] / sample_rate
    return sweep(
        network,
        audio,
        config.levels,
        config.batch_size,
        sample_rate,
        price=lambda z: written_kbps(coder, z, seconds),
    )


def _report(choices: pd.DataFrame, target: str) -> None:
    """Tell the user for how many clips a target can be met."""
    met = f"{choices['met'].sum()} of {len(choices)} clips"
    print(f"{met} {target} at some level; the others get the nearest", file=sys.stderr)


def summarise_levels(
    swept: pd.DataFrame,
    targets: dict[str, pd.DataFrame],
    performances: pd.Series,
    resamplings: int,
    seed: int,
) -> pd.DataFrame:
    """A row a level μ, and a row a target of rate or quality control.

    `swept` has the columns of `rate_control.COLUMNS`, each table of `targets` those of
    `controlled`; `performances` tells the performance of a clip by the clip's number. Columns:
    choice, clips, met, level, kbps, kbps_paper, si_snr_db, si_snr_low, si_snr_high.
    """
    choices = {f"μ = {level}": rows for level, rows in swept.groupby("level")} | targets
    rows = []
    for name, chosen in choices.items():
        met = int(chosen["met"].sum()) if "met" in chosen else len(chosen)
        owners = performances[chosen["clip"]]
        low, high = interval(chosen["si_snr_db"], owners, resamplings, seed)
        means = chosen[["level", "kbps", "kbps_paper", "si_snr_db"]].mean()
        row = {"choice": name, "clips": len(chosen), "met": met, **means}
        rows.append(row | {"si_snr_low": low, "si_snr_high": high})
    return pd.DataFrame(rows)


def _markdown(table: pd.DataFrame) -> str:
    rows = [
        [
            row["choice"],
            f"{row['met']} of {row['clips']}",
            f"{row['level']:.1f}",
            f"{row['kbps']:.2f}",
            f"{row['kbps_paper']:.2f}",
            with_interval(row["si_snr_db"], row["si_snr_low"], row["si_snr_high"]),
        ]
        for row in table.to_dict("records")
    ]
    return f"{markdown(HEADINGS, rows)}\n{NOTE}\n"
