# Clips -> weights, one job a variant.


rule train:
    input:
        shards("clips/{split}-{shard}.h5", "train", "validation"),
    output:
        weights=f"{RESULTS}/models/{{variant}}/weights.safetensors",
        log=f"{RESULTS}/models/{{variant}}/log.csv",
    log:
        f"{LOGS}/train-{{variant}}.log",
    benchmark:
        f"{TIMES}/train-{{variant}}.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: 1  # most training an hour on few cores; a profile's set-threads gives more
    resources:
        mem_mb=16000,
        runtime=1440,
    params:
        config=variant_settings,
        # no output: a killed job resumes from here
        checkpoints=f"{RESULTS}/checkpoints/{{variant}}",
    shell:
        "spiking-music train {wildcards.variant} {input:q} --config {params.config:q}"
        " --weights {output.weights:q} --log {output.log:q} --checkpoints {params.checkpoints:q}"
        " 2>&1 | tee {log:q} >&2"
