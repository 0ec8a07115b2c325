# What all rules share: the checked configuration and the names of files.

import re
import sys
from pathlib import Path
from shlex import quote

from spiking_music.errors import SpikingMusicError
from spiking_music.front_page.names import SETTINGS, kind_of
from spiking_music.provenance import stale
from spiking_music.workflow import (
    ANCHORS,
    LEFT_OUT,
    NOTHING,
    Plan,
    keys,
    named,
    one_timer_at_a_time,
    options,
    out_folder,
    out_prefix,
    per_attempt,
    wildcards_in,
)

# the folder above `rules`: as a module of another workflow, `workflow.basedir` is that one's
root = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
others = {each.name for each in workflow.rules}  # of a workflow that uses this one as a module


def fail(sentence):
    """End before any job: Snakemake would show a traceback of what is raised."""
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(1)


try:
    plan = Plan.of(config)
    if workflow.is_main_process:  # jobs save the second that it takes
        from spiking_music.data.index import check_table

        check_table(plan.config)
except SpikingMusicError as error:
    fail(error)


one_timer_at_a_time()


pathvars:
    results=plan.results,


wildcard_constraints:
    split="train|validation|test",
    variant="|".join(plan.variants),
    anchor="|".join(ANCHORS),
    external="|".join(map(re.escape, plan.external)) or NOTHING,
    shard=r"\d+",
    ticks=r"\d+",
    label=r"\w+",


# every verb leaves a record of what made its outputs (docs/reproducibility.md), and replaces them as
# Snakemake itself does, which SLURM does not know when it starts a job anew; strict mode is
# Snakemake's own prefix, which this one replaces: a verb that fails before `| tee` fails its job
shell.prefix(
    f"set -euo pipefail; export SPIKING_MUSIC_FORCE=1"
    f" SPIKING_MUSIC_PROVENANCE={quote(plan.results)}/provenance; "
)


def ancient_if_local(path):
    """A table for all splits; of one's own folder `version` says which of them a change concerns."""
    return ancient(path) if plan.local_folder else path


def figure_outputs(name):
    """The files of a figure; the picture goes into the report."""
    picture = report(
        f"<results>/figures/{name}.png",
        caption=f"../report/{kind_of(name)}.rst",
        category="Figures",
    )
    return [picture, *(f"<results>/figures/{name}.{kind}" for kind in ("svg", "pdf"))]
