"""Entropy coding: bits beside the paper's formats and the bounds, and clips a second.

Run `python benchmarks/entropy.py`; with `--codes NAME TRAIN.h5 TEST.h5`, as often as you like,
also on codes of trained models, with tables fitted to the train split. Synthetic codes are 80 units
x 256 steps: independent events of units with different rates, notes that several units speak of,
and units that repeat each other; and walks of 8 indices. All numbers are bits a clip, means over
clips that no table has seen; speed is of single clips on one core.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from rich.console import Console

from spiking_music.codec.entropy import EntropyTables, fit_entropy, make_coder
from spiking_music.codec.entropy.coder import EntropyCoder
from spiking_music.codec.formats import cheapest, entropy_bound
from spiking_music.evaluation.codes_file import open_codes

UNITS, STEPS, TRAIN, TEST = 80, 256, 150, 40
DENSITIES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
COLUMNS = ("codes", "density", "paper", "iid", "static", "adaptive", "learned", "ideal", "coded")


def independent(density: float, seed: int) -> np.ndarray:
    """Codes (clips, N, T) of units whose rates differ tenfold; seed 0 chooses them."""
    rates = np.random.default_rng(0).uniform(0.2, 2.0, UNITS)
    p = np.clip(density * rates / rates.mean(), 0, 0.95)[:, None]
    return (np.random.default_rng(seed).random((TRAIN + TEST, UNITS, STEPS)) < p).astype(np.uint8)


def bursty(density: float, seed: int) -> np.ndarray:
    """Codes (clips, N, T) of notes: each of 40 sounds for some steps in four units of its own."""
    draw, places = np.random.default_rng(seed), np.random.default_rng(0)
    heard = np.stack([places.permutation(UNITS)[:4] for _ in range(40)])  # units of each note
    z = np.zeros((TRAIN + TEST, UNITS, STEPS), dtype=np.uint8)
    for clip in z:
        while clip.mean() < density:
            note, start = draw.integers(40), draw.integers(STEPS)
            stop = start + 1 + draw.geometric(1 / 8)
            rows = clip[heard[note], start:stop]
            clip[heard[note], start:stop] = rows | (draw.random(rows.shape) < 0.8)
    return z


def chained(density: float, seed: int) -> np.ndarray:
    """Codes whose units repeat, with one slip in ten, what the unit before did a step before."""
    draw = np.random.default_rng(seed)
    z = (draw.random((TRAIN + TEST, UNITS, STEPS)) < density).astype(np.uint8)
    for unit in range(1, UNITS):
        repeated = np.roll(z[:, unit - 1], 1, axis=1)
        z[:, unit] = np.where(draw.random(repeated.shape) < 0.1, z[:, unit], repeated)
    return z


def walks(seed: int) -> np.ndarray:
    """Indices (clips, 8, T) of 1024 that move by at most three a step."""
    draw = np.random.default_rng(seed)
    steps = draw.integers(-3, 4, (TRAIN + TEST, 8, STEPS))
    return np.cumsum(steps, axis=2) % 1024


def row(name: str, tables: EntropyTables, clips: np.ndarray) -> list[str]:
    """A row of the table; checks every payload."""
    coder = make_coder(tables)
    found = dict.fromkeys(COLUMNS[2:], 0.0)
    for clip in clips:
        bits, payload = coder.bits(clip), coder.encode(clip)
        assert np.array_equal(coder.decode(payload, clip.shape[1]), clip)
        raw = bits.pop("raw")
        for method in ("static", "adaptive", "learned"):
            found[method] += bits.get(method, np.nan)
        found["ideal"] += min(raw, *bits.values())
        found["coded"] += 8 * len(payload)
        shape = clip.shape
        if tables.kind == "binary":
            found["paper"] += float(cheapest(*shape, clip.sum())[1])
            found["iid"] += float(entropy_bound(*shape, clip.sum()))
        else:
            found["paper"] += shape[0] * shape[1] * tables.width
            found["iid"] = np.nan
    density = f"{100 * clips.mean():.2f} %" if tables.kind == "binary" else "–"
    numbers = [bits / len(clips) for bits in found.values()]
    return [name, density, *("–" if np.isnan(bits) else f"{bits:.0f}" for bits in numbers)]


def speeds(name: str, coder: EntropyCoder, clips: np.ndarray) -> list[str]:
    """Clips a second of `encode`, which tries all methods, and of `decode`."""
    there, back = [], []
    for clip in np.concatenate([clips] * 5):
        start = time.perf_counter()
        payload = coder.encode(clip)
        middle = time.perf_counter()
        coder.decode(payload, clip.shape[1])
        there.append(middle - start)
        back.append(time.perf_counter() - middle)
    method = ("raw", "static", "adaptive", "learned")[payload[0]]
    medians = (1 / np.median(times) for times in (there, back))
    return [
        name,
        method,
        *(f"{1 / min(times):.0f}" for times in (there, back)),
        *(f"{m:.0f}" for m in medians),
    ]


def read(path: Path) -> tuple[str, int, np.ndarray]:
    with open_codes(path) as codes:
        return codes.origin.kind, codes.origin.codebook_size, np.concatenate([*codes.batches(256)])


def markdown(columns: tuple[str, ...], rows: list[list[str]]) -> str:
    """Rows as the documentation has them."""
    lines = [columns, [":--", *["--:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--codes", nargs=3, action="append", default=[])
    parser.add_argument("--densities", type=float, nargs="*", default=DENSITIES)
    options = parser.parse_args()
    console, rows, fast = Console(stderr=True), [], []
    for kind, make in (("independent", independent), ("bursty", bursty), ("chained", chained)):
        for density in options.densities:
            clips = make(density, 1)
            tables = fit_entropy([clips[:TRAIN]], "binary", rounds=200)
            rows.append(row(kind, tables, clips[TRAIN:]))
            fast.append(speeds(f"{kind} {100 * density:g} %", make_coder(tables), clips[TRAIN:]))
            console.print(*rows[-1], *fast[-1])
    indices = walks(1)
    tables = fit_entropy([indices[:TRAIN]], "rvq", 1024, rounds=200)
    rows.append(row("walks of indices", tables, indices[TRAIN:]))
    fast.append(speeds("walks of indices", make_coder(tables), indices[TRAIN:]))
    for name, train, test in options.codes:
        kind, size, clips = read(Path(train))
        start = time.process_time()
        tables = fit_entropy([clips], kind, size, rounds=600)
        fitted = time.process_time() - start
        clips = read(Path(test))[2]
        rows.append(row(name, tables, clips))
        fast.append(speeds(name, make_coder(tables), clips))
        console.print(*rows[-1], *fast[-1], f"fitted in {fitted:.0f} s of CPU")
    print(markdown(COLUMNS, rows), "\n")
    columns = ("codes", "method", "encode best", "decode best", "encode median", "decode median")
    print(markdown(columns, fast))


if __name__ == "__main__":
    main()
