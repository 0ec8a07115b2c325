# Everything that a reader wants to see first, on one page.


rule front_page:
    input:
        summary="<results>/summary.csv",
        claims="<results>/claims.csv",
        stimuli="<results>/listen/stimuli/manifest.json",
        figure=expand("<results>/figures/{figure}.png", figure=plan.figures),
        caption=[str(root / "report" / f"{kind_of(name)}.rst") for name in plan.figures],
    output:
        "<results>/index.html",
    params:
        config=plan.settings(*SETTINGS),
        figures=options("figure", "caption"),
    shell:
        "spiking-music figure front-page --config {params.config:q} --summary {input.summary:q}"
        " --claims {input.claims:q} --stimuli {input.stimuli:q} {params.figures} --out {output:q}"
        " 2>&1 | tee {log:q} >&2"
