"""Perceptual scores, computed by other processes: both are slow, and one of them can crash.

ViSQOL (audio mode) and Zimtohrli are defined at 48 kHz, so both waveforms are resampled. Their
scores are mean opinion scores from 1 (bad) to 5 (excellent).
"""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray

from spiking_music.errors import DataError

RATE = 48000  # Hz
WORST = 1.0  # mean opinion score
# one thread a process; read by the libraries when a process imports them
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class Scores(NamedTuple):
    """Scores of one clip; nan where a metric failed, and then `failure` says why."""

    visqol: float
    zimtohrli: float
    failure: str


class Pool:
    """Processes that score clips; see `pool`."""

    def __init__(self, executor: ProcessPoolExecutor, sample_rate: int) -> None:
        self._executor = executor
        self._sample_rate = sample_rate

    def submit(self, estimate: NDArray[Any], reference: NDArray[Any]) -> "Future[Scores]":
        """Begin to score one clip, float (L,) both."""
        return self._executor.submit(scores, estimate, reference, self._sample_rate)


@contextmanager
def pool(processes: int, sample_rate: int) -> Iterator[Pool]:
    """`processes` single-threaded processes that score waveforms of `sample_rate` Hz.

    Spawned, because forking a process in which torch has threads may hang. Raises `DataError` where
    one of them dies.
    """
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as executor:
            yield Pool(executor, sample_rate)
    except BrokenProcessPool:
        raise DataError(
            "a process that computes ViSQOL or Zimtohrli died, perhaps for want of memory: "
            "lower evaluation.processes, or set evaluation.perceptual to false"
        ) from None
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def scores(estimate: NDArray[Any], reference: NDArray[Any], sample_rate: int) -> Scores:
    """ViSQOL and Zimtohrli of waveforms (L,) of `sample_rate` Hz; never raises."""
    found: dict[str, float] = {}
    failures = []
    for metric in (visqol, zimtohrli):
        try:
            found[metric.__name__] = metric(estimate, reference, sample_rate)
        except Exception as error:
            found[metric.__name__] = float("nan")
            failures.append(f"{metric.__name__}: {error}")
    return Scores(found["visqol"], found["zimtohrli"], "; ".join(failures))


def visqol(estimate: NDArray[Any], reference: NDArray[Any], sample_rate: int) -> float:
    """ViSQOL v3 in audio mode, MOS-LQO 1..5; digital silence, which it cannot rate, scores 1.

    Raises `ValueError` for a waveform that is not finite and where ViSQOL gives no number.
    """
    y, x = _at_48_khz(estimate, sample_rate), _at_48_khz(reference, sample_rate)
    if not y.any():
        return WORST
    score = float(_visqol().measure_from_arrays(x, y, RATE).moslqo)
    if not np.isfinite(score):
        raise ValueError("no score")
    return score


def zimtohrli(estimate: NDArray[Any], reference: NDArray[Any], sample_rate: int) -> float:
    """Zimtohrli's distance as a mean opinion score, 1..5; `ValueError` as for `visqol`."""
    from zimtohrli import Pyohrli, mos_from_zimtohrli

    y, x = _at_48_khz(estimate, sample_rate), _at_48_khz(reference, sample_rate)
    return float(mos_from_zimtohrli(Pyohrli().distance(x, y)))


@cache
def _visqol() -> Any:
    from visqol.api import VisqolApi  # seconds to import: it compiles

    api = VisqolApi()
    api.create(mode="audio")
    return api


def _at_48_khz(audio: NDArray[Any], sample_rate: int) -> NDArray[np.float64]:
    if not np.isfinite(audio).all():  # Zimtohrli would abort the process
        raise ValueError("the waveform is not finite")
    return soxr.resample(audio.astype(np.float64), sample_rate, RATE)
