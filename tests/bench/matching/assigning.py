"""Whole cohorts in the modes that assign by total: how near the best, how even, in what time and memory."""

import resource
import time
from collections.abc import Callable
from dataclasses import replace

from services.matching.domain.cohort import compute
from services.matching.domain.plan import Report
from services.matching.domain.policy import Mode, Options
from tests.bench.figures import Figure
from tests.bench.matching import packages
from tests.bench.matching.company import Company

LARGE = Company(100_000, 20_000)


def cohort_optimal() -> list[Figure]:
    """Assign 100,000 mentees to the best total; the gap is what the run itself proves."""
    seconds, report = _run(Mode.OPTIMAL)
    gap = 1 - report.total_score_ppm / report.best_total_ppm
    return [
        *_cost("cohort_optimal_100k_20k", seconds, report),
        Figure("cohort_optimal_100k_20k gap", gap * 100, "%"),
    ]


def cohort_fair() -> list[Figure]:
    """Even out departments and loads, beside the same people assigned to the best total."""
    _, best = _run(Mode.OPTIMAL)
    seconds, fair = _run(Mode.FAIR)
    cost = 1 - fair.total_score_ppm / best.total_score_ppm
    ratios = (fair.group_ratio_ppm / 1_000_000, best.group_ratio_ppm / 1_000_000)
    return [
        *_cost("cohort_fair_100k_20k", seconds, fair),
        Figure("cohort_fair_100k_20k group ratio", ratios[0], "", ratios[1], note="baseline: OPTIMAL"),
        Figure("cohort_fair_100k_20k score cost", cost * 100, "%"),
    ]


def _run(mode: Mode) -> tuple[float, Report]:
    """Return the seconds from people to the plan, and the plan's figures."""
    cohort = replace(LARGE.cohort(), options=Options(mode=mode))
    begun = time.perf_counter()
    plan = compute(cohort)
    return time.perf_counter() - begun, plan.report


def _cost(name: str, seconds: float, report: Report) -> list[Figure]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    taken = f"{report.matched} of {report.seats} seats, {report.mentees} mentees"
    return [Figure(name, seconds, "s", note=taken), Figure(f"{name} peak", peak, "MiB", note="whole process")]


BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "cohort_optimal_100k_20k": cohort_optimal,
    "cohort_fair_100k_20k": cohort_fair,
    "compare_stable_1k_300": lambda: packages.compare_stable("1k_300"),
    "compare_optimal_1k_300": lambda: packages.compare_optimal("1k_300"),
    "compare_optimal_10k_2k": lambda: packages.compare_optimal("10k_2k"),
}
