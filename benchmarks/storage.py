"""Storage: costs of 100 000 clips against a clip-by-clip loop, and packing speed in clips a second.

Run `python benchmarks/storage.py`. One core; clips of 80 units x 256 steps with 8.8 % events.
"""

import math
import time
from collections.abc import Callable

import numpy as np

from spiking_music.codec.formats import FORMATS, cheapest, cost, entropy_bound, pack, unpack

UNITS, STEPS, CLIPS, DENSITY, PACKED = 80, 256, 100_000, 0.088, 500


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Shortest of `repeats` wall times of `work`."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def costs(events: np.ndarray) -> None:
    """What `spiking-music evaluate storage-cost` computes."""
    for format in FORMATS:
        cost(format, UNITS, STEPS, events)
    cheapest(UNITS, STEPS, events)
    entropy_bound(UNITS, STEPS, events)


def costs_one_by_one(events: list[int]) -> list[tuple[int, ...]]:
    """The same by the formulas of the paper, a clip at a time."""
    unit, time_ = math.ceil(math.log2(UNITS)), math.ceil(math.log2(STEPS))
    rows = []
    for s in events:
        pointer = math.ceil(math.log2(s)) if s else 0
        p = s / (UNITS * STEPS)
        bound = -p * math.log2(p) - (1 - p) * math.log2(1 - p) if 0 < p < 1 else 0
        bits = (
            UNITS * STEPS,
            s * (unit + time_),
            s * time_ + (UNITS - 1) * pointer,
            s * unit + (STEPS - 1) * pointer,
        )
        rows.append((*bits, min(bits), bits.index(min(bits)), UNITS * STEPS * bound))
    return rows


def main() -> None:
    draw = np.random.default_rng(0)
    events = draw.binomial(UNITS * STEPS, draw.beta(2, 18, CLIPS))
    ours = seconds(lambda: costs(events), 5)
    loop = seconds(lambda: costs_one_by_one(events.tolist()), 3)
    print(f"costs of {CLIPS} clips: {ours:.4f} s, clip by clip {loop:.3f} s: x {loop / ours:.0f}")

    clips = (draw.random((PACKED, UNITS, STEPS)) < DENSITY).astype(np.uint8)
    counts = clips.sum(axis=(1, 2)).tolist()
    for format in FORMATS:
        packed = [pack(z, format).payload for z in clips]
        forth = seconds(lambda format=format: [pack(z, format) for z in clips], 3)
        back = seconds(
            lambda format=format, packed=packed: [
                unpack(payload, format, UNITS, STEPS, s)
                for payload, s in zip(packed, counts, strict=True)
            ],
            3,
        )
        print(
            f"{format:>6}: pack {PACKED / forth:7.0f} clips/s, unpack {PACKED / back:7.0f} clips/s"
        )


if __name__ == "__main__":
    main()
