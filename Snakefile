"""Recordings go in at the top, figures come out at the bottom."""

from snakemake.utils import min_version

from spiking_music import utf8

min_version("9.27")
utf8.require()  # results and data sets may have any name, in any locale


configfile: "config.yaml"


container: "envs/spiking-music.sif"  # with `--sdm apptainer` only; docs/cluster.md


include: "rules/common.smk"
include: "rules/dataset.smk"
include: "rules/training.smk"
include: "rules/storage.smk"
include: "rules/evaluation.smk"
include: "rules/selectivity.smk"
include: "rules/shipping.smk"
include: "rules/probes.smk"
include: "rules/figures.smk"
include: "rules/listening.smk"


if LENDERS:

    include: "rules/borrowing.smk"


onstart:
    if not NOTES:
        print(LEFT_OUT, file=sys.stderr)


report: "report/workflow.rst"


localrules:
    all,
    data,
    training,
    evaluation,
    version,


# parts of the whole, to be asked for by name: the stages of dvc.yaml
rule data:
    input:
        shards("clips/{split}-{shard}.h5", *CONFIG.dataset.subset.splits),
        [path for split in CONFIG.dataset.subset.splits for path in onsets(split)],


rule training:
    input:
        expand(f"{RESULTS}/models/{{variant}}/weights.safetensors", variant=VARIANTS),
        expand(f"{RESULTS}/models/{{variant}}/entropy.safetensors", variant=CODED),
        expand(
            f"{RESULTS}/codes/{{variant}}/{CONFIG.evaluation.split}.h5",
            variant=VARIANTS,
        ),
        expand(
            f"{RESULTS}/codes/{{variant}}/{CONFIG.selectivity.split}.h5",
            variant=TUNED,
        ),


rule evaluation:
    input:
        f"{RESULTS}/summary.csv",
        expand(f"{RESULTS}/sweep/{{variant}}-quality.csv", variant=LEVELLED),
        [f"{RESULTS}/selectivity.csv"] if TUNED else [],
        [f"{RESULTS}/probes.csv"] if LABELS else [],


rule all:
    default_target: True
    input:
        rules.data.input,
        rules.training.input,
        rules.evaluation.input,
        FIGURES,
        f"{RESULTS}/listen/index.html",
        f"{RESULTS}/listen/mushra",
