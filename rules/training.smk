# Clips -> weights, one job a variant.


rule train:
    input:
        clips=plan.clips("train", "validation"),
        start=plan.start,
    output:
        weights="<results>/models/{variant}/weights.safetensors",
        log="<results>/models/{variant}/log.csv",
    wildcard_constraints:
        variant=plan.trained_here,
    threads: plan.threads
    resources:
        mem_mb=plan.memory,
        runtime=plan.minutes,  # at most a day: the next attempt goes on where this one ended
        expected_seconds=plan.seconds,  # for `spiking-music plan`
        expected_mb=plan.model_megabytes,
        gpu=plan.gpus,
        mpi=lambda wildcards: "srun" if plan.nodes(wildcards) else None,
        nodes=plan.nodes,
        tasks_per_node=plan.tasks,
    params:
        config=plan.variant_settings,
        launcher=plan.launcher,
        # no output: a killed job resumes from here
        checkpoints=lambda wildcards: f"{plan.results}/checkpoints/{wildcards.variant}",
    # the shell and tee outlive the SIGTERM of a time limit, so that a checkpoint can be saved
    shell:
        "trap : TERM; {params.launcher} spiking-music train variant {wildcards.variant} {input.clips:q}"
        " --config {params.config:q}"
        " --weights {output.weights:q} --log {output.log:q} --checkpoints {params.checkpoints:q}"
        " 2>&1 | (trap '' TERM; exec tee {log:q}) >&2"


if plan.model_sources:

    include: "borrowing.smk"
