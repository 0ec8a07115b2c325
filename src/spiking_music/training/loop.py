"""The training loop: clips → weights. It reads top to bottom; the engine is Lightning Fabric."""

import time
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
from torch.multiprocessing.spawn import ProcessException

from spiking_music import files
from spiking_music.config import GanConfig, VariantConfig
from spiking_music.dataset.clip_dataset import Clips
from spiking_music.errors import ConfigError, DataError, TrainingError
from spiking_music.models.autoencoder import Autoencoder
from spiking_music.models.pretrained import weights_at
from spiking_music.models.weights import save_weights
from spiking_music.training.adversary import Adversary
from spiking_music.training.checkpoint import Checkpoints, fingerprint
from spiking_music.training.collapse import CollapseMonitor
from spiking_music.training.data import CropBatches, batches
from spiking_music.training.ema import Ema
from spiking_music.training.engine import (
    Objective,
    any_process,
    clip_gradients,
    deterministic,
    make_fabric,
    seed_everything,
)
from spiking_music.training.logs import Log
from spiking_music.training.losses import ReconstructionLoss
from spiking_music.training.optimisers import make_optimisers, set_rate
from spiking_music.training.schedules import learning_rate
from spiking_music.training.signals import StopRequest, forward, handled
from spiking_music.training.start import copy_weights
from spiking_music.training.validation import columns, validate


def train(
    config: VariantConfig,
    train_clips: list[Path],
    validation_clips: list[Path],
    weights: Path,
    log: Path,
    checkpoints: Path,
) -> None:
    """Train the variant `config` on HDF5 clip shards and write its averaged `weights`.

    It starts from random weights, or from those of `start_from`. Progress goes to stderr and to
    `log` (CSV; TensorBoard and validation audio beside it). The state is saved in the folder
    `checkpoints` every `checkpoint_every` steps and on SIGTERM or Ctrl-C; the same call resumes
    from there and ends, on a CPU, in the same bits as a run never interrupted. The folder is
    removed once the weights are written. With `devices` > 1 this spawns processes that train in
    parallel (DDP) and share `batch_size`.

    Raises `ConfigError` for a configuration that cannot run here, `DataError` for a split without
    clips, `CodeError` where there is no model to start from, `TrainingError` when stopped, when the
    loss is no longer finite, when the model collapses (the last good weights stay in
    `checkpoints`), and when a checkpoint does not fit the model.
    """
    _check(config)
    if config.training.start_from:
        files.READ.append(weights_at(config.training.start_from))
    fabric = make_fabric(config.training)
    run = partial(
        _run,
        config=config,
        train_clips=train_clips,
        validation_clips=validation_clips,
        weights=weights,
        log=log,
        checkpoints=checkpoints,
    )
    try:
        with handled(forward):  # to spawned processes; a single one handles signals in _run
            fabric.launch(run)
    except ProcessException as error:
        last = str(error).strip().splitlines()[-1]  # "spiking_music.errors.KindError: sentence"
        raise TrainingError(last.rpartition("Error: ")[2]) from error
    if fabric.is_global_zero:  # of srun's tasks
        files.wrote(weights, log)


def _run(
    fabric: Fabric,
    config: VariantConfig,
    train_clips: list[Path],
    validation_clips: list[Path],
    weights: Path,
    log: Path,
    checkpoints: Path,
) -> None:
    """The run as one process sees it; process 0 alone validates and writes."""
    training, device, lead = config.training, fabric.device, fabric.is_global_zero
    console = Console(stderr=True, quiet=not lead)
    say = partial(console.out, highlight=False)
    started = time.monotonic()

    # --- clips
    clips, validation_set = Clips(train_clips), Clips(validation_clips)
    if not len(validation_set):
        raise DataError("there are no validation clips: the validation split is empty")
    crops = CropBatches(clips, training, config.seed, fabric.global_rank, fabric.world_size)

    # --- checkpoint, or none
    store = Checkpoints(checkpoints, fingerprint(config, clips), say)
    found = store.load()

    # --- model
    seed_everything(config.seed, 0)
    model = Autoencoder(config)
    if training.start_from and not found:  # else they are in the checkpoint, trained on
        copy_weights(weights_at(training.start_from), model, config)
    model.to(device)
    ema = Ema(model, training.ema_decay)
    reconstruction = ReconstructionLoss(training.loss, config.signal.sample_rate).to(device)
    bare = Objective(model, reconstruction, config).to(device)
    optimisers = make_optimisers(bare, training)
    objective, *steppers = fabric.setup(bare, *optimisers)
    adversary = Adversary(config.decoder, fabric) if isinstance(config.decoder, GanConfig) else None
    monitor = CollapseMonitor(config, checkpoints) if config.sparsity else None
    parts: dict[str, Any] = {
        "model": model,
        "ema": ema.model,
        "precision": fabric.strategy.precision,  # 16-mixed: loss scale
        "adversary": adversary,
        "collapse": monitor,
        "sparsity": bare.sparsity,
    }
    parts |= zip(("optimizer", "muon"), optimisers, strict=False)
    parts = {name: part for name, part in parts.items() if part is not None}  # all with a state

    # --- resume
    done, saved = found or (0, {"seconds": 0.0, "log": ""})  # steps done
    if found:
        say(f"resuming '{config.name}' after step {done} from '{checkpoints}'")
        try:
            for name, part in parts.items():
                part.load_state_dict(saved[name])
        except (RuntimeError, ValueError, KeyError) as error:
            raise TrainingError(
                f"the checkpoint of step {done} in '{checkpoints}' was made by other code and does "
                f"not fit the model: delete the folder to start anew"
            ) from error
    started -= saved["seconds"]
    book = Log(log, saved["log"], done, columns(config)) if lead else None
    stop = StopRequest()
    waited, looked = 0.0, time.monotonic()

    steps = range(done, training.last_step)
    loading = batches(crops, steps, training.workers, pin=device.type == "cuda")
    bar = _progress(console)
    task = bar.add_task(config.name, total=training.last_step, completed=done)
    with deterministic(), handled(stop), loading as loader, bar:
        for step in steps:
            # --- one step
            waiting = time.monotonic()
            x = next(loader).to(device, non_blocking=True)  # (B, 1, T_x)
            waited += time.monotonic() - waiting
            rate = learning_rate(step, training)
            set_rate(optimisers, rate)
            seed_everything(config.seed, step + 1, fabric.global_rank)
            passed = objective(x, step)
            loss = guide = passed.loss
            if adversary:
                guide = adversary.judge(step, x, passed)
            fabric.backward(guide)
            norm = clip_gradients(fabric, objective, steppers, training.gradient_clip)
            for stepper in steppers:
                stepper.step()
                stepper.zero_grad()
            ema.update(model, step + 1)
            done = step + 1

            # --- may it go on?
            finite = torch.isfinite(loss.detach())
            if training.precision != "16-mixed":  # whose scaler skips steps of infinite gradients
                finite &= torch.isfinite(norm)
            broken, stopped = any_process(fabric, not finite, stop.name is not None)
            if broken:
                raise TrainingError(
                    f"the loss of '{config.name}' is not finite at step {done}: lower "
                    f"training.learning_rate; earlier checkpoints stay in '{checkpoints}'"
                )

            # --- look
            seconds = time.monotonic() - started
            last = done == training.last_step
            validating = last or done % training.validate_every == 0
            if book and (validating or done % training.log_every == 0):
                row: dict[str, Any] = {"learning_rate": rate, "loss": loss}
                row |= {f"loss_{name}": term for name, term in passed.losses.items()}
                row |= passed.stats
                row |= {"gradient_norm": norm}
                wait_share = waited / (time.monotonic() - looked)
                validation = {}
                if validating:
                    validation = validate(
                        ema.model, reconstruction, validation_set, config, done, book
                    )
                    say(
                        f"{config.name} step {done}: loss {loss.item():.3f}, "
                        f"validation SI-SNR {validation['validation_si_snr_db']:.2f} dB"
                    )
                book.write(done, row, validation)
                book.clock(done, {"seconds": seconds, "wait_share": wait_share})
                if monitor and validation:
                    monitor.look(done, validation, passed.stats, ema.model)
                waited, looked = 0.0, time.monotonic()
            bar.update(task, completed=done)

            # --- keep
            if book and not last and (stopped or done % training.checkpoint_every == 0):
                state = {
                    **{name: part.state_dict() for name, part in parts.items()},
                    "seconds": seconds,
                    "log": book.text,
                }
                store.save(done, state)
            if stopped and not last:
                raise TrainingError(
                    f"training of '{config.name}' was stopped after step {done}: run the same "
                    f"command again to resume from '{checkpoints}'"
                )

    # --- publish
    if book:
        book.close()
        parameters = sum(parameter.numel() for parameter in model.parameters())
        extra = {"steps": str(training.last_step), "parameters": str(parameters)}
        save_weights(ema.model, config, weights, extra)
        store.remove()


def _check(config: VariantConfig) -> None:
    """`ConfigError` for sizes that do not divide."""
    training, hop = config.training, config.signal.hop
    if training.crop_samples % hop or training.crop_samples > config.signal.clip_samples:
        raise ConfigError(
            f"training.crop_samples {training.crop_samples} must be a multiple of signal.hop {hop} "
            f"and no more than signal.clip_samples {config.signal.clip_samples}"
        )
    if training.batch_size % training.devices:
        raise ConfigError(
            f"training.batch_size {training.batch_size} must be a multiple of training.devices "
            f"{training.devices}, which share it"
        )


def _progress(console: Console) -> Progress:
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console)
