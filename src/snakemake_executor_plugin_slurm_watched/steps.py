"""What a job runs: Snakemake as a step of srun, without a second Snakemake that would start it.

The original's jobs start Snakemake with the executor slurm-jobstep, which only calls srun for
another one. Here the job calls srun itself: that saves seconds of each job.
"""

import re
from typing import Any

from snakemake_executor_plugin_slurm_jobstep import (
    get_cpu_setting,
    get_gpu_setting,
    get_node_setting,
)

# what srun would take for options of the step, of which it gets its own, is taken away; the shell
# survives the SIGTERM that asks the step to save its work
ALONE = r"""trap : TERM
for name in $(env | sed -nE 's/^((SLURM|SRUN|SBATCH)_[A-Za-z0-9_]+)=.*/\1/p'); do
  case $name in
    SLURM_JOB_ID | SLURM_JOBID | SLURM_CLUSTER_NAME | SLURM_SUBMIT_* | SLURM_CONF | SLURM_TMPDIR) ;;
    *) unset "$name" ;;
  esac
done"""


def srun(job: Any) -> str:
    """The command before Snakemake's; none where a job's own command calls srun."""
    if job.resources.get("mpi"):
        return ""
    on_gpus = bool(job.resources.get("gpu"))
    options = (get_cpu_setting(job, on_gpus), get_gpu_setting(job), get_node_setting(job))
    return " ".join(["srun --ntasks=1 --cpu-bind=q", *filter(None, options)])


def quoted(text: str) -> str:
    """`text` for between the double quotes of `--wrap`; the original takes care of these."""
    return re.sub(r"[\\$`]", r"\\\g<0>", text)
