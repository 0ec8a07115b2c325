# Weights -> codes -> quality; what needs no weights; and the table of all.


rule codes:
    input:
        weights=f"{RESULTS}/models/{{variant}}/weights.safetensors",
        clips=lambda wildcards: shards("clips/{split}-{shard}.h5", wildcards.split),
    output:
        f"{RESULTS}/codes/{{variant}}/{{split}}.h5",
    log:
        f"{LOGS}/codes-{{variant}}-{{split}}.log",
    benchmark:
        f"{TIMES}/codes-{{variant}}-{{split}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: 1
    resources:
        mem_mb=grown(8000),
        runtime=grown(120),
    params:
        config=settings("evaluation"),
        levels="",
    shell:
        "spiking-music codes {input.clips:q} --config {params.config:q} {params.levels}"
        " --weights {input.weights:q} --out {output:q} 2>&1 | tee {log:q} >&2"


use rule codes as codes_of_levels with:
    input:
        weights=f"{RESULTS}/models/{{variant}}/weights.safetensors",
        clips=shards("clips/{split}-{shard}.h5", "train"),
    output:
        f"{RESULTS}/codes/{{variant}}/all-levels.h5",
    log:
        f"{LOGS}/codes-{{variant}}-all-levels.log",
    benchmark:
        f"{TIMES}/codes-{{variant}}-all-levels.tsv"
    params:
        config=settings("evaluation"),
        levels="--all-levels",


rule evaluate:
    input:
        weights=f"{RESULTS}/models/{{variant}}/weights.safetensors",
        codes=f"{RESULTS}/codes/{{variant}}/{CONFIG.evaluation.split}.h5",
        clips=shards("clips/{split}-{shard}.h5", CONFIG.evaluation.split),
        tables=shards("clips/{split}-{shard}.csv", CONFIG.evaluation.split),
    output:
        f"{RESULTS}/evaluation/{{variant}}.csv",
    log:
        f"{LOGS}/evaluate-{{variant}}.log",
    benchmark:
        f"{TIMES}/evaluate-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: CONFIG.evaluation.processes
    resources:
        mem_mb=grown(8000),
        runtime=grown(240),
    params:
        config=settings("evaluation"),
    shell:
        "spiking-music evaluate {input.clips:q} --config {params.config:q}"
        " --weights {input.weights:q} --codes {input.codes:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule anchor:
    input:
        clips=shards("clips/{split}-{shard}.h5", CONFIG.evaluation.split),
        tables=shards("clips/{split}-{shard}.csv", CONFIG.evaluation.split),
    output:
        f"{RESULTS}/evaluation/{{anchor}}.csv",
    log:
        f"{LOGS}/anchor-{{anchor}}.log",
    benchmark:
        f"{TIMES}/anchor-{{anchor}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: CONFIG.evaluation.processes
    resources:
        mem_mb=grown(4000),
        runtime=grown(240),
    params:
        config=settings("evaluation"),
    shell:
        "spiking-music evaluate-anchor {wildcards.anchor} {input.clips:q} --config {params.config:q}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


rule mp3:
    input:
        clips=shards("clips/{split}-{shard}.h5", CONFIG.evaluation.split),
        tables=shards("clips/{split}-{shard}.csv", CONFIG.evaluation.split),
    output:
        expand(f"{RESULTS}/evaluation/mp3-{{kbps}}.csv", kbps=MP3),
    log:
        f"{LOGS}/mp3.log",
    benchmark:
        f"{TIMES}/mp3.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: CONFIG.evaluation.processes
    resources:
        mem_mb=grown(4000),
        runtime=grown(240),
    params:
        config=settings("evaluation"),
        codec="mp3",
        rates=[f"--kbps {kbps}" for kbps in MP3],
        folder=folder_of_output,
    shell:
        "spiking-music evaluate-classical {params.codec} {input.clips:q} --config {params.config:q}"
        " {params.rates} --out {params.folder:q} 2>&1 | tee {log:q} >&2"


use rule mp3 as opus with:
    output:
        expand(f"{RESULTS}/evaluation/opus-{{kbps}}.csv", kbps=OPUS),
    log:
        f"{LOGS}/opus.log",
    benchmark:
        f"{TIMES}/opus.tsv"
    params:
        config=settings("evaluation"),
        codec="opus",
        rates=[f"--kbps {kbps}" for kbps in OPUS],
        folder=folder_of_output,


rule sweep:
    input:
        weights=f"{RESULTS}/models/{{variant}}/weights.safetensors",
        entropy=f"{RESULTS}/models/{{variant}}/entropy.safetensors",
        clips=shards("clips/{split}-{shard}.h5", CONFIG.evaluation.split),
        tables=shards("clips/{split}-{shard}.csv", CONFIG.evaluation.split),
    output:
        table=f"{RESULTS}/sweep/{{variant}}.csv",
        quality=f"{RESULTS}/sweep/{{variant}}-quality.csv",
        budget=f"{RESULTS}/sweep/{{variant}}-budget.csv",
        levels=f"{RESULTS}/sweep/{{variant}}-levels.csv",
        markdown=f"{RESULTS}/sweep/{{variant}}-levels.md",
        matrices=f"{RESULTS}/sweep/{{variant}}.npz",
    log:
        f"{LOGS}/sweep-{{variant}}.log",
    benchmark:
        f"{TIMES}/sweep-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: 1
    resources:
        mem_mb=grown(8000),
        runtime=grown(120),
    params:
        config=settings("seed", "evaluation"),
    shell:
        "spiking-music sweep {input.clips:q} --config {params.config:q} --weights {input.weights:q}"
        " --tables {input.entropy:q} --out {output.table:q} 2>&1 | tee {log:q} >&2"


rule architecture:
    output:
        f"{RESULTS}/architecture/{{variant}}.csv",
    log:
        f"{LOGS}/architecture-{{variant}}.log",
    benchmark:
        f"{TIMES}/architecture-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(4000),
        runtime=grown(20),
    params:
        config=variant_settings,
    shell:
        "spiking-music architecture {wildcards.variant} --config {params.config:q}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


rule excerpts:
    input:
        clips=shards("clips/{split}-{shard}.h5", CONFIG.evaluation.split),
        tables=shards("clips/{split}-{shard}.csv", CONFIG.evaluation.split),
        onsets=onsets(CONFIG.evaluation.split),
        weights=expand(
            f"{RESULTS}/models/{{variant}}/weights.safetensors", variant=VARIANTS
        ),
        codes=expand(
            f"{RESULTS}/codes/{{variant}}/{CONFIG.evaluation.split}.h5",
            variant=VARIANTS,
        ),
    output:
        f"{RESULTS}/excerpts.npz",
    log:
        f"{LOGS}/excerpts.log",
    benchmark:
        f"{TIMES}/excerpts.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: 2
    resources:
        mem_mb=grown(4000),
        runtime=grown(30),
    params:
        config=settings("signal", "figures"),
        variants=[f"--variant {name}" for name in VARIANTS],
        weights=repeated("weights", "weights"),
        codes=repeated("codes", "codes"),
        onsets=repeated("onsets", "onsets"),
    shell:
        "spiking-music excerpts {input.clips:q} --config {params.config:q} {params.variants}"
        " {params.weights} {params.codes} {params.onsets} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule summarise:
    input:
        weights=expand(
            f"{RESULTS}/models/{{variant}}/weights.safetensors", variant=VARIANTS
        ),
        evaluation=expand(f"{RESULTS}/evaluation/{{variant}}.csv", variant=VARIANTS),
        storage=expand(f"{RESULTS}/storage/{{variant}}.csv", variant=VARIANTS),
        coded=expand(f"{RESULTS}/storage/{{variant}}-coded.csv", variant=CODED),
        classical=[
            *expand(f"{RESULTS}/evaluation/mp3-{{kbps}}.csv", kbps=MP3),
            *expand(f"{RESULTS}/evaluation/opus-{{kbps}}.csv", kbps=OPUS),
        ],
        anchor=expand(f"{RESULTS}/evaluation/{{anchor}}.csv", anchor=ANCHORS),
    output:
        csv=report(
            f"{RESULTS}/summary.csv",
            caption="../report/summary.rst",
            category="Tables",
        ),
        markdown=f"{RESULTS}/summary.md",
        metrics=f"{RESULTS}/summary.json",
    log:
        f"{LOGS}/summarise.log",
    benchmark:
        f"{TIMES}/summarise.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        config=settings("seed", "evaluation"),
        weights=repeated("weights", "weights"),
        evaluation=repeated("evaluation", "evaluation"),
        storage=repeated("storage", "storage"),
        coded=repeated("coded", "coded"),
        classical=repeated("classical", "classical"),
        anchor=repeated("anchor", "anchor"),
    shell:
        "spiking-music summarise --config {params.config:q} {params.weights} {params.evaluation}"
        " {params.storage} {params.coded} {params.classical} {params.anchor} --out {output.csv:q}"
        " 2>&1 | tee {log:q} >&2"
