"""Who is in a market: everybody enrolled and free, their seats, and the pairs that are given."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.kernel.errors import Invalid
from services.matching.domain.cohort import Cohort, Entry
from services.matching.domain.members import Member, Role
from services.matching.domain.policy import Criterion, Pair, Policy, Weights
from services.matching.domain.skills import FULL


@dataclass(frozen=True, slots=True)
class Participants:
    """Ids in order; `seats` are the mentors' free ones, in their order; everybody by id."""

    mentees: tuple[str, ...]
    mentors: tuple[str, ...]
    seats: tuple[int, ...]
    people: Mapping[str, Member]
    entries: Mapping[str, Entry]


def everybody(cohort: Cohort) -> Participants:
    """Return all who take part, also mentors without a free seat and mentees who have a mentor.

    Raises Invalid WEIGHT_INVALID.
    """
    _require_weights(cohort)
    people = {person.id: person for person in cohort.people if person.active}
    excluded = set(cohort.options.excluded)
    entries: dict[str, Entry] = {}
    for entry in cohort.entries:
        if entry.person in people and entry.person not in excluded:
            entries[entry.person] = _joined(entries.get(entry.person), entry)
    mentors = _in_role(entries, Role.MENTOR)
    taken = Counter(pair.mentor for pair in cohort.taken)
    seats = tuple(max(0, people[one].seats - taken[one]) for one in mentors)
    return Participants(_in_role(entries, Role.MENTEE), mentors, seats, people, entries)


def free(cohort: Cohort) -> Participants:
    """Return mentees without and mentors with a free seat.

    Raises Invalid WEIGHT_INVALID, NO_MENTEES, NO_MENTORS (nobody enrolled), NO_SEATS.
    """
    everyone = everybody(cohort)
    if not everyone.mentees:
        raise Invalid("NO_MENTEES", "no active mentee takes part")
    if not everyone.mentors:
        raise Invalid("NO_MENTORS", "no active mentor takes part")
    if not any(everyone.seats):
        raise Invalid("NO_SEATS", "no mentor has a free seat")
    open_ones = [(one, seats) for one, seats in zip(everyone.mentors, everyone.seats, strict=True) if seats]
    return replace(
        everyone,
        mentees=tuple(one for one in everyone.mentees if one not in cohort.busy),
        mentors=tuple(one for one, _ in open_ones),
        seats=tuple(seats for _, seats in open_ones),
    )


def policy_of(cohort: Cohort) -> Policy:
    """Return by what a run matches: its own policy, else the program's."""
    return cohort.options.policy or cohort.policy


def _require_weights(cohort: Cohort) -> None:
    """Raise Invalid WEIGHT_INVALID unless the weights of either side are per mille."""
    policy, path = (
        policy_of(cohort),
        "options.matching_policy" if cohort.options.policy else "matching_policy",
    )
    sides = (("mentee_weights", policy.mentee_weights), ("mentor_weights", policy.mentor_weights))
    wrong = [
        (f"{path}.{field}", "must not be negative and be 1000 together")
        for field, one in sides
        if _wrong(one)
    ]
    if wrong:
        raise Invalid("WEIGHT_INVALID", "weights are per mille", fields=wrong)


def locks(options_locked: Sequence[Pair], these: Participants) -> list[tuple[int, int]]:
    """Return the given pairs as places (mentee, mentor). Invalid LOCK_UNKNOWN, LOCK_BREAKS_RULE."""
    mentee_at = {one: place for place, one in enumerate(these.mentees)}
    mentor_at = {one: place for place, one in enumerate(these.mentors)}
    unknown = [
        (lock_field(place), "is not a free mentee and a mentor with a free seat")
        for place, pair in enumerate(options_locked)
        if pair.mentee not in mentee_at or pair.mentor not in mentor_at
    ]
    if unknown:
        raise Invalid("LOCK_UNKNOWN", "a locked pair takes no part", fields=unknown)
    found = [(mentee_at[pair.mentee], mentor_at[pair.mentor]) for pair in options_locked]
    _require_room(found, these.seats)
    return found


def lock_field(place: int) -> str:
    """Return the path of a locked pair in a request."""
    return f"options.locked_pairs[{place}]"


def _require_room(pairs: Iterable[tuple[int, int]], seats: Sequence[int]) -> None:
    left, matched = Counter(dict(enumerate(seats))), set[int]()
    wrong = []
    for place, (mentee, mentor) in enumerate(pairs):
        left[mentor] -= 1
        if left[mentor] < 0:
            wrong.append((lock_field(place), "the mentor has no seat left"))
        if mentee in matched:
            wrong.append((lock_field(place), "the mentee is locked twice"))
        matched.add(mentee)
    if wrong:
        raise Invalid("LOCK_BREAKS_RULE", "locked pairs do not fit together", fields=wrong)


def _joined(known: Entry | None, entry: Entry) -> Entry:
    return entry if known is None else replace(known, roles=tuple(dict.fromkeys(known.roles + entry.roles)))


def _in_role(entries: Mapping[str, Entry], role: Role) -> tuple[str, ...]:
    return tuple(sorted(one for one, entry in entries.items() if role in entry.roles))


def _wrong(weights: Weights) -> bool:
    parts = [weights.of(criterion) for criterion in Criterion]
    return min(parts) < 0 or sum(parts) != FULL
