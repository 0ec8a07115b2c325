"""Samples at the codec's rate → blocks of codes, window by window."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from spiking_music.codec.bisection import Probe, first_fitting
from spiking_music.codec.budget import Budget
from spiking_music.codec.choice import Choice, over, quality_of, within
from spiking_music.codec.delay import Layout
from spiking_music.codec.model_folder import CodecModel
from spiking_music.codec.network import Audio, Codes, Latents, Levels
from spiking_music.codec.stream import Block, stored_gain
from spiking_music.codec.windows import Window, alike, windows
from spiking_music.config import VariantConfig
from spiking_music.errors import CodeError, DataError


class Costs(Protocol):
    """What a stream costs, in bytes."""

    overhead: int  # beside its blocks

    def cost(self, codes: NDArray) -> int:
        """Of the next block, of codes (rows, T)."""


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
        self, codec: CodecModel, layout: Layout, wish: Wish, costs: Costs, live: bool = False
    ) -> None:
        """live: each block as soon as it can be, instead of some at a time."""
        self.missed: Missed | None = None
        self.reached: list[float] = []  # SI-SNR in dB of the blocks of which it was asked for
        self._codec = codec
        self._layout, self._header = layout, layout.header
        self._continued = False  # whether the next block continues the one before
        self._ahead = layout.ahead
        self._wish = wish.settled(codec.config)
        self._costs = costs
        self._budget: Budget | None = None
        if wish.kbps is not None:
            window = codec.header(layout.header.original_rate).block_samples
            seconds = window / layout.header.sample_rate
            self._budget = Budget(wish.kbps, costs.overhead, seconds)
        one = live or layout.chained or self._budget is not None
        self._batch = 1 if one else codec.network.batch

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
            counted = slice(left, left + steps)
            self._continued = self._layout.continues(index)
            if self._budget is not None:  # one at a time
                codes, levels = self._within(audio, counted, last=self._is_last(batch[0], ahead))
            else:
                codes, levels = self._codes(audio, counted)
            for z, level, gain in zip(codes, levels, gains, strict=True):
                yield Block(index, z, gain, level)
                index += 1

    def _is_last(self, window: Window, ahead: int | None) -> bool:
        """Whether the recording may end with this block: it does, or soon after it."""
        hop = self._header.hop
        behind = self._codec.network.context.encoder * hop if ahead is None else ahead
        return window.data.shape[-1] - window.left - window.size < behind

    def _within(self, audio: Audio, counted: slice, last: bool) -> tuple[NDArray, list[int | None]]:
        """As `_codes` of one block, at the rate that the budget leaves it."""
        assert self._budget is not None  # as the caller sees to it
        hop, rate = self._header.hop, self._header.sample_rate
        # the last frame may be filled up with silence
        seconds = (counted.stop - counted.start - last) * hop / rate
        self._allowed = self._budget.allowance(seconds, last)
        codes, levels = self._codes(audio, counted)
        self._budget.spend(self._costs.cost(codes[0]), seconds)
        return codes, levels

    def _codes(self, audio: Audio, counted: slice) -> tuple[NDArray, list[int | None]]:
        """Codes (B, rows, T) of the steps `counted`, and the level of each."""
        wish = self._wish
        if wish.kbps is not None or wish.min_si_snr is not None:
            monotone = self._codec.config.monotone
            return (self._bisected if monotone else self._controlled)(audio, counted)
        level = None
        if wish.level is not None:
            level = np.full(len(audio), wish.level, np.int64)
        codes = self._at(self._codec.network.latents(audio), level, counted)[..., counted]
        return codes, [wish.level] * len(audio)

    def _at(self, latents: Latents, level: Levels | None, counted: slice) -> Codes:
        """Codes (B, rows, T) of windows at the levels, refined where the model can."""
        codes = self._codec.network.codes_at(latents, level)
        refine = self._codec.refinement
        return codes if refine is None else refine(codes, latents, level, counted, self._continued)

    def _controlled(self, audio: Audio, counted: slice) -> tuple[NDArray, list[int | None]]:
        from spiking_music.codec.rate_control import highest_level, lowest_level, sweep

        wish, levels = self._wish, range(self._codec.config.levels)
        rate = self._header.sample_rate
        price = None if wish.kbps is None else self._kbps  # slow: entropy coding at every level
        network = self._codec.network
        seconds = (counted.stop - counted.start) * self._header.hop / rate
        found = sweep(network, audio, levels, network.batch, rate, counted, price)
        codes: list[NDArray[np.uint8]] = []
        chosen: list[int | None] = []
        for clip, rows in found.table(range(len(audio))).groupby("clip"):
            if wish.kbps is not None:
                choice = lowest_level(rows, self._allowed * 8 / 1000 / seconds)
            elif rows["si_snr_db"].isna().all():  # silence has no SI-SNR to lose
                choice = highest_level(rows.assign(si_snr_db=np.inf), wish.min_si_snr or 0.0)
            else:
                choice = highest_level(rows, wish.min_si_snr or 0.0)
            z = found.codes[choice.level, int(str(clip))]
            if wish.min_si_snr is not None and not np.isnan(choice.si_snr_db):
                self.reached.append(choice.si_snr_db)
            if not choice.met:
                words = choice.wish if wish.kbps is None else within(wish.kbps)
                self._miss(replace(choice, kbps=self._kbps(z), wish=words))
            codes.append(z)
            chosen.append(choice.level)
        return np.stack(codes), chosen

    def _bisected(self, audio: Audio, counted: slice) -> tuple[NDArray, list[int | None]]:
        """As `_controlled`, where rate and quality fall from level to level."""
        wish, network = self._wish, self._codec.network
        latents = network.latents(audio)
        order = range(self._codec.config.levels)
        heard: dict[tuple[int, int], float] = {}  # SI-SNR by clip and level

        def probe(clips: list[int], levels: list[int]) -> list[Probe]:
            level = np.array(levels, np.int64)
            z = self._at(latents[clips], level, counted)
            codes = z[..., counted].astype(np.uint8, copy=False)
            if wish.kbps is not None:
                fits = np.array([self._costs.cost(each) <= self._allowed for each in codes])
            else:
                quality = quality_of(network, z, level, audio[clips], counted)
                # silence has no SI-SNR to lose
                fits = np.isnan(quality) | (quality > (wish.min_si_snr or 0.0))
                heard.update(zip(zip(clips, levels, strict=True), quality.tolist(), strict=True))
            return [Probe(*each) for each in zip(levels, codes, fits.tolist(), strict=True)]

        found = first_fitting(len(audio), order if wish.kbps is not None else order[::-1], probe)
        for clip, each in enumerate(found):
            quality = heard.get((clip, each.level), np.nan)
            self.reached += [] if np.isnan(quality) else [quality]
            if not each.fits:
                level = np.array([each.level], np.int64)
                z = self._at(latents[[clip]], level, counted)
                missed = quality_of(network, z, level, audio[[clip]], counted)[0]
                self._miss_at(each, float(missed))
        return np.stack([each.codes for each in found]), [each.level for each in found]

    def _kbps(self, z: NDArray) -> float:
        """What a block (N, T) costs in the stream."""
        header = self._header
        return self._costs.cost(z) * 8 / 1000 / (z.shape[-1] * header.hop / header.sample_rate)

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
