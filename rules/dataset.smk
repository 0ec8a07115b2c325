# Recordings -> clips (HDF5) and onsets (zarr).


# a folder of one's own: only this job looks at its files, so that a change in one split is no
# change in another; hence the tables of all splits are ancient to the jobs that read them
rule version:
    output:
        f"{RESULTS}/recordings/version-{{split}}.txt",
    log:
        f"{LOGS}/version-{{split}}.log",
    benchmark:
        f"{TIMES}/version-{{split}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        config=settings("seed", "signal", "dataset"),
        version=version,
    shell:
        "echo {params.version:q} 2> {log:q} > {output:q}"


rule catalogue:
    input:
        changes if OWN else TABLES,
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
        config=settings("seed", "dataset", *DOWNLOAD),
    shell:
        "spiking-music catalogue --config {params.config:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule archive:
    input:
        TABLES,
    output:
        f"{RESULTS}/recordings/archive.json",
    log:
        f"{LOGS}/archive.log",
    benchmark:
        f"{TIMES}/archive.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=1000,
        runtime=2880 if CONFIG.download.whole else 30,
    params:
        config=settings("seed", "dataset", "download"),
    shell:
        "spiking-music archive --config {params.config:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule recordings:
    input:
        changes,
        performances=known(f"{RESULTS}/performances.csv"),
        archive=ARCHIVE,
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
        config=settings("seed", "signal", "dataset", *DOWNLOAD),
        root=root,
        archive=repeated("archive", "archive"),
    shell:
        "spiking-music recordings --config {params.config:q} --performances {input.performances:q}"
        " --shard {wildcards.shard} --root {params.root:q} --manifest {output:q} {params.archive}"
        " 2>&1 | tee {log:q} >&2"


rule clips:
    input:
        changes,
        performances=known(f"{RESULTS}/performances.csv"),
        manifest=known(f"{RESULTS}/recordings/manifest-{{shard}}.csv"),
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
        changes,
        performances=known(f"{RESULTS}/performances.csv"),
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
