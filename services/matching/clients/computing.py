"""Cohorts computed in a process of their own: seconds of work that the event loop must not wait for.

Kept free of gRPC and drivers: the computing process imports this module.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection

from services.kernel.errors import Unavailable
from services.matching.domain.cohort import Cohort, Plan, compute


class MatcherProcess:
    """Computes cohorts one after the other in a process that starts with the first and ends with this one."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def compute(self, cohort: Cohort) -> Plan:
        """Match a cohort. Refusals: `domain.cohort.compute`; Unavailable when the process died."""
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")  # forking a process with gRPC threads is not safe
            self._pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=_live_with_parent)
        pool = self._pool
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, compute, cohort)
        except BrokenProcessPool as error:
            self._forget(pool)
            raise Unavailable("MATCHER_DIED", "the computation was cut off") from error

    async def close(self) -> None:
        """End the process; a computation under way is finished first."""
        if self._pool is not None:
            self._forget(self._pool)

    def _forget(self, pool: ProcessPoolExecutor) -> None:
        pool.shutdown(wait=False, cancel_futures=True)
        if self._pool is pool:
            self._pool = None


def _live_with_parent() -> None:
    """End this process when its parent is gone, however it died; leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
