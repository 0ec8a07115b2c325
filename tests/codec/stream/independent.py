"""A second reader of `.spk` streams, made from docs/stream-format.md alone.

It shares no line with the library, and knows neither numpy nor the library's errors: where the two
disagree about a stream, one of them or the document is wrong. `ValueError` tells of damage.
"""

import hashlib
import itertools
import struct
import zlib

MAGIC = bytes.fromhex("89 53 50 4B 0D 0A 1A 0A")
BINARY_FORMATS, RVQ_FORMATS = {0, 1, 2, 3, 5}, {4, 5}


def demand(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def log2(alternatives: int) -> int:
    return max(alternatives - 1, 0).bit_length()


def read_header(head: bytes) -> dict:
    demand(len(head) == 50 and head[:8] == MAGIC and head[8] == 1, "magic or version")
    demand(struct.unpack("<I", head[46:])[0] == zlib.crc32(head[:46]), "checksum of the header")
    kind, rows, last, hop, steps, rate, original = struct.unpack("<BHHHHII", head[9:26])
    demand(kind in (0, 1) and 1 <= rows <= 4096 and hop >= 1 and steps >= 1, "bounds")
    demand((last == 0) == (kind == 0), "codebook")
    demand(1000 <= rate <= 768000 and 1000 <= original <= 768000, "rates")
    bits = log2(last + 1) if kind else 1
    demand(rows * steps * bits <= 523768 and steps * hop <= 1 << 24, "size of a block")
    return {
        "kind": ("binary", "rvq")[kind],
        "rows": rows,
        "codebook_size": last + 1,
        "hop": hop,
        "block_steps": steps,
        "sample_rate": rate,
        "original_rate": original,
        "fingerprint": head[30:46].hex(),
    }


def entry_bits(header: dict) -> int:
    return log2(header["codebook_size"]) if header["kind"] == "rvq" else 1


def read_block(data: bytes, at: int, header: dict, head: bytes) -> tuple[dict, int]:
    """The block at `at`, and where the next begins."""
    demand(len(data) >= at + 20 and data[at : at + 2] == b"\xc5\xb1", "marker of a block")
    index, steps, word, gain, length = struct.unpack("<IHIeH", data[at + 2 : at + 16])
    events, format, level = word & 0xFFFFF, word >> 20 & 15, word >> 24
    binary = header["kind"] == "binary"
    demand(index <= 2**32 - 2 and 1 <= steps <= header["block_steps"], "index or steps")
    demand(events <= (header["rows"] * steps if binary else 0), "events")
    demand(format in (BINARY_FORMATS if binary else RVQ_FORMATS), "format")
    demand(level < 32 or level == 255, "level")
    demand(0 < gain < float("inf"), "gain")
    dense = -(-header["rows"] * header["block_steps"] * entry_bits(header) // 8)
    demand(length <= dense + 64, "payload")
    end = at + 16 + length + 4
    demand(end <= len(data), "the stream is cut off")
    crc = zlib.crc32(head[:46] + data[at : end - 4])
    demand(struct.unpack("<I", data[end - 4 : end])[0] == crc, "checksum of a block")
    payload = data[at + 16 : end - 4]
    block = {
        "index": index,
        "steps": steps,
        "events": events,
        "format": ("dense", "coo", "time", "units", "packed", "entropy")[format],
        "level": None if level == 255 else level,
        "gain": gain,
        "payload": payload.hex(),
    }
    block["codes"] = None if format == 5 else unpack(payload, block, header)
    return block, end


class Bits:
    """Numbers off a string of bits, most significant first."""

    def __init__(self, payload: bytes) -> None:
        self.text = "".join(f"{byte:08b}" for byte in payload)

    def take(self, count: int, width: int) -> list[int]:
        demand(len(self.text) >= count * width, "payload too short")
        digits, self.text = self.text[: count * width], self.text[count * width :]
        return [int(digits[i * width : (i + 1) * width] or "0", 2) for i in range(count)]

    def end(self) -> None:
        demand(len(self.text) < 8 and "1" not in self.text, "padding")


def unpack(payload: bytes, block: dict, header: dict) -> list[list[int]]:
    rows, steps, events = header["rows"], block["steps"], block["events"]
    unit, time, format = log2(rows), log2(steps), block["format"]
    bits = Bits(payload)
    if format in ("dense", "packed"):
        codes = [bits.take(steps, entry_bits(header)) for _ in range(rows)]
        highest = max(header["codebook_size"] - 1, 1)
        demand(all(code <= highest for row in codes for code in row), "an index")
        demand(format == "packed" or sum(map(sum, codes)) == events, "number of events")
    else:
        if format == "coo":
            numbers = bits.take(events, unit + time)
            places = [(number >> time, number & (1 << time) - 1) for number in numbers]
        else:
            lists, width = (rows, time) if format == "time" else (steps, unit)
            pointers = [0, *bits.take(lists - 1, log2(events + 1)), events]
            demand(pointers == sorted(pointers), "pointers")
            entries = bits.take(events, width)
            places = [
                (row, entry)
                for row in range(lists)
                for entry in entries[pointers[row] : pointers[row + 1]]
            ]
        demand(all(a < b for a, b in itertools.pairwise(places)), "order")
        if format == "units":
            places = [(entry, row) for row, entry in places]
        codes = [[0] * steps for _ in range(rows)]
        for row, step in places:
            demand(row < rows and step < steps, "an event lies outside")
            codes[row][step] = 1
    bits.end()
    return codes


def read_trailer(data: bytes, at: int, header: dict, head: bytes) -> dict:
    trailer = data[at:]
    demand(len(trailer) == 72 and trailer[:2] == b"\xc5\xe7", "trailer")
    demand(trailer[2:40] == head[8:46], "copy of the header")
    samples, original, blocks = struct.unpack("<QQI", trailer[40:60])
    crc = zlib.crc32(head[:46] + trailer[:68])
    demand(struct.unpack("<I", trailer[68:])[0] == crc, "checksum of the trailer")
    checksum = hashlib.sha256(data[: at + 60]).digest()[:8]
    demand(trailer[60:68] == checksum, "checksum of the stream")
    rates = header["original_rate"], header["sample_rate"]
    demand(abs(samples * rates[0] - original * rates[1]) <= 16 * sum(rates), "lengths")
    demand(1 <= original < 2**63, "original samples")
    return {"samples": samples, "original_samples": original, "blocks": blocks}


def read(data: bytes) -> dict:
    """Header, blocks and trailer of a whole stream; `ValueError` at the first damage."""
    head = data[:50]
    header = read_header(head)
    blocks, at = [], 50
    while data[at : at + 2] != b"\xc5\xe7":
        block, at = read_block(data, at, header, head)
        demand(block["index"] == len(blocks), "order of blocks")
        demand(not blocks or blocks[-1]["steps"] == header["block_steps"], "a short block")
        blocks.append(block)
    trailer = read_trailer(data, at, header, head)
    demand(trailer["blocks"] == len(blocks) >= 1, "number of blocks")
    before = (len(blocks) - 1) * header["block_steps"]
    steps = before + blocks[-1]["steps"]
    demand(before * header["hop"] < trailer["samples"] <= steps * header["hop"], "samples")
    return {"header": header, "blocks": blocks, "trailer": trailer}


def salvage(data: bytes) -> list[int]:
    """Indices of the blocks that are whole."""
    try:
        head = data[:50]
        header = read_header(head)
        at = 50
    except ValueError:
        copy = MAGIC + data[-70:-32]
        head = copy + struct.pack("<I", zlib.crc32(copy))
        header = read_header(head)
        demand(struct.unpack("<I", data[-4:])[0] == zlib.crc32(copy + data[-72:-4]), "copy")
        at = 0
    found: list[int] = []
    while at < len(data):
        try:
            block, end = read_block(data, at, header, head)
        except ValueError:
            places = [data.find(marker, at + 1) for marker in (b"\xc5\xb1", b"\xc5\xe7")]
            at = min((place for place in places if place > 0), default=len(data))
            continue
        if not found or block["index"] > found[-1]:
            found.append(block["index"])
        at = end
    return found
