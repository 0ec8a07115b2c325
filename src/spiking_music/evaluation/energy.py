"""What a second of audio costs: the operations of network and entropy model, and their energy.

Energy is that of arithmetic alone, in a process of 45 nm at 0.9 V: Horowitz, "Computing's energy
problem (and what we can do about it)", ISSCC 2014, figure 1.1.9. Reading memory is not counted.
"""

from pathlib import Path

import numpy as np

from spiking_music.evaluation.tables import read

# pJ, operands of 32 bits: a multiplication and an addition, or an addition alone
FLOAT_MAC, FLOAT_ADD, INTEGER_MAC = 3.7 + 0.9, 0.9, 3.1 + 0.1
COLUMNS = (
    *("encoder_mmac", "entropy_mmac", "decoder_mmac", "event_macc"),
    *("encode_mj", "decode_mj", "event_decode_mj"),
)


def cost(operations: Path, coded: Path | None, events: float) -> dict[str, float]:
    """The `COLUMNS` of a variant, a second of audio each; NaN where there is no such thing.

    operations: table of `write_operations`. coded: table of `entropy_costs`; None where nothing is
    entropy coded. events: a second of audio; NaN where codes are none.

    encoder_mmac, decoder_mmac: millions of multiply-accumulates of the network.
    entropy_mmac: of the entropy model, in decoding. event_macc: millions of additions of the first
    layer after the bottleneck, where each event adds its row of weights.
    encode_mj, decode_mj: mJ a second (mW) of arithmetic; event_decode_mj: with that layer so.

    Raises `DataError` where a table is missing or lacks a column.
    """
    present = ["fan_out", "first_layer_mmac"]
    network = read(operations, ["encoder_mmac", "decoder_mmac"], present).iloc[0]
    tried = taken = 0.0
    if coded is not None:
        means = read(coded, ["encode_mmac", "decode_mmac"])
        tried, taken = float(means["encode_mmac"].mean()), float(means["decode_mmac"].mean())
    encoder, decoder = float(network["encoder_mmac"]), float(network["decoder_mmac"])
    added = events * float(network["fan_out"]) / 1e6
    rest = decoder - float(network["first_layer_mmac"])
    return {
        "encoder_mmac": encoder,
        "entropy_mmac": np.nan if coded is None else taken,
        "decoder_mmac": decoder,
        "event_macc": added,
        # millions of pJ are a thousandth of a mJ
        "encode_mj": (FLOAT_MAC * encoder + INTEGER_MAC * tried) / 1000,
        "decode_mj": (FLOAT_MAC * decoder + INTEGER_MAC * taken) / 1000,
        "event_decode_mj": (FLOAT_ADD * added + FLOAT_MAC * rest + INTEGER_MAC * taken) / 1000,
    }
