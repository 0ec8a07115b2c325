# Sounds -> a test for listeners -> what they think; until they come, what metrics think.

RATED = []
if CONFIG.listening.ratings.folder:
    RATED = sorted(map(str, Path(CONFIG.listening.ratings.folder).glob("*.csv")))
JUDGED = [name for name in CONFIG.listening.ratings.variants if name in VARIANTS]
JUDGED += ANCHORS
JUDGES = (
    ["listeners"] if RATED else ["objective"] if CONFIG.evaluation.perceptual else []
)
FIGURES += expand(
    f"{RESULTS}/figures/fig3-{{judges}}.{{kind}}", judges=JUDGES, kind=["png", "svg"]
)


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
        mem_mb=1000,
        runtime=10,
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
        mem_mb=1000,
        runtime=10,
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
        mem_mb=1000,
        runtime=10,
    params:
        config=settings("listening.ratings"),
        tables=lambda wildcards, input: str(Path(input[0]).parent),
        out=stem,
    shell:
        "spiking-music figure listening --config {params.config:q} --tables {params.tables:q}"
        " --out {params.out:q} 2>&1 | tee {log:q} >&2"
