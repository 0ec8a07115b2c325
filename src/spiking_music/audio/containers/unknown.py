"""Sizes in headers: the ones that programs write when they do not know, and what follows the data.

A program that writes to a pipe cannot go back to fill in a size. It leaves 0, the largest number
that fits, or one near it, rounded down to whole frames or less the bytes of the header.
"""

from spiking_music.audio.containers.tags import tag_size, zeros
from spiking_music.audio.source import Source

LARGEST = (0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
LARGEST_64 = (2**63 - 1, 2**63, 2**64 - 1)
KNOWN = {  # chunks of WAV and AIFF that hold no sound
    *(b"LIST", b"id3 ", b"ID3 ", b"bext", b"cue ", b"smpl", b"inst", b"PEAK", b"fact", b"JUNK"),
    *(b"PAD ", b"iXML", b"_PMX", b"axml", b"chna", b"acid", b"afsp", b"minf", b"elm1", b"FLLR"),
    *(b"MARK", b"INST", b"COMT", b"ANNO", b"NAME", b"AUTH", b"APPL", b"(c) ", b"MIDI", b"AESD"),
}
NEAR = 128  # bytes that headers, and rounding to whole frames, take off or add


def means_unknown(size: int, frame: int, also: tuple[int, ...] = ()) -> bool:
    """Whether `size` is a spelling of "unknown" for samples of `frame` bytes."""
    near = NEAR + frame
    return size == 0 or any(-near <= size - largest <= 64 for largest in LARGEST + also)


def is_spare(source: Source, place: int) -> bool:
    """Whether nothing but padding, tags and a cut chunk without sound lies from `place` to the end.

    Anything else may be samples that the header does not count.
    """
    while place < source.size:
        rest = source.at(place, 2**16)
        step = tag_size(rest, 0) or zeros(rest, 0)
        if not step:
            return rest[:4] in KNOWN
        place += step
    return True


def settled(
    source: Source,
    promised: int,
    begin: int,
    frame: int,
    unknown: bool,
    followed: bool,
) -> int:
    """Bytes of samples from `begin` on: as promised, or all there are if that is unknown.

    followed: whether what follows the promised bytes is the container's, so that the promise is
    kept. Raises `DataError` where the file ends too early, or within a frame.
    """
    present = source.size - begin
    if not unknown or (promised <= present and followed):
        if promised > present:
            raise source.cut_short(promised, present)
        if not followed and not is_spare(source, begin + promised):
            raise source.damaged(
                f"{present - promised} bytes follow its samples that are nothing the format knows"
            )
        return promised
    rest = present % frame if frame else 0
    if rest > 1 or (rest == 1 and present % 2):  # one byte may fill up to an even number
        raise source.cut(f"its last frame has {rest} of {frame} bytes")
    return present - rest
