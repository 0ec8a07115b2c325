# Sounds -> a test for listeners.


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
        mem_mb=1000,
        runtime=10,
    params:
        config=settings("listening.page"),
    shell:
        "spiking-music mushra-page {input:q} --config {params.config:q} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"
