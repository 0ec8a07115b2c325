# Clips -> weights, one job a variant.


rule train:
    input:
        clips=shards("clips/{split}-{shard}.h5", "train", "validation"),
        start=lambda wildcards: STARTS.get(wildcards.variant, []),
    output:
        weights=f"{RESULTS}/models/{{variant}}/weights.safetensors",
        log=f"{RESULTS}/models/{{variant}}/log.csv",
    log:
        f"{LOGS}/train-{{variant}}.log",
    benchmark:
        f"{TIMES}/train-{{variant}}.tsv"
    wildcard_constraints:
        variant=OWN_MODELS,
    conda:
        "../envs/spiking-music.yaml"
    threads: 1  # most training an hour on few cores; a profile's set-threads gives more
    resources:
        mem_mb=grown(16000),
        runtime=1440,  # not grown: the next attempt goes on where this one ended
        gpu=gpus,
        mpi=lambda wildcards: "srun" if tasks(wildcards) else None,
        nodes=lambda wildcards: 1 if tasks(wildcards) else None,
        tasks_per_node=tasks,
    params:
        config=variant_settings,
        launcher=launcher,
        # no output: a killed job resumes from here
        checkpoints=f"{RESULTS}/checkpoints/{{variant}}",
    # the shell and tee outlive the SIGTERM of a time limit, so that a checkpoint can be saved
    shell:
        "trap : TERM; {params.launcher} spiking-music train {wildcards.variant} {input.clips:q}"
        " --config {params.config:q}"
        " --weights {output.weights:q} --log {output.log:q} --checkpoints {params.checkpoints:q}"
        " 2>&1 | (trap '' TERM; exec tee {log:q}) >&2"
