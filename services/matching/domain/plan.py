"""The answer of a cohort run: pairs with their reasons, who was left over and why, and figures about it all.

Scores and contributions are in millionths of the highest possible score.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.matching.domain.policy import Criterion, Mode, Pair


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one criterion adds to a score, and what it could add at most: the weight it has for that side."""

    criterion: Criterion
    score_ppm: int
    most_ppm: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposed pair: how it fits in the eyes of the mentee, and of the mentor.

    The contributions of a side add up to its score exactly. `rank` is the mentor's place among all mentors
    that the hard rules allow the mentee, 1 the best; `locked` pairs were given, not found.
    """

    mentor: str
    mentee: str
    score_ppm: int
    contributions: tuple[Contribution, ...]
    mentor_score_ppm: int = 0
    mentor_contributions: tuple[Contribution, ...] = ()
    rank: int = 0
    locked: bool = False

    @property
    def pair(self) -> Pair:
        """The two."""
        return Pair(self.mentor, self.mentee)


class Obstacle(StrEnum):
    """Why a mentee has no mentor: the hard rule that stopped most, or that all who fit are full."""

    NO_MENTORS = "NO_MENTORS"
    FULL = "FULL"
    OVERLAP = "OVERLAP"
    LANGUAGE = "LANGUAGE"
    REPORTING_LINE = "REPORTING_LINE"
    DEPARTMENT = "DEPARTMENT"
    GRADE_GAP = "GRADE_GAP"
    EXCLUDED = "EXCLUDED"


@dataclass(frozen=True, slots=True)
class Stopped:
    """How many mentors the first broken rule, in the order of `Obstacle`, kept from a mentee."""

    obstacle: Obstacle
    mentors: int


@dataclass(frozen=True, slots=True)
class Leftover:
    """A free mentee without a mentor. `nearest` is the best-fitting mentor who was full, "" for none."""

    mentee: str
    obstacle: Obstacle
    stopped: tuple[Stopped, ...] = ()
    nearest: str = ""
    nearest_score_ppm: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a distribution: how many have `value`, or more than the bar before and up to it."""

    value: int
    count: int


@dataclass(frozen=True, slots=True)
class GroupShare:
    """How one group of mentees fared; groups of fewer than `SMALLEST_GROUP` people are told as one, ""."""

    label: str
    mentees: int
    matched: int


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of a run.

    `blocking_pairs` counts, over all pairs that the rules allow, mentor and mentee who would both rather have
    each other than what they got; `blocking_mentees` the mentees among them. Totals add both sides' scores of
    all pairs; no matching of this cohort can exceed `best_total_ppm`. `ranks` and `loads` are distributions
    of `Proposal.rank` and of mentees per mentor with a seat; the Gini coefficient tells how unevenly mentors'
    seats are used, `group_ratio_ppm` is the smallest share of a group matched over the largest. The digests
    are SHA-256 in hex: same input, options and seed, same result. `fell_back`: a BALANCED run that could not
    keep its promise and answers with the stable result.
    """

    mode: Mode
    seed: int
    mentees: int
    mentors: int
    seats: int
    matched: int
    blocking_pairs: int
    blocking_mentees: int
    total_score_ppm: int
    best_total_ppm: int
    mean_mentee_ppm: int
    mean_mentor_ppm: int
    ranks: tuple[Bar, ...]
    loads: tuple[Bar, ...]
    load_gini_ppm: int
    groups: tuple[GroupShare, ...]
    group_ratio_ppm: int
    input_digest: str
    result_digest: str
    fell_back: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Pairs by falling mentee score, then ids; the free mentees left over by id; the figures."""

    proposals: tuple[Proposal, ...]
    unmatched: tuple[Leftover, ...]
    report: Report
