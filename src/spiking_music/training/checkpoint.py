"""Checkpoints to resume from: atomic, without code in them, never another run's.

A checkpoint is a torch file of tensors, numbers and strings, read with `weights_only=True`. It
holds no state of random generators because the loop seeds them anew at each step.
"""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from spiking_music.config import VariantConfig
from spiking_music.dataset.clip_dataset import Clips
from spiking_music.files import Disk, atomic
from spiking_music.models.pretrained import weights_at
from spiking_music.training.data import spread
from spiking_music.training.start import digest_of

# These may change between a run and its resumption, as may the bounds of a collapse: they do not
# change what a step computes.
EXCLUDED_FROM_HASH = {
    "log_every", "validate_every", "validation_clips", "checkpoint_every",
    "workers", "accelerator", "devices",
}  # fmt: skip


def fingerprint(config: VariantConfig, clips: Clips) -> str:
    """Names what a run computes: the configuration less `EXCLUDED_FROM_HASH`, and some clips.

    Weights to start from count by their bytes, wherever they lie. Raises `CodeError` where they
    cannot be read.
    """
    digest = hashlib.sha256()
    harmless = {"training": EXCLUDED_FROM_HASH, "sparsity": {"collapse"}}
    settings = config.model_dump(mode="json", exclude=harmless)
    start = config.training.start_from
    if start:
        settings["training"]["start_from"] = digest_of(weights_at(start))
    digest.update(json.dumps([settings, len(clips)], sort_keys=True).encode())
    for index in spread(64, len(clips)):
        digest.update(clips[index].numpy().tobytes())
    return digest.hexdigest()


class Checkpoints:
    """The checkpoints of one run in `folder`: the newest two are kept, so that one may be damaged.

    Those of another fingerprint are passed over, as damaged ones are; `say` is told.
    """

    def __init__(self, folder: Path, fingerprint: str, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        self.say = say

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Write `state` after `step` steps, then delete all but this and the one before it."""
        path = self.folder / f"step-{step:09d}.pt"
        with atomic(path) as temporary, Disk(temporary) as disk:
            torch.save({"fingerprint": self.fingerprint, "step": step, "state": state}, disk)
        older = [other for other in self._newest_first() if other < path]
        for other in {*self._newest_first(), *self.folder.glob(".partial-*")} - {path, *older[:1]}:
            other.unlink()

    def load(self) -> tuple[int, dict[str, Any]] | None:
        """Step and state of the newest sound checkpoint of this run; None to start anew."""
        for path in self._newest_first():
            saved = _read(path)
            if saved is None:
                self.say(f"passing over '{path}': it is damaged")
            elif saved["fingerprint"] != self.fingerprint:
                self.say(
                    f"passing over '{path}': it is of another configuration, of other clips or of "
                    "other weights to start from"
                )
            else:
                return saved["step"], saved["state"]
        return None

    def remove(self) -> None:
        """Delete the folder: the run is over, and a run that starts later must not find it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob("step-*.pt"), reverse=True)


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
