"""Clips → codes → audio by a trained model, and refusal of what does not belong together."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray

from spiking_music import files
from spiking_music.config import VariantConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import CodeError, ConfigError, DataError
from spiking_music.evaluation.codes_file import (
    NO_LEVEL,
    SEVERAL,
    TYPES,
    Codes,
    CodesFile,
    Origin,
    open_codes,
)
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.weights import load_weights
from spiking_music.progress import tracked


def encode_split(weights: Path, clips: list[Path], out: Path, batch_size: int, *turns: int) -> None:
    """Encode all clips of the shards `clips` by the model `weights`; write the codes to `out`.

    A model with levels codes clip after clip at the levels `turns`, taken in turn; others have no
    use for them. Holds `batch_size` clips in memory. Equal inputs give equal bytes. Raises
    `CodeError` where the model is missing or damaged, `ConfigError` where it has no such level,
    `DataError` where clips are missing or damaged, or have another sample rate or length.
    """
    device = device_at_hand()
    model, config = load_weights(weights, device)
    source = Clips(clips)
    require_signal(source, config, weights)
    if not len(source):
        raise DataError(f"there are no clips in '{clips[0]}' and its shards: nothing to encode")
    with (
        files.atomic(out) as temporary,
        files.Disk(temporary) as disk,
        h5py.File(disk, "w", libver="v110") as file,
    ):
        origin = _origin_of_turns(weights, config, turns)
        file.attrs.update(asdict(origin))
        rows, dtype = config.bottleneck.rows, TYPES[origin.kind]
        codes = file.create_dataset(
            "codes",
            shape=(len(source), rows, config.signal.steps),
            chunks=(1, rows, config.signal.steps),
            dtype=dtype,
            compression="gzip",  # lossless; sparse codes shrink tenfold
            compression_opts=1,
            track_times=False,  # or equal codes would differ in bytes
        )
        starts = range(0, len(source), batch_size)
        for start in tracked(starts, "batches of clips", len(starts)):
            batch = read_batch(source, start, batch_size)
            mu = _next_levels(origin, turns, start, len(batch), device)
            z = model.encode(batch[:, None].to(device), mu)  # (B, rows, T)
            codes[start : start + len(batch)] = z.cpu().numpy().astype(dtype)
            disk.check()
    files.wrote(out)


def _origin_of_turns(weights: Path, config: VariantConfig, turns: Sequence[int]) -> Origin:
    for level in turns[1:]:
        _require_level(level, config, weights)
    origin = origin_of(weights, config, turns[0])
    several = origin.level != NO_LEVEL and len(turns) > 1
    return replace(origin, level=SEVERAL) if several else origin


def _next_levels(
    origin: Origin, turns: Sequence[int], start: int, count: int, device: torch.device
) -> torch.Tensor | None:
    """Levels (count,) int64 of the clips from `start` on; None of a model without levels."""
    if origin.level == NO_LEVEL:
        return None
    chosen = [turns[clip % len(turns)] for clip in range(start, start + count)]
    return torch.tensor(chosen, device=device)


def decode_batch(model: Autoencoder, codes: Codes, level: int) -> NDArray[np.float32]:
    """Codes (B, rows, T), written at `level`, → audio (B, T·hop); `CodeError` unless finite."""
    device = next(model.parameters()).device
    z = torch.from_numpy(codes.astype(np.int64) if model.kind == "rvq" else codes)
    decoded = model.decode(z.to(device), levels(level, len(codes), device))
    audio: NDArray[np.float32] = decoded[:, 0].float().cpu().numpy()
    if not np.isfinite(audio).all():
        raise CodeError("the model decodes to values that are not finite: train it again")
    return audio


def levels(level: int, count: int, device: torch.device) -> torch.Tensor | None:
    """μ = `level` for each of `count` clips, (B,) int64; None for `NO_LEVEL`."""
    return None if level == NO_LEVEL else torch.full((count,), level, device=device)


def read_batch(clips: Clips, start: int, size: int) -> torch.Tensor:
    """Clips start … start + size − 1, or as many as there are: (B, clip_samples)."""
    return torch.stack([clips[i] for i in range(start, min(start + size, len(clips)))])


def chosen_codes(
    codes: Path, weights: Path, config: VariantConfig, chosen: Sequence[int], clips: int
) -> tuple[Codes, Origin]:
    """Codes (count, rows, T) of the `chosen` clips of a split of `clips`, and where they are from.

    Raises what `require_origin` raises, and `DataError` for another split's codes.
    """
    with open_codes(codes) as coded:
        require_origin(coded, weights, config)
        if len(coded) != clips:
            raise DataError(
                f"codes '{codes}' hold {len(coded)} clips, the shards {clips}: encode again"
            )
        return coded.chosen(chosen), coded.origin


def origin_of(weights: Path, config: VariantConfig, level: int) -> Origin:
    """The origin of codes that the model in the file `weights` makes at μ = `level`.

    Raises `ConfigError` for a level that a model with levels does not have.
    """
    _require_level(level, config, weights)
    bottleneck = config.bottleneck
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Origin(
        kind=bottleneck.codes,
        codebook_size=bottleneck.codebook_size,
        level=level if config.levels else NO_LEVEL,
        variant=config.name,
        hop=config.signal.hop,
        sample_rate=config.signal.sample_rate,
        weights=digest,
        layout=bottleneck.layout,
    )


def _require_level(level: int, config: VariantConfig, weights: Path) -> None:
    if config.levels and not 0 <= level < config.levels:
        raise ConfigError(
            f"model '{weights}' has levels 0..{config.levels - 1}, not {level}: "
            "change `level` and `levels` in section `evaluation`"
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
    shape = (config.bottleneck.rows, config.signal.steps)
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
