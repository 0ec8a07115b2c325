"""A model with levels at all of them: the tables and event matrices behind figure 4."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from spiking_music import files
from spiking_music.codec.rate_control import (
    controlled,
    highest_level,
    lowest_level,
    over,
    sweep,
    within,
)
from spiking_music.config import EvaluationConfig
from spiking_music.dataset.clip_dataset import Clips
from spiking_music.errors import ConfigError, DataError
from spiking_music.evaluation.coding import device_at_hand, require_signal
from spiking_music.evaluation.levels import summarise_levels
from spiking_music.evaluation.reconstruct import clip_places
from spiking_music.models.weights import load_weights


def sweep_split(
    weights: Path,
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
    `<out>-levels.csv` and .md: means over the clips, see `levels`; `tables` lie beside `clips`.
    `<out>.npz`: levels (L,) and codes (L, N, T) of the clip in the middle, and its number. Equal
    inputs give equal bytes.

    Raises `ConfigError` where the model lacks a level of the sweep, `CodeError` where it is missing
    or damaged, `DataError` where clips are, or are of another sample rate or length.
    """
    device = device_at_hand()
    model, variant = load_weights(weights, device)
    missing = [level for level in config.levels if level >= variant.levels]
    if missing:
        raise ConfigError(
            f"model '{weights}' has {variant.levels} levels, not {missing[0]}: "
            "change `levels` in section `evaluation`"
        )
    source = Clips(clips)
    require_signal(source, variant, weights)
    if not len(source):
        raise DataError(f"there are no clips in '{clips[0]}' and its shards: nothing to sweep")
    chosen = spread(config.sweep_clips, len(source))
    audio = torch.stack([source[i] for i in chosen])[:, None].to(device)  # (B, 1, T_x)
    found = sweep(model, audio, config.levels, config.batch_size, source.sample_rate)
    table = found.table(chosen)
    quality = controlled(table, lambda rows: highest_level(rows, config.bound_db))
    budget = controlled(table, lambda rows: lowest_level(rows, config.budget_kbps))
    files.write_csv(table, out)
    files.write_csv(quality, out.with_name(f"{out.stem}-quality.csv"))
    files.write_csv(budget, out.with_name(f"{out.stem}-budget.csv"))
    wishes = {
        over(config.bound_db): quality,
        within(config.budget_kbps): budget,
    }
    summary = out.with_name(f"{out.stem}-levels.csv")
    owners = clip_places(tables, len(source))["performance"]
    summarise_levels(table, wishes, owners, summary, config, seed)
    middle = len(chosen) // 2
    with files.atomic(out.with_suffix(".npz")) as temporary:
        np.savez_compressed(
            temporary, levels=found.levels, codes=found.codes[:, middle], clip=chosen[middle]
        )
    files.wrote(out.with_suffix(".npz"))
    _say(quality, f"exceed {config.bound_db:g} dB")
    _say(budget, f"fit into {config.budget_kbps:g} kbps")


def _say(choices: pd.DataFrame, wish: str) -> None:
    """Tell the user for how many clips a wish can be met."""
    met = f"{choices['met'].sum()} of {len(choices)} clips"
    print(f"{met} {wish} at some level; the others get the nearest", file=sys.stderr)


def spread(count: int, total: int) -> list[int]:
    """At most `count` different indices, evenly spread over 0..total − 1."""
    return np.unique(np.linspace(0, total - 1, min(count, total)).astype(int)).tolist()
