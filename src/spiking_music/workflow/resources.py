"""What the training of each variant asks a machine or a cluster for."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spiking_music.config import VariantConfig
from spiking_music.workflow.material import Job, Material
from spiking_music.workflow.needs import LONGEST, STATE, Needs, needs, on_gpu, parameters


@dataclass(frozen=True)
class Resources(Material):
    """Cores, time, memory, GPUs and nodes, by the configuration of a variant and its last run."""

    models: Mapping[str, VariantConfig]  # every variant

    def needs(self, variant: str) -> Needs:
        """What the training of a variant needs, by its size or by its last run here."""
        return needs(self.models[variant], Path(self.results, "logs", f"train-{variant}.log"))

    def threads(self, wildcards: Job) -> int:
        """Cores of each process: its threads, and those that load data."""
        training = self.models[wildcards.variant].training
        return training.threads + training.workers

    def minutes(self, wildcards: Job, attempt: int) -> int:
        """Run time of an attempt."""
        return min(LONGEST, self.needs(wildcards.variant).minutes * min(attempt, 3))

    def memory(self, wildcards: Job, attempt: int) -> int:
        """MB of main memory."""
        return self.needs(wildcards.variant).memory_mb * min(attempt, 3)

    def seconds(self, wildcards: Job) -> int:
        """Of the whole training, without what is made ready."""
        steps = self.models[wildcards.variant].training.last_step
        return math.ceil(self.needs(wildcards.variant).step * steps)

    def model_megabytes(self, wildcards: Job) -> int:
        """Of the weights, and of a checkpoint beside them."""
        return math.ceil(STATE * parameters(self.models[wildcards.variant]) / 1e6)

    def gpus(self, wildcards: Job) -> int | None:
        """GPUs to ask a cluster for, on all nodes; none where the configuration wants none."""
        model = self.models[wildcards.variant]
        return model.training.processes if on_gpu(model) else None

    def nodes(self, wildcards: Job) -> int | None:
        """Nodes on which srun starts the training; unset where it is one process."""
        training = self.models[wildcards.variant].training
        return training.nodes if training.processes > 1 else None

    def tasks(self, wildcards: Job) -> int | None:
        """Processes that srun starts on each, one a device."""
        training = self.models[wildcards.variant].training
        return training.devices if training.processes > 1 else None

    def launcher(self, wildcards: Job, threads: int) -> str:
        """In a SLURM job, srun starts a process a device; elsewhere, the training itself does."""
        nodes, tasks = self.nodes(wildcards), self.tasks(wildcards)
        steps = f"srun --nodes={nodes} --ntasks-per-node={tasks} --cpus-per-task={threads}"
        return f"${{SLURM_JOB_ID:+{steps} --kill-on-bad-exit=1}}" if nodes else ""
