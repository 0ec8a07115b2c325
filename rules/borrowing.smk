# Models of the package or of another data set in the place of our own (docs/generality.md).


rule import_model:
    input:
        plan.imported,
    output:
        "<results>/models/{variant}/{file}",
    wildcard_constraints:
        variant="|".join(plan.model_sources),
        file=r"(weights|entropy)\.safetensors|log\.csv",
    shell:
        "spiking-music train import-model {input:q} --out {output:q} 2>&1 | tee {log:q} >&2"
