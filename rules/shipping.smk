# A trained model -> the two files that a package carries: 16 bits a number, and the tables of just
# these weights (docs/codec.md).


rule to_fp16:
    input:
        "<results>/models/{variant}/weights.safetensors",
    output:
        "<results>/shipped/{variant}/weights.safetensors",
    resources:
        mem_mb=per_attempt(2000),
    shell:
        "spiking-music train to-fp16 {input:q} --out {output:q} 2>&1 | tee {log:q} >&2"


use rule codes_of_levels as codes_shipped with:
    input:
        weights="<results>/shipped/{variant}/weights.safetensors",
        clips=plan.clips("train"),
    output:
        temp("<results>/shipped/{variant}/train.h5"),


use rule fit_entropy as ship with:
    input:
        "<results>/shipped/{variant}/train.h5",
    output:
        "<results>/shipped/{variant}/entropy.safetensors",
