"""Whole cohorts in the modes that assign by total: how near the best, how even, in what time and memory."""

from collections.abc import Callable

from services.matching.domain.policy import Mode
from tests.bench.figures import Figure
from tests.bench.matching import packages, runs


def cohort_optimal() -> list[Figure]:
    """Assign 100,000 mentees to the best total; the gap is what the run itself proves."""
    return [runs.cost("cohort_optimal_100k_20k", *runs.measured(runs.LARGE, Mode.OPTIMAL))]


def cohort_fair() -> list[Figure]:
    """Even out departments and loads, beside the same people assigned to the best total."""
    _, best = runs.measured(runs.LARGE, Mode.OPTIMAL)
    seconds, fair = runs.measured(runs.LARGE, Mode.FAIR)
    cost = 1 - fair.total_score_ppm / best.total_score_ppm
    ratios = (fair.group_ratio_ppm / 1_000_000, best.group_ratio_ppm / 1_000_000)
    return [
        runs.cost("cohort_fair_100k_20k", seconds, fair),
        Figure("cohort_fair_100k_20k group ratio", ratios[0], "", ratios[1], note="baseline: OPTIMAL"),
        Figure("cohort_fair_100k_20k score cost", cost * 100, "%"),
    ]


BENCHES: dict[str, Callable[[], list[Figure]]] = {
    "cohort_optimal_100k_20k": cohort_optimal,
    "cohort_fair_100k_20k": cohort_fair,
    "compare_stable_1k_300": lambda: packages.compare_stable("1k_300"),
    "compare_acceptance_10k_2k": lambda: packages.compare_acceptance("10k_2k"),
    "compare_optimal_1k_300": lambda: packages.compare_optimal("1k_300"),
    "compare_optimal_10k_2k": lambda: packages.compare_optimal("10k_2k"),
}
