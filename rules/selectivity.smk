# Codes and onsets -> which units speak of which notes.


rule selectivity:
    input:
        codes=f"{RESULTS}/codes/{{variant}}/{CONFIG.selectivity.split}.h5",
        onsets=f"{RESULTS}/onsets/{CONFIG.selectivity.split}.zarr.zip",
    output:
        arrays=f"{RESULTS}/selectivity/{{variant}}.npz",
        table=f"{RESULTS}/selectivity/{{variant}}.csv",
        summary=f"{RESULTS}/selectivity/{{variant}}-summary.csv",
    log:
        f"{LOGS}/selectivity-{{variant}}.log",
    benchmark:
        f"{TIMES}/selectivity-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: 2
    resources:
        mem_mb=grown(8000),
        runtime=grown(240),
    params:
        config=settings("seed", "selectivity"),
    shell:
        "spiking-music selectivity --config {params.config:q} --codes {input.codes:q}"
        " --onsets {input.onsets:q} --out {output.arrays:q} 2>&1 | tee {log:q} >&2"


rule compare_selectivity:
    input:
        expand(f"{RESULTS}/selectivity/{{variant}}-summary.csv", variant=TUNED),
    output:
        report(
            f"{RESULTS}/selectivity.csv",
            caption="../report/selectivity.rst",
            category="Tables",
        ),
    log:
        f"{LOGS}/compare-selectivity.log",
    benchmark:
        f"{TIMES}/compare-selectivity.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    shell:
        "spiking-music compare-selectivity {input:q} --out {output:q} 2>&1 | tee {log:q} >&2"
