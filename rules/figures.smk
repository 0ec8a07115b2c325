# Tables -> pictures, one rule a figure.


rule figure_storage:
    output:
        figure_outputs("fig1-storage"),
    params:
        config=plan.settings("figures.storage_units", "figures.storage_steps"),
        out=out_prefix,
    shell:
        "spiking-music figure storage --config {params.config:q} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_rate_quality:
    input:
        summary="<results>/summary.csv",
        evaluation=expand("<results>/evaluation/{variant}.csv", variant=plan.codec_variants),
        coded=expand("<results>/storage/{variant}-coded.csv", variant=plan.codec_variants),
    output:
        figure_outputs("rate-quality"),
    params:
        variants=named("variant", *plan.codec_variants),
        tables=options("evaluation", "coded"),
        out=out_prefix,
    shell:
        "spiking-music figure rate-quality --summary {input.summary:q} {params.variants}"
        " {params.tables} --out {params.out:q} 2>&1 | tee {log:q} >&2"


rule figure_operations:
    input:
        "<results>/summary.csv",
    output:
        figure_outputs("operations"),
    params:
        out=out_prefix,
    shell:
        "spiking-music figure operations --summary {input:q} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_models:
    input:
        table=expand("<results>/architecture/{variant}.csv", variant=plan.variants),
    output:
        figure_outputs("fig2"),
    params:
        variants=named("variant", *plan.variants),
        tables=options("table"),
        out=out_prefix,
    shell:
        "spiking-music figure models {params.variants} {params.tables} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_architecture:
    input:
        "<results>/architecture/{variant}.csv",
    output:
        figure_outputs("fig2-{variant}"),
    params:
        out=out_prefix,
    shell:
        "spiking-music figure architecture --table {input:q} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_rate_sweep:
    input:
        sweep="<results>/sweep/{variant}.csv",
        quality="<results>/sweep/{variant}-quality.csv",
        matrices="<results>/sweep/{variant}.npz",
        evaluation=[
            *expand("<results>/evaluation/{sparse}.csv", sparse=plan.sparse_variants),
            "<results>/evaluation/{variant}.csv",
        ],
        coded=[
            *expand("<results>/storage/{sparse}-coded.csv", sparse=plan.sparse_variants),
            "<results>/storage/{variant}-coded.csv",
        ],
    output:
        figure_outputs("fig4-{variant}"),
    params:
        config=plan.settings("evaluation.bound_db", "figures.matrices"),
        sparse=named("variant", *plan.sparse_variants),
        tables=options("evaluation", "coded"),
        out=out_prefix,
    shell:
        "spiking-music figure rate-sweep --config {params.config:q} --sweep {input.sweep:q}"
        " {params.sparse} --variant {wildcards.variant}"
        " {params.tables} --out {params.out:q} 2>&1 | tee {log:q} >&2"


rule figure_selectivity:
    input:
        arrays=expand("<results>/selectivity/{variant}.npz", variant=plan.figure5_variants),
    output:
        figure_outputs("fig5-selectivity"),
    resources:
        mem_mb=per_attempt(2000),
    params:
        variants=named("variant", *plan.figure5_variants),
        arrays=options("arrays"),
        out=out_prefix,
    shell:
        "spiking-music figure selectivity {params.variants} {params.arrays} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_training:
    input:
        log=expand("<results>/models/{variant}/log.csv", variant=plan.trained_rows),
    output:
        figure_outputs("training"),
    params:
        variants=named("variant", *plan.trained_rows),
        logs=options("log"),
        out=out_prefix,
    shell:
        "spiking-music figure training {params.variants} {params.logs} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_clips:
    input:
        "<results>/excerpts.npz",
    output:
        figure_outputs("clips"),
    params:
        out=out_prefix,
    shell:
        "spiking-music figure clips --excerpts {input:q} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_probe:
    input:
        table=expand("<results>/probes/{features}.csv", features=plan.probe_features),
        confusion=expand("<results>/probes/{features}-confusion.csv", features=plan.probe_features),
    output:
        figure_outputs("probe-{label}"),
    params:
        tables=options("table", "confusion"),
        out=out_prefix,
    shell:
        "spiking-music figure probe {wildcards.label} {params.tables} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_listening:
    input:
        plan.rating_tables("{judges}", "systems.csv", "scores.csv", "comparisons.csv"),
    output:
        figure_outputs("fig3-{judges}"),
    wildcard_constraints:
        judges="listeners|objective",
    params:
        config=plan.settings("listening.ratings.level"),
        tables=lambda wildcards: f"{plan.results}/listen/{wildcards.judges}",
        out=out_prefix,
    shell:
        "spiking-music figure listening --config {params.config:q} --tables {params.tables:q}"
        " --out {params.out:q} 2>&1 | tee {log:q} >&2"
