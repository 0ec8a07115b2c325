"""Codes of a split as a file: what a model makes of clips, and all that is needed to decode them.

HDF5: dataset `codes`, one chunk a clip, in the order of the clips: uint8 z (clips, N, T) of a
binary variant, uint16 indices (clips, Q, T) of an RVQ, or the float32 spectrogram (clips, n_mels, T)
that the MEL variant's decoder is given. Attributes: kind ("binary" | "rvq" | "mel"), codebook_size
(1 unless rvq), level (μ of all clips; -1 where the model takes none), variant, hop (samples),
sample_rate (Hz), weights (sha256 of the model's file).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import h5py
import numpy as np
import torch
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.config import VariantConfig
from spiking_music.dataset.clip_dataset import Clips
from spiking_music.errors import CodeError, ConfigError, DataError
from spiking_music.model.autoencoder import Autoencoder
from spiking_music.model.weights import load_weights


NO_LEVEL = -1  # of a model that takes none
TYPES = {"binary": np.uint8, "rvq": np.uint16, "mel": np.float32}
Codes = NDArray[np.uint8 | np.uint16 | np.float32]


@dataclass(frozen=True)
class Origin:
    """Where codes come from: the attributes of the file."""

    kind: Literal["binary", "rvq", "mel"]
    codebook_size: int
    level: int  # μ, or `NO_LEVEL`
    variant: str
    hop: int
    sample_rate: int
    weights: str


class CodesFile:
    """An open file of codes; see `open_codes`."""

    def __init__(self, path: Path, codes: h5py.Dataset, origin: Origin) -> None:
        self.path = path
        self.origin = origin
        self.rows, self.steps = codes.shape[1:]  # N, Q or n_mels, and T
        self._codes = codes

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def seconds(self) -> float:
        """Duration of a clip."""
        return float(self.steps * self.origin.hop / self.origin.sample_rate)

    def batches(self, size: int) -> Iterator[Codes]:
        """Codes (≤ size, rows, T), batch after batch; `CodeError` where the file is damaged."""
        for start in range(0, len(self), size):
            try:
                yield self._codes[start : start + size]
            except OSError:
                raise _damaged(self.path) from None


@contextmanager
def open_codes(path: Path) -> Iterator[CodesFile]:
    """Open the codes at `path`; `CodeError` where they are missing, damaged or something else."""
    if not path.is_file():
        raise CodeError(f"no codes at '{path}': run the rule `codes` first")
    try:
        file = h5py.File(path, "r")
    except OSError:
        raise _damaged(path) from None
    with file:
        try:
            attributes = {name: file.attrs[name] for name in Origin.__dataclass_fields__}
            codes = file["codes"]
        except KeyError as error:
            raise CodeError(f"'{path}' does not hold codes of this version: {error}") from None
        for name, value in attributes.items():
            attributes[name] = value if isinstance(value, str) else int(value)
        yield CodesFile(path, codes, Origin(**attributes))


def encode_split(
    weights: Path, clips: list[Path], out: Path, batch_size: int, level: int
) -> None:
    """Encode all clips of the shards `clips` by the model `weights`; write the codes to `out`.

    A model with levels codes at μ = `level`; others have no use for it. Holds `batch_size` clips in
    memory. Equal inputs give equal bytes. Raises `CodeError` where the model is missing or damaged,
    `ConfigError` where it has no such level, `DataError` where clips are missing or damaged, or have
    another sample rate or length.
    """
    device = device_at_hand()
    model, config = load_weights(weights, device)
    source = Clips(clips)
    require_signal(source, config, weights)
    if not len(source):
        raise DataError(f"there are no clips in '{clips[0]}' and its shards: nothing to encode")
    with files.atomic(out) as temporary, h5py.File(temporary, "w", libver="v110") as file:
        origin = origin_of(weights, config, level)
        file.attrs.update(asdict(origin))
        rows, dtype = _rows(config), TYPES[origin.kind]
        codes = file.create_dataset(
            "codes",
            shape=(len(source), rows, config.signal.steps),
            chunks=(1, rows, config.signal.steps),
            dtype=dtype,
            compression="gzip",  # lossless; sparse codes shrink tenfold
            compression_opts=1,
            track_times=False,  # or equal codes would differ in bytes
        )
        for start in range(0, len(source), batch_size):
            batch = read_batch(source, start, batch_size)
            mu = levels(origin.level, len(batch), device)
            z = model.encode(batch[:, None].to(device), mu)  # (B, rows, T)
            codes[start : start + len(batch)] = z.cpu().numpy().astype(dtype)
    files.wrote(out)


def decode_batch(model: Autoencoder, codes: Codes, level: int) -> NDArray[np.float32]:
    """Codes (B, rows, T), written at `level`, → audio (B, T·hop); `CodeError` unless finite."""
    device = next(model.parameters()).device
    z = torch.from_numpy(codes.astype(np.int64) if model.kind == "rvq" else codes)
    audio = model.decode(z.to(device), levels(level, len(codes), device))
    audio = audio[:, 0].float().cpu().numpy()
    if not np.isfinite(audio).all():
        raise CodeError("the model decodes to values that are not finite: train it again")
    return audio


def levels(level: int, count: int, device: torch.device) -> torch.Tensor | None:
    """μ = `level` for each of `count` clips, (B,) int64; None for `NO_LEVEL`."""
    return None if level == NO_LEVEL else torch.full((count,), level, device=device)


def read_batch(clips: Clips, start: int, size: int) -> torch.Tensor:
    """Clips start … start + size − 1, or as many as there are: (B, clip_samples)."""
    return torch.stack([clips[i] for i in range(start, min(start + size, len(clips)))])


def origin_of(weights: Path, config: VariantConfig, level: int) -> Origin:
    """The origin of codes that the model in the file `weights` makes at μ = `level`.

    Raises `ConfigError` for a level that a model with levels does not have.
    """
    if config.levels and not 0 <= level < config.levels:
        raise ConfigError(
            f"model '{weights}' has levels 0..{config.levels - 1}, not {level}: "
            "change `level` in section `evaluation`"
        )
    bottleneck = config.bottleneck
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Origin(
        kind=bottleneck.kind,
        codebook_size=bottleneck.codebook_size if bottleneck.kind == "rvq" else 1,
        level=level if config.levels else NO_LEVEL,
        variant=config.name,
        hop=config.signal.hop,
        sample_rate=config.signal.sample_rate,
        weights=digest,
    )


def require_origin(codes: CodesFile, weights: Path, config: VariantConfig) -> None:
    """`CodeError` unless exactly the model `weights` made `codes`, at any level that it has."""
    level = codes.origin.level if 0 <= codes.origin.level < config.levels else 0
    expected = origin_of(weights, config, level)
    for name, value in asdict(expected).items():
        found = getattr(codes.origin, name)
        if found != value:
            what = "another training" if name == "weights" else f"{name} {found}, not {value}"
            raise CodeError(
                f"codes '{codes.path}' do not belong to model '{weights}' ({what}): encode again"
            )
    shape = (_rows(config), config.signal.steps)
    if (codes.rows, codes.steps) != shape:
        raise CodeError(
            f"codes '{codes.path}' have shape {(codes.rows, codes.steps)} a clip, but model "
            f"'{weights}' makes {shape}: encode again"
        )


def require_signal(clips: Clips, config: VariantConfig, weights: Path) -> None:
    """`DataError` unless the clips have the sample rate and length that the model expects."""
    wanted = (config.signal.sample_rate, config.signal.clip_samples)
    found = (clips.sample_rate, clips.clip_samples)
    if found != wanted:
        raise DataError(
            f"clips have (sample rate, length) {found}, but model '{weights}' expects {wanted}: "
            "cut them again with its `signal` section"
        )


def device_at_hand() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _rows(config: VariantConfig) -> int:
    """N, Q or n_mels."""
    bottleneck = config.bottleneck
    if bottleneck.kind == "mel":
        return bottleneck.n_mels
    return bottleneck.codebooks if bottleneck.kind == "rvq" else bottleneck.units


def _damaged(path: Path) -> CodeError:
    return CodeError(f"codes '{path}' are damaged: delete the file and run the rule `codes` again")
