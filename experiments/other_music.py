"""Codecs on other music and voice: python experiments/other_music.py KIND=FOLDER … [-- OPTIONS]

OPTIONS are those of experiments/codecs.py. Each FOLDER of recordings becomes a data set without
notes, all of it test split, is cut into clips, and goes through codecs.py. With --instruments,
other instruments of the sound font play music composed from the seed, and with --speech, espeak-ng
reads sentences, as further kinds. One table of all kinds is printed (Markdown) and written.
docs/codecs.md.
"""

import argparse
import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

import command_line
import tables
from spiking_music import config as configuration
from spiking_music import files
from spiking_music.config import DatasetConfig, SignalConfig
from spiking_music.data import demo
from spiking_music.data.clips import build_clips
from spiking_music.data.compose import compose
from spiking_music.data.index import write_index
from spiking_music.data.render import open_soundfont, render
from spiking_music.data.soundfont import SoundFont
from spiking_music.data.sources import prepare
from spiking_music.data.table import make_table
from spiking_music.errors import ConfigError, DataError

ROOT = Path(__file__).parents[1]
SIGNAL = configuration.section(tables.RAW, SignalConfig)
SOUNDS = (".wav", ".flac", ".ogg", ".opus", ".mp3")
PROGRAMS = {"guitar": 24, "strings": 48, "choir": 52, "flute": 73}  # General MIDI
PIECES = 4  # an instrument
VOICES = ("en-gb", "en-us+f3", "de", "fr+f4", "es+m3", "it+f2")
SENTENCES = {
    "en": "A codec that was made for one piano may still carry the voice of a person. The north "
    "wind and the sun were disputing which was the stronger, when a traveller came along.",
    "de": "Ein Codec, der für ein Klavier gemacht ist, trägt vielleicht auch eine Stimme. Einst "
    "stritten sich Nordwind und Sonne, wer von ihnen beiden wohl der Stärkere wäre.",
    "fr": "La bise et le soleil se disputaient, chacun assurant qu'il était le plus fort, quand "
    "ils ont vu un voyageur qui s'avançait, enveloppé dans son manteau.",
    "es": "El viento norte y el sol discutían sobre cuál de ellos era el más fuerte, cuando pasó "
    "un viajero envuelto en una gruesa capa, camino de la ciudad.",
    "it": "Si bisticciavano un giorno il vento di tramontana e il sole, l'uno pretendendo d'esser "
    "più forte dell'altro, quando videro un viaggiatore che veniva innanzi.",
}
SHOWN = {
    "kbps": "kbps",
    "si_snr_db": "SI-SNR dB",
    "mel_distance": "mel distance dB",
    "visqol": "ViSQOL",
}


def main() -> None:
    arguments = _arguments()
    out: Path = arguments.out
    kinds = dict(named_folder(word) for word in arguments.kinds)
    if arguments.instruments:
        kinds |= instruments(out / "instruments")
    if arguments.speech:
        kinds["speech"] = speech(out / "speech-recordings")
    parts = []
    for kind, folder in kinds.items():
        shard = cut(kind, folder, out / kind, arguments.recordings)
        table = out / kind / "codecs.csv"
        command = [sys.executable, str(ROOT / "experiments" / "codecs.py"), str(shard)]
        command += ["--out", str(table.with_suffix("")), *arguments.rest]
        subprocess.run(command, check=True)
        parts.append(pd.read_csv(table).assign(kind=kind))
    whole = pd.concat(parts)
    files.write_csv(whole, out / "other-music.csv")
    tables.publish(["kind", "system", *SHOWN.values()], _rows(whole), 2, out / "other-music.md")


def named_folder(word: str) -> tuple[str, Path]:
    name, mark, folder = word.partition("=")
    if not mark or not Path(folder).is_dir():
        raise ConfigError(f"'{word}' is not KIND=FOLDER with a folder that is there")
    return name, Path(folder)


def cut(kind: str, folder: Path, place: Path, most: int) -> Path:
    """A shard: clips of `most` recordings of `folder`, as the workflow cuts one without notes.

    Recordings that are damaged are left out.
    """
    links = place / "recordings"
    with files.folder(links, "other-music", [folder]) as temporary:
        found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS)
        if not found:
            raise DataError(f"'{folder}' holds no recording ({', '.join(SOUNDS)})")
        chosen = np.linspace(0, len(found) - 1, min(most, len(found))).round().astype(int)
        for number, path in enumerate(found[i] for i in chosen):
            (temporary / f"{number:03d}{path.suffix.lower()}").symlink_to(path.resolve())
        with contextlib.redirect_stderr(None):  # which names the folder before it has its name
            make_table(temporary, tables.SEED, 0.0, 1.0, force=False)
    base = configuration.section(tables.RAW, DatasetConfig)
    subset = base.subset.model_copy(update={"splits": ("test",)})
    settings = {"name": kind, "source": "folder", "path": str(links), "notes": "none", "shards": 1}
    settings |= {"subset": subset, "bad_recordings": "skip"}
    dataset = base.model_copy(update=settings)
    performances, manifest = place / "performances.csv", place / "manifest.csv"
    write_index(dataset, tables.SEED, performances)
    prepare(dataset, SIGNAL, tables.SEED, performances, 0, links, manifest)
    shard = place / "test-0.h5"
    to = shard, shard.with_suffix(".csv")
    build_clips(performances, links, "test", 0, *to, SIGNAL, dataset, manifest)
    return shard


def instruments(folder: Path) -> dict[str, Path]:
    """A folder of recordings an instrument: the demo's kind of music on the default sound font."""
    base = configuration.section(tables.RAW, DatasetConfig)
    size = base.demo.model_copy(update={"performances": PIECES, "minutes": PIECES / 3})
    path = open_soundfont(base.soundfont, SIGNAL.sample_rate).path
    with files.folder(folder, "other-music") as temporary:
        for name, program in PROGRAMS.items():
            font = SoundFont(path, SIGNAL.sample_rate, program)
            for number, piece in enumerate(demo.plan(size, tables.SEED).values()):
                render(compose(piece), font, 1, temporary / name / f"{number}.flac")
    return {name: folder / name for name in PROGRAMS}


def speech(folder: Path) -> Path:
    """A folder of sentences that espeak-ng reads, a voice each."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise ConfigError("--speech needs the program 'espeak-ng': install it, or leave it out")
    with files.folder(folder, "other-music") as temporary:
        for voice in VOICES:
            sound = str(temporary / f"{voice}.wav")
            subprocess.run([program, "-v", voice, "-w", sound, SENTENCES[voice[:2]]], check=True)
    return folder


def _rows(table: pd.DataFrame) -> list[list[str]]:
    cells = []
    for row in table.to_dict("records"):
        known = [name for name in SHOWN if np.isfinite(row[name])]
        cells.append(
            [row["kind"], row["system"]]
            + [f"{row[name]:.2f}" if name in known else "–" for name in SHOWN]
        )
    return cells


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, "other-music")
    parser.add_argument("kinds", nargs="*", metavar="KIND=FOLDER")
    parser.add_argument("--instruments", action="store_true", help="of the sound font")
    parser.add_argument("--speech", action="store_true", help="by espeak-ng")
    parser.add_argument("--recordings", type=int, default=12, help="a kind at most, evenly spread")
    words = sys.argv[1:]
    own = words.index("--") if "--" in words else len(words)
    arguments = parser.parse_args(words[:own])
    arguments.rest = words[own + 1 :]
    if not (arguments.kinds or arguments.instruments or arguments.speech):
        parser.error("name a KIND=FOLDER, --instruments or --speech")
    return arguments


if __name__ == "__main__":
    command_line.run(main)
