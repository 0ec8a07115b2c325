"""Clips through a published neural codec, as rows of `external`.

python experiments/neural_codecs.py encodec SHARD.h5 … --weights FILE --rate 3 --out FOLDER

Writes what config/external/<codec>.yaml reads: a folder with the decoded clips and a table of their
bytes. These are bytes of codes alone: indices at the bits that a codebook needs, without headers
and entropy coding. Each codec needs its own package, and its weights on this machine:

encodec  package encodec; weights: encodec_24khz-d7cc33bc.th; rate: 1.5, 3, 6, 12 or 24 kbps
dac      package descript-audio-codec; weights: weights.pth; rate: codebooks
snac     package snac; weights: a folder of config.json and pytorch_model.bin; rate: all
mimi     package transformers; weights: a folder of config.json and model.safetensors;
         rate: codebooks
"""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import soxr
import torch
from torch import Tensor

import command_line
from spiking_music import files
from spiking_music.codec.bits import width
from spiking_music.codec.sound_file import as_int16
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import ConfigError
from spiking_music.evaluation.external import TABLE


@dataclass(frozen=True)
class Neural:
    """A codec at one rate."""

    sample_rate: int  # Hz
    codebook_size: int
    send: Callable[[Tensor], tuple[Tensor, Iterable[Tensor]]]  # (1, 1, n) → (1, 1, ≥ n), its codes


def encodec(weights: Path, rate: str) -> Neural:
    from encodec import EncodecModel

    model = EncodecModel.encodec_model_24khz(pretrained=False)
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    model.eval().set_target_bandwidth(float(rate))

    def send(sound: Tensor) -> tuple[Tensor, Iterable[Tensor]]:
        frames = model.encode(sound)
        return model.decode(frames), [codes for codes, _ in frames]

    return Neural(model.sample_rate, model.quantizer.bins, send)


def dac(weights: Path, rate: str) -> Neural:
    from dac import DAC

    model = DAC.load(str(weights)).eval()

    def send(sound: Tensor) -> tuple[Tensor, Iterable[Tensor]]:
        latents, codes, *_ = model.encode(model.preprocess(sound, model.sample_rate), int(rate))
        return model.decode(latents), [codes]

    return Neural(model.sample_rate, model.codebook_size, send)


def snac(weights: Path, rate: str) -> Neural:
    from snac import SNAC

    if rate != "all":
        raise ConfigError(f"SNAC decodes all of its codes: set --rate to all, not to {rate}")
    model = SNAC.from_pretrained(str(weights)).eval()

    def send(sound: Tensor) -> tuple[Tensor, Iterable[Tensor]]:
        codes = model.encode(sound)
        return model.decode(codes), codes

    return Neural(model.sampling_rate, model.codebook_size, send)


def mimi(weights: Path, rate: str) -> Neural:
    from transformers import MimiModel

    model = MimiModel.from_pretrained(str(weights), local_files_only=True).eval()

    def send(sound: Tensor) -> tuple[Tensor, Iterable[Tensor]]:
        codes = model.encode(sound, num_quantizers=int(rate)).audio_codes
        return model.decode(codes).audio_values, [codes]

    return Neural(model.config.sampling_rate, model.config.codebook_size, send)


CODECS = {"encodec": encodec, "dac": dac, "snac": snac, "mimi": mimi}


def main() -> None:
    arguments = _arguments()
    try:
        codec = CODECS[arguments.codec](arguments.weights, arguments.rate)
    except ImportError as error:
        raise ConfigError(f"{error}: install the package of {arguments.codec}") from None
    write(codec, Clips(arguments.shards), arguments.out)


@torch.inference_mode()
def write(codec: Neural, clips: Clips, out: Path) -> None:
    """The folder `out`: <number>.wav and the table; it appears whole, or not at all."""
    torch.manual_seed(0)  # SNAC's decoder draws noise
    rows = []
    with files.folder(out, "experiments/neural_codecs.py", clips.paths) as place:
        for number, clip in enumerate(clips):
            sound = soxr.resample(clip.numpy(), clips.sample_rate, codec.sample_rate, "VHQ")
            decoded, codes = codec.send(torch.from_numpy(sound)[None, None])
            bits = width(codec.codebook_size) * sum(code.numel() for code in codes)
            name = f"{number:05d}.wav"
            pcm = as_int16(decoded[0, 0, : len(sound)].numpy())
            soundfile.write(place / name, pcm, codec.sample_rate, "PCM_16")
            rows.append({"file": name, "bytes": -(-bits // 8)})
        pd.DataFrame(rows).to_csv(place / TABLE, index=False)
    kbps = 8e-3 * np.mean([row["bytes"] for row in rows]) * clips.sample_rate / clips.clip_samples
    print(f"{len(rows)} clips at {kbps:.3f} kbps in '{out}'")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("codec", choices=sorted(CODECS))
    parser.add_argument("shards", nargs="+", type=Path, help="clips of the test split (.h5)")
    parser.add_argument("--weights", required=True, type=Path, help="file or folder")
    parser.add_argument("--rate", required=True, help="as the codec names it")
    parser.add_argument("--out", required=True, type=Path, help="folder to write")
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
