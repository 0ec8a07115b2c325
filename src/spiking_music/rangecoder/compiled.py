"""Functions compiled by numba, kept from one process to the next where there is a place for it."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import numba
from numba import njit
from numba.core.caching import FunctionCache

# What is loaded from a cache needs none of numba's own functions unless it allocates arrays. To
# import them all takes longer than all the rest of a start. This is known of these versions:
SELF_CONTAINED = numba.__version__.startswith("0.68.")


class Cache(FunctionCache):
    """A cache that may fail: a full disk or a damaged file costs a compilation, and no more."""

    def __init__(self, function: Callable[..., Any], allocates: bool) -> None:
        super().__init__(function)
        self._alone = SELF_CONTAINED and not allocates

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        load = self._load_overload if self._alone else super().load_overload
        try:
            found = load(sig, target_context)
        except Exception:  # of pickle, too: whatever a damaged file holds
            found = None
        if found is None:
            _tell()
        return found

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        """What is kept tells whether it can be loaded alone: code of earlier versions cannot."""
        return (*super()._index_key(sig, codegen), self._alone)

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(Exception):
            super().save_overload(sig, data)


def compiled(allocates: bool = False, **options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` without the interpreter's lock, cached beside the source or where the user has
    a cache; compiled anew in each process where neither can be written.

    allocates: whether the function makes arrays. Of one that does not numba counts no references
    to arrays, which takes half of the time of short loops.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        dispatcher: Any = njit(**{"nogil": True, "_nrt": allocates, **options})(function)
        if _has_home():
            with suppress(RuntimeError, OSError):  # numba finds no folder that it can write to
                dispatcher._cache = Cache(function, allocates)
        return dispatcher

    return decorate


def inner(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`compiled` of a function that only compiled ones call, in whose files it is kept."""
    quick = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}  # to compile
    decorate: Any = njit(**{"nogil": True, "_nrt": False, **quick, **options})
    return decorate


@cache
def _tell() -> None:
    """Say, once in a process, why the first call takes so long."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            print("note: compiling the codec for this machine, some 10 s, once", file=sys.stderr)


def _has_home() -> bool:
    """Whether `~` is a folder: else numba would make one of that name."""
    return os.path.isabs(os.path.expanduser("~"))  # noqa: PTH111, PTH117
