# Recordings -> clips (HDF5) and onsets (zarr).


rule catalogue:
    input:
        TABLES,
    output:
        f"{RESULTS}/performances.csv",
    log:
        f"{LOGS}/catalogue.log",
    benchmark:
        f"{TIMES}/catalogue.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        config=settings("seed", "dataset"),
    shell:
        "spiking-music catalogue --config {params.config:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule recordings:
    input:
        f"{RESULTS}/performances.csv",
    output:
        f"{RESULTS}/recordings/manifest-{{shard}}.csv",
    log:
        f"{LOGS}/recordings-{{shard}}.log",
    benchmark:
        f"{TIMES}/recordings-{{shard}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(2000),
        runtime=grown(240),
    params:
        config=settings("seed", "signal", "dataset"),
        root=root,
    shell:
        "spiking-music recordings --config {params.config:q} --performances {input:q}"
        " --shard {wildcards.shard} --root {params.root:q} --manifest {output:q} 2>&1 | tee {log:q} >&2"


rule clips:
    input:
        performances=f"{RESULTS}/performances.csv",
        manifest=f"{RESULTS}/recordings/manifest-{{shard}}.csv",
    output:
        audio=f"{RESULTS}/clips/{{split}}-{{shard}}.h5",
        table=f"{RESULTS}/clips/{{split}}-{{shard}}.csv",
    log:
        f"{LOGS}/clips-{{split}}-{{shard}}.log",
    benchmark:
        f"{TIMES}/clips-{{split}}-{{shard}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(240),
    params:
        config=settings("signal", "dataset"),
        root=root,
    shell:
        "spiking-music clips --config {params.config:q} --performances {input.performances:q}"
        " --manifest {input.manifest:q} --root {params.root:q} --split {wildcards.split}"
        " --shard {wildcards.shard} --audio {output.audio:q} --table {output.table:q}"
        " 2>&1 | tee {log:q} >&2"


rule onsets:
    input:
        performances=f"{RESULTS}/performances.csv",
        tables=lambda wildcards: shards("clips/{split}-{shard}.csv", wildcards.split),
    output:
        f"{RESULTS}/onsets/{{split}}.zarr.zip",
    log:
        f"{LOGS}/onsets-{{split}}.log",
    benchmark:
        f"{TIMES}/onsets-{{split}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(4000),
        runtime=grown(120),
    params:
        config=settings("signal"),
        root=root,
    shell:
        "spiking-music onsets {input.tables:q} --config {params.config:q}"
        " --performances {input.performances:q} --root {params.root:q} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"
