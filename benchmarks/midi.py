"""All MIDI files of a MAESTRO zip: time to read them, and the independent reader beside it.

python benchmarks/midi.py maestro-v3.0.0-midi.zip
"""

import sys
import time
import zipfile

import numpy as np
from tests.data.midi_bytes import reference

from spiking_music.data.midi import parse_midi


def main() -> None:
    """Print the counts and the time; end with a traceback at the first difference."""
    with zipfile.ZipFile(sys.argv[1]) as archive:
        names = [name for name in archive.namelist() if name.endswith((".mid", ".midi"))]
        contents = {name: archive.read(name) for name in names}
    begin = time.process_time()
    read = {name: parse_midi(data, name) for name, data in contents.items()}
    seconds = time.process_time() - begin
    notes = sum(len(played.start) for played in read.values())
    moves = sum(len(played.pedal_time) for played in read.values())
    print(f"{len(read)} files, {notes} notes and {moves} pedal movements in {seconds:.1f} s of CPU")
    worst = 0.0
    for name, played in read.items():
        expected = reference(contents[name])
        found = np.array(sorted(zip(played.start, played.pitch, played.velocity, strict=True)))
        wanted = np.array(expected.notes)
        assert found.shape == wanted.shape and (found[:, 1:] == wanted[:, 1:]).all(), name
        pedal = np.reshape(expected.pedal, (-1, 2))
        assert (played.pedal_value == pedal[:, 1]).all(), name
        apart = np.abs(found[:, 0] - wanted[:, 0]).max()
        worst = max(worst, apart, np.abs(played.pedal_time - pedal[:, 0]).max(initial=0.0))
    print(f"the independent reader reads the same, times within {worst:.1e} s")


if __name__ == "__main__":
    main()
