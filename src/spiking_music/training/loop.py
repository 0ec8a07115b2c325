"""The training loop: clips → weights. It reads top to bottom; the engine is Lightning Fabric."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric
from rich.console import Console
from torch.multiprocessing.spawn import ProcessException

from spiking_music import files
from spiking_music.config import TrainingConfig, VariantConfig
from spiking_music.data.clip_dataset import Clips
from spiking_music.errors import ConfigError, DataError, TrainingError
from spiking_music.models.pretrained import start_weights
from spiking_music.models.weights import save_weights
from spiking_music.overwriting import CALL
from spiking_music.progress import Progress
from spiking_music.training.checkpoint import Checkpoints, fingerprint
from spiking_music.training.checkpoint_files import alone
from spiking_music.training.data import CropBatches, batches
from spiking_music.training.engine import any_process, averaged, deterministic, make_fabric
from spiking_music.training.logs import Log
from spiking_music.training.run import Clock, Run, Step
from spiking_music.training.signals import StopRequest, forward, handled
from spiking_music.training.validation import CollapseMonitor, columns, validate


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
    parallel (DDP) and share `batch_size`; with `nodes` > 1 srun must have started them.

    Raises `ConfigError` for a configuration that cannot run here, `DataError` for a split without
    clips, `CodeError` where there is no model to start from, `TrainingError` when stopped, when the
    loss is no longer finite, when the model collapses (the last good weights stay in
    `checkpoints`), and when a checkpoint does not fit the model.
    """
    _check(config)
    if (start := start_weights(config)) is not None:
        files.READ.append(start)
    fabric = make_fabric(config.training)
    session = partial(
        _session,
        config=config,
        clips=(train_clips, validation_clips),
        paths=Paths(weights, log, checkpoints),
        force=CALL.get().force,
    )
    try:
        with handled(forward):  # to spawned processes; a single one does it in _session
            fabric.launch(session)
    except ProcessException as error:
        last = str(error).strip().splitlines()[-1]  # "spiking_music.errors.KindError: sentence"
        raise TrainingError(last.rpartition("Error: ")[2]) from error
    if fabric.is_global_zero:  # of srun's tasks
        files.wrote(weights, log)


@dataclass(frozen=True)
class Paths:
    """What a run writes."""

    weights: Path
    log: Path
    checkpoints: Path  # folder


def _session(
    fabric: Fabric,
    config: VariantConfig,
    clips: tuple[list[Path], list[Path]],
    paths: Paths,
    force: bool,
) -> None:
    """The run as one process sees it: once no other run uses its folder of checkpoints.

    force: whether checkpoints of other runs may go.
    """
    console = Console(stderr=True, quiet=not fabric.is_global_zero)
    report = partial(console.out, highlight=False)
    first = fabric.is_global_zero
    with alone(paths.checkpoints, report) if first else nullcontext():
        fabric.barrier()
        _run(fabric, config, clips, paths, force, console, report)


def _run(
    fabric: Fabric,
    config: VariantConfig,
    clips: tuple[list[Path], list[Path]],
    paths: Paths,
    force: bool,
    console: Console,
    report: Callable[[str], None],
) -> None:
    """From clips to weights; process 0 alone validates and writes."""
    training = config.training

    # --- clips, checkpoint, model
    train_clips, validation_clips = (Clips(shards) for shards in clips)
    if not len(validation_clips):
        raise DataError("there are no validation clips: the validation split is empty")
    crops = CropBatches(train_clips, training, config.seed, fabric.global_rank, fabric.world_size)
    store = Checkpoints(paths.checkpoints, fingerprint(config, train_clips), report)
    found = _found(fabric, store, force)
    monitor = CollapseMonitor(config, paths.checkpoints) if config.sparsity else None
    run = Run(fabric, config, monitor, fresh=found is None)
    done, saved = found or (0, {"seconds": 0.0, "log": ""})  # train steps done
    if found:
        report(f"resuming '{config.name}' after step {done} from '{paths.checkpoints}'")
        _resume(run, done, saved, paths)
    clock = Clock(saved["seconds"])
    logger = None
    if fabric.is_global_zero:
        logger = Logger(run, Log(paths.log, saved["log"], done, columns(config)), clock, report)

    # --- train
    stop = StopRequest()
    steps = range(done, training.last_step)
    loading = batches(crops, steps, training.workers, pin=fabric.device.type == "cuda")
    bar = Progress(config.name, training.last_step, done, console)
    with deterministic(training.threads), handled(stop), loading as loader, bar:
        for step in steps:
            waiting = time.monotonic()
            x = next(loader).to(fabric.device, non_blocking=True)  # (B, 1, T_x)
            clock.waited(waiting)
            result = run.step(step, x)
            done = step + 1
            stopped = _stopped(fabric, result, stop, config, done, paths)
            last = done == training.last_step
            if due(training, done):
                row = averaged(fabric, result.row())
                if logger:
                    logger.log(done, row, validation_clips, monitor)
            bar.advance()
            if logger and not last and (stopped or done % training.checkpoint_every == 0):
                rest = {"seconds": clock.seconds(), "log": logger.table.text}
                store.save(done, run.state_dict() | rest)
            if stopped and not last:
                raise TrainingError(
                    f"training of '{config.name}' was stopped after step {done}: run the same "
                    f"command again to resume from '{paths.checkpoints}'"
                )

    if logger:
        logger.table.close()
        _publish(run, config, paths.weights)
        store.remove()


def _found(fabric: Fabric, store: Checkpoints, force: bool) -> tuple[int, dict[str, Any]] | None:
    """What the first process finds to resume from, in all of them."""
    found = store.load(force) if fabric.is_global_zero else None
    step = fabric.broadcast(found and found[0])
    return found if found or step is None else store.at(step)


def _publish(run: Run, config: VariantConfig, weights: Path) -> None:
    parameters = sum(parameter.numel() for parameter in run.model.parameters())
    extra = {"steps": str(config.training.last_step), "parameters": str(parameters)}
    save_weights(run.ema.model, config, weights, extra)


def _resume(run: Run, done: int, saved: dict[str, Any], paths: Paths) -> None:
    try:
        run.load_state_dict(saved)
    except (RuntimeError, ValueError, KeyError) as error:
        raise TrainingError(
            f"the checkpoint of step {done} in '{paths.checkpoints}' was made by other code and "
            "does not fit the model: delete the folder to start anew"
        ) from error


def _stopped(
    fabric: Fabric,
    result: Step,
    stop: StopRequest,
    config: VariantConfig,
    done: int,
    paths: Paths,
) -> bool:
    """Whether any process was asked to stop; `TrainingError` where the loss is not finite."""
    finite = result.finite(skips=config.training.precision == "16-mixed")
    broken, stopped = any_process(fabric, not finite, stop.name is not None)
    if broken:
        raise TrainingError(
            f"the loss of '{config.name}' is not finite at step {done}: lower "
            f"training.learning_rate; earlier checkpoints stay in '{paths.checkpoints}'"
        )
    return stopped


class Logger:
    """Validates and logs when it is time to, and has collapses checked for."""

    def __init__(self, run: Run, table: Log, clock: Clock, report: Callable[[str], None]) -> None:
        self.run, self.table, self.clock, self.report = run, table, clock, report

    def log(
        self, done: int, row: dict[str, Any], clips: Clips, monitor: CollapseMonitor | None
    ) -> None:
        """Log train step `done` (1, 2, …), which is `due` and has given the `row`."""
        run, config = self.run, self.run.config
        seconds, wait_share = self.clock.seconds(), self.clock.wait_share()
        validation = {}
        if _validates(config.training, done):
            validation = validate(
                run.ema.model, run.reconstruction, clips, config, done, self.table
            )
            self.report(
                f"{config.name} step {done}: loss {row['loss']:.3f}, "
                f"validation SI-SNR {validation['validation_si_snr_db']:.2f} dB"
            )
        self.table.write(done, row, validation)
        self.table.clock(done, {"seconds": seconds, "wait_share": wait_share})
        if monitor and validation:
            monitor.check(done, validation, row, run.ema.model)
        self.clock.restart()


def due(training: TrainingConfig, done: int) -> bool:
    """Whether train step `done` is logged: every `log_every`, and at every validation."""
    return _validates(training, done) or done % training.log_every == 0


def _validates(training: TrainingConfig, done: int) -> bool:
    return done == training.last_step or done % training.validate_every == 0


def _check(config: VariantConfig) -> None:
    """`ConfigError` for sizes that do not divide."""
    training, hop = config.training, config.signal.hop
    if training.crop_samples % hop or training.crop_samples > config.signal.clip_samples:
        raise ConfigError(
            f"training.crop_samples {training.crop_samples} must be a multiple of signal.hop {hop} "
            f"and no more than signal.clip_samples {config.signal.clip_samples}"
        )
    if training.batch_size % training.processes:
        raise ConfigError(
            f"training.batch_size {training.batch_size} must be a multiple of training.devices "
            f"{training.devices}{_times(training.nodes)}, which share it"
        )


def _times(nodes: int) -> str:
    return f" times training.nodes {nodes}" if nodes > 1 else ""
