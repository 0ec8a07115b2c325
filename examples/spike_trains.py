"""Events of a recording as spike trains: python examples/spike_trains.py sonata.wav [--out spikes]

For those who study spiking networks: event rates, intervals between events, a raster, and the spike
trains as simulators take them. Writes <out>.npz and <out>.png. Of <out>.npz:

    spikes = np.load("spikes.npz")
    brian2.SpikeGeneratorGroup(int(spikes["units"]), spikes["indices"], spikes["times"] * brian2.second)
    [neo.SpikeTrain(spikes["times"][spikes["indices"] == unit], units="s", t_stop=spikes["seconds"])
     for unit in range(spikes["units"])]
    torch.sparse_coo_tensor([spikes["frames"], spikes["indices"]], torch.ones(len(spikes["frames"])))
"""  # noqa: E501

import argparse
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

import spiking_music
from spiking_music.codec.events import frames_of
from spiking_music.figures import style
from spiking_music.files import atomic, wrote


def main() -> None:
    arguments = _arguments()
    waveform, rate = soundfile.read(arguments.recording, dtype="float32", always_2d=True)
    codec = spiking_music.load(arguments.model)
    events = codec.events(waveform.T, rate, level=arguments.level)
    seconds = events.coding.samples / codec.sample_rate
    counts = np.bincount(events["unit"], minlength=len(codec.units))
    between = intervals(events)
    print(f"{len(events) / seconds:.1f} events a second, of {np.count_nonzero(counts)} units")
    print(f"the busiest unit fires {counts.max() / seconds:.1f} times a second")
    median = f"{1000 * np.median(between):.1f} ms" if len(between) else "no number"
    print(f"median of the intervals between events of a unit: {median}")
    hop = codec.model.config.signal.hop
    trains = spike_trains(events, codec.sample_rate, hop)
    with atomic(f"{arguments.out}.npz") as temporary:
        np.savez(temporary, units=len(codec.units), seconds=seconds, **trains)
    wrote(f"{arguments.out}.npz")
    draw(arguments.out, events, between, len(codec.units), hop / codec.sample_rate)


def intervals(events: NDArray[np.void]) -> NDArray[np.float64]:
    """Seconds from each event to the next one of the same unit, of all units, (n,)."""
    order = np.lexsort((events["time"], events["unit"]))
    unit, time = events["unit"][order], events["time"][order]
    return np.diff(time)[np.diff(unit) == 0]


def spike_trains(events: NDArray[np.void], sample_rate: int, hop: int) -> dict[str, NDArray]:
    """Spikes (n,) in order of time: `indices` of neurons, `times` in seconds, `frames` (steps)."""
    return {
        "indices": events["unit"],
        "times": events["time"],
        "frames": frames_of(events["time"], sample_rate, hop),
    }


def draw(
    out: Path, events: NDArray[np.void], between: NDArray[np.float64], units: int, frame: float
) -> None:
    """A raster of all units, and a histogram of the intervals; `frame` in seconds."""
    with style.page(out, height=70, kinds=["png"]) as figure:
        left, right = figure.subplots(1, 2, width_ratios=[2, 1])
        left.scatter(events["time"], events["unit"], s=0.3, color=style.INK, linewidth=0)
        left.set(xlabel="time (s)", ylabel="unit", ylim=(-0.5, units - 0.5))
        style.letter(left, "a", "raster")
        frames = np.unique(np.geomspace(1, 1000, 30).round()) - 0.5  # edges between intervals
        right.hist(between, bins=frames * frame, color="#009988")
        right.set(xlabel="interval (s)", ylabel="events", xscale="log")
        style.decades(right)
        right.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
        style.letter(right, "b", "intervals of a unit")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", type=Path)
    parser.add_argument("--model", type=Path, help="folder; else the package's")
    parser.add_argument("--level", type=int, help="μ of a model with levels")
    parser.add_argument("--out", type=Path, default=Path("spikes"), help="without an ending")
    return parser.parse_args()


if __name__ == "__main__":
    main()
