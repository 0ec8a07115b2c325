# Codes -> bits, in the paper's storage formats and entropy coded.


rule account:
    input:
        f"{RESULTS}/codes/{{variant}}/{CONFIG.evaluation.split}.h5",
    output:
        f"{RESULTS}/storage/{{variant}}.csv",
    log:
        f"{LOGS}/account-{{variant}}.log",
    benchmark:
        f"{TIMES}/account-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(30),
    shell:
        "spiking-music account --codes {input:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule fit_entropy:
    input:
        codes_to_learn,
    output:
        f"{RESULTS}/models/{{variant}}/entropy.safetensors",
    log:
        f"{LOGS}/fit-entropy-{{variant}}.log",
    benchmark:
        f"{TIMES}/fit-entropy-{{variant}}.tsv"
    wildcard_constraints:
        variant=OWN_MODELS,
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(4000),
        runtime=grown(60),
    params:
        config=settings("seed", "entropy"),
    shell:
        "spiking-music fit-entropy --config {params.config:q} --codes {input:q} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule account_coded:
    input:
        codes=f"{RESULTS}/codes/{{variant}}/{CONFIG.evaluation.split}.h5",
        tables=f"{RESULTS}/models/{{variant}}/entropy.safetensors",
    output:
        f"{RESULTS}/storage/{{variant}}-coded.csv",
    log:
        f"{LOGS}/account-coded-{{variant}}.log",
    benchmark:
        f"{TIMES}/account-coded-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(30),
    shell:
        "spiking-music account-coded --codes {input.codes:q} --tables {input.tables:q}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"
