"""A model's rate–distortion optimised quantiser, made when it is used: it imports a compiler."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from spiking_music.codec.network import Codes, Latents, Levels, Refinement
from spiking_music.errors import CodeError

if TYPE_CHECKING:
    from spiking_music.mdct.inference.network import MdctNetwork


class LaterRefinement:
    """A `Refinement` by the entropy model in `tables` and the small network in `decisions`.

    Raises `CodeError` at the first block where one of them cannot be used.
    """

    def __init__(self, network: "MdctNetwork", tables: Path, decisions: Path) -> None:
        self._network, self._tables, self._decisions = network, tables, decisions

    def __call__(
        self, codes: Codes, latents: Latents, level: Levels | None, frames: slice, continued: bool
    ) -> Codes:
        return self._made(codes, latents, level, frames, continued)

    @cached_property
    def _made(self) -> Refinement:
        from spiking_music.codec.entropy import load_tables
        from spiking_music.mdct.context_mixing import ContextMixingTables
        from spiking_music.mdct.rate_distortion import load_ahead

        tables = load_tables(self._tables).context_mixing
        if not isinstance(tables, ContextMixingTables):
            raise CodeError(f"'{self._tables}' has no model of quantised bins: fit it again")
        return self._network.refined_by(tables.model(), load_ahead(self._decisions))
