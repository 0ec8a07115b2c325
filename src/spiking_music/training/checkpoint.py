"""Checkpoints to resume from, and weights to start from.

A checkpoint is a torch file of tensors, numbers and strings, read with `weights_only=True`: no code
in it. It is written atomically and never taken for another run's. It holds no state of random
generators because the loop seeds them anew at each step.
"""

import hashlib
import json
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from spiking_music.config import VariantConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import CodeError, ConfigError, TrainingError
from spiking_music.files import Disk, atomic, litter
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.pretrained import start_weights
from spiking_music.models.weights import load_weights
from spiking_music.training.checkpoint_files import LAST_GOOD, found
from spiking_music.training.data import evenly_spaced

SHARED = 90.0  # seconds until what a node wrote is seen by all, at the latest
# These may change between a run and its resumption, as may the bounds of a collapse: they do not
# change what a step computes.
EXCLUDED_FROM_HASH = {
    "log_every", "validate_every", "validation_clips", "checkpoint_every",
    "workers", "accelerator", "devices", "nodes",
}  # fmt: skip


def fingerprint(config: VariantConfig, clips: Clips) -> str:
    """Names what a run computes: configuration less `EXCLUDED_FROM_HASH`, and a sample of clips.

    Weights to start from count by their bytes, wherever they lie. Raises `CodeError` where they
    cannot be read.
    """
    digest = hashlib.sha256()
    excluded = {"training": EXCLUDED_FROM_HASH, "sparsity": {"collapse"}}
    settings = config.model_dump(mode="json", exclude=excluded)
    start = start_weights(config)
    settings["training"]["start_from"] = None if start is None else digest_of(start)
    digest.update(json.dumps([settings, len(clips)], sort_keys=True).encode())
    for index in evenly_spaced(64, len(clips)):
        digest.update(clips[index].numpy().tobytes())
    return digest.hexdigest()


class Checkpoints:
    """The checkpoints of one run in `folder`: the newest two are kept, so that one may be damaged.

    Those of another fingerprint are passed over, as damaged ones are, and reported.
    """

    def __init__(self, folder: Path, fingerprint: str, report: Callable[[str], None]) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        self.report = report

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Write `state` after `step` steps, then delete all but this and the one before it."""
        path = self._path(step)
        with atomic(path) as temporary, Disk(temporary) as disk:
            torch.save({"fingerprint": self.fingerprint, "step": step, "state": state}, disk)
        older = [other for other in self._newest_first() if other < path]
        for other in {*self._newest_first(), *litter(self.folder)} - {path, *older[:1]}:
            other.unlink()

    def load(self, force: bool = True) -> tuple[int, dict[str, Any]] | None:
        """Step and state of the newest sound checkpoint of this run; None to start anew.

        Raises `TrainingError` where a newer one is another run's, which this one would delete,
        unless `force`.
        """
        for path in self._newest_first():
            saved = _read(path)
            if saved is None:
                self.report(f"passing over '{path}': it is damaged")
            elif saved["fingerprint"] != self.fingerprint and not force:
                raise TrainingError(
                    f"'{path}' is of another configuration, of other clips or of other weights to "
                    "start from: give --force to give it up, or name another folder"
                )
            elif saved["fingerprint"] != self.fingerprint:
                self.report(
                    f"passing over '{path}': it is of another configuration, of other clips or of "
                    "other weights to start from"
                )
            else:
                return saved["step"], saved["state"]
        return None

    def at(self, step: int) -> tuple[int, dict[str, Any]]:
        """The same for a process that is told the step by the first one.

        Waits until a file system of several nodes shows the file; `TrainingError` if it does not.
        """
        path, end = self._path(step), time.monotonic() + SHARED
        while (saved := _read(path)) is None:
            if time.monotonic() > end:
                raise TrainingError(
                    f"'{path}' is not seen by all processes of the training: keep results on a "
                    "file system that the nodes share"
                )
            time.sleep(1)
        return saved["step"], saved["state"]

    def remove(self) -> None:
        """Delete them: the run is over, and a run that starts later must not find it.

        The folder goes with them, unless it holds more than a run leaves in it.
        """
        if not self.folder.is_dir():
            return
        for path in [*self._newest_first(), self.folder / LAST_GOOD, *litter(self.folder)]:
            path.unlink(missing_ok=True)
        with suppress(OSError):  # not empty, or a link
            self.folder.rmdir()

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step:09d}.pt"

    def _newest_first(self) -> list[Path]:
        return sorted(found(self.folder), reverse=True)


def _read(path: Path) -> dict[str, Any] | None:
    """What `path` holds, or None if a byte of it is wrong (torch itself does not look)."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                return None
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # zipfile, zlib, pickle and torch each raise their own kinds
        return None
    return saved if {"fingerprint", "step", "state"} <= saved.keys() else None


def copy_weights(path: Path, model: Autoencoder, config: VariantConfig) -> None:
    """Copy the weights and averages in the file `path` into `model`, which is of `config`.

    Losses, a sparsity's model of the events and a GAN's discriminators are no part of the file and
    start anew, as does what a diffusion decoder adds to one by regression. Raises `CodeError` and
    `ConfigError` as `load_weights` does, and `ConfigError` where the model in the file is not of
    the same signal and parts.
    """
    other, about = load_weights(path)
    try:
        model.start_from(other)
        same = about.signal == config.signal
    except RuntimeError:  # names and shapes of all tensors, over many lines
        same = False
    if not same:
        raise ConfigError(
            f"'{config.name}' cannot start from '{path}', a model of another signal, backbone, "
            "bottleneck, context or decoder: give it the same"
        )


def digest_of(path: Path) -> str:
    """SHA-256 of the bytes of the weights `path`; `CodeError` where they cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CodeError(
            f"no model at '{path}' ({error.strerror}): train it, or name another file"
        ) from None
