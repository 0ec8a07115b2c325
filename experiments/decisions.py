"""Rate–distortion optimised quantisation of an MDCT model: experiments/decisions.py fit | measure.

`fit FOLDER … --out FILE` fits what its encoder expects of its decisions, to some clips of the train
split of recordings in MAESTRO's layout. `measure FOLDER …` codes a split with and without it: bits
at equal SI-SNR and at equal mel distance, on the curve that the plain quantiser makes over its
levels (of another model, where --against names one). kbps are payloads of streams of whole clips;
intervals are over performances.
"""

import argparse
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file

import command_line
import quality
import tables
from encoders import network_of, refinement_of
from spiking_music import files
from spiking_music.codec.model_folder import CodecModel, load_model
from spiking_music.codec.session import Codec
from spiking_music.codec.stream import summary
from spiking_music.evaluation import metrics
from spiking_music.mdct.fit_decisions import fit_decisions, nothing

LEVELS = 0, 5, 10, 16, 22  # that decisions are fitted at
APART = 2  # levels between the two points of the plain quantiser's curve
DRAWS = 1000
HEADINGS = ("split", "μ", "quantiser", "kbps", "SI-SNR dB", "mel distance dB",
            "bits at equal SI-SNR", "bits at equal mel distance")  # fmt: skip
Clips = NDArray[np.float64]  # (3, C): kbps, SI-SNR, mel distance of clips


def main() -> None:
    arguments = _arguments()
    torch.set_num_threads(1)
    model = load_model(arguments.model)
    if arguments.what == "fit":
        fit(model, arguments)
        return
    plain = replace(load_model(arguments.against) if arguments.against else model, refinement=None)
    rows = []
    for folder in arguments.folders:
        material = quality.split(folder, arguments.split, arguments.every)
        rows += measured(Codec(plain), Codec(model), material, arguments.level)
    tables.publish(HEADINGS, rows, 3, arguments.out.with_suffix(".md"))


def fit(model: CodecModel, arguments: argparse.Namespace) -> None:
    """Write the small network."""
    found = [quality.split(folder, "train", arguments.every) for folder in arguments.folders]
    clips = np.concatenate([material.clips for material in found])
    network, refinement = network_of(model), refinement_of(model, nothing())
    fitted = fit_decisions(network, refinement, clips, LEVELS, tables.SEED)
    with files.atomic(arguments.out.with_suffix(".safetensors")) as temporary:
        save_file(fitted._asdict(), temporary)
    print(f"wrote {arguments.out.with_suffix('.safetensors')}, fitted to {len(clips)} clips")


def measured(
    plain: Codec, refined: Codec, material: quality.Material, levels: list[int]
) -> list[tuple[str, ...]]:
    """Two lines for each of `levels`."""
    rows = []
    for level in levels:
        curve = np.stack([coded(plain, material.clips, each) for each in (level, level + APART)])
        found = coded(refined, material.clips, level)
        saved = [_saved(curve, found, at, material.performances) for at in (1, 2)]
        rows.append(_row(material, level, "plain", curve[0], ("–", "–")))
        rows.append(_row(material, level, "rate–distortion", found, saved))
        print(*rows[-2], *rows[-1], flush=True)
    return rows


def coded(codec: Codec, clips: quality.Audio, level: int) -> Clips:
    """What streams of each clip cost, and their quality."""
    rate = quality.SIGNAL.sample_rate
    sent = [codec.encode(clip, rate, level) for clip in clips]
    audio = np.stack([codec.decode(stream) for stream in sent])
    known = codec.model.known
    payload = [summary(io.BytesIO(stream), known).payload_bytes for stream in sent]
    kbps = np.array(payload) * 8 / 1000 * rate / clips.shape[1]
    return np.stack([kbps, metrics.si_snr(audio, clips), metrics.mel_distance(audio, clips, rate)])


def _row(
    material: quality.Material, level: int, name: str, found: Clips, saved: Sequence[str]
) -> tuple[str, ...]:
    kbps, *rest = found
    means = [tables.mean(values, material.performances) for values in rest]
    return (material.name, str(level), name, f"{kbps.mean():.3f}", *means, *saved)


def _saved(curve: NDArray, found: Clips, at: int, performances: NDArray[np.int64]) -> str:
    """Change of bits at the quality `at`, in percent, and its 95 % interval.

    curve (2, 3, C): of the plain quantiser at two levels. Between and beside them the logarithm of
    its rate is linear in the quality.
    """
    names, owners = np.unique(performances, return_inverse=True)
    draw = np.random.default_rng(tables.SEED)
    counts = [np.ones(len(names), int)] + [
        np.bincount(draw.integers(len(names), size=len(names)), minlength=len(names))
        for _ in range(DRAWS)
    ]
    changes = []
    for count in counts:
        weights = count[owners] / count[owners].sum()
        (first, second), (fine, coarse) = np.log(curve[:, 0] @ weights), curve[:, at] @ weights
        share = (found[at] @ weights - fine) / (coarse - fine)
        alike = np.exp(first + share * (second - first))
        changes.append(100 * (found[0] @ weights / alike - 1))
    low, high = np.percentile(changes[1:], [2.5, 97.5])
    return f"{changes[0]:+.1f} % [{low:+.1f}, {high:+.1f}]"


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "decisions")
    parser.add_argument("what", choices=["fit", "measure"])
    command_line.add_coding(parser, "test")
    parser.add_argument("--against", type=Path, help="model of the plain curve, else the same")
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
