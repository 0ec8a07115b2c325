# Models -> sounds -> a page of samples and a test for listeners -> what they think; until they come,
# what metrics think.

RATED = []
if CONFIG.listening.ratings.folder:
    RATED = sorted(map(str, Path(CONFIG.listening.ratings.folder).glob("*.csv")))
HEARD = [*GIVEN, *ROWS]  # on the page of samples: what is trained best comes first
JUDGED = [name for name in CONFIG.listening.ratings.variants if name in VARIANTS]
JUDGED += ANCHORS
JUDGES = (
    ["listeners"] if RATED else ["objective"] if CONFIG.evaluation.perceptual else []
)
FIGURES += expand(
    f"{RESULTS}/figures/fig3-{{judges}}.{{kind}}", judges=JUDGES, kind=["png", "svg"]
)


rule stimuli:
    input:
        performances=f"{RESULTS}/performances.csv",
        clips=shards("clips/{split}-{shard}.h5", CONFIG.evaluation.split),
        tables=shards("clips/{split}-{shard}.csv", CONFIG.evaluation.split),
        weights=expand(
            f"{RESULTS}/models/{{variant}}/weights.safetensors", variant=COMPARED
        ),
        codes=expand(
            f"{RESULTS}/codes/{{variant}}/{CONFIG.evaluation.split}.h5",
            variant=COMPARED,
        ),
    output:
        manifest=f"{RESULTS}/listen/stimuli/manifest.json",
        clips=f"{RESULTS}/listen/stimuli/clips.csv",
    log:
        f"{LOGS}/stimuli.log",
    benchmark:
        f"{TIMES}/stimuli.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: 1
    resources:
        mem_mb=grown(8000),
        runtime=grown(60),
    params:
        config=settings("seed", "listening.stimuli"),
        test=DATASET,
        variants=[f"--variant {name}" for name in COMPARED],
        weights=repeated("weights", "weights"),
        codes=repeated("codes", "codes"),
        out=folder_of_output,  # written as a whole, sounds and all
    shell:
        "spiking-music stimuli {input.clips:q} --config {params.config:q}"
        " --performances {input.performances:q} {params.variants} {params.weights} {params.codes}"
        " --test {params.test} --out {params.out:q} 2>&1 | tee {log:q} >&2"


rule sample_page:
    input:
        chosen=f"{RESULTS}/listen/stimuli/clips.csv",
        performances=f"{RESULTS}/performances.csv",
        clips=shards("clips/{split}-{shard}.h5", CONFIG.evaluation.split),
        tables=shards("clips/{split}-{shard}.csv", CONFIG.evaluation.split),
        onsets=onsets(CONFIG.evaluation.split),
        weights=expand(
            f"{RESULTS}/models/{{variant}}/weights.safetensors", variant=HEARD
        ),
        entropy=expand(
            f"{RESULTS}/models/{{variant}}/entropy.safetensors", variant=CODED
        ),
        codes=expand(
            f"{RESULTS}/codes/{{variant}}/{CONFIG.evaluation.split}.h5",
            variant=HEARD,
        ),
    output:
        f"{RESULTS}/listen/index.html",  # linked: of a report, Chromium opens no page above 2 MB
    log:
        f"{LOGS}/sample-page.log",
    benchmark:
        f"{TIMES}/sample-page.tsv"
    conda:
        "../envs/spiking-music.yaml"
    threads: 1
    resources:
        mem_mb=grown(8000),
        runtime=grown(60),
    params:
        config=settings("signal", "listening.stimuli", "listening.samples"),
        root=root,
        dataset=DATASET,
        variants=[f"--variant {name}" for name in HEARD],
        weights=repeated("weights", "weights"),
        codes=repeated("codes", "codes"),
        onsets=repeated("onsets", "onsets"),
    shell:
        "spiking-music sample-page {input.clips:q} --config {params.config:q}"
        " --chosen {input.chosen:q} --performances {input.performances:q} --root {params.root:q}"
        " {params.onsets} {params.variants} {params.weights} {params.codes}"
        " --dataset {params.dataset} --out {output:q} 2>&1 | tee {log:q} >&2"


rule mushra_page:
    input:
        f"{RESULTS}/listen/stimuli/manifest.json",
    output:
        directory(f"{RESULTS}/listen/mushra"),
    log:
        f"{LOGS}/mushra-page.log",
    benchmark:
        f"{TIMES}/mushra-page.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        config=settings("listening.page"),
    shell:
        "spiking-music mushra-page {input:q} --config {params.config:q} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"


rule ratings:
    input:
        RATED,
    output:
        report(
            judged("listeners", "systems.csv", "comparisons.csv"),
            caption="../report/ratings.rst",
            category="Tables",
        ),
        judged("listeners", "scores.csv", "friedman.csv", "summary.md"),
        judged("listeners", "listeners.csv", "left-out.csv"),
    log:
        f"{LOGS}/ratings.log",
    benchmark:
        f"{TIMES}/ratings.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        config=settings("seed", "listening.ratings"),
        out=folder_of_output,
    shell:
        "spiking-music ratings {input:q} --config {params.config:q} --out {params.out:q}"
        " 2>&1 | tee {log:q} >&2"


rule objective_ratings:
    input:
        evaluation=expand(f"{RESULTS}/evaluation/{{system}}.csv", system=JUDGED),
    output:
        report(
            judged("objective", "systems.csv", "comparisons.csv"),
            caption="../report/ratings.rst",
            category="Tables",
        ),
        judged("objective", "scores.csv", "friedman.csv", "summary.md"),
    log:
        f"{LOGS}/objective-ratings.log",
    benchmark:
        f"{TIMES}/objective-ratings.tsv"
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        config=settings("seed", "listening.ratings"),
        systems=[f"--system {name}" for name in JUDGED],
        evaluation=repeated("evaluation", "evaluation"),
        out=folder_of_output,
    shell:
        "spiking-music objective-ratings --config {params.config:q} {params.systems}"
        " {params.evaluation} --out {params.out:q} 2>&1 | tee {log:q} >&2"


rule figure_listening:
    input:
        judged("{judges}", "systems.csv", "scores.csv", "comparisons.csv"),
    output:
        drawn("fig3-{judges}", "fig3"),
    log:
        f"{LOGS}/figure-listening-{{judges}}.log",
    benchmark:
        f"{TIMES}/figure-listening-{{judges}}.tsv"
    wildcard_constraints:
        judges="listeners|objective",
    conda:
        "../envs/spiking-music.yaml"
    resources:
        mem_mb=grown(1000),
        runtime=grown(10),
    params:
        config=settings("listening.ratings"),
        tables=lambda wildcards, input: str(Path(input[0]).parent),
        out=stem,
    shell:
        "spiking-music figure listening --config {params.config:q} --tables {params.tables:q}"
        " --out {params.out:q} 2>&1 | tee {log:q} >&2"
