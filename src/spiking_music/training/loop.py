"""The training loop: clips → weights. It reads top to bottom; the engine is Lightning Fabric."""

import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from lightning_fabric.utilities.exceptions import MisconfigurationException
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.multiprocessing.spawn import ProcessRaisedException

from spiking_music.config import VariantConfig
from spiking_music.dataset.clip_dataset import Clips
from spiking_music.errors import ConfigError, DataError, TrainingError
from spiking_music.files import wrote
from spiking_music.model.autoencoder import Autoencoder
from spiking_music.model.weights import save_weights
from spiking_music.training.checkpoint import Checkpoints, fingerprint
from spiking_music.training.data import CropBatches, batches
from spiking_music.training.ema import Ema
from spiking_music.training.logs import Log
from spiking_music.training.losses import ReconstructionLoss
from spiking_music.training.schedules import learning_rate
from spiking_music.training.signals import StopRequest, forward, handled
from spiking_music.training.validation import validate


def train(
    config: VariantConfig,
    train_clips: list[Path],
    validation_clips: list[Path],
    weights: Path,
    log: Path,
    checkpoints: Path,
) -> None:
    """Train the variant `config` on HDF5 clip shards and write its averaged `weights`.

    Progress goes to stderr and to `log` (CSV; TensorBoard and validation audio beside it). The state
    is saved in the folder `checkpoints` every `checkpoint_every` steps and on SIGTERM or Ctrl-C; the
    same call resumes from there and ends, on a CPU, in the same bits as a run never interrupted.
    The folder is removed once the weights are written. With `devices` > 1 processes are spawned
    here and train in parallel (DDP), sharing `batch_size`.

    Raises `ConfigError` for a configuration that cannot run here, `DataError` for a split without
    clips, `TrainingError` when stopped, when the loss is no longer finite, and when a checkpoint does
    not fit the model.
    """
    _check(config)
    training = config.training
    try:
        fabric = Fabric(
            accelerator=training.accelerator,
            devices=training.devices,
            strategy="ddp_spawn" if training.devices > 1 else "auto",
            precision=training.precision,
            # a rule is one plain process, also inside a SLURM job, which Fabric would misread
            plugins=[LightningEnvironment()],
        )
    except (MisconfigurationException, ValueError, RuntimeError) as error:
        raise ConfigError(
            f"training.accelerator '{training.accelerator}' with {training.devices} device(s) "
            f"cannot be used here ({error}): choose others"
        ) from None
    try:
        with handled(forward):  # reaches spawned processes; a single one handles signals in _run
            fabric.launch(_run, config, train_clips, validation_clips, weights, log, checkpoints)
    except ProcessRaisedException as error:
        last = str(error).strip().splitlines()[-1]
        raise TrainingError(last.removeprefix("spiking_music.errors.TrainingError: ")) from error


def _run(
    fabric: Fabric,
    config: VariantConfig,
    train_clips: list[Path],
    validation_clips: list[Path],
    weights: Path,
    log: Path,
    checkpoints: Path,
) -> None:
    """One process of the run; process 0 alone validates and writes."""
    training, devices = config.training, fabric.world_size
    console = Console(stderr=True, quiet=not fabric.is_global_zero)
    cuda = fabric.device.type == "cuda"
    torch.use_deterministic_algorithms(True, warn_only=True)

    # --- what is trained, on what, towards what
    clips = Clips(train_clips)
    crops = CropBatches(
        clips,
        config.signal.clip_samples,
        training.crop_samples,
        training.batch_size,
        config.seed,
        fabric.global_rank,
        devices,
    )
    heard = Clips(validation_clips)
    if not len(heard):
        raise DataError("there are no validation clips: the validation split is empty")
    reconstruction = ReconstructionLoss(training.loss, config.signal.sample_rate).to(fabric.device)
    seed_everything(config.seed, 0, 0)
    raw = Autoencoder(config).to(fabric.device)
    ema = Ema(raw, training.ema_decay)
    model, optimizer = fabric.setup(raw, _optimizer(raw, training.weight_decay))

    # --- resume
    store = Checkpoints(checkpoints, fingerprint(config, clips), console.print)
    start, seconds, text = 0, 0.0, ""
    if (found := store.load()) is not None:
        start, saved = found
        seconds, text = saved["seconds"], saved["log"]
        _restore(saved, raw, ema, optimizer, fabric, checkpoints)
        console.print(f"resuming {config.name} after step {start} from '{checkpoints}'")
    fabric.barrier()

    def state() -> dict[str, Any]:
        return {
            "model": raw.state_dict(),
            "ema": ema.model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "precision": fabric.strategy.precision.state_dict(),  # the loss scale of 16-mixed
            "seconds": seconds,
            "log": book.text if book else "",
        }

    book = Log(log, text, start) if fabric.is_global_zero else None
    stop = StopRequest()
    begun, waited, mark = time.monotonic() - seconds, 0.0, time.monotonic()
    steps = range(start, training.steps)
    with (
        handled(stop),
        batches(crops, steps, training.workers, pin=cuda) as loader,
        _progress(console) as progress,
    ):
        bar = progress.add_task(config.name, total=training.steps, completed=start)
        for step in steps:
            # --- one step
            waiting = time.monotonic()
            x = next(loader).to(fabric.device, non_blocking=True)  # (B, 1, T_x)
            waited += time.monotonic() - waiting
            rate = _set_rate(optimizer, step, config)
            seed_everything(config.seed, step + 1, fabric.global_rank)
            output = model(x)
            terms = reconstruction(output.audio, x) | output.losses
            loss = torch.stack(list(terms.values())).sum()
            fabric.backward(loss)
            norm = fabric.clip_gradients(
                model, optimizer, max_norm=training.gradient_clip, error_if_nonfinite=False
            )
            optimizer.step()
            optimizer.zero_grad()
            done = step + 1
            ema.update(raw, done)

            # --- can the run go on? All processes must agree.
            seconds = time.monotonic() - begun
            finite = torch.isfinite(loss.detach())
            if training.precision != "16-mixed":  # whose scaler skips steps of infinite gradients
                finite = finite & torch.isfinite(norm)
            broken, stopped = _any(fabric, not finite.item(), stop.name is not None)
            if broken:
                raise TrainingError(
                    f"the loss of '{config.name}' is not finite at step {done}: lower "
                    f"training.learning_rate; the last checkpoint is in '{checkpoints}'"
                )

            # --- look at it
            last = done == training.steps
            validating = done % training.validate_every == 0 or last
            if book and (validating or done % training.log_every == 0):
                now = time.monotonic()
                row = {"seconds": seconds, "learning_rate": rate, "loss": loss}
                row |= {f"loss_{name}": value for name, value in terms.items()} | output.stats
                row |= {"gradient_norm": norm, "wait_share": waited / (now - mark)}
                waited, mark = 0.0, now
                validation = validate(ema.model, reconstruction, heard, config, done, book) if validating else {}
                book.write(done, {name: float(value) for name, value in row.items()}, validation)
                if validation:
                    console.print(f"step {done}: validation SI-SNR {validation['validation_si_snr_db']:.2f} dB")
            progress.update(bar, completed=done, loss=f"{loss.item():.3f}")

            # --- keep it
            if (stopped or done % training.checkpoint_every == 0) and not last:
                if fabric.is_global_zero:
                    store.save(done, state())
                if stopped:
                    raise TrainingError(
                        f"training of '{config.name}' was stopped by {stop.name or 'a signal'} after "
                        f"step {done}: run the same command again to resume from '{checkpoints}'"
                    )
            fabric.barrier()
