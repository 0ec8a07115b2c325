# A trained model -> the two files that a package carries: 16 bits a number, and the tables of just
# these weights (docs/codec.md).

SHIPPED = f"{RESULTS}/shipped/{{variant}}"


rule halve:
    input:
        f"{RESULTS}/models/{{variant}}/weights.safetensors",
    output:
        f"{SHIPPED}/weights.safetensors",
    log:
        f"{LOGS}/halve-{{variant}}.log",
    benchmark:
        f"{TIMES}/halve-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(2000),
        runtime=grown(10),
    shell:
        "spiking-music halve {input:q} --out {output:q} 2>&1 | tee {log:q} >&2"


use rule codes as codes_shipped with:
    input:
        weights=f"{SHIPPED}/weights.safetensors",
        clips=shards("clips/{split}-{shard}.h5", "train"),
    output:
        temp(f"{SHIPPED}/train.h5"),
    log:
        f"{LOGS}/codes-shipped-{{variant}}.log",
    benchmark:
        f"{TIMES}/codes-shipped-{{variant}}.tsv"
    params:
        config=settings("evaluation"),
        levels="--all-levels",


use rule fit_entropy as ship with:
    input:
        f"{SHIPPED}/train.h5",
    output:
        f"{SHIPPED}/entropy.safetensors",
    log:
        f"{LOGS}/ship-{{variant}}.log",
    benchmark:
        f"{TIMES}/ship-{{variant}}.tsv"
