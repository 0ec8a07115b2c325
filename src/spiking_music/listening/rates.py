"""What the codes of one clip cost, in every way that we count."""

from typing import Any

from spiking_music.codec import formats
from spiking_music.codec.bits import width
from spiking_music.codec.entropy import EntropyCoder
from spiking_music.evaluation.codes import NO_LEVEL, Codes, Origin


def rates(
    codes: Codes, origin: Origin, coder: EntropyCoder | None, seconds: float
) -> dict[str, Any]:
    """kbit a second of codes (rows, T) that last `seconds`.

    kbps: the paper's cheapest format, `format`, with its overheads (the sender of one clip sends S
    in ⌈log2(N·T + 1)⌉ bits); formats: each without them; coded: bytes of the entropy coder, None
    without its tables; events_per_second and density: None but for binary codes.
    """
    kbit = 1000 * seconds
    coded = None if coder is None else 8 * len(coder.encode(codes)) / kbit
    rows, steps = codes.shape
    if origin.kind == "rvq":
        kbps = rows * steps * int(width(origin.codebook_size)) / kbit
        return _rates(kbps, "dense", {"dense": kbps}, coded, None, None)
    events = int(codes.sum())
    index, bits = formats.cheapest(rows, steps, events)
    overhead = formats.FORMAT_BITS + formats.count_bits(rows * steps)
    overhead += 0 if origin.level == NO_LEVEL else formats.LEVEL_BITS
    costs = {
        name: float(formats.cost(name, rows, steps, events)) / kbit for name in formats.FORMATS
    }
    cheapest = formats.FORMATS[int(index)]
    kbps = (int(bits) + overhead) / kbit
    return _rates(kbps, cheapest, costs, coded, events / seconds, events / (rows * steps))


def _rates(
    kbps: float,
    cheapest: str,
    costs: dict[str, float],
    coded: float | None,
    events_per_second: float | None,
    density: float | None,
) -> dict[str, Any]:
    return {
        "kbps": kbps,
        "format": cheapest,
        "formats": costs,
        "coded": coded,
        "eventsPerSecond": events_per_second,
        "density": density,
    }
