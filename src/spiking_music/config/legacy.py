"""Names that this project has given up, and what took their place: the only module that knows them.

Weights of before hold a configuration and tensors under old names; they are read by this map, byte
for byte the files that they were. A configuration file is not translated: its author is told.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple


class Renamed(NamedTuple):
    """A kind of a part: what it is called now, and which of its keys have other names."""

    kind: str
    keys: Mapping[str, str] = {}
    part: str | None = None  # where it has moved to another part


KINDS: dict[str, dict[str, Renamed]] = {
    "backbone": {
        "lapped": Renamed("mdct", {"loudness_steps": "gain_frames", "bands": "envelope_edges"}),
    },
    "bottleneck": {
        "graded": Renamed("multi-threshold", {"grades": "thresholds", "threshold": "first"}),
        "ladder": Renamed(
            "deadzone",
            {
                "step": "step_size", "tilt": "weighting", "knee": "weighting_knee",
                "grades": "levels", "loudness": "gain_levels", "bands": "envelope_bands",
                "band_steps": "envelope_frames", "band_levels": "envelope_levels",
                "band_step": "envelope_step",
            },
        ),
    },
    "context": {
        "gain": Renamed("gain", part="conditioning"),
        "steps": Renamed("step-size", part="conditioning"),
    },
    "sparsity": {
        "storage": Renamed("storage-cost"),
        "levels": Renamed("target-events"),
        "rate": Renamed("entropy"),
        "rate-levels": Renamed("conditional-entropy"),
    },
}  # fmt: skip
# keys that have no successor: of these kinds, which set how far a model of the events looked
CONTEXT_KEYS, CONTEXT_KINDS = ("reach", "context_frames"), ("entropy", "conditional-entropy")
TENSORS = (  # of a model's state, in this order
    (r"\.trunk\.into\.", ".backbone.in_proj."),
    (r"\.trunk\.out\.", ".backbone.out_proj."),
    (r"\.trunk\.", ".backbone."),
    (r"^bottleneck\.quantiser\.layers\.(\d+)\._codebook\.", r"bottleneck.layers.\1."),
    (r"^(bottleneck\.layers\.\d+)\.embed$", r"\1.vectors"),
    (r"^(bottleneck\.layers\.\d+)\.embed_avg$", r"\1.sums"),
    (r"^(bottleneck\.layers\.\d+)\.cluster_size$", r"\1.counts"),
    (r"^(bottleneck\.layers\.\d+)\.initted$", r"\1.started"),
    (r"^bottleneck\.into_(units|channels|numbers)\.", "bottleneck.in_proj."),
    (r"^bottleneck\.out_of_(units|numbers)\.", "bottleneck.out_proj."),
    (r"^(before|after)\.(.*)\.layer\.into\.", r"\1.\2.layer.in_proj."),
    (r"^(before|after)\.(.*)\.layer\.out\.", r"\1.\2.layer.out_proj."),
)

RVQ = "bottleneck.quantiser.layers."  # codebooks of a library, which had a further dimension
TABLES = (  # of an entropy model
    (r"^neighbours\.chances\.loudness$", "context_mixing.transitions.gain"),
    (r"^neighbours\.chances\.bands$", "context_mixing.transitions.envelope"),
    (r"^neighbours\.net\.rungs", "context_mixing.net.levels"),
    (r"^neighbours\.net\.fires$", "context_mixing.net.significance"),
    (r"^neighbours\.", "context_mixing."),
)


def current_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a weights file says of its variant, in today's names; raises nothing.

    `config` is a dump of `VariantConfig`, of this version or of one before.
    """
    found = dict(config)
    for part, kinds in KINDS.items():
        row = found.get(part)
        renamed = kinds.get(row.get("kind", "")) if isinstance(row, Mapping) else None
        if renamed is None or not isinstance(row, Mapping):
            continue
        new = {renamed.keys.get(key, key): value for key, value in row.items()}
        if renamed.part is not None:
            found[part] = None
        found[renamed.part or part] = new | {"kind": renamed.kind}
    match found:
        case {"sparsity": {"kind": kind} as sparsity} if kind in CONTEXT_KINDS:
            found["sparsity"] = {k: v for k, v in sparsity.items() if k not in CONTEXT_KEYS}
    match found:
        case {"sparsity": {"silent_steps": _} as sparsity, "training": {"steps": int(steps)}}:
            found["sparsity"] = _as_shares(sparsity, steps)
    return found


def _as_shares(sparsity: Mapping[str, Any], steps: int) -> dict[str, Any]:
    """A `sparsity` whose times are in steps, as they once were, with shares of `steps` instead.

    round(share · steps) is the old number again. Phases that did not fit into the steps are cut.
    """
    told = dict(sparsity)
    silent, ramp = (told.pop(f"{phase}_steps", 0) / steps for phase in ("silent", "ramp"))
    told["silent"] = min(1.0, silent)
    told["ramp"] = min(1.0 - told["silent"], ramp)
    collapse = told.get("collapse")
    if isinstance(collapse, Mapping) and "after" in collapse:
        told["collapse"] = {**collapse, "after": min(1.0, collapse["after"] / steps)}
    return told


def current_tensor(name: str) -> str:
    """Today's name of a tensor of a model's state."""
    return _translated(name, TENSORS)


def current_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """A model's state, name → tensor, by the names and shapes of today."""
    return {
        current_tensor(name): value[0] if name.startswith(RVQ) and value.ndim > 1 else value
        for name, value in state.items()
    }


def current_table(name: str) -> str:
    """Today's name of a table of an entropy model."""
    return _translated(name, TABLES)


def hint(part: str, kind: str | None, key: str) -> str:
    """What became of `key` of a part of that kind, as the end of a sentence; "" for no old key."""
    if part == "sparsity" and kind in CONTEXT_KINDS and key in CONTEXT_KEYS:
        return "; leave it out: the loss has the entropy coder's context"
    kinds = KINDS.get(part, {})
    found = [
        new for old, (name, keys, _) in kinds.items() if kind in (None, old, name)
        for given, new in keys.items() if given == key
    ]  # fmt: skip
    return f"; it is now '{found[0]}'" if found else ""


def hint_of_kind(part: str, kind: str) -> str:
    """What became of a kind, or of the row that was named like it; "" for no old kind."""
    renamed = KINDS.get(part, {}).get(kind)
    if renamed is None:
        return ""
    if renamed.part is not None:
        return f"; it is now {renamed.part} '{renamed.kind}'"
    return f"; it is now '{renamed.kind}'"


def _translated(name: str, patterns: tuple[tuple[str, str], ...]) -> str:
    for old, new in patterns:
        name = re.sub(old, new, name)
    return name
