# What all rules share: the checked configuration and the names of files.

import sys
from pathlib import Path
from shlex import quote

from spiking_music import config as configuration
from spiking_music.errors import SpikingMusicError

try:
    CONFIG = configuration.validate(config)
except SpikingMusicError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(1)

DATASET = CONFIG.dataset.name
RESULTS = f"{CONFIG.results}/{DATASET}"
LOGS = f"{RESULTS}/logs"
TIMES = f"{RESULTS}/benchmarks"
VARIANTS = configuration.variants(config)
SHARDS = range(CONFIG.dataset.shards)

# which outputs make sense for which variants; an overlay may switch any of them off
MODELS = {name: configuration.variant(config, name) for name in VARIANTS}
CODED = [name for name, model in MODELS.items() if model.bottleneck.code != "mel"]
BINARY = [name for name, model in MODELS.items() if model.bottleneck.code == "binary"]
LEVELLED = [name for name, model in MODELS.items() if model.levels]
SPARSE = [name for name, model in MODELS.items() if model.sparsity and not model.levels]
SELECTIVE = [name for name in CONFIG.figures.selective if name in BINARY]
ANCHORS = ["anchor", "lowpass-3500", "lowpass-7000"]

# a changed table makes a new catalogue; what does not exist is for the verb to name
SOURCE = Path(CONFIG.dataset.path or "")
TABLES = []
if CONFIG.dataset.source != "demo" and CONFIG.dataset.path is not None:
    TABLES = sorted(map(str, SOURCE.glob("*.csv")))
    TABLES += [str(SOURCE)] if SOURCE.is_file() else []
OWN = bool(CONFIG.dataset.path) and SOURCE.is_dir()  # files that may change one by one


# every verb leaves a record of what made its outputs (docs/reproducibility.md)
shell.prefix(f"export SPIKING_MUSIC_PROVENANCE={quote(RESULTS)}/provenance; ")

# what source maestro needs and no other source depends on
MAESTRO = CONFIG.dataset.source == "maestro"
DOWNLOAD = ["download"] if MAESTRO else []
ARCHIVE = [f"{RESULTS}/recordings/archive.json"] if MAESTRO else []


wildcard_constraints:
    split="train|validation|test",
    variant="|".join(VARIANTS),
    anchor="|".join(ANCHORS),
    shard=r"\d+",


def root(wildcards):
    """Where the catalogue's file names start: one's own folder, what we fetch or what we render."""
    if MAESTRO:
        return CONFIG.download.folder
    own = CONFIG.dataset.source == "folder"
    return str(SOURCE) if own else f"{RESULTS}/recordings"


def known(path):
    """A table for all splits; in a folder of one's own `changes` says which of them it concerns."""
    return ancient(path) if OWN else path


def changes(wildcards):
    """What says that the recordings of a job's split, or of any, are another version."""
    splits = (
        [wildcards.split]
        if hasattr(wildcards, "split")
        else CONFIG.dataset.subset.splits
    )
    return expand(
        f"{RESULTS}/recordings/version-{{split}}.txt", split=splits if OWN else []
    )


def version(wildcards):
    """The version of the recordings of a split."""
    from spiking_music.dataset.versions import (
        versions,
    )  # a second, which other rules save

    return versions(CONFIG.dataset, CONFIG.seed).get(wildcards.split, "unknown")


def drawn(name, caption):
    """Both files of a figure; the picture goes into the report."""
    picture = report(
        f"{RESULTS}/figures/{name}.png",
        caption=f"../report/{caption}.rst",
        category="Figures",
    )
    return [picture, f"{RESULTS}/figures/{name}.svg"]


def stem(wildcards, output):
    """The path of a figure without its ending."""
    return output[0].removesuffix(".png")


def settings(*names):
    """The named sections of the configuration as one argument: all that the verb can depend on."""
    return configuration.cut(config, *names)


def variant_settings(wildcards):
    """What concerns one variant: its neighbours' settings may change without a rerun."""
    return configuration.cut_variant(config, wildcards.variant)


def shards(pattern, *splits):
    """Files of every shard of the splits, in order."""
    return expand(f"{RESULTS}/{pattern}", split=splits, shard=SHARDS)


def repeated(option, key):
    """An option repeated for each file of an input, for verbs that take several lists."""
    return lambda wildcards, input: " ".join(
        f"--{option} {path}" for path in input[key]
    )


def grown(first):
    """A resource that each further attempt gets more of: twice, then three times the first."""
    return lambda wildcards, attempt: first * min(attempt, 3)


def gpus(wildcards):
    """GPUs to ask a cluster for; none where the configuration wants none."""
    training = MODELS[wildcards.variant].training
    return None if training.accelerator == "cpu" else training.devices


def tasks(wildcards):
    """Processes that srun starts, one a device; unset where there is one device only."""
    count = MODELS[wildcards.variant].training.devices
    return count if count > 1 else None


def launcher(wildcards, threads):
    """In a SLURM job, srun starts a process a device; elsewhere, the training itself does."""
    count = tasks(wildcards)
    steps = f"srun --nodes=1 --ntasks-per-node={count} --cpus-per-task={threads}"
    return f"${{SLURM_JOB_ID:+{steps} --kill-on-bad-exit=1}}" if count else ""
