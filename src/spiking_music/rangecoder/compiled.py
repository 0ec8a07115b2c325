"""Functions compiled by numba, kept from one process to the next where there is a place for it."""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache


class Cache(FunctionCache):
    """A cache that may fail: a full disk or a damaged file costs a compilation, and no more."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # of pickle, too: whatever a damaged file holds
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(Exception):
            super().save_overload(sig, data)


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` without the interpreter's lock, cached beside the source or where the user has
    a cache; compiled anew in each process where neither can be written.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher = njit(nogil=True, **options)(function)
        if _has_home():
            with suppress(RuntimeError, OSError):  # numba finds no folder that it can write to
                dispatcher._cache = Cache(function)
        return dispatcher

    return decorate


def _has_home() -> bool:
    """Whether `~` is a folder: else numba would make one of that name."""
    return os.path.isabs(os.path.expanduser("~"))  # noqa: PTH111, PTH117
