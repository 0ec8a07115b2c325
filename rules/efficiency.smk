# What the steps of a run used of what they asked for; asked for by name, once all the rest is there:
# snakemake --profile slurm efficiency


rule efficiency:
    input:
        rules.all.input,
    output:
        report("<results>/efficiency.csv", caption="../report/efficiency.rst", category="Tables"),
    params:
        results=out_folder,
        rules=named("rule", *(each.name for each in workflow.rules)),
    shell:
        "spiking-music efficiency {params.results:q} --notes results/slurm-logs/submissions.jsonl"
        " {params.rules} --out {output:q} 2>&1 | tee {log:q} >&2"
