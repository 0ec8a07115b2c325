# Recordings -> clips (HDF5) and onsets (zarr).


# a folder of one's own: only this job looks at its files, so that a change in one split is no
# change in another; hence the tables of all splits are ancient to the jobs that read them
rule version:
    output:
        "<results>/recordings/version-{split}.txt",
    params:
        config=plan.settings(*keys.version(plan.config)),
        version=plan.version,
    shell:
        "echo {params.version:q} 2> {log:q} > {output:q}"


rule index:
    input:
        plan.catalogue_sources,
    output:
        "<results>/performances.csv",
    params:
        config=plan.settings(*keys.index(plan.config)),
    shell:
        "spiking-music data index --config {params.config:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule archive:
    input:
        lambda wildcards: plan.source_tables,
    output:
        "<results>/recordings/archive.json",
    resources:
        runtime=2880 if plan.config.download.whole else 30,
    params:
        config=plan.settings("seed", "dataset.path", *keys.CLIENT, *keys.ARCHIVE),
    shell:
        "spiking-music data archive --config {params.config:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule recordings:
    input:
        plan.version_files,
        performances=ancient_if_local("<results>/performances.csv"),
        archive=plan.archive,
    output:
        "<results>/recordings/manifest-{shard}.csv",
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(240),
    params:
        config=plan.settings(*keys.recordings(plan.config)),
        root=plan.root,
        archive=options("archive"),
    shell:
        "spiking-music data recordings --config {params.config:q} --performances {input.performances:q}"
        " --shard {wildcards.shard} --root {params.root:q} --manifest {output:q} {params.archive}"
        " 2>&1 | tee {log:q} >&2"


rule clips:
    input:
        plan.version_files,
        performances=ancient_if_local("<results>/performances.csv"),
        manifest=ancient_if_local("<results>/recordings/manifest-{shard}.csv"),
    output:
        audio="<results>/clips/{split}-{shard}.h5",
        table="<results>/clips/{split}-{shard}.csv",
    resources:
        runtime=per_attempt(240),
        expected_mb=plan.clip_megabytes,  # for `spiking-music plan`
    params:
        config=plan.settings(*keys.CLIPS),
        root=plan.root,
    shell:
        "spiking-music data clips --config {params.config:q} --performances {input.performances:q}"
        " --manifest {input.manifest:q} --root {params.root:q} --split {wildcards.split}"
        " --shard {wildcards.shard} --audio {output.audio:q} --table {output.table:q}"
        " 2>&1 | tee {log:q} >&2"


rule onsets:
    input:
        plan.version_files,
        performances=ancient_if_local("<results>/performances.csv"),
        tables=lambda wildcards: plan.clip_tables(wildcards.split),
    output:
        "<results>/onsets/{split}.zarr.zip",
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(120),
    params:
        config=plan.settings("signal"),
        root=plan.root,
    shell:
        "spiking-music data onsets {input.tables:q} --config {params.config:q}"
        " --performances {input.performances:q} --root {params.root:q} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"
