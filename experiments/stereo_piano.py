"""A piano by two microphones, at 44.1 kHz: python experiments/stereo_piano.py FOLDER --piano TONES

Performances of a split of recordings in MAESTRO's layout are played on the recorded tones that
`spiking-music data piano` fetches, whose two channels are two microphones; other copies of this
music are of one channel. Each becomes a FLAC file of the folder --out.
"""

import argparse
from pathlib import Path

import pandas as pd

import command_line
from spiking_music import files
from spiking_music.data.midi import read_midi
from spiking_music.data.render import render
from spiking_music.data.sampled_piano import SampledPiano
from spiking_music.progress import tracked

OWNER = "stereo-piano"


def main() -> None:
    arguments = _arguments()
    source: Path = arguments.folder
    table = pd.read_csv(source / "metadata.csv")
    chosen = table.midi_filename[table.split == arguments.split][:: arguments.every]
    piano = SampledPiano(arguments.piano, arguments.rate)
    with files.folder(arguments.out, OWNER, [source, arguments.piano]) as temporary:
        for number, midi in enumerate(tracked(chosen, "recordings", len(chosen))):
            render(read_midi(source / midi), piano, 2, temporary / f"{number:03d}.flac")
    print(f"wrote {len(chosen)} recordings to {arguments.out}")


def _arguments() -> argparse.Namespace:
    parser = command_line.parser(__doc__, OWNER)
    parser.add_argument("folder", type=Path, help="performances and their metadata.csv")
    parser.add_argument("--piano", type=Path, required=True, help="of `data piano`")
    parser.add_argument("--split", default="test")
    parser.add_argument("--every", type=int, default=4, help="one performance of so many")
    parser.add_argument("--rate", type=int, default=44_100, help="Hz")
    return parser.parse_args()


if __name__ == "__main__":
    command_line.run(main)
