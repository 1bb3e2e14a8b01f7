"""Single recommendations from a pool that is kept, and how long kernels take to be there."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

from services.matching.domain.cohort import Pool
from services.matching.domain.members import Role
from tests.bench.figures import Figure
from tests.bench.matching.company import Company, name
from tests.bench.matching.runs import peak_mib

CALLS = 2000
BEST = 10
MENTEES = 2000
START = """
from services.matching.domain.cohort import Pool, compute
from tests.bench.matching.runs import TINY
cohort = TINY.cohort()
compute(cohort)
"""


def recommend(bench: str, mentors: int) -> list[Figure]:
    """Ask for the ten best mentors of one mentee after another, with all reasons."""
    begun = time.perf_counter()
    pool = Pool(Company(MENTEES, mentors).cohort())
    built = time.perf_counter() - begun
    places = np.random.default_rng(1).integers(mentors, mentors + MENTEES, CALLS).tolist()
    pool.recommend(name(mentors), Role.MENTEE, BEST)  # compiles
    taken = [_timed(pool, name(place)) for place in places]
    p50, p99 = (float(one) for one in np.percentile(taken, [50, 99]))
    return [
        Figure(
            bench, p50, "ms", p50_ms=p50, p99_ms=p99, note=f"top {BEST} of {mentors} mentors, in the process"
        ),
        Figure(f"{bench} pool", built, "s", note="people made up and read"),
        Figure(f"{bench} peak", peak_mib(), "MiB", note="whole process"),
    ]


def kernels() -> list[Figure]:
    """Start a process that matches a few people, with nothing compiled, and again with everything."""
    with tempfile.TemporaryDirectory() as folder:
        cold, cached = _started(folder), _started(folder)
    return [
        Figure("kernels cold", cold, "s", note="a process that compiles and matches a few people"),
        Figure("kernels cached", cached, "s", note="the same once compiled"),
    ]


def _timed(pool: Pool, person: str) -> float:
    begun = time.perf_counter()
    pool.recommend(person, Role.MENTEE, BEST)
    return (time.perf_counter() - begun) * 1000


def _started(folder: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", START], check=True, env={**os.environ, "NUMBA_CACHE_DIR": folder})
    return time.perf_counter() - begun


BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "kernels": kernels,
    "recommend_20k": lambda: recommend("recommend_20k", 20_000),
    "recommend_200k": lambda: recommend("recommend_200k", 200_000),
}

ON_REQUEST: dict[str, Callable[[], list[Figure]]] = {
    "recommend_1m": lambda: recommend("recommend_1m", 1_000_000),
}
"""Takes minutes and gigabytes, most of them to make a million people up."""
