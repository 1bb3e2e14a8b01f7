"""Matching told once more in the plainest way: every pair by itself, every list whole, no arrays.

Scores of a pair are those of `scoring`, tested by example; rules, order and assignment are told here.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import product

from services.matching.domain import scoring, week
from services.matching.domain.cohort import Cohort, Entry
from services.matching.domain.members import Member, Role
from services.matching.domain.plan import Obstacle
from services.matching.domain.policy import Criterion, Pair, Past, Policy, Weights

MASK64 = (1 << 64) - 1
LIMIT = (1 << 20) - 1
SALT = {Role.MENTEE: 0x9E3779B97F4A7C15, Role.MENTOR: 0xD1B54A32D192ED03}


class Plain:
    """Everybody who takes part in a cohort, and what every two of them think of each other.

    `mentees` are those to be matched, `seats` what mentors have left for them once locked pairs are seated.
    """

    def __init__(self, cohort: Cohort) -> None:
        self.cohort = cohort
        self.policy: Policy = cohort.options.policy or cohort.policy
        self.people = {one.id: one for one in cohort.people if one.active}
        self.manager = _cut({one.id: one.manager for one in cohort.people if one.manager})
        self.entries: dict[str, Entry] = {
            entry.person: entry
            for entry in cohort.entries
            if entry.person in self.people and entry.person not in cohort.options.excluded
        }
        self.everybody = {
            role: sorted(one for one, entry in self.entries.items() if role in entry.roles) for role in Role
        }
        taken = [pair.mentor for pair in cohort.taken]
        self.all_seats = {
            one: self.people[one].seats - taken.count(one) for one in self.everybody[Role.MENTOR]
        }
        self.mentors = [one for one in self.everybody[Role.MENTOR] if self.all_seats[one] > 0]
        self.locked = {pair.mentee: pair.mentor for pair in cohort.options.locked}
        self.free = [one for one in self.everybody[Role.MENTEE] if one not in cohort.busy]
        self.mentees = [one for one in self.free if one not in self.locked]
        self.seats = {
            one: self.all_seats[one] - list(self.locked.values()).count(one) for one in self.mentors
        }

    @cached_property
    def sides(self) -> Mapping[str, scoring.Side]:
        """Everybody in all weeks ahead, like or not."""
        weeks = [self.cohort.monday + place * week.WEEK for place in range(week.WEEKS_AHEAD)]
        return {
            one: scoring.prepared(self.people[one], weeks, focus=entry.focus, preferred=entry.preferred)
            for one, entry in self.entries.items()
        }

    def broken(self, mentor: str, mentee: str) -> Obstacle | None:
        """Return the first broken rule."""
        for obstacle, is_broken in self._rules().items():
            if is_broken(self.sides[mentor], self.sides[mentee]):
                return obstacle
        return None

    def scores(self, mentor: str, mentee: str) -> tuple[int, int]:
        """Return the score in the mentee's eyes and in the mentor's."""
        teacher, learner = self.sides[mentor], self.sides[mentee]
        before = Pair(mentor, mentee) in self.cohort.previous
        shared = scoring.credits_of(teacher, learner, self.policy, partners_before=before)
        own = (*shared, scoring.preference(learner, mentor))
        theirs = (*shared, scoring.preference(teacher, mentee))
        return _weighed(self.policy.mentee_weights, own), _weighed(self.policy.mentor_weights, theirs)

    def ranked(self, mentor: str, mentee: str) -> tuple[int, int]:
        """Return the scores by which either ranks the other: mentors like those who have waited."""
        u, v = self.scores(mentor, mentee)
        return u, min(v + 10_000 * min(self.entries[mentee].waits, 5), LIMIT)

    def order(self, whose: Role, mentor: str, mentee: str) -> tuple[int, int, int]:
        """Return what orders the mentors of a mentee, or the mentees of a mentor: the larger, the better."""
        other, role = (mentor, Role.MENTOR) if whose is Role.MENTEE else (mentee, Role.MENTEE)
        place = self.everybody[role].index(other)
        return self.ranked(mentor, mentee)[whose is Role.MENTOR], self._tie(whose, mentor, mentee), -place

    def mentors_of(self, mentee: str) -> list[str]:
        """Return the mentors with a seat whom the rules allow, best first."""
        allowed = [one for one in self.mentors if self.broken(one, mentee) is None]
        return sorted(allowed, key=lambda one: self.order(Role.MENTEE, one, mentee), reverse=True)

    def stable(self) -> dict[str, str]:
        """Return mentee -> mentor by deferred acceptance over whole lists, mentees proposing."""
        lists = {one: [m for m in self.mentors_of(one) if self.seats[m] > 0] for one in self.mentees}
        held: dict[str, list[str]] = {one: [] for one in self.mentors}
        seeking = list(self.mentees)
        while seeking:
            mentee = seeking.pop()
            if not lists[mentee]:
                continue
            mentor = lists[mentee].pop(0)
            held[mentor].append(mentee)
            if len(held[mentor]) > self.seats[mentor]:
                worst = min(held[mentor], key=lambda one: self.order(Role.MENTOR, mentor, one))
                held[mentor].remove(worst)
                seeking.append(worst)
        return {mentee: mentor for mentor, mentees in held.items() for mentee in mentees}

    def best_for_mentors(self) -> dict[str, str]:
        """Return mentee -> mentor by deferred acceptance over whole lists, mentors proposing."""
        lists = {
            one: sorted(
                (mentee for mentee in self.mentees if self.broken(one, mentee) is None),
                key=lambda mentee: self.order(Role.MENTOR, one, mentee),
            )
            for one in self.mentors
        }
        has: dict[str, str] = {}
        seats = dict(self.seats)
        while able := [one for one in self.mentors if seats[one] > 0 and lists[one]]:
            mentor, mentee = able[0], lists[able[0]].pop()
            now = has.get(mentee)
            if now is None or self.order(Role.MENTEE, mentor, mentee) > self.order(Role.MENTEE, now, mentee):
                has[mentee] = mentor
                seats[mentor] -= 1
                if now is not None:
                    seats[now] += 1
        return has

    def blocking(self, mentor_of: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return all allowed (mentor, mentee) who would both rather have each other."""

        def mentee_would(mentor: str, mentee: str) -> bool:
            now = mentor_of.get(mentee)
            return now is None or self.order(Role.MENTEE, mentor, mentee) > self.order(
                Role.MENTEE, now, mentee
            )

        def mentor_would(mentor: str, mentee: str) -> bool:
            held = [one for one, by in mentor_of.items() if by == mentor and one in self.mentees]
            offer = self.order(Role.MENTOR, mentor, mentee)
            free = len(held) < self.seats[mentor]
            return free or any(offer > self.order(Role.MENTOR, mentor, one) for one in held)

        return [
            (mentor, mentee)
            for mentor, mentee in product(self.mentors, self.mentees)
            if self.seats[mentor] > 0
            and self.broken(mentor, mentee) is None
            and mentee_would(mentor, mentee)
            and mentor_would(mentor, mentee)
        ]

    def _rules(self) -> dict[Obstacle, Callable[[scoring.Side, scoring.Side], bool]]:
        rules = self.policy.rules
        least = rules.least_grade_gap
        return {
            Obstacle.EXCLUDED: self._excluded,
            Obstacle.REPORTING_LINE: lambda one, two: self._reports(one.member, two.member),
            Obstacle.DEPARTMENT: lambda one, two: (
                not rules.same_department
                and bool(one.member.department)
                and one.member.department == two.member.department
            ),
            Obstacle.GRADE_GAP: lambda one, two: (
                least is not None and one.member.grade - two.member.grade < least
            ),
            Obstacle.LANGUAGE: lambda one, two: one.languages.isdisjoint(two.languages),
            Obstacle.OVERLAP: lambda one, two: scoring.common_minutes(one, two) < rules.least_overlap_minutes,
        }

    def _excluded(self, one: scoring.Side, two: scoring.Side) -> bool:
        mentor, mentee = one.member.id, two.member.id
        pair = Pair(mentor, mentee)
        return (
            mentor == mentee
            or mentee in self.entries[mentor].blocked
            or mentor in self.entries[mentee].blocked
            or pair in self.cohort.refused
            or pair in self.cohort.options.excluded_pairs
            or (self.policy.rules.past is Past.FORBID and pair in self.cohort.previous)
        )

    def _reports(self, one: Member, two: Member) -> bool:
        return one.id in self._above(two.id) or two.id in self._above(one.id)

    def _above(self, person: str) -> set[str]:
        found = set()
        while person in self.manager:
            person = self.manager[person]
            found.add(person)
        return found

    def _tie(self, whose: Role, mentor: str, mentee: str) -> int:
        mixed = _hash(Role.MENTOR, mentor, self.cohort) ^ _hash(Role.MENTEE, mentee, self.cohort)
        mixed = mixed + SALT[whose] & MASK64
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & MASK64
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & MASK64
        return (mixed ^ mixed >> 31) >> 42


def without_order(cohort: Cohort) -> Cohort:
    """Return the cohort with its input turned round."""
    return replace(cohort, entries=cohort.entries[::-1], people=cohort.people[::-1], taken=cohort.taken[::-1])


def _weighed(weights: Weights, credit: tuple[int, ...]) -> int:
    return sum(weights.of(criterion) * one for criterion, one in zip(Criterion, credit, strict=True))


def _hash(role: Role, person: str, cohort: Cohort) -> int:
    key = f"{role}/{cohort.options.seed}".encode()
    return int.from_bytes(hashlib.blake2b(person.encode(), digest_size=8, key=key).digest(), "little")


def _cut(manager: dict[str, str]) -> dict[str, str]:
    """Cut every circle above its smallest id."""
    for start in sorted(manager):
        seen, person = [start], manager.get(start)
        while person is not None and person not in seen:
            seen.append(person)
            person = manager.get(person)
        if person == start:
            del manager[start]
    return manager
