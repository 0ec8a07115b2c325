"""Blocks of codes → samples at the codec's rate, window by window."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.low_delay import Piece, Placed, placed
from spiking_music.codec.model_folder import CodecModel
from spiking_music.codec.network import Levels
from spiking_music.codec.stream import Block, Header, Lost, Reader
from spiking_music.codec.stream.compact.header import ALL
from spiking_music.codec.windows import alike, windows
from spiking_music.errors import CodeError, SpikingMusicError

T = TypeVar("T")
R = TypeVar("R")


class BlockDecoder:
    """Decodes the stream of `reader`, all or from some block on; `lost` fills while it does."""

    def __init__(self, codec: CodecModel, reader: Reader, live: bool = False) -> None:
        """live: all sound as soon as it can be, instead of some blocks at a time."""
        codec.require(reader.header)
        self._live = live
        self.lost: list[Lost] = []
        self._codec = codec
        self._reader = reader

    def audio(self, first: int, salvage: bool) -> Iterator[NDArray[np.float32]]:
        """Samples of blocks `first`, `first` + 1, …: (T·hop,) each, the last one not yet cut.

        Reads as many blocks before `first` as its window needs. With `salvage`, lost blocks are
        silence. Raises `CodeError` where the stream is damaged beyond that.
        """
        network, size = self._codec.network, self._header.block_steps
        context, ahead = network.context.decoder, getattr(self._header, "look_ahead", ALL)
        begin = max(0, first - math.ceil((context + ahead % ALL) / size))
        pieces = self._salvaged(begin) if salvage else map(Piece, self._reader.blocks(begin))
        if ahead == ALL:
            found = _placed(pieces, size, context)
        else:
            found = placed(pieces, size, context, ahead)
        wanted = (item for item in found if item.first + item.window.size > first * size)
        count = 1 if self._live else network.batch
        batches = alike(wanted, lambda item: (item.window.shape, item.piece.lost), count)
        sounds = map(self._sound, batches) if self._live else beside(self._sound, batches)
        for batch in sounds:
            for frame, samples in batch:
                yield samples[max(0, (first * size - frame) * self._header.hop) :]

    @property
    def _header(self) -> Header:
        return self._reader.header

    def _sound(self, batch: list[Placed]) -> list[tuple[int, NDArray[np.float32]]]:
        """First frame and samples of each of a batch, which are all lost or all whole."""
        frames = [each.first for each in batch]
        if batch[0].piece.lost:
            size = batch[0].window.size * self._header.hop
            return [(frame, np.zeros(size, np.float32)) for frame in frames]
        return list(zip(frames, self._decoded(batch), strict=True))

    def _decoded(self, batch: list[Placed]) -> Iterator[NDArray[np.float32]]:
        codes = np.stack([each.window.data for each in batch])
        blocks, window = [each.piece.block for each in batch], batch[0].window
        first = [each.first - window.left for each in batch]
        kept = slice(window.left, window.left + window.size)
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


def _placed(pieces: Iterable[Piece], size: int, context: int) -> Iterator[Placed]:
    """Every block with the window of codes that it is decoded in."""
    waiting: deque[Piece] = deque()

    def codes() -> Iterator[NDArray]:
        for piece in pieces:
            waiting.append(piece)
            yield piece.block.codes

    for window in windows(codes(), size, context):
        piece = waiting.popleft()
        yield Placed(window, piece, piece.block.index * size)
