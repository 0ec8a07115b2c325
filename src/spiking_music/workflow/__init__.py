"""What the rules of the workflow are told: which variants and files there are, and which keys of
the configuration each rule hands to its verb. The rules (rules/) only name inputs and outputs.
"""

from spiking_music.workflow import keys
from spiking_music.workflow.material import LEFT_OUT
from spiking_music.workflow.plan import ANCHORS, NOTHING, Plan
from spiking_music.workflow.rounds import one_timer_at_a_time
from spiking_music.workflow.shell import (
    named,
    options,
    out_folder,
    out_prefix,
    per_attempt,
    wildcards_in,
)

__all__ = [
    "ANCHORS",
    "LEFT_OUT",
    "NOTHING",
    "Plan",
    "keys",
    "named",
    "one_timer_at_a_time",
    "options",
    "out_folder",
    "out_prefix",
    "per_attempt",
    "wildcards_in",
]
