# Codes -> bits, in the formats of SPEC 5.


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
        mem_mb=1000,
        runtime=30,
    shell:
        "spiking-music account --codes {input:q} --out {output:q} 2>&1 | tee {log:q} >&2"
