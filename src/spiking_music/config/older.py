"""What weights of earlier versions say of their configuration, in today's words."""

from collections.abc import Mapping
from typing import Any


def as_shares(sparsity: Mapping[str, Any], steps: int) -> dict[str, Any]:
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
