"""Samples at the codec's rate → blocks of codes, window by window."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spiking_music.codec.bisection import Probe, first_fitting
from spiking_music.codec.model_folder import CodecModel
from spiking_music.codec.stream import Block, Header, stored_gain
from spiking_music.codec.stream.frame import FRAME_BYTES
from spiking_music.codec.stream.payload import pack
from spiking_music.codec.windows import Window, alike, windows
from spiking_music.config import VariantConfig
from spiking_music.errors import CodeError, DataError

if TYPE_CHECKING:  # imports pandas, which a fixed level can do without
    from spiking_music.codec.rate_control import Choice


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
    worst: "Choice"


class BlockEncoder:
    """Codes one recording; `missed` says how the wish fared once all blocks are out."""

    def __init__(self, codec: CodecModel, header: Header, wish: Wish, format: str) -> None:
        self.missed: Missed | None = None
        self._codec = codec
        self._header = header
        self._wish = wish.settled(codec.config)
        self._format = format

    def blocks(self, pieces: Iterable[NDArray[np.float32]]) -> Iterator[Block]:
        """Blocks of mono samples (n,), n varying, T·hop in all; full scale is 1.

        A block that is louder is scaled down to it, with the context it is coded in. Raises
        `DataError` where samples are not finite.
        """
        hop, size = self._header.hop, self._header.block_samples
        index = 0
        found = windows(pieces, size, self._codec.context.encoder * hop)
        for batch in alike(found, lambda window: window.shape, self._codec.batch):
            gains = [_gain(window) for window in batch]
            stack = np.stack([w.data * np.float32(g) for w, g in zip(batch, gains, strict=True)])
            audio = torch.from_numpy(stack)[:, None].to(self._codec.device)  # (B, 1, L)
            left, steps = batch[0].left // hop, batch[0].size // hop
            codes, levels = self._codes(audio, slice(left, left + steps))
            for z, level, gain in zip(codes, levels, gains, strict=True):
                yield Block(index, z, gain, level)
                index += 1

    @torch.inference_mode()
    def _codes(self, audio: Tensor, counted: slice) -> tuple[NDArray, list[int | None]]:
        """Codes (B, rows, T) of the steps `counted`, and the level of each."""
        wish = self._wish
        if wish.kbps is not None or wish.min_si_snr is not None:
            monotone = self._codec.config.monotone
            return (self._bisected if monotone else self._controlled)(audio, counted)
        level = None
        if wish.level is not None:
            level = torch.full((len(audio),), wish.level, device=self._codec.device)
        codes = self._codec.model.encode(audio, level)[..., counted]
        return codes.cpu().numpy(), [wish.level] * len(audio)

    def _controlled(self, audio: Tensor, counted: slice) -> tuple[NDArray, list[int | None]]:
        from spiking_music.codec.rate_control import highest_level, lowest_level, sweep

        wish, levels = self._wish, range(self._codec.config.levels)
        rate = self._header.sample_rate
        price = None if wish.kbps is None else self._kbps  # slow: entropy coding at every level
        found = sweep(self._codec.model, audio, levels, self._codec.batch, rate, counted, price)
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

    def _bisected(self, audio: Tensor, counted: slice) -> tuple[NDArray, list[int | None]]:
        """As `_controlled`, where rate and quality fall from level to level."""
        from spiking_music.codec.rate_control import quality_of

        wish, codec = self._wish, self._codec
        latents = codec.model.latents(audio)
        order = range(codec.config.levels)

        def probe(clips: list[int], levels: list[int]) -> list[Probe]:
            level = torch.tensor(levels, device=codec.device)
            z = codec.model.codes_at(latents[clips], level)
            codes = z[..., counted].to(torch.uint8).cpu().numpy()
            if wish.kbps is not None:
                fits = np.array([self._kbps(each) <= wish.kbps for each in codes])
            else:
                quality = quality_of(codec.model, z, level, audio[clips], counted)
                # silence has no SI-SNR to lose
                fits = np.isnan(quality) | (quality > (wish.min_si_snr or 0.0))
            return [Probe(*each) for each in zip(levels, codes, fits.tolist(), strict=True)]

        found = first_fitting(len(audio), order if wish.kbps is not None else order[::-1], probe)
        for clip, each in enumerate(found):
            if not each.fits:
                level = torch.tensor([each.level], device=codec.device)
                z = codec.model.codes_at(latents[[clip]], level)
                quality = quality_of(codec.model, z, level, audio[[clip]], counted)[0]
                self._miss_at(each, float(quality))
        return np.stack([each.codes for each in found]), [each.level for each in found]

    def _kbps(self, z: NDArray) -> float:
        """What a block (N, T) costs in the stream."""
        header = self._header
        count = FRAME_BYTES + len(pack(z, header, self._codec.coder, self._format).payload)
        return count * 8 / 1000 / (z.shape[-1] * header.hop / header.sample_rate)

    def _miss_at(self, probe: Probe, si_snr_db: float) -> None:
        from spiking_music.codec.rate_control import Choice, over, within

        wish = self._wish
        words = over(wish.min_si_snr or 0.0) if wish.kbps is None else within(wish.kbps)
        self._miss(Choice(False, probe.level, self._kbps(probe.codes), si_snr_db, words))

    def _miss(self, choice: "Choice") -> None:
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
