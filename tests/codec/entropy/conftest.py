"""Tables made of hashed bytes by integer arithmetic alone, and codes of many densities."""

import hashlib
from collections.abc import Callable

import numpy as np
import pytest

from spiking_music.codec.entropy import EntropyTables
from spiking_music.codec.entropy.adaptive import CONTEXTS, AdaptiveTables
from spiking_music.mdct.context_mixing import ContextMixingTables, shapes
from spiking_music.mdct.context_network import ASIDE, LAST
from spiking_music.mdct.context_tables import Net, Transitions
from spiking_music.mdct.thermometer import Layout, Quantized
from spiking_music.models.event_tables import GROUP, PARENTS, TAPS, LearnedTables

Make = Callable[..., EntropyTables]
# what weights were called when the golden payload was made
HASHED = {"levels": "rungs", "levels_bias": "rungs_bias", "significance": "fires"}


def numbers(name: str, shape: tuple[int, ...], low: int, high: int) -> np.ndarray:
    """Whole numbers low..high − 1 that depend on nothing but `name` and the shape."""
    digest = hashlib.shake_256(name.encode()).digest(4 * int(np.prod(shape)))
    return (np.frombuffer(digest, "<u4") % (high - low)).astype(np.int64).reshape(shape) + low


def learned(name: str, units: int, largest: int = 12) -> LearnedTables:
    most = min(units, PARENTS)
    shapes = ((2, units), (units, most, TAPS), (units, 2, GROUP))
    bias, parents, own = (numbers(name + str(s), s, -largest, largest + 1) for s in shapes)
    return LearnedTables(*(part.astype(np.int16) for part in (bias - 100, parents, own)))


def quantized(layout: Layout, steps: int, density: float = 0.3, name: str = "ladder") -> Quantized:
    """Levels of all sizes in `density` of the bins, any gain and any envelope."""
    shape = (steps, layout.bins)
    levels = numbers(name, shape, -layout.levels, layout.levels + 1)
    fires = numbers(name + " fires", shape, 0, 1000) < 1000 * density
    gains = numbers(name + " loudness", (steps,), 0, layout.gains + 1)
    blocks = (-(-steps // layout.band_frames), layout.bands)
    bands = numbers(name + " bands", blocks, 0, layout.band_levels + 1)
    levels = (levels * fires).astype(np.int8)
    return Quantized(levels, gains.astype(np.int16), bands.astype(np.int16))


def context_mixing(name: str, layout: Layout, largest: int = 30) -> ContextMixingTables:
    weights = {
        part: numbers(name + HASHED.get(part, part), shape, -largest, largest + 1).astype(np.int16)
        for part, shape in shapes(layout).items()
    }
    contexts = (layout.bands, 2 * LAST + 1, 2 * ASIDE + 1, 3)
    bands = numbers(name + "bands", contexts, 1, 65536).astype(np.uint16)
    transitions = Transitions(np.array([3000, 33000, 9000], np.uint16), bands)
    return ContextMixingTables(np.array(layout, np.int32), transitions, Net(**weights))


@pytest.fixture(scope="session")
def mdct_tables() -> Make:
    def make(layout: Layout) -> EntropyTables:
        rows, model = layout.rows, context_mixing("n", layout)
        static = numbers(f"static {layout}", (rows,), 1, 20000).astype(np.uint16)
        return EntropyTables("binary", rows, 1, static, None, None, None, model)

    return make


def make_binary_tables(units: int) -> EntropyTables:
    static = numbers(f"static {units}", (units,), 1, 40000).astype(np.uint16)
    k = numbers(f"adaptive {units}", (units, CONTEXTS), 1, 50000).astype(np.uint16)
    adaptive = AdaptiveTables(k, np.array([units // 8, units // 4, units // 2], np.int32))
    return EntropyTables("binary", units, 1, static, adaptive, learned("w", units), None)


def make_rvq_tables(books: int, size: int, modelled: bool = True) -> EntropyTables:
    static = numbers(f"static {books} {size}", (books, size), 1, 65536).astype(np.uint16)
    width = (size - 1).bit_length()
    if not modelled:
        return EntropyTables("rvq", books, size, static, None, None, None)
    order = numbers(f"labels {books} {size}", (books, size), 0, 1 << 31).argsort(axis=1)
    model = learned("r", books * width)
    return EntropyTables("rvq", books, size, static, None, model, order.astype(np.uint16))


@pytest.fixture(scope="session")
def binary_tables() -> Make:
    return make_binary_tables


@pytest.fixture(scope="session")
def rvq_tables() -> Make:
    return make_rvq_tables


@pytest.fixture
def codes() -> Callable[[int, int, float], np.ndarray]:
    def make(units: int, steps: int, density: float) -> np.ndarray:
        return (numbers("z", (units, steps), 0, 10000) < 10000 * density).astype(np.uint8)

    return make
