"""A second reader of version 2 of `.spk` streams, made from docs/stream-format.md alone.

As `independent`, whose payloads it shares. `model` is what the stream leaves to its model: kind,
rows, codebook_size, sample_rate, hop, and all 16 bytes of the fingerprint as hex.
"""

import hashlib
import struct
import zlib

from tests.codec.stream.independent import MAGIC, demand, entry_bits, unpack

NAMES = ("dense", "coo", "time", "units", "packed", "entropy", "chained")
FORMATS = {"binary": {0, 1, 2, 3, 5, 6}, "rvq": {4, 5, 6}}


def crc24(data: bytes, start: int = 0) -> bytes:
    return struct.pack("<I", zlib.crc32(data, start))[:3]


def read_header(head: bytes, model: dict) -> dict:
    demand(len(head) == 25 and head[:8] == MAGIC and head[8] == 2, "magic or version")
    demand(head[22:] == crc24(head[:22]), "checksum of the header")
    demand(head[9:15] == bytes.fromhex(model["fingerprint"])[:6], "fingerprint")
    rate = int.from_bytes(head[15:18], "little") & 0xFFFFF
    steps, parts, look_ahead = struct.unpack("<HBB", head[18:22])
    demand(1000 <= rate <= 768000 and steps >= 1 and parts >= 1 and look_ahead >= 1, "bounds")
    header = model | {"block_steps": steps, "original_rate": rate}
    demand(model["rows"] * steps * entry_bits(header) <= 523768, "size of a part")
    demand(steps * model["hop"] <= 1 << 24, "samples of a part")
    return header | {"parts": parts, "look_ahead": look_ahead}


class Cursor:
    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, size: int) -> bytes:
        demand(self.at + size <= len(self.data), "the stream is cut off")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int = 1) -> int:
        return int.from_bytes(self.take(size), "little")


def read_block(data: bytes, at: int, number: int, header: dict, stamp: int) -> tuple[list, int]:
    """The parts of the block at `at`, and where the next begins."""
    cursor = Cursor(data, at)
    format = cursor.number() - 0xC0
    demand(format in FORMATS[header["kind"]], "marker or format")
    demand(cursor.number() == number % 256, "index")
    level, gain, chained, found = None, 1.0, format == 6, []
    for part in range(header["parts"]):
        a, steps = cursor.number(), header["block_steps"]
        if a == 0xE9:
            demand(part > 0, "a block without a part")
            break
        short = a == 0xE8
        if short:
            missing = cursor.number()
            if not missing:
                missing = cursor.number(2)
                demand(missing >= 256, "missing steps")
            steps -= missing
            demand(steps >= 1, "steps")
            a = cursor.number()
        if 0xE1 <= a <= 0xE7:
            demand(a - 0xE1 != format and a - 0xE1 in FORMATS[header["kind"]], "format")
            format, a = a - 0xE1, cursor.number()
        if 0xC0 <= a <= 0xDF:
            demand(a - 0xC0 != level, "level")
            level, a = a - 0xC0, cursor.number()
        if a == 0xE0:
            (new,) = struct.unpack("<e", cursor.take(2))
            demand(0 < new < float("inf") and new != gain, "gain")
            gain, a = new, cursor.number()
        if a < 0x80:
            length = a
        elif a < 0xC0:
            length = (a - 128) * 256 + cursor.number()
            demand(length >= 128, "length")
        else:
            demand(a == 0xEA, "a code")
            length = cursor.number(2)
            demand(length >= 16384, "length")
        dense = -(-header["rows"] * header["block_steps"] * entry_bits(header) // 8)
        demand(length <= dense + 64, "payload")
        chained = chained and format == 6
        demand(format != 6 or chained, "a chain")
        payload = cursor.take(length)
        found.append(
            {
                "index": number * header["parts"] + part,
                "steps": steps,
                "events": None,
                "format": NAMES[format],
                "level": level,
                "gain": gain,
                "payload": payload.hex(),
                "codes": codes(payload, NAMES[format], steps, header),
            }
        )
        if short:
            break
    body = data[at : cursor.at]
    crc = crc24(body, zlib.crc32(struct.pack("<I", number), stamp))
    demand(cursor.take(3) == crc, "checksum of a block")
    return found, cursor.at


def codes(payload: bytes, format: str, steps: int, header: dict) -> list | None:
    if format in ("entropy", "chained"):
        return None
    events = sum(bin(byte).count("1") for byte in payload) if format == "dense" else 0
    if format in ("coo", "time", "units"):
        size = 0
        while True:
            demand(size < min(len(payload), 3), "number of events")
            byte = payload[size]
            events |= (byte & 127) << 7 * size
            size += 1
            if byte < 128:
                break
        demand(size == 1 or byte > 0, "number of events")
        demand(events <= header["rows"] * steps, "events")
        payload = payload[size:]
    return unpack(payload, {"steps": steps, "events": events, "format": format}, header)


def read_trailer(data: bytes, at: int, header: dict, stamp: int) -> dict:
    trailer = data[at:]
    demand(len(trailer) == 13 and trailer[0] == 0xE7, "trailer")
    demand(trailer[10:] == crc24(trailer[:10], stamp), "checksum of the trailer")
    demand(trailer[6:10] == hashlib.sha256(data[: at + 6]).digest()[:4], "checksum of the stream")
    word = int.from_bytes(trailer[1:6], "little")
    original, more = word % 2**36, word >> 36
    rate, wanted = header["original_rate"], header["sample_rate"]
    samples = max(1, (2 * original * wanted + rate) // (2 * rate)) + (more - 16 * (more > 7))
    demand(original >= 1 and samples >= 1, "lengths")
    demand(abs(samples * rate - original * wanted) <= 16 * (rate + wanted), "durations")
    frames = (samples + header["hop"] - 1) // header["hop"]
    blocks = (frames + header["block_steps"] - 1) // header["block_steps"]
    return {"samples": samples, "original_samples": original, "blocks": blocks}


def read(data: bytes, model: dict) -> dict:
    """Header, parts and trailer of a whole stream; `ValueError` at the first damage."""
    header = read_header(data[:25], model)
    stamp = zlib.crc32(data[:22])
    blocks: list[dict] = []
    at, number = 25, 0
    while data[at : at + 1] != b"\xe7":
        demand(len(blocks) == number * header["parts"], "a block after a short one")
        demand(not blocks or blocks[-1]["steps"] == header["block_steps"], "after a short part")
        found, at = read_block(data, at, number, header, stamp)
        blocks, number = blocks + found, number + 1
    trailer = read_trailer(data, at, header, stamp)
    frames = sum(block["steps"] for block in blocks)
    demand(len(blocks) == trailer["blocks"], "number of parts")
    demand(frames == -(-trailer["samples"] // header["hop"]), "samples")
    return {"header": header, "blocks": blocks, "trailer": trailer}
