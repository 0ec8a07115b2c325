"""What the logistic model of binary events knows of each event, and its weights as whole numbers.

Units are coded in groups of `GROUP`, one group after the other, each over the whole block: its
parents, the units coded before it, are known at every step, before and after the one in question.
Within a group even steps come first, then the odd ones, which know their neighbours on both sides.
The logit of unit n at step t, in 1/64 nat, is

    bias[t odd, n] + Σ parents[n, m, r] · z[m, t + r − REACH]     over its parents m, all taps r
                   + Σ own[n, side, u] · z[u, t ± 1]              over its group u, where t is odd

with int16 weights of which `check` makes sure that no sum can overflow. `event_model` trains them,
`codec.entropy.learned` codes with them (*ours*).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spiking_music.errors import CodeError

GROUP = 4  # units
REACH = 4  # steps to either side at which parents are heard
TAPS = 2 * REACH + 1
PARENTS = 128  # most parents of a unit: the last units before its group
INT16 = 2**15 - 1
Weights = NDArray[np.int16]


class LearnedTables(NamedTuple):
    """The weights, in 1/64 nat. Parent j of a unit is unit (first of its group) − P + j."""

    bias: Weights  # (2, N): at even and at odd steps
    parents: Weights  # (N, P, TAPS), P = min(N, PARENTS); entries of units below 0 are unused
    own: Weights  # (N, 2, GROUP): of the group's units a step before and a step after


def check(tables: LearnedTables) -> None:
    """`CodeError` where the logits of some code would not fit into 16 bits."""
    bias, parents, own = (np.abs(table.astype(np.int64)) for table in tables)
    if (bias.max(axis=0) + parents.sum(axis=(1, 2)) + own.sum(axis=(1, 2))).max() > INT16:
        raise CodeError("weights of an entropy model are too large: fit its tables again")
