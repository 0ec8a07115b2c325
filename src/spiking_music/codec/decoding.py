"""Blocks of codes → samples at the codec's rate, window by window."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.model_folder import CodecModel
from spiking_music.codec.network import Levels
from spiking_music.codec.stream import Block, Header, Lost, Reader
from spiking_music.codec.windows import Window, alike, windows
from spiking_music.errors import CodeError, SpikingMusicError

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Piece:
    """A block to decode, or one that is lost: silence, whose codes are zeros to its neighbours."""

    block: Block
    lost: bool = False


class BlockDecoder:
    """Decodes the stream of `reader`, all or from some block on; `lost` fills while it does."""

    def __init__(self, codec: CodecModel, reader: Reader) -> None:
        codec.require(reader.header)
        self.lost: list[Lost] = []
        self._codec = codec
        self._reader = reader

    def audio(self, first: int, salvage: bool) -> Iterator[NDArray[np.float32]]:
        """Samples of blocks `first`, `first` + 1, …: (T·hop,) each, the last one not yet cut.

        Reads as many blocks before `first` as its window needs. With `salvage`, lost blocks are
        silence. Raises `CodeError` where the stream is damaged beyond that.
        """
        network, size = self._codec.network, self._header.block_steps
        context = network.context.decoder
        begin = max(0, first - math.ceil(context / size))
        pieces = self._salvaged(begin) if salvage else map(Piece, self._reader.blocks(begin))
        placed = _placed(pieces, size, context)
        wanted = (item for item in placed if item[1].block.index >= first)
        batches = alike(wanted, lambda item: (item[0].shape, item[1].lost), network.batch)
        for sounds in beside(self._sound, batches):
            yield from sounds

    @property
    def _header(self) -> Header:
        return self._reader.header

    def _sound(self, batch: list[tuple[Window, Piece]]) -> list[NDArray[np.float32]]:
        """Samples of each block of a batch, which are all lost or all whole."""
        if batch[0][1].lost:
            return [np.zeros(window.size * self._header.hop, np.float32) for window, _ in batch]
        return list(self._decoded(batch))

    def _decoded(self, batch: list[tuple[Window, Piece]]) -> Iterator[NDArray[np.float32]]:
        codes = np.stack([window.data for window, _ in batch])
        blocks = [piece.block for _, piece in batch]
        size = self._header.block_steps
        first = [piece.block.index * size - window.left for window, piece in batch]
        kept = slice(batch[0][0].left, batch[0][0].left + batch[0][0].size)
        audio = self._codec.network.decode(codes, self._levels(blocks), first, kept)
        if not np.isfinite(audio).all():
            raise CodeError("the model decodes to values that are not finite: train it again")
        for samples, block in zip(audio, blocks, strict=True):
            yield samples / np.float32(block.gain) if block.gain != 1 else samples

    def _levels(self, blocks: list[Block]) -> Levels | None:
        """μ of each block, (B,) int64; `CodeError` unless they are what the model takes."""
        count = self._codec.config.levels
        for block in blocks:
            if (block.level is None) == bool(count) or (block.level or 0) >= max(count, 1):
                wanted = f"one of 0 .. {count - 1}" if count else "none"
                raise CodeError(
                    f"block {block.index} has level {block.level}, and its model takes {wanted}"
                )
        if not count:
            return None
        return np.array([block.level for block in blocks], np.int64)

    def _salvaged(self, begin: int) -> Iterator[Piece]:
        """What is whole from block `begin` on, and a lost block for every one that is not."""
        for item in self._reader.salvage():
            if isinstance(item, Lost):
                self.lost.append(item)
                for index in range(max(item.first, begin), item.first + (item.count or 0)):
                    yield Piece(self._silence(index), lost=True)
            elif item.index >= begin:
                yield Piece(item)

    def _silence(self, index: int) -> Block:
        header, trailer = self._header, self._reader.trailer
        steps = header.block_steps
        if trailer is not None:  # it may be the last block, which may be shorter
            steps = min(steps, math.ceil(trailer.samples / header.hop) - index * steps)
        dtype = np.uint8 if header.kind == "binary" else np.int64
        return Block(index, np.zeros((header.rows, max(steps, 1)), dtype), 1.0, None)


def beside(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """`work` of every item, each done in a thread while the next item is made.

    Entropy decoding and the model share the time so. What fails fails at its turn.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1) as thread:
        pending: Future[R] | None = None
        while True:
            try:
                following = thread.submit(work, next(iterator))
            except (StopIteration, SpikingMusicError) as end:
                if pending is not None:
                    yield pending.result()
                if isinstance(end, SpikingMusicError):
                    raise
                return
            if pending is not None:
                yield pending.result()
            pending = following


def _placed(pieces: Iterable[Piece], size: int, context: int) -> Iterator[tuple[Window, Piece]]:
    """Every block with the window of codes that it is decoded in."""
    waiting: deque[Piece] = deque()

    def codes() -> Iterator[NDArray]:
        for piece in pieces:
            waiting.append(piece)
            yield piece.block.codes

    for window in windows(codes(), size, context):
        yield window, waiting.popleft()
