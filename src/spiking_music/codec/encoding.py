"""Samples at the codec's rate → blocks of codes, window by window."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.bisection import Probe, first_fitting
from spiking_music.codec.choice import Choice, over, quality_of, within
from spiking_music.codec.delay import Layout
from spiking_music.codec.model_folder import CodecModel
from spiking_music.codec.network import Audio
from spiking_music.codec.stream import Block, stored_gain
from spiking_music.codec.windows import Window, alike, windows
from spiking_music.config import VariantConfig
from spiking_music.errors import CodeError, DataError

Cost = Callable[[NDArray], int]  # bytes in the stream of the codes (rows, T) of the next block


@dataclass(frozen=True)
class Wish:
    """What to choose the level μ of every block by: one of three, or nothing for a model without
    levels, or with a level of its own choice.

    level: this μ. kbps: the lowest μ whose block costs no more. min_si_snr: the highest μ whose
    SI-SNR exceeds this, in dB. Both are found by bisection where rate and quality
    fall from level to level.
    """

    level: int | None = None
    kbps: float | None = None
    min_si_snr: float | None = None

    def settled(self, config: VariantConfig) -> "Wish":
        """What this wish means to a model: its own level where nothing is wished for.

        `CodeError` unless it can be asked for this.
        """
        if self == Wish() and config.default_level is not None:
            return Wish(level=config.default_level)
        self._check(config.levels)
        return self

    def _check(self, levels: int) -> None:
        given = [value for value in (self.level, self.kbps, self.min_si_snr) if value is not None]
        if not levels and given:
            raise CodeError(
                "this model has no levels and codes at one rate: give no level, kbps or min SI-SNR"
            )
        if levels and len(given) != 1:
            raise CodeError(
                f"this model codes at levels 0 .. {levels - 1}: give exactly one of a level, kbps "
                "or min SI-SNR"
            )
        if self.kbps is not None and self.kbps <= 0:
            raise CodeError(f"no block costs {self.kbps:g} kbps: give a rate above 0")
        if self.level is not None and not 0 <= self.level < levels:
            raise CodeError(f"this model has levels 0 .. {levels - 1}, not {self.level}")


@dataclass(frozen=True)
class Missed:
    """Blocks whose wish no level fulfils; they are coded at the nearest one."""

    blocks: int
    worst: Choice


class BlockEncoder:
    """Codes one recording; `missed` says how the wish fared once all blocks are out."""

    def __init__(
        self, codec: CodecModel, layout: Layout, wish: Wish, cost: Cost, live: bool = False
    ) -> None:
        """live: each block as soon as it can be, instead of some at a time."""
        self.missed: Missed | None = None
        self._codec = codec
        self._header = layout.header
        self._ahead = layout.ahead
        self._batch = 1 if live or layout.chained else codec.network.batch
        self._wish = wish.settled(codec.config)
        self._cost = cost

    def blocks(self, pieces: Iterable[NDArray[np.float32]]) -> Iterator[Block]:
        """Blocks of mono samples (n,), n varying, T·hop in all; full scale is 1.

        A block that is louder is scaled down to it, with the context it is coded in. Raises
        `DataError` where samples are not finite.
        """
        hop, size = self._header.hop, self._header.block_samples
        index = 0
        ahead = None if self._ahead is None else self._ahead * hop
        found = windows(pieces, size, self._codec.network.context.encoder * hop, ahead)
        for batch in alike(found, lambda window: window.shape, self._batch):
            gains = [_gain(window) for window in batch]
            audio = np.stack([w.data * np.float32(g) for w, g in zip(batch, gains, strict=True)])
            left, steps = batch[0].left // hop, batch[0].size // hop
            codes, levels = self._codes(audio, slice(left, left + steps))
            for z, level, gain in zip(codes, levels, gains, strict=True):
                yield Block(index, z, gain, level)
                index += 1

    def _codes(self, audio: Audio, counted: slice) -> tuple[NDArray, list[int | None]]:
        """Codes (B, rows, T) of the steps `counted`, and the level of each."""
        wish = self._wish
        if wish.kbps is not None or wish.min_si_snr is not None:
            monotone = self._codec.config.monotone
            return (self._bisected if monotone else self._controlled)(audio, counted)
        level = None
        if wish.level is not None:
            level = np.full(len(audio), wish.level, np.int64)
        codes = self._codec.network.encode(audio, level)[..., counted]
        return codes, [wish.level] * len(audio)

    def _controlled(self, audio: Audio, counted: slice) -> tuple[NDArray, list[int | None]]:
        from spiking_music.codec.rate_control import highest_level, lowest_level, sweep

        wish, levels = self._wish, range(self._codec.config.levels)
        rate = self._header.sample_rate
        price = None if wish.kbps is None else self._kbps  # slow: entropy coding at every level
        network = self._codec.network
        found = sweep(network, audio, levels, network.batch, rate, counted, price)
        codes: list[NDArray[np.uint8]] = []
        chosen: list[int | None] = []
        for clip, rows in found.table(range(len(audio))).groupby("clip"):
            if wish.kbps is not None:
                choice = lowest_level(rows, wish.kbps)
            elif rows["si_snr_db"].isna().all():  # silence has no SI-SNR to lose
                choice = highest_level(rows.assign(si_snr_db=np.inf), wish.min_si_snr or 0.0)
            else:
                choice = highest_level(rows, wish.min_si_snr or 0.0)
            z = found.codes[choice.level, int(str(clip))]
            if not choice.met:
                self._miss(replace(choice, kbps=self._kbps(z)))
            codes.append(z)
            chosen.append(choice.level)
        return np.stack(codes), chosen

    def _bisected(self, audio: Audio, counted: slice) -> tuple[NDArray, list[int | None]]:
        """As `_controlled`, where rate and quality fall from level to level."""
        wish, network = self._wish, self._codec.network
        latents = network.latents(audio)
        order = range(self._codec.config.levels)

        def probe(clips: list[int], levels: list[int]) -> list[Probe]:
            level = np.array(levels, np.int64)
            z = network.codes_at(latents[clips], level)
            codes = z[..., counted].astype(np.uint8, copy=False)
            if wish.kbps is not None:
                fits = np.array([self._kbps(each) <= wish.kbps for each in codes])
            else:
                quality = quality_of(network, z, level, audio[clips], counted)
                # silence has no SI-SNR to lose
                fits = np.isnan(quality) | (quality > (wish.min_si_snr or 0.0))
            return [Probe(*each) for each in zip(levels, codes, fits.tolist(), strict=True)]

        found = first_fitting(len(audio), order if wish.kbps is not None else order[::-1], probe)
        for clip, each in enumerate(found):
            if not each.fits:
                level = np.array([each.level], np.int64)
                z = network.codes_at(latents[[clip]], level)
                quality = quality_of(network, z, level, audio[[clip]], counted)[0]
                self._miss_at(each, float(quality))
        return np.stack([each.codes for each in found]), [each.level for each in found]

    def _kbps(self, z: NDArray) -> float:
        """What a block (N, T) costs in the stream."""
        header = self._header
        return self._cost(z) * 8 / 1000 / (z.shape[-1] * header.hop / header.sample_rate)

    def _miss_at(self, probe: Probe, si_snr_db: float) -> None:
        wish = self._wish
        words = over(wish.min_si_snr or 0.0) if wish.kbps is None else within(wish.kbps)
        self._miss(Choice(False, probe.level, self._kbps(probe.codes), si_snr_db, words))

    def _miss(self, choice: Choice) -> None:
        before = self.missed
        if before is None:
            self.missed = Missed(1, choice)
            return
        worse = (
            choice.kbps > before.worst.kbps
            if self._wish.kbps is not None
            else choice.si_snr_db < before.worst.si_snr_db
        )
        self.missed = Missed(before.blocks + 1, choice if worse else before.worst)


def _gain(window: Window) -> float:
    """What brings the block to full scale where it is beyond."""
    block = window.data[window.left : window.left + window.size]
    peak = float(max(block.max(), -block.min()))
    if not np.isfinite(peak):
        raise DataError("the recording holds NaN or infinite samples: export it again")
    return stored_gain(1 / peak) if peak > 1 else 1.0
