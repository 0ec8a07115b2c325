"""What a model with levels offers, in one table: a row a level μ, and a row a sender's wish."""

from pathlib import Path

import numpy as np
import pandas as pd

from spiking_music import files
from spiking_music.config import EvaluationConfig
from spiking_music.evaluation.bootstrap import interval

HEADINGS = {
    "choice": "choice",
    "met": "clips",
    "level": "mean μ",
    "kbps": "kbps",
    "si_snr": "SI-SNR dB",
}
NOTE = (
    "Means over the swept clips, with 95 % bootstrap intervals; kbps is the cheapest format "
    "with its overheads, μ among them. A wish counts the clips for which some level grants it; "
    "the others get the level that comes nearest, and are in the means."
)


def summarise_levels(
    swept: pd.DataFrame,
    wishes: dict[str, pd.DataFrame],
    performances: pd.Series,
    out: Path,
    config: EvaluationConfig,
    seed: int,
) -> None:
    """Write `out` (.csv) and the same for people beside it (.md).

    `swept` has the columns of `rate_control.COLUMNS`, each table of `wishes` those of `controlled`;
    `performances` tells the performance of a clip by the clip's number. Columns: choice, clips,
    met, level, kbps, si_snr_db, si_snr_low, si_snr_high.
    """
    choices = {f"μ = {level}": rows for level, rows in swept.groupby("level")} | wishes
    rows = []
    for name, chosen in choices.items():
        met = int(chosen["met"].sum()) if "met" in chosen else len(chosen)
        owners = performances[chosen["clip"]]
        low, high = interval(chosen["si_snr_db"], owners, config.bootstrap, seed)
        means = chosen[["level", "kbps", "si_snr_db"]].mean()
        rows.append(
            {
                "choice": name,
                "clips": len(chosen),
                "met": met,
                **means,
                "si_snr_low": low,
                "si_snr_high": high,
            }
        )
    table = pd.DataFrame(rows)
    files.write_csv(table, out)
    with files.atomic(out.with_suffix(".md")) as temporary:
        temporary.write_text(_markdown(table), encoding="utf-8")
    files.wrote(out.with_suffix(".md"))


def _markdown(table: pd.DataFrame) -> str:
    lines = [list(HEADINGS.values()), [":--", *["--:"] * (len(HEADINGS) - 1)]]
    for row in table.to_dict("records"):
        quality = f"{row['si_snr_db']:.2f}"
        if np.isfinite(row["si_snr_low"]):
            quality += f" [{row['si_snr_low']:.2f}, {row['si_snr_high']:.2f}]"
        met = f"{row['met']} of {row['clips']}"
        lines.append([row["choice"], met, f"{row['level']:.1f}", f"{row['kbps']:.2f}", quality])
    return "\n".join([*("| " + " | ".join(line) + " |" for line in lines), "", NOTE]) + "\n"
