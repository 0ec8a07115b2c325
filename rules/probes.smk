# Frozen codes -> what can be told from them: composer, period, genre (docs/probes.md).


rule probe:
    input:
        performances=ancient_if_local("<results>/performances.csv"),
        clips=plan.clips(*plan.probe_splits),
        tables=plan.clip_tables(*plan.probe_splits),
        codes=expand("<results>/codes/{{variant}}/{split}.h5", split=plan.probe_splits),
        weights="<results>/models/{variant}/weights.safetensors",
    output:
        table="<results>/probes/{variant}.csv",
        confusion="<results>/probes/{variant}-confusion.csv",
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(60),
    params:
        config=plan.settings("seed", *keys.CLASSIFIERS),
        codes=options("codes"),
    shell:
        "spiking-music evaluate probe {wildcards.variant} {input.clips:q} --config {params.config:q}"
        " --performances {input.performances:q} --weights {input.weights:q} {params.codes}"
        " --out {output.table:q} 2>&1 | tee {log:q} >&2"


rule probe_mel_bands:
    input:
        performances=ancient_if_local("<results>/performances.csv"),
        clips=plan.clips(*plan.probe_splits),
        tables=plan.clip_tables(*plan.probe_splits),
    output:
        table="<results>/probes/mel-bands.csv",
        confusion="<results>/probes/mel-bands-confusion.csv",
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(60),
    params:
        config=plan.settings(
            "seed", *keys.CLASSIFIERS, "probe.mels", "signal.hop", "signal.sample_rate"
        ),
    shell:
        "spiking-music evaluate probe mel-bands {input.clips:q} --config {params.config:q}"
        " --performances {input.performances:q} --out {output.table:q} 2>&1 | tee {log:q} >&2"


rule compare_probes:
    input:
        expand("<results>/probes/{features}.csv", features=plan.probe_features),
    output:
        csv=report("<results>/probes.csv", caption="../report/probes.rst", category="Tables"),
        markdown="<results>/probes.md",
    shell:
        "spiking-music evaluate compare-probes {input:q} --out {output.csv:q} 2>&1 | tee {log:q} >&2"
