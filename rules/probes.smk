# Frozen codes -> what can be told from them: composer, period, genre (docs/probes.md).


rule probe:
    input:
        performances=known(f"{RESULTS}/performances.csv"),
        clips=shards("clips/{split}-{shard}.h5", *PROBED),
        tables=shards("clips/{split}-{shard}.csv", *PROBED),
        codes=expand(f"{RESULTS}/codes/{{{{variant}}}}/{{split}}.h5", split=PROBED),
        weights=f"{RESULTS}/models/{{variant}}/weights.safetensors",
    output:
        table=f"{RESULTS}/probes/{{variant}}.csv",
        confusion=f"{RESULTS}/probes/{{variant}}-confusion.csv",
    log:
        f"{LOGS}/probe-{{variant}}.log",
    benchmark:
        f"{TIMES}/probe-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: 1
    resources:
        mem_mb=grown(4000),
        runtime=grown(60),
    params:
        config=settings("seed", "probe", "signal"),
        codes=repeated("codes", "codes"),
    shell:
        "spiking-music probe {wildcards.variant} {input.clips:q} --config {params.config:q}"
        " --performances {input.performances:q} --weights {input.weights:q} {params.codes}"
        " --out {output.table:q} 2>&1 | tee {log:q} >&2"


rule probe_mel_bands:
    input:
        performances=known(f"{RESULTS}/performances.csv"),
        clips=shards("clips/{split}-{shard}.h5", *PROBED),
        tables=shards("clips/{split}-{shard}.csv", *PROBED),
    output:
        table=f"{RESULTS}/probes/mel-bands.csv",
        confusion=f"{RESULTS}/probes/mel-bands-confusion.csv",
    log:
        f"{LOGS}/probe-mel-bands.log",
    benchmark:
        f"{TIMES}/probe-mel-bands.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: 1
    resources:
        mem_mb=grown(4000),
        runtime=grown(60),
    params:
        config=settings("seed", "probe", "signal"),
    shell:
        "spiking-music probe mel-bands {input.clips:q} --config {params.config:q}"
        " --performances {input.performances:q} --out {output.table:q} 2>&1 | tee {log:q} >&2"


rule compare_probes:
    input:
        expand(f"{RESULTS}/probes/{{features}}.csv", features=[*CODED, "mel-bands"]),
    output:
        csv=report(
            f"{RESULTS}/probes.csv", caption="../report/probes.rst", category="Tables"
        ),
        markdown=f"{RESULTS}/probes.md",
    log:
        f"{LOGS}/compare-probes.log",
    benchmark:
        f"{TIMES}/compare-probes.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    shell:
        "spiking-music compare-probes {input:q} --out {output.csv:q} 2>&1 | tee {log:q} >&2"
