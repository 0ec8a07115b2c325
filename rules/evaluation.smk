# Weights -> codes -> quality; what needs no weights; and the table of all.


rule codes:
    input:
        weights="<results>/models/{variant}/weights.safetensors",
        clips=lambda wildcards: plan.clips(wildcards.split),
    output:
        "<results>/codes/{variant}/{split}.h5",
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(120),
    params:
        config=plan.settings("evaluation.batch_size", "evaluation.level"),
        levels="",
    shell:
        "spiking-music evaluate codes {input.clips:q} --config {params.config:q} {params.levels}"
        " --weights {input.weights:q} --out {output:q} 2>&1 | tee {log:q} >&2"


use rule codes as codes_of_levels with:
    input:
        weights="<results>/models/{variant}/weights.safetensors",
        clips=plan.clips("train"),
    output:
        "<results>/codes/{variant}/all-levels.h5",
    params:
        config=plan.settings("evaluation.batch_size", "evaluation.levels"),
        levels="--all-levels",


rule evaluate:
    input:
        weights="<results>/models/{variant}/weights.safetensors",
        codes=f"<results>/codes/{{variant}}/{plan.config.evaluation.split}.h5",
        clips=plan.clips(plan.config.evaluation.split),
        tables=plan.clip_tables(plan.config.evaluation.split),
    output:
        "<results>/evaluation/{variant}.csv",
    threads: plan.config.evaluation.processes
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(240),
    params:
        config=plan.settings(*keys.scores(plan.config)),
    shell:
        "spiking-music evaluate variant {input.clips:q} --config {params.config:q}"
        " --weights {input.weights:q} --codes {input.codes:q} --out {output:q} 2>&1 | tee {log:q} >&2"


rule anchor:
    input:
        clips=plan.clips(plan.config.evaluation.split),
        tables=plan.clip_tables(plan.config.evaluation.split),
    output:
        "<results>/evaluation/{anchor}.csv",
    threads: plan.config.evaluation.processes
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(240),
    params:
        config=plan.settings(*keys.scores(plan.config)),
    shell:
        "spiking-music evaluate anchor {wildcards.anchor} {input.clips:q} --config {params.config:q}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


rule mp3:
    input:
        clips=plan.clips(plan.config.evaluation.split),
        tables=plan.clip_tables(plan.config.evaluation.split),
    output:
        expand("<results>/evaluation/mp3-{kbps}.csv", kbps=plan.mp3),
    threads: plan.config.evaluation.processes
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(240),
    params:
        config=plan.settings(*keys.scores(plan.config)),
        codec="mp3",
        rates=named("kbps", *plan.mp3),
        folder=out_folder,
    shell:
        "spiking-music evaluate classical {params.codec} {input.clips:q} --config {params.config:q}"
        " {params.rates} --out {params.folder:q} 2>&1 | tee {log:q} >&2"


use rule mp3 as opus with:
    output:
        expand("<results>/evaluation/opus-{kbps}.csv", kbps=plan.opus),
    params:
        config=plan.settings(*keys.scores(plan.config)),
        codec="opus",
        rates=named("kbps", *plan.opus),
        folder=out_folder,


rule midi:
    input:
        plan.version_files,
        performances=ancient_if_local("<results>/performances.csv"),
        clips=plan.clips(plan.config.evaluation.split),
        tables=plan.clip_tables(plan.config.evaluation.split),
    output:
        "<results>/evaluation/midi-{ticks}.csv",
    threads: plan.config.evaluation.processes
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(240),
    params:
        config=plan.settings("dataset.soundfont", *keys.scores(plan.config)),
        root=plan.root,
    shell:
        "spiking-music evaluate midi {wildcards.ticks} {input.clips:q} --config {params.config:q}"
        " --performances {input.performances:q} --root {params.root:q} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule external:
    input:
        plan.external_files,
        clips=plan.clips(plan.config.evaluation.split),
        tables=plan.clip_tables(plan.config.evaluation.split),
    output:
        "<results>/evaluation/{external}.csv",
    threads: plan.config.evaluation.processes
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(240),
    params:
        config=plan.external_settings,
    shell:
        "spiking-music evaluate external {wildcards.external} {input.clips:q} --config {params.config:q}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"


rule sweep:
    input:
        weights="<results>/models/{variant}/weights.safetensors",
        entropy="<results>/models/{variant}/entropy.safetensors",
        tuning=plan.tuning("{variant}"),
        clips=plan.clips(plan.config.evaluation.split),
        tables=plan.clip_tables(plan.config.evaluation.split),
    output:
        table="<results>/sweep/{variant}.csv",
        quality="<results>/sweep/{variant}-quality.csv",
        budget="<results>/sweep/{variant}-budget.csv",
        levels="<results>/sweep/{variant}-levels.csv",
        markdown="<results>/sweep/{variant}-levels.md",
        matrices="<results>/sweep/{variant}.npz",
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(120),
    params:
        config=plan.settings("seed", *keys.SWEEP),
        files=options("tuning"),
    shell:
        "spiking-music evaluate sweep {input.clips:q} --config {params.config:q} --weights {input.weights:q}"
        " --tables {input.entropy:q} {params.files} --out {output.table:q} 2>&1 | tee {log:q} >&2"


rule architecture:
    output:
        table="<results>/architecture/{variant}.csv",
        operations="<results>/architecture/{variant}-operations.csv",
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(20),
    params:
        config=plan.network_settings,
    shell:
        "spiking-music evaluate architecture {wildcards.variant} --config {params.config:q}"
        " --out {output.table:q} 2>&1 | tee {log:q} >&2"


rule excerpts:
    input:
        clips=plan.clips(plan.config.evaluation.split),
        tables=plan.clip_tables(plan.config.evaluation.split),
        onsets=plan.onsets(plan.config.evaluation.split),
        weights=expand("<results>/models/{variant}/weights.safetensors", variant=plan.variants),
        codes=expand(
            f"<results>/codes/{{variant}}/{plan.config.evaluation.split}.h5", variant=plan.variants
        ),
        tuning=plan.tuning(*plan.binary_variants),
    output:
        "<results>/excerpts.npz",
    threads: 2
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(30),
    params:
        config=plan.settings("signal", "figures.clips"),
        variants=named("variant", *plan.variants),
        files=options("weights", "codes", "onsets", "tuning"),
    shell:
        "spiking-music evaluate excerpts {input.clips:q} --config {params.config:q} {params.variants}"
        " {params.files} --out {output:q} 2>&1 | tee {log:q} >&2"


rule summarise:
    input:
        weights=expand("<results>/models/{variant}/weights.safetensors", variant=plan.variants),
        evaluation=expand("<results>/evaluation/{variant}.csv", variant=plan.variants),
        storage=expand("<results>/storage/{variant}.csv", variant=plan.variants),
        operations=expand("<results>/architecture/{variant}-operations.csv", variant=plan.variants),
        coded=expand("<results>/storage/{variant}-coded.csv", variant=plan.codec_variants),
        classical=expand("<results>/evaluation/{codec}.csv", codec=plan.codecs),
        anchor=expand("<results>/evaluation/{anchor}.csv", anchor=ANCHORS),
    output:
        csv=report("<results>/summary.csv", caption="../report/summary.rst", category="Tables"),
        markdown="<results>/summary.md",
        metrics="<results>/summary.json",
    params:
        config=plan.settings("seed", "evaluation.bootstrap"),
        tables=options(
            *("weights", "evaluation", "storage", "operations", "coded", "classical", "anchor")
        ),
    shell:
        "spiking-music evaluate summary --config {params.config:q} {params.tables} --out {output.csv:q}"
        " 2>&1 | tee {log:q} >&2"


rule claims:
    input:
        evaluation=expand("<results>/evaluation/{row}.csv", row=[*plan.variants, *ANCHORS]),
        storage=expand("<results>/storage/{variant}.csv", variant=plan.codec_variants),
        coded=expand("<results>/storage/{variant}-coded.csv", variant=plan.codec_variants),
        controlled=expand("<results>/sweep/{variant}-quality.csv", variant=plan.level_variants),
        selectivity=expand("<results>/selectivity/{variant}.npz", variant=plan.selectivity_variants),
        summaries=expand(
            "<results>/selectivity/{variant}-summary.csv", variant=plan.selectivity_variants
        ),
        onsets=plan.onsets(plan.config.evaluation.split),
    output:
        csv=report("<results>/claims.csv", caption="../report/claims.rst", category="Tables"),
        markdown="<results>/claims.md",
    params:
        config=plan.settings("seed", "evaluation.bootstrap"),
        tables=options("evaluation", "storage", "coded", "controlled", "selectivity", "onsets"),
    shell:
        "spiking-music evaluate claims --config {params.config:q} {params.tables} --out {output.csv:q}"
        " 2>&1 | tee {log:q} >&2"
