"""Whole cohorts, stable over all pairs: time from people to the plan, memory, and what the run reports."""

import resource
import time
from collections.abc import Callable
from dataclasses import replace

from services.matching.domain.cohort import compute
from services.matching.domain.plan import Report
from services.matching.domain.policy import Mode, Options
from tests.bench.figures import Figure
from tests.bench.matching.company import Company

LARGE = Company(100_000, 20_000)
MIDDLE = Company(10_000, 5_000, seats=(2, 2))
TINY = Company(40, 10)


def cohort_stable(name: str, company: Company) -> list[Figure]:
    """Match a company."""
    return [cost(name, *measured(company, Mode.STABLE))]


def measured(company: Company, mode: Mode) -> tuple[float, Report]:
    """Return the seconds from people to the plan, and the plan's figures. Kernels are compiled before."""
    compute(replace(TINY.cohort(), options=Options(mode=mode)))
    cohort = replace(company.cohort(), options=Options(mode=mode))
    begun = time.perf_counter()
    plan = compute(cohort)
    return time.perf_counter() - begun, plan.report


def cost(name: str, seconds: float, report: Report) -> Figure:
    """Return what a run took, the memory of its whole process, and what came out."""
    return Figure(
        name,
        seconds,
        "s",
        note=f"{report.matched} of {report.seats} seats, {report.mentees} mentees x {report.mentors} mentors",
        seconds=seconds,
        peak_mib=peak_mib(),
        matched_share=report.matched / report.mentees,
        blocking_pairs=report.blocking_pairs,
        gap=1 - report.total_score_ppm / report.best_total_ppm,
    )


def peak_mib() -> float:
    """Return the largest memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "cohort_stable_10k_5k": lambda: cohort_stable("cohort_stable_10k_5k", MIDDLE),
    "cohort_stable_100k_20k": lambda: cohort_stable("cohort_stable_100k_20k", LARGE),
}
