# Models -> sounds -> a page of samples and a test for listeners -> what they think; until they come,
# what metrics think.


rule stimuli:
    input:
        performances="<results>/performances.csv",
        clips=plan.clips(plan.config.evaluation.split),
        tables=plan.clip_tables(plan.config.evaluation.split),
        weights=expand(
            "<results>/models/{variant}/weights.safetensors", variant=plan.listening_variants
        ),
        codes=expand(
            f"<results>/codes/{{variant}}/{plan.config.evaluation.split}.h5",
            variant=plan.listening_variants,
        ),
    output:
        manifest="<results>/listen/stimuli/manifest.json",
        clips="<results>/listen/stimuli/clips.csv",
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(60),
    params:
        config=plan.settings("seed", "listening.stimuli"),
        test=plan.config.dataset.name,
        variants=named("variant", *plan.listening_variants),
        models=options("weights", "codes"),
        out=out_folder,  # written as a whole, sounds and all
    shell:
        "spiking-music listen stimuli {input.clips:q} --config {params.config:q}"
        " --performances {input.performances:q} {params.variants} {params.models}"
        " --test {params.test} --out {params.out:q} 2>&1 | tee {log:q} >&2"


rule sample_page:
    input:
        chosen="<results>/listen/stimuli/clips.csv",
        performances="<results>/performances.csv",
        clips=plan.clips(plan.config.evaluation.split),
        tables=plan.clip_tables(plan.config.evaluation.split),
        tuning=plan.tuning(*plan.binary_variants),
        weights=expand(
            "<results>/models/{variant}/weights.safetensors", variant=plan.sample_variants
        ),
        entropy=expand(
            "<results>/models/{variant}/entropy.safetensors", variant=plan.codec_variants
        ),
        codes=expand(
            f"<results>/codes/{{variant}}/{plan.config.evaluation.split}.h5",
            variant=plan.sample_variants,
        ),
    output:
        "<results>/listen/index.html",  # linked: of a report, Chromium opens no page above 2 MB
    resources:
        mem_mb=per_attempt(8000),
        runtime=per_attempt(60),
    params:
        config=plan.settings(*keys.SAMPLES),
        root=plan.root,
        dataset=plan.config.dataset.name,
        variants=named("variant", *plan.sample_variants),
        notes="--notes" if plan.has_notes else "",
        files=options("weights", "codes", "tuning"),
    shell:
        "spiking-music listen sample-page {input.clips:q} --config {params.config:q}"
        " --chosen {input.chosen:q} --performances {input.performances:q} --root {params.root:q}"
        " {params.notes} {params.variants} {params.files} --dataset {params.dataset} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule test_page:
    input:
        "<results>/listen/stimuli/manifest.json",
    output:
        directory("<results>/listen/test"),
    params:
        config=plan.settings("listening.page"),
    shell:
        "spiking-music listen test-page {input:q} --config {params.config:q} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule ratings:
    input:
        lambda wildcards: plan.rating_files,
    output:
        report(
            plan.rating_tables("listeners", "systems.csv", "comparisons.csv"),
            caption="../report/ratings.rst",
            category="Tables",
        ),
        plan.rating_tables("listeners", "scores.csv", "friedman.csv", "summary.md"),
        plan.rating_tables("listeners", "mixed.csv", "listeners.csv", "left-out.csv"),
    params:
        config=plan.settings("seed", *keys.RATINGS),
        out=out_folder,
    shell:
        "spiking-music listen ratings {input:q} --config {params.config:q} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule objective_ratings:
    input:
        evaluation=expand("<results>/evaluation/{system}.csv", system=plan.rated_systems),
    output:
        report(
            plan.rating_tables("objective", "systems.csv", "comparisons.csv"),
            caption="../report/ratings.rst",
            category="Tables",
        ),
        plan.rating_tables("objective", "scores.csv", "friedman.csv", "summary.md"),
    params:
        config=plan.settings("seed", *keys.RATINGS),
        systems=named("system", *plan.rated_systems),
        evaluation=options("evaluation"),
        out=out_folder,
    shell:
        "spiking-music listen objective-ratings --config {params.config:q} {params.systems}"
        " {params.evaluation} --out {params.out:q} 2>&1 | tee {log:q} >&2"
