# Models of another data set in the place of our own: how general they are (docs/generality.md).


rule borrow:
    input:
        f"{BORROWED}/{{variant}}/{{file}}",
    output:
        f"{RESULTS}/models/{{variant}}/{{file}}",
    log:
        f"{LOGS}/borrow-{{variant}}-{{file}}.log",
    benchmark:
        f"{TIMES}/borrow-{{variant}}-{{file}}.tsv"
    wildcard_constraints:
        file=r"(weights|entropy)\.safetensors|log\.csv",
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "cp {input:q} {output:q} 2>&1 | tee {log:q} >&2"


ruleorder: borrow > train
ruleorder: borrow > fit_entropy
