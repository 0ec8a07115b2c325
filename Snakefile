"""Recordings go in at the top, figures come out at the bottom."""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/dataset.smk"
include: "rules/training.smk"
include: "rules/storage.smk"
include: "rules/evaluation.smk"
include: "rules/selectivity.smk"
include: "rules/figures.smk"
include: "rules/listening.smk"


report: "report/workflow.rst"


localrules:
    all,


rule all:
    default_target: True
    input:
        f"{RESULTS}/summary.csv",
        expand(
            f"{RESULTS}/onsets/{{split}}.zarr.zip", split=CONFIG.dataset.subset.splits
        ),
        expand(f"{RESULTS}/sweep/{{variant}}-quality.csv", variant=LEVELLED),
        [f"{RESULTS}/selectivity.csv"] if BINARY else [],
        FIGURES,
