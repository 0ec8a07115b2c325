# Codes -> bits, in the formats of the paper and entropy coded.


rule storage_cost:
    input:
        f"<results>/codes/{{variant}}/{plan.config.evaluation.split}.h5",
    output:
        "<results>/storage/{variant}.csv",
    shell:
        "spiking-music evaluate storage-cost --codes {input:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule fit_entropy:
    input:
        plan.codes_to_learn,
    output:
        "<results>/models/{variant}/entropy.safetensors",
    wildcard_constraints:
        variant=plan.trained_here,
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(60),
    params:
        config=plan.settings("seed", "entropy.steps"),
    shell:
        "spiking-music train entropy --config {params.config:q} --codes {input:q} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule entropy_cost:
    input:
        codes=f"<results>/codes/{{variant}}/{plan.config.evaluation.split}.h5",
        tables="<results>/models/{variant}/entropy.safetensors",
    output:
        "<results>/storage/{variant}-coded.csv",
    shell:
        "spiking-music evaluate entropy-cost --codes {input.codes:q} --tables {input.tables:q}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"
