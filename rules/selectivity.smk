# Codes and onsets -> which units are tuned to which notes: what rasters are sorted by, and tests.


rule tuning:
    input:
        codes=f"<results>/codes/{{variant}}/{plan.config.evaluation.split}.h5",
        onsets=plan.onsets(plan.config.evaluation.split),
    output:
        "<results>/tuning/{variant}.csv",
    resources:
        mem_mb=per_attempt(4000),
    shell:
        "spiking-music evaluate tuning --codes {input.codes:q} --onsets {input.onsets:q}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


rule selectivity:
    input:
        codes=f"<results>/codes/{{variant}}/{plan.config.selectivity.split}.h5",
        onsets=plan.onsets(plan.config.selectivity.split),
    output:
        arrays="<results>/selectivity/{variant}.npz",
        table="<results>/selectivity/{variant}.csv",
        summary="<results>/selectivity/{variant}-summary.csv",
    threads: 2
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(240),
    params:
        config=plan.settings("seed", *keys.SELECTIVITY),
    shell:
        "spiking-music evaluate selectivity --config {params.config:q} --codes {input.codes:q}"
        " --onsets {input.onsets:q} --out {output.arrays:q} 2>&1 | tee {log:q} >&2"


rule compare_selectivity:
    input:
        expand(
            "<results>/selectivity/{variant}-summary.csv",
            variant=plan.selectivity_variants,
        ),
    output:
        report(
            "<results>/selectivity.csv",
            caption="../report/selectivity.rst",
            category="Tables",
        ),
    shell:
        "spiking-music evaluate compare-selectivity {input:q} --out {output:q} 2>&1 | tee {log:q} >&2"
