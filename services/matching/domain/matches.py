"""One match on its way to a mentorship: both say yes, or one says no."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from services.kernel.errors import Denied, NotFound, Refused
from services.matching.domain.plan import Contribution, Proposal
from services.matching.domain.policy import Pair


class Stage(StrEnum):
    """How far a match is."""

    PROPOSED = "PROPOSED"
    HALF_ACCEPTED = "HALF_ACCEPTED"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class MatchProposed:
    """Two people may say yes or no to each other."""


@dataclass(frozen=True, slots=True)
class MatchAccepted:
    """One of the two said yes."""

    person: str


@dataclass(frozen=True, slots=True)
class MatchConfirmed:
    """Both said yes."""


@dataclass(frozen=True, slots=True)
class MatchDeclined:
    """One of the two said no."""

    person: str


Event = MatchProposed | MatchAccepted | MatchConfirmed | MatchDeclined


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a match comes from and what its mentorship is told; a copy, so a yes needs no other document."""

    program: str
    run: str
    lead: str
    cadence_days: int
    meeting_minutes: int
    mentorship: str


@dataclass(frozen=True, slots=True)
class Match:
    """One match of `people` (mentor, mentee); `accepted_by` is in the order of the answers."""

    origin: Origin
    people: tuple[str, str]
    score_ppm: int
    contributions: tuple[Contribution, ...] = ()
    stage: Stage = Stage.PROPOSED
    accepted_by: tuple[str, ...] = ()
    mentor_score_ppm: int = 0
    mentor_contributions: tuple[Contribution, ...] = ()

    @property
    def pair(self) -> Pair:
        """Who would guide whom."""
        return Pair(*self.people)

    def require_of(self, program: str) -> None:
        """Raise NotFound unless the match is one of `program`."""
        if self.origin.program != program:
            raise _not_found()

    def require_reader(self, person: str, *, oversees: bool) -> None:
        """Raise NotFound unless `person` is one of the two or oversees all."""
        if not oversees and person not in self.people:
            raise _not_found()

    def accept(self, person: str) -> "tuple[Match, list[Event]]":
        """Say yes; a second yes of the same person changes nothing. Refused MATCH_DECLINED, Denied."""
        self._require_participant(person)
        if self.stage is Stage.DECLINED:
            raise Refused("MATCH_DECLINED", "the match was declined")
        if person in self.accepted_by:
            return self, []
        agreed = replace(self, stage=Stage.HALF_ACCEPTED, accepted_by=(*self.accepted_by, person))
        if len(agreed.accepted_by) < len(self.people):
            return agreed, [MatchAccepted(person)]
        return replace(agreed, stage=Stage.CONFIRMED), [MatchAccepted(person), MatchConfirmed()]

    def decline(self, person: str) -> "tuple[Match, list[Event]]":
        """Say no and free both; a second no changes nothing. Refused MATCH_CONFIRMED, Denied."""
        self._require_participant(person)
        if self.stage is Stage.CONFIRMED:
            raise Refused("MATCH_CONFIRMED", "both have said yes; end the mentorship instead")
        if self.stage is Stage.DECLINED:
            return self, []
        return replace(self, stage=Stage.DECLINED), [MatchDeclined(person)]

    def _require_participant(self, person: str) -> None:
        if person not in self.people:
            raise Denied("NOT_A_PARTICIPANT", "only the mentor and the mentee of a match may answer")


def propose(known: Match | None, origin: Origin, proposal: Proposal) -> tuple[Match, list[Event]]:
    """Offer a proposed pair a match; one that is there already stays as it is."""
    if known is not None:
        return known, []
    people = (proposal.mentor, proposal.mentee)
    return Match(
        origin,
        people,
        proposal.score_ppm,
        proposal.contributions,
        mentor_score_ppm=proposal.mentor_score_ppm,
        mentor_contributions=proposal.mentor_contributions,
    ), [MatchProposed()]


def holds(known: Iterable[Match], coming: Iterable[tuple[str, str, Pair]]) -> list[tuple[str, Pair]]:
    """Return (program, pair) of whatever takes a seat now.

    That is every known match that is not over, and those of the `coming` pairs (program, run, pair) of
    published runs that are no match yet.
    """
    known = list(known)
    delivered = {(match.origin.run, match.pair) for match in known}
    live = [(match.origin.program, match.pair) for match in known if match.stage is not Stage.DECLINED]
    return live + [(program, pair) for program, run, pair in coming if (run, pair) not in delivered]


def refused(known: Iterable[Match], program: str) -> frozenset[Pair]:
    """Return the pairs that said no to each other in a program."""
    return frozenset(
        match.pair for match in known if match.stage is Stage.DECLINED and match.origin.program == program
    )


def previous(known: Iterable[Match]) -> frozenset[Pair]:
    """Return the pairs that have been partners, in any program."""
    return frozenset(match.pair for match in known if match.stage is Stage.CONFIRMED)


def _not_found() -> NotFound:
    return NotFound(
        "NOT_FOUND", "nothing of this name exists"
    )  # the store's own words: absent and hidden are one
