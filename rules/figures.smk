# Tables -> pictures, one rule a figure.

FIGURES = expand(
    f"{RESULTS}/figures/{{figure}}.{{kind}}",
    figure=[
        "fig1-storage",
        *(f"fig2-{name}" for name in VARIANTS),
        *(f"fig4-{name}" for name in LEVELLED if SPARSE),
        *(
            ["fig5-selectivity"]
            if SELECTIVE and SELECTIVE == [*CONFIG.figures.selective]
            else []
        ),
        *(["rate-quality"] if CODED else []),
        *(["training"] if ROWS and not CONFIG.models_from else []),
        "clips",
        *(f"probe-{label}" for label in LABELS),
    ],
    kind=["png", "svg", "pdf"],
)


rule figure_storage:
    output:
        drawn("fig1-storage", "fig1"),
    log:
        f"{LOGS}/figure-storage.log",
    benchmark:
        f"{TIMES}/figure-storage.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        config=settings("figures"),
        out=stem,
    shell:
        "spiking-music figure storage --config {params.config:q} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_rate_quality:
    input:
        summary=f"{RESULTS}/summary.csv",
        evaluation=expand(f"{RESULTS}/evaluation/{{variant}}.csv", variant=CODED),
        coded=expand(f"{RESULTS}/storage/{{variant}}-coded.csv", variant=CODED),
    output:
        drawn("rate-quality", "rate-quality"),
    log:
        f"{LOGS}/figure-rate-quality.log",
    benchmark:
        f"{TIMES}/figure-rate-quality.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        variants=[f"--variant {name}" for name in CODED],
        evaluation=repeated("evaluation", "evaluation"),
        coded=repeated("coded", "coded"),
        out=stem,
    shell:
        "spiking-music figure rate-quality --summary {input.summary:q} {params.variants}"
        " {params.evaluation} {params.coded} --out {params.out:q} 2>&1 | tee {log:q} >&2"


rule figure_architecture:
    input:
        f"{RESULTS}/architecture/{{variant}}.csv",
    output:
        drawn("fig2-{variant}", "architecture"),
    log:
        f"{LOGS}/figure-architecture-{{variant}}.log",
    benchmark:
        f"{TIMES}/figure-architecture-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        out=stem,
    shell:
        "spiking-music figure architecture --table {input:q} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_rate_sweep:
    input:
        sweep=f"{RESULTS}/sweep/{{variant}}.csv",
        quality=f"{RESULTS}/sweep/{{variant}}-quality.csv",
        matrices=f"{RESULTS}/sweep/{{variant}}.npz",
        evaluation=[
            *expand(f"{RESULTS}/evaluation/{{sparse}}.csv", sparse=SPARSE),
            f"{RESULTS}/evaluation/{{variant}}.csv",
        ],
        coded=[
            *expand(f"{RESULTS}/storage/{{sparse}}-coded.csv", sparse=SPARSE),
            f"{RESULTS}/storage/{{variant}}-coded.csv",
        ],
    output:
        drawn("fig4-{variant}", "fig4"),
    log:
        f"{LOGS}/figure-rate-sweep-{{variant}}.log",
    benchmark:
        f"{TIMES}/figure-rate-sweep-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        config=settings("evaluation", "figures"),
        sparse=[f"--variant {name}" for name in SPARSE],
        evaluation=repeated("evaluation", "evaluation"),
        coded=repeated("coded", "coded"),
        out=stem,
    shell:
        "spiking-music figure rate-sweep --config {params.config:q} --sweep {input.sweep:q}"
        " {params.sparse} --variant {wildcards.variant}"
        " {params.evaluation} {params.coded} --out {params.out:q} 2>&1 | tee {log:q} >&2"


rule figure_selectivity:
    input:
        expand(f"{RESULTS}/selectivity/{{variant}}.npz", variant=SELECTIVE),
    output:
        drawn("fig5-selectivity", "fig5"),
    log:
        f"{LOGS}/figure-selectivity.log",
    benchmark:
        f"{TIMES}/figure-selectivity.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(2000),
        runtime=grown(10),
    params:
        variants=[f"--variant {name}" for name in SELECTIVE],
        arrays=lambda wildcards, input: [f"--arrays {path}" for path in input],
        out=stem,
    shell:
        "spiking-music figure selectivity {params.variants} {params.arrays} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_training:
    input:
        log=expand(f"{RESULTS}/models/{{variant}}/log.csv", variant=ROWS),
    output:
        drawn("training", "training"),
    log:
        f"{LOGS}/figure-training.log",
    benchmark:
        f"{TIMES}/figure-training.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        variants=[f"--variant {name}" for name in ROWS],
        logs=repeated("log", "log"),
        out=stem,
    shell:
        "spiking-music figure training {params.variants} {params.logs} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_clips:
    input:
        f"{RESULTS}/excerpts.npz",
    output:
        drawn("clips", "clips"),
    log:
        f"{LOGS}/figure-clips.log",
    benchmark:
        f"{TIMES}/figure-clips.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        out=stem,
    shell:
        "spiking-music figure clips --excerpts {input:q} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule figure_probe:
    input:
        tables=expand(
            f"{RESULTS}/probes/{{features}}.csv", features=[*CODED, "mel-bands"]
        ),
        confusions=expand(
            f"{RESULTS}/probes/{{features}}-confusion.csv",
            features=[*CODED, "mel-bands"],
        ),
    output:
        drawn("probe-{label}", "probe"),
    log:
        f"{LOGS}/figure-probe-{{label}}.log",
    benchmark:
        f"{TIMES}/figure-probe-{{label}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        tables=repeated("table", "tables"),
        confusions=repeated("confusion", "confusions"),
        out=stem,
    shell:
        "spiking-music figure probe {wildcards.label} {params.tables} {params.confusions}"
        " --out {params.out:q} 2>&1 | tee {log:q} >&2"
