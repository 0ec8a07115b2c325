"""Recordings go in at the top, figures come out at the bottom."""

from snakemake.utils import min_version

from spiking_music import utf8

min_version("9.27")
utf8.require()  # results and data sets may have any name, in any locale


configfile: "config.yaml"


container: "envs/spiking-music.sif"  # with `--sdm apptainer` only; docs/cluster.md


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/training.smk"
include: "rules/storage.smk"
include: "rules/evaluation.smk"
include: "rules/selectivity.smk"
include: "rules/shipping.smk"
include: "rules/probes.smk"
include: "rules/figures.smk"
include: "rules/listening.smk"
include: "rules/front_page.smk"


onstart:
    if not plan.has_notes:
        print(LEFT_OUT, file=sys.stderr)


report: "report/workflow.rst"


localrules:
    all,
    data,
    training,
    evaluation,
    version,
    efficiency,


# parts of the whole, to be asked for by name: the stages of dvc.yaml
rule data:
    input:
        plan.clips(*plan.splits),
        plan.onsets(*plan.splits),


rule training:
    input:
        expand("<results>/models/{variant}/weights.safetensors", variant=plan.variants),
        expand("<results>/models/{variant}/entropy.safetensors", variant=plan.codec_variants),
        expand(
            f"<results>/codes/{{variant}}/{plan.config.evaluation.split}.h5", variant=plan.variants
        ),
        expand(
            f"<results>/codes/{{variant}}/{plan.config.selectivity.split}.h5",
            variant=plan.selectivity_variants,
        ),


rule evaluation:
    input:
        "<results>/summary.csv",
        "<results>/claims.csv",
        expand("<results>/sweep/{variant}-quality.csv", variant=plan.level_variants),
        ["<results>/selectivity.csv"] if plan.selectivity_variants else [],
        plan.tuning(*plan.binary_variants),
        ["<results>/probes.csv"] if plan.config.probe.labels else [],


rule all:
    default_target: True
    input:
        rules.data.input,
        rules.training.input,
        rules.evaluation.input,
        expand("<results>/figures/{figure}.{kind}", figure=plan.figures, kind=["png", "svg", "pdf"]),
        "<results>/listen/index.html",
        "<results>/listen/test",
        "<results>/index.html",


include: "rules/efficiency.smk"
include: "rules/defaults.smk"
