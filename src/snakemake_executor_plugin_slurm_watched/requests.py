"""What a job asks SLURM for: what it needs, in this cluster's words, and no more than there is."""

import math
from collections.abc import Mapping
from typing import Any

from snakemake_executor_plugin_slurm_watched.partitions import Partitions
from snakemake_executor_plugin_slurm_watched.site import Gpu, Site

CORES = 32  # of a job at most, where neither the site file nor sinfo says what nodes have


def cores(site: Site, partitions: Partitions, gpu: bool = False) -> int:
    """What a job may ask for at most in the partition of jobs with or without GPUs."""
    name = (gpu and site.gpu_partition) or site.partition
    there = partitions.get(name)
    return site.cores or (min(CORES, there.cores) if there else CORES)


def granted(asked: Mapping[str, Any], threads: int) -> int:
    """Cores of a job that asks for the resources `asked`, on all its nodes."""
    nodes = asked.get("nodes") or 1
    each_node = (asked.get("tasks_per_node") or 1) * nodes
    return threads * (asked.get("tasks") or each_node)


def requested(
    resources: Mapping[str, Any], threads: int, site: Site, partitions: Partitions
) -> dict[str, Any]:
    """The resources of a job as the original executor is to read them.

    Whatever `resources` name themselves stays, but for sizes that no node of the partition has.
    """
    asked = dict(resources)
    on_gpus = bool(asked.get("gpu"))
    wishes = {
        "slurm_account": site.account,
        "slurm_partition": (on_gpus and site.gpu_partition) or site.partition,
        "qos": (on_gpus and site.gpu_qos) or site.qos,
        "constraint": site.constraint,
    }
    for name, wish in wishes.items():
        if wish and asked.get(name) is None:
            asked[name] = wish
    _limit(asked, site, partitions)
    if site.memory != "job" and (memory := asked.pop("mem_mb", None)):
        tasks = asked.get("tasks_per_node") or asked.get("tasks") or 1  # of a node
        if site.memory == "core":
            asked["mem_mb_per_cpu"] = math.ceil(memory / (threads * tasks))
    _spread(asked)
    options = [asked.pop("slurm_extra", ""), site.extra]
    if on_gpus:
        options.append(_gpus(asked, site.gpu))
    if extra := " ".join(filter(None, options)):  # what was there comes first: --signal of training
        asked["slurm_extra"] = extra
    return asked


def _limit(asked: dict[str, Any], site: Site, partitions: Partitions) -> None:
    """Ask for no more memory and time than the partition gives."""
    name = str(asked.get("slurm_partition", ""))
    there = partitions.get(name)
    limits = {
        "runtime": [site.time_limits.get(name), there and there.minutes],
        "mem_mb": [there and there.memory_mb],
    }
    for key, given in limits.items():
        if isinstance(asked.get(key), int):
            asked[key] = min([asked[key], *filter(None, given)])


def _spread(asked: dict[str, Any]) -> None:
    """One task on each of several nodes: the original takes no `tasks_per_node` of 1."""
    if asked.get("tasks_per_node") == 1:
        del asked["tasks_per_node"]
        asked["tasks"] = asked.get("nodes") or 1
        asked["tasks_per_gpu"] = 0  # or it would ask for as many tasks on each GPU


def _gpus(asked: dict[str, Any], gpu: Gpu) -> str:
    """Say how many GPUs are wanted as the site has it, by a resource or by the option returned."""
    nodes = asked.get("nodes") or 1
    if gpu.request == "gpus" and nodes == 1:
        if gpu.type:
            asked["gpu_model"] = gpu.type
        return ""
    each_node = asked.pop("gpu") // nodes  # --gpus would let SLURM deal them out unevenly
    wish = f"{gpu.type}:{each_node}" if gpu.type else str(each_node)
    if gpu.request == "gres":
        asked["gres"] = f"gpu:{wish}"
        return ""
    return f"--gpus-per-node={wish}"
