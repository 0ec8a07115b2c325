"""What the units of a model's events stand for: the table beside every list of events.

In the MDCT codec (*ours*) a unit has a frequency and a threshold. In a trained encoder (Lisboa &
Bellec 2024, section 3) a unit is what training made of it: only its number is known.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.event_tables import NOTE, UNIT
from spiking_music.config import VariantConfig
from spiking_music.config.mdct import DeadzoneConfig, MdctConfig
from spiking_music.errors import CodeError


def units(config: VariantConfig) -> NDArray[np.void]:
    """The table of a model's units, (N,) of `UNIT`, in the order of the rows of its codes.

    threshold: a unit `on`, `off` or `further` fires where the coefficient, over the root mean
    square that the frame gain says, exceeds it: a multiple of the bin's step size. At level μ that
    is 2^(μ / doubling) times as large as in the table, which is of μ = 0. Units `gain` and
    `envelope` fire from this root mean square on, of the samples or of the band's coefficients,
    full scale = 1, up to the threshold of the next level. Raises `CodeError` for RVQ, which has no
    events.
    """
    bottleneck = config.bottleneck
    if bottleneck.codes != "binary":
        raise CodeError(
            f"model '{config.name}' codes indices into codebooks and no events: name one of binary "
            "units, such as free, or none for the package's"
        )
    table = np.zeros(bottleneck.rows, UNIT)
    table["unit"] = np.arange(len(table))
    table["kind"], table["hz"], table["threshold"] = "unit", np.nan, np.nan
    if isinstance(bottleneck, DeadzoneConfig):
        assert isinstance(config.backbone, MdctConfig)  # as the configuration has checked
        width = config.signal.sample_rate / (2 * config.signal.hop)  # Hz a bin
        _fill(table, bottleneck, config.backbone.envelope_edges, width)
    return table


def with_notes(table: NDArray[np.void], notes: NDArray[np.int64]) -> NDArray[np.void]:
    """The table with a further column, the note (MIDI number) that each unit is most tuned to.

    notes: (N,), −1 for none.
    """
    joined = np.empty(len(table), [*table.dtype.descr, NOTE])
    for name in table.dtype.names or ():
        joined[name] = table[name]
    joined[NOTE[0]] = notes
    return joined


def _fill(
    table: NDArray[np.void], quantizer: DeadzoneConfig, edges: tuple[int, ...], width: float
) -> None:
    """The rows of a dead-zone quantiser, as mdct/thermometer.py orders them."""
    bins = quantizer.bins
    row = 0

    def rows(kind: str, count: int, **columns: object) -> None:
        nonlocal row
        part = table[row : row + count]
        part["kind"] = kind
        for name, values in columns.items():
            part[name] = values
        row += count

    hz = (np.arange(bins) + 0.5) * width
    weighting = (1 + np.arange(bins) / quantizer.weighting_knee) ** -quantizer.weighting
    steps = quantizer.step_size * weighting
    levels = [0.0, *quantizer.levels]
    thresholds = [low + quantizer.threshold * (high - low) for low, high in pairwise(levels)]
    for kind, sign in (("on", 1), ("off", -1)):
        first = thresholds[0] * steps
        rows(kind, bins, hz=hz, sign=sign, quantiser_level=1, threshold=first)
    for level, threshold in enumerate(thresholds[1:], 2):
        rows("further", bins, hz=hz, quantiser_level=level, threshold=threshold * steps)
    found = _rms(quantizer.gain_levels, 1.0)
    rows("gain", len(found), quantiser_level=np.arange(1, len(found) + 1), threshold=found)
    for low, high in pairwise(edges):
        found = _rms(quantizer.envelope_levels, quantizer.envelope_step)
        centre, numbers = (low + high) / 2 * width, np.arange(1, len(found) + 1)
        rows("envelope", len(found), hz=centre, quantiser_level=numbers, threshold=found)


def _rms(levels: int, step: float) -> NDArray[np.float64]:
    """From which root mean square on each level 1 .. `levels` is the nearest; a step is 3 dB."""
    return 2 ** (step * (np.arange(1, levels + 1) - 0.5 - levels + 1) / 2)
