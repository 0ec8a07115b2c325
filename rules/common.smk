# What all rules share: the checked configuration and the names of files.

import sys
from pathlib import Path

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
CODED = [name for name, model in MODELS.items() if model.bottleneck.kind != "mel"]
BINARY = [name for name, model in MODELS.items() if model.bottleneck.kind == "binary"]
LEVELLED = [name for name, model in MODELS.items() if model.levels]
SPARSE = [name for name, model in MODELS.items() if model.sparsity and not model.levels]
SELECTIVE = [name for name in CONFIG.figures.selective if name in BINARY]
ANCHORS = ["anchor", "lowpass-3500", "lowpass-7000"]

# a changed table makes a new catalogue; what does not exist is for the verb to name
SOURCE = Path(CONFIG.dataset.path or "")
TABLES = []
if CONFIG.dataset.source != "demo":
    TABLES = sorted(map(str, SOURCE.glob("*.csv")))
    TABLES += [str(SOURCE)] if SOURCE.is_file() else []


wildcard_constraints:
    split="train|validation|test",
    variant="|".join(VARIANTS),
    anchor="|".join(ANCHORS),
    shard=r"\d+",


def root(wildcards):
    """Where the file names of the catalogue start: a folder of one's own, or what we render."""
    own = CONFIG.dataset.source == "folder"
    return str(SOURCE) if own else f"{RESULTS}/recordings"


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


def judged(judges, *names):
    """Tables of what listeners, or metrics, made of the systems."""
    return [f"{RESULTS}/listen/{judges}/{name}" for name in names]


def folder_of_output(wildcards, output):
    """Where a rule that fills a folder writes."""
    return str(Path(output[0]).parent)
