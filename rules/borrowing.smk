# Models of the package or of another data set in the place of our own (docs/generality.md).


rule borrow:
    input:
        lambda wildcards: f"{LENDERS[wildcards.variant]}/{wildcards.file}",
    output:
        f"{RESULTS}/models/{{variant}}/{{file}}",
    log:
        f"{LOGS}/borrow-{{variant}}-{{file}}.log",
    benchmark:
        f"{TIMES}/borrow-{{variant}}-{{file}}.tsv"
    wildcard_constraints:
        variant="|".join(LENDERS),
        file=r"(weights|entropy)\.safetensors|log\.csv",
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "spiking-music borrow {input:q} --out {output:q} 2>&1 | tee {log:q} >&2"
