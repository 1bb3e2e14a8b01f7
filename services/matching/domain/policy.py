"""What a program counts and forbids when it matches, and what one run may ask for on top. Plain data.

Credits are facts of a pair, 0..1000 per criterion and the same for both sides; weights say what a fact is
worth to a side, so the two sides may rank differently.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Criterion(StrEnum):
    """What counts; the values are the codes of the contract, in the order in which they are explained."""

    SKILLS = "skills"
    SOFT_SKILLS = "soft_skills"
    FOCUS = "focus"
    OVERLAP = "overlap"
    SENIORITY = "seniority"
    LANGUAGES = "languages"
    DEPARTMENT = "department"
    MEETING = "meeting"
    HISTORY = "history"
    PREFERENCE = "preference"


@dataclass(frozen=True, slots=True)
class Weights:
    """What each criterion is worth to one side: per mille, 1000 together. The fields are the codes."""

    skills: int
    soft_skills: int
    focus: int
    overlap: int
    seniority: int
    languages: int
    department: int
    meeting: int
    history: int
    preference: int

    def of(self, criterion: Criterion) -> int:
        """Return the weight of one criterion."""
        weight: int = getattr(self, criterion.value)
        return weight


MENTEE_WEIGHTS: Final = Weights(
    skills=330,
    soft_skills=100,
    focus=90,
    overlap=130,
    seniority=100,
    languages=60,
    department=60,
    meeting=40,
    history=20,
    preference=70,
)
"""What a mentee looks for (house default)."""

MENTOR_WEIGHTS: Final = Weights(
    skills=250,
    soft_skills=100,
    focus=150,
    overlap=150,
    seniority=110,
    languages=60,
    department=50,
    meeting=40,
    history=20,
    preference=70,
)
"""What a mentor looks for (house default)."""


FULL_WEIGHT: Final = 1000
"""What the weights of a side add up to: per mille."""


class WrongWeightError(Exception):
    """A weight that is none; `criterion` is "" when all of them together are wrong."""

    def __init__(self, criterion: str, problem: str) -> None:
        super().__init__(f"{criterion}: {problem}")
        self.criterion = criterion
        self.problem = problem


def normalised(typed: Mapping[str, float]) -> Weights:
    """Return weights in the proportions of `typed`, by criterion; one that is left out is 0.

    Rounded by largest remainder, so that they add up to 1000 exactly and none is off by 1 or more; equal
    remainders go to the earlier criterion. Raises WrongWeightError.
    """
    for criterion, weight in typed.items():
        _require_weight(criterion, weight)
    total = sum(typed.values())
    if not 0 < total < math.inf:
        raise WrongWeightError("", "must add up to more than 0")
    exact = {one.value: typed.get(one.value, 0.0) / total * FULL_WEIGHT for one in Criterion}
    floors = {name: math.floor(share) for name, share in exact.items()}
    short = FULL_WEIGHT - sum(floors.values())
    for name in sorted(exact, key=lambda name: floors[name] - exact[name])[:short]:
        floors[name] += 1
    return Weights(**floors)


def _require_weight(criterion: str, weight: float) -> None:
    if criterion not in set(Criterion):
        raise WrongWeightError(criterion, f"is none of {', '.join(Criterion)}")
    if not math.isfinite(weight) or weight < 0:
        raise WrongWeightError(criterion, "must be a finite number, 0 or more")


class Past(StrEnum):
    """What it means that two people were partners before."""

    AVOID = "AVOID"
    PREFER = "PREFER"
    FORBID = "FORBID"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is never broken.

    `least_overlap_minutes` of the week in common; `least_grade_gap` (mentor minus mentee), None: any. A
    reporting line between the two, either way and over any distance, is always forbidden; so are blocks.
    """

    least_overlap_minutes: int = 60
    least_grade_gap: int | None = None
    same_department: bool = True
    past: Past = Past.AVOID


DEFAULT_RULES: Final = Rules()


@dataclass(frozen=True, slots=True)
class Policy:
    """How a program matches; `best_grade_gap` is how many grades a mentor is above the mentee at best."""

    mentee_weights: Weights = MENTEE_WEIGHTS
    mentor_weights: Weights = MENTOR_WEIGHTS
    rules: Rules = DEFAULT_RULES
    best_grade_gap: int = 3


class Mode(StrEnum):
    """What a run promises."""

    STABLE = "STABLE"
    OPTIMAL = "OPTIMAL"
    BALANCED = "BALANCED"
    FAIR = "FAIR"


class Grouping(StrEnum):
    """By what participants are told apart in reports, and evened out in FAIR runs. Never a criterion."""

    DEPARTMENT = "DEPARTMENT"
    COUNTRY = "COUNTRY"
    TIME_ZONE = "TIME_ZONE"
    GRADE = "GRADE"


class Proposing(StrEnum):
    """Whose best stable result a STABLE run takes."""

    MENTEES = "MENTEES"
    MENTORS = "MENTORS"


MOST_LOSS_PPM: Final = 20_000
"""How far below their stable result a BALANCED run may leave a mentee: 2 % of the highest score."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people by id."""

    mentor: str
    mentee: str


@dataclass(frozen=True, slots=True)
class Options:
    """What one run asks for. `policy` None: the program's own; given, it is a what-if and stays with the run.

    `locked` pairs are matched whatever they score (rules still hold), `excluded` people are left out,
    `excluded_pairs` are not matched. The seed decides ties.
    """

    mode: Mode = Mode.STABLE
    proposing: Proposing = Proposing.MENTEES
    seed: int = 0
    most_loss_ppm: int = MOST_LOSS_PPM
    group_by: Grouping = Grouping.DEPARTMENT
    policy: Policy | None = None
    locked: tuple[Pair, ...] = ()
    excluded: tuple[str, ...] = ()
    excluded_pairs: tuple[Pair, ...] = ()


DEFAULT_POLICY: Final = Policy()
DEFAULT_OPTIONS: Final = Options()
