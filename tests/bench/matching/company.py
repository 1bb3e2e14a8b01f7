"""Made-up companies, seeded: skills by Zipf's law, departments with skills of their own, zones, lines.

The mentees' number and the mentors' are given; seats are scarce (1 to 5 a mentor) unless said otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.cohort import Cohort, Entry
from services.matching.domain.members import Meeting, Member, Role
from services.matching.domain.policy import Pair
from services.matching.domain.skills import Skill
from services.matching.domain.vocabulary import SOFT
from services.matching.domain.week import Window

MONDAY: Final = datetime(2026, 3, 9, tzinfo=UTC)
"""Two of the zones change their clocks in the weeks after it."""

SKILLS, DEPARTMENTS, CLUSTER, GOALS, TONGUES, SPAN, LEVELS = 2000, 50, 150, 24, 20, 8, 5
ZONES: Final = (
    "America/Los_Angeles",
    "America/Chicago",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Warsaw",
    "Africa/Nairobi",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
)
_HOLDS = [[Skill(f"skill {tag:04}", level) for level in range(LEVELS + 1)] for tag in range(SKILLS)]
_SOFT = [[Skill(tag, level) for level in range(LEVELS + 1)] for tag in sorted(SOFT)]
_WINDOWS: Final = [
    [[Window(day, 60 * start, 60 * (start + hours)) for hours in range(4)] for start in range(18)]
    for day in range(5)
]


@dataclass(frozen=True)
class Company:
    """How many, and how many seats a mentor has: one of `seats` (least, most)."""

    mentees: int
    mentors: int
    seats: tuple[int, int] = (1, 5)
    seed: int = 7

    def cohort(self) -> Cohort:
        """Return everybody as one cohort."""
        chance = np.random.default_rng(self.seed)
        people = tuple(self._people(chance))
        return Cohort(tuple(self._entries(chance)), people, MONDAY)

    @property
    def size(self) -> int:
        """How many people there are."""
        return self.mentees + self.mentors

    def _people(self, chance: np.random.Generator) -> Iterator[Member]:
        """Yield mentors, who are on top of the tree, then mentees."""
        clusters = [chance.choice(SKILLS, CLUSTER, replace=False) for _ in range(DEPARTMENTS)]
        common = chance.permutation(SKILLS)
        department = chance.choice(DEPARTMENTS, self.size, p=_zipf(DEPARTMENTS, 2))
        for place in range(self.size):
            mentor = place < self.mentors
            grade = int(np.clip(round(chance.normal(*((6.5, 1.6) if mentor else (4, 1.5)))), 1, 12))
            tags = _tags(chance, common, clusters[department[place]])
            held = np.clip(np.rint(chance.normal(3.2, 1, len(tags)) + 0.15 * (grade - 6.5)), 1, LEVELS)
            level = held.astype(int) if mentor else chance.integers(2, LEVELS + 1, len(tags))
            skills = [_HOLDS[tag][one] for tag, one in zip(tags, level, strict=True)]
            soft = chance.choice(len(_SOFT), chance.integers(*((2, 7) if mentor else (0, 3))), replace=False)
            skills += [_SOFT[tag][chance.integers(2, LEVELS + 1)] for tag in soft]
            yield Member(
                name(place),
                seeks=(Role.MENTOR,) if mentor else (Role.MENTEE,),
                manager=name((place - 1) // SPAN) if place else "",
                department=f"department {department[place]:02}",
                grade=grade,
                languages=_languages(chance),
                offered=tuple(skills) if mentor else (),
                sought=() if mentor else tuple(skills),
                seats=int(chance.integers(self.seats[0], self.seats[1] + 1)) if mentor else 0,
                time_zone=ZONES[chance.integers(len(ZONES))],
                hours=_hours(chance),
                meeting=_MEETINGS[chance.integers(len(_MEETINGS))],
            )

    def _entries(self, chance: np.random.Generator) -> Iterator[Entry]:
        blocked = self._random_pairs(chance, self.size // 100)
        preferred = self._random_pairs(chance, self.mentees * 4 // 10)
        for place in range(self.size):
            mentor = place < self.mentors
            yield Entry(
                name(place),
                (Role.MENTOR,) if mentor else (Role.MENTEE,),
                focus=tuple(
                    _FOCUS[one] for one in chance.choice(GOALS, chance.integers(1, 5), replace=False)
                ),
                preferred=() if mentor else tuple(name(one) for one in preferred.get(place, [])[:3]),
                blocked=() if mentor else tuple(name(one) for one in blocked.get(place, [])),
            )

    def _random_pairs(self, chance: np.random.Generator, count: int) -> dict[int, list[int]]:
        """Return so many pairs: mentee -> mentors."""
        found: dict[int, list[int]] = {}
        mentees = chance.integers(self.mentors, self.size, count).tolist()
        for mentee, mentor in zip(mentees, chance.integers(0, self.mentors, count).tolist(), strict=True):
            found.setdefault(mentee, []).append(mentor)
        return found


def name(place: int) -> str:
    """Return the id of the person at a place."""
    return f"e{place:07}"


def one_pair(cohort: Cohort) -> Pair:
    """Return some mentor and some mentee."""
    return Pair(cohort.people[0].id, cohort.people[-1].id)


_FOCUS = [f"goal-{number}" for number in range(GOALS)]
_TONGUES = [f"t{number}" for number in range(TONGUES)]
_MEETINGS = list(Meeting)


def _zipf(count: int, offset: int) -> NDArray[np.float64]:
    weight = 1 / np.arange(offset + 1, offset + count + 1, dtype=np.float64)
    share: NDArray[np.float64] = weight / weight.sum()
    return share


_COMMON, _CLUSTERED = np.cumsum(_zipf(SKILLS, 8)), np.cumsum(_zipf(CLUSTER, 4))


def _tags(chance: np.random.Generator, common: NDArray[np.int64], cluster: NDArray[np.int64]) -> list[int]:
    """Return 5 to 15 skills, half of those that all have, half of the department's, as far as they differ."""
    count = int(chance.integers(5, 16))
    draws = chance.random(count)
    half = count // 2
    first = common[np.minimum(np.searchsorted(_COMMON, draws[:half]), SKILLS - 1)]
    second = cluster[np.minimum(np.searchsorted(_CLUSTERED, draws[half:]), CLUSTER - 1)]
    return list(dict.fromkeys([*first.tolist(), *second.tolist()]))


def _languages(chance: np.random.Generator) -> tuple[str, ...]:
    others = chance.choice(TONGUES, chance.integers(1, 3), replace=False)
    english = ("en",) if chance.random() < 0.85 else ()
    return (*english, *(_TONGUES[one] for one in others))


def _hours(chance: np.random.Generator) -> tuple[Window, ...]:
    """Return two blocks of 1 to 3 hours on three of four weekdays, begun between 8 and 17."""
    days = np.flatnonzero(chance.random(5) < 0.75)
    starts, lengths = chance.integers(8, 18, (2, 5)), chance.integers(1, 4, (2, 5))
    return tuple(_WINDOWS[day][starts[block, day]][lengths[block, day]] for day in days for block in range(2))
