"""A trained model as a codec needs it: weights, entropy tables beside them, and its fingerprint.

A model folder, `results/<dataset>/models/<variant>/`, holds `weights.safetensors` and, where they
were fitted, `entropy.safetensors`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spiking_music.codec.later_coder import LaterCoder
from spiking_music.codec.later_refinement import LaterRefinement
from spiking_music.codec.network import Network, Refinement
from spiking_music.codec.pretrained import fingerprint_of, shipped
from spiking_music.codec.stream import EntropyCoder, Header
from spiking_music.codec.stream.header import BLOCK_BITS
from spiking_music.config import VariantConfig
from spiking_music.errors import CodeError, ConfigError
from spiking_music.extras import needed
from spiking_music.models.metadata import config_in, opened
from spiking_music.models.shipped import DECISIONS, PRETRAINED, TABLES, WEIGHTS, folder_of


@dataclass(frozen=True)
class CodecModel:
    """All that both ends of a stream must have in common."""

    path: Path
    network: Network
    config: VariantConfig
    fingerprint: bytes  # first 16 bytes of the SHA-256 of the files, weights then tables
    coder: EntropyCoder | None  # None where the folder has no tables
    refinement: Refinement | None = None  # of an encoder's codes, for models that have one

    def header(self, original_rate: int) -> Header:
        """The header of this model's streams; a block is a clip, or as much as a stream allows."""
        signal = self.config.signal
        kind, rows, size = _shape(self.config)
        entry = max(1, (size - 1).bit_length())  # bits
        alignment = self.network.alignment
        frames = min(signal.steps, BLOCK_BITS // (rows * entry))
        return Header(
            fingerprint=self.fingerprint,
            kind=kind,
            rows=rows,
            codebook_size=size,
            sample_rate=signal.sample_rate,
            hop=signal.hop,
            block_steps=frames // alignment * alignment,
            original_rate=original_rate,
        )

    def known(self, fingerprint: bytes) -> Header:
        """What a compact stream leaves to its model; `CodeError` unless it names this one."""
        self._require_fingerprint(fingerprint)
        return self.header(self.config.signal.sample_rate)

    def require(self, header: Header) -> None:
        """`CodeError` unless exactly this model made the stream of `header`."""
        self._require_fingerprint(header.fingerprint)
        own = self.header(header.original_rate)
        for name in ("kind", "rows", "codebook_size", "sample_rate", "hop"):
            if getattr(own, name) != getattr(header, name):
                raise CodeError(
                    f"the stream's {name} is {getattr(header, name)}, and its model has "
                    f"{getattr(own, name)}: its header was forged"
                )

    def _require_fingerprint(self, fingerprint: bytes) -> None:
        if self.fingerprint.startswith(fingerprint):
            return
        known = shipped(fingerprint)
        if known is not None:
            name = "no model" if known == PRETRAINED else f"'{known.name}'"
            raise CodeError(
                f"the stream was encoded by a model of the package, not by '{self.path}': name "
                f"{name} to decode it"
            )
        own = self.fingerprint[: len(fingerprint)]
        raise CodeError(
            f"the stream needs the model of fingerprint {fingerprint.hex()}, and '{self.path}' has "
            f"{own.hex()}: name the model that encoded it"
        )


def load_model(
    path: Path | str | None = None, device: str = "cpu", torch: bool = False
) -> CodecModel:
    """The model of a folder or of a weights file, and the tables beside it, on `device`.

    Without a path, the one that comes with the package. An MDCT model on the CPU runs in numpy
    unless `torch` is asked for; all others need it.

    Raises `CodeError` where weights or tables are missing, damaged, of no codec or of another
    model, `ConfigError` where there is no such device or no pretrained model.
    """
    if path is None and not (PRETRAINED / WEIGHTS).is_file():
        raise ConfigError(
            "no pretrained model comes with this version: name one you trained with --model, "
            "for example results/demo/models/free"
        )
    path = PRETRAINED if path is None else folder_of(path)
    weights = path / WEIGHTS if path.is_dir() else path
    with opened(weights, "numpy") as file:
        config = config_in(file.metadata() or {}, weights)
    if config.bottleneck.codes == "mel":
        raise CodeError(
            f"variant '{config.name}' keeps a spectrogram and is no codec: choose another model"
        )
    tables = weights.with_name(TABLES)
    coder = LaterCoder(tables, _shape(config), config.name) if tables.is_file() else None
    network = _network(weights, config, device, torch)
    refinement = _refinement(network, tables, weights.with_name(DECISIONS))
    return CodecModel(path, network, config, fingerprint_of(weights), coder, refinement)


def _refinement(network: Network, tables: Path, decisions: Path) -> Refinement | None:
    from spiking_music.mdct.inference.network import MdctNetwork  # a room that builds on this

    if not (isinstance(network, MdctNetwork) and tables.is_file() and decisions.is_file()):
        return None
    return LaterRefinement(network, tables, decisions)


def _network(weights: Path, config: VariantConfig, device: str, torch: bool) -> Network:
    from spiking_music.mdct.inference import network  # a room that builds on this

    if device == "cpu" and not torch and network.runs(config):
        return network.load_network(weights, config)
    with needed(f"model '{config.name}' on device '{device}'"):
        from spiking_music.codec import torch_network  # here, as it takes seconds
    return torch_network.load_network(weights, device)


def _shape(config: VariantConfig) -> tuple[Literal["binary", "rvq"], int, int]:
    """Kind of codes, rows, and K (1: binary) of a codec, as has been checked."""
    bottleneck = config.bottleneck
    assert bottleneck.codes != "mel"
    return bottleneck.codes, bottleneck.rows, bottleneck.codebook_size
