"""Why a job cannot start, in SLURM's words, and what to change."""

import re

SITE = "slurm/site.yaml"
HINTS = (  # what sbatch or squeue says, and the key it is about; the first that fits
    (r"MaxWall|TimeLimit|time limit", f"time_limits in {SITE}"),
    (r"MaxMem|Memory|memory", f"memory in {SITE}, or --set-resources RULE:mem_mb=…"),
    (r"GRES|gres|gpu", f"gpu in {SITE}, or training.devices"),
    (r"MaxCpu|CPU count|processors", f"cores in {SITE}, or training.devices"),
    (r"QOS|QoS|qos", f"qos and gpu_qos in {SITE}"),
    (r"Account|account|Assoc", f"account in {SITE}"),
    (r"Constraint|feature", f"constraint in {SITE}"),
    (
        r"PartitionConfig|PartitionNodeLimit|node configuration|partition",
        f"partition, gpu_partition and cores in {SITE}, or training.devices and training.nodes",
    ),
)
NEVER = re.compile(  # reasons that no waiting changes
    r"PartitionConfig|PartitionNodeLimit|PartitionTimeLimit|BadConstraints|InvalidAccount"
    r"|InvalidQOS|AccountNotAllowed|QOSNotAllowed|(QOS|Assoc)(Grp|Max)\w+PerJob\w*"
    r"|QOSMin\w+|DependencyNeverSatisfied"
)


def never(reason: str) -> bool:
    """Whether a job that waits for `reason` can never start as it is."""
    return NEVER.fullmatch(reason) is not None


def to_change(said: str) -> str:
    """The key to change, as a sentence to be added; "" where none comes to mind."""
    key = next((told for pattern, told in HINTS if re.search(pattern, said)), "")
    return f" To change: {key}." if key else ""
