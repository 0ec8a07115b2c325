"""Entropy coding of a model's codes by whole-number tables, fitted to its train split."""

from spiking_music.codec.entropy.coder import METHODS, EntropyCoder
from spiking_music.codec.entropy.fit import fit_entropy, ideal_bits, make_coder
from spiking_music.codec.entropy.tables import EntropyTables, load_tables, save_tables

__all__ = [
    "METHODS",
    "EntropyCoder",
    "EntropyTables",
    "fit_entropy",
    "ideal_bits",
    "load_tables",
    "make_coder",
    "save_tables",
]
