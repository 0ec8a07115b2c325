# What all rules share: the checked configuration and the names of files.

import sys
from pathlib import Path
from shlex import quote

from spiking_music import config as configuration
from spiking_music.codec import classical
from spiking_music.errors import SpikingMusicError
from spiking_music.models import pretrained


def refuse(sentence):
    """End before any job: Snakemake would show a traceback of what is raised."""
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(1)


try:
    CONFIG = configuration.validate(config)
    EXTENDED = pretrained.with_pretrained(config)  # by the row of the package's model
    MP3 = classical.available("mp3", CONFIG.classical.mp3)
    OPUS = classical.available("opus", CONFIG.classical.opus)
except SpikingMusicError as error:
    refuse(error)

DATASET = CONFIG.dataset.name
RESULTS = f"{CONFIG.results}/{DATASET}"
LOGS = f"{RESULTS}/logs"
TIMES = f"{RESULTS}/benchmarks"
ROWS = configuration.variants(config)
GIVEN = [configuration.PRETRAINED] if CONFIG.pretrained else []  # by the package
VARIANTS = [*ROWS, *GIVEN]
SHARDS = range(CONFIG.dataset.shards)

# which outputs make sense for which variants; an overlay may switch any of them off
MODELS = {name: configuration.variant(EXTENDED, name) for name in VARIANTS}
CODED = [name for name, model in MODELS.items() if model.bottleneck.codes != "mel"]
BINARY = [name for name, model in MODELS.items() if model.bottleneck.codes == "binary"]
LEVELLED = [name for name, model in MODELS.items() if model.levels]
SPARSE = [name for name in ROWS if MODELS[name].sparsity and not MODELS[name].levels]
COMPARED = [name for name in CONFIG.listening.stimuli.systems if name in VARIANTS]
NOTES = CONFIG.dataset.notes == "midi"
TUNED = BINARY if NOTES else []  # whose events can be held beside onsets
SELECTIVE = [name for name in CONFIG.figures.selective if name in TUNED]
LEFT_OUT = (
    "dataset.notes is none: there are no onsets, hence no selectivity and no figure 5, and the page"
    " of clips has no row of notes"
)
LABELS = CONFIG.probe.labels
PROBED = ["train", *CONFIG.probe.test]  # splits
ANCHORS = ["anchor", "lowpass-3500", "lowpass-7000"]

# a changed table makes a new catalogue; what does not exist is for the verb to name
SOURCE = Path(CONFIG.dataset.path or "")
TABLES = []
if CONFIG.dataset.source != "demo" and CONFIG.dataset.path is not None:
    TABLES = sorted(map(str, SOURCE.glob("*.csv")))
    TABLES += [str(SOURCE)] if SOURCE.is_file() else []
OWN = bool(CONFIG.dataset.path) and SOURCE.is_dir()  # files that may change one by one


# every verb leaves a record of what made its outputs (docs/reproducibility.md); strict mode is
# Snakemake's own prefix, which this one replaces: a verb that fails before `| tee` fails its job
shell.prefix(
    f"set -euo pipefail; export SPIKING_MUSIC_PROVENANCE={quote(RESULTS)}/provenance; "
)

# what sources with a server need and no other source depends on
FETCHED = CONFIG.dataset.fetched
DOWNLOAD = ["download"] if FETCHED else []
ARCHIVE = [f"{RESULTS}/recordings/archive.json"] if FETCHED else []

# models of the package and of another data set, instead of training (docs/generality.md)
BORROWED = f"{CONFIG.results}/{CONFIG.models_from}/models"
LENDERS = {name: str(pretrained.PRETRAINED) for name in GIVEN}  # folders
if CONFIG.models_from:
    LENDERS |= {name: f"{BORROWED}/{name}" for name in ROWS}
# the others; in a job of a group Snakemake knows the rules of that group only, and would make with
# them what `borrow` has made: hence no order of rules, but names that only one rule accepts
OWN_MODELS = "|".join(name for name in VARIANTS if name not in LENDERS) or "(?!)"
ABSENT = [
    path
    for name in ROWS
    if not (path := Path(BORROWED, name, pretrained.WEIGHTS)).exists()
]
if CONFIG.models_from and ABSENT:
    refuse(
        f"models_from is '{CONFIG.models_from}', but there is no '{ABSENT[0]}': train it there, or"
        " switch the variant off"
    )

# weights that training goes on from; those of the same results may still be to be trained
STARTS = {
    name: str(pretrained.weights_at(MODELS[name].training.start_from))
    for name in ROWS
    if MODELS[name].training.start_from and not CONFIG.models_from
}
for name, path in STARTS.items():
    if not Path(path).exists() and not path.startswith(f"{RESULTS}/models/"):
        refuse(
            f"variant '{name}' starts from '{path}', which is not there: train it, or set"
            " training.start_from to another file"
        )


wildcard_constraints:
    split="train|validation|test",
    variant="|".join(VARIANTS),
    anchor="|".join(ANCHORS),
    shard=r"\d+",
    label=r"\w+",


def root(wildcards):
    """Where the catalogue's file names start: one's own folder, what we fetch or what we render."""
    if FETCHED:
        return CONFIG.download.folder
    own = CONFIG.dataset.source == "folder"
    return str(SOURCE) if own else f"{RESULTS}/recordings"


def onsets(split):
    """The file of a split's onsets, in a list; an empty one where no notes are known."""
    return expand(f"{RESULTS}/onsets/{split}.zarr.zip") if NOTES else []


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
    return configuration.cut_variant(EXTENDED, wildcards.variant)


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


def codes_to_learn(wildcards):
    """What entropy tables are fitted to: of a model with levels, codes of all of them."""
    name = "all-levels" if wildcards.variant in LEVELLED else "train"
    return f"{RESULTS}/codes/{wildcards.variant}/{name}.h5"


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


def judged(judges, *names):
    """Tables of what listeners, or metrics, made of the systems."""
    return [f"{RESULTS}/listen/{judges}/{name}" for name in names]


def folder_of_output(wildcards, output):
    """Where a rule that fills a folder writes."""
    return str(Path(output[0]).parent)
