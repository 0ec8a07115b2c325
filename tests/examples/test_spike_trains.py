"""`examples/spike_trains.py`: what simulators take are the events."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

import spiking_music
from tests.codec.conftest import HOP, RATE, music
from tests.conftest import ROOT

SCRIPT = ROOT / "examples" / "spike_trains.py"


def test_spike_trains_of_a_recording(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "in.wav", music(2.0), RATE, subtype="FLOAT")
    done = subprocess.run(
        [sys.executable, SCRIPT, "in.wav", "--level", "16"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    codec = spiking_music.load()
    events = codec.events(music(2.0), RATE, level=16)
    with np.load(tmp_path / "spikes.npz") as spikes:
        assert np.array_equal(spikes["indices"], events["unit"])
        assert np.array_equal(spikes["times"], events["time"])
        assert np.allclose((spikes["frames"] + 0.5) * HOP / RATE, spikes["times"])
        assert spikes["units"] == len(codec.units) and spikes["seconds"] == 2.0
        # Brian2 takes one spike of a neuron a time step
        assert len({*zip(spikes["indices"], spikes["frames"], strict=True)}) == len(events)
    counts = np.bincount(events["unit"])
    assert f"{len(events) / 2:.1f} events a second, of {(counts > 0).sum()} units" in done.stdout
    assert (tmp_path / "spikes.png").read_bytes()[:4] == b"\x89PNG"
    between = [np.diff(events["time"][events["unit"] == unit]) for unit in range(len(counts))]
    assert f"{1000 * np.median(np.concatenate(between)):.1f} ms" in done.stdout
