"""One match on its way to a mentorship: both say yes, or one says no."""

from dataclasses import dataclass, replace
from enum import StrEnum

from services.kernel.errors import Denied, NotFound, Refused
from services.matching.domain.cohort import Proposal


class Stage(StrEnum):
    """How far a match is."""

    PROPOSED = "PROPOSED"
    HALF_ACCEPTED = "HALF_ACCEPTED"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"


LIVE = (Stage.PROPOSED, Stage.HALF_ACCEPTED, Stage.CONFIRMED)
"""Stages in which a match holds a seat of its mentor."""


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
    """One match; `accepted_by` is in the order of the answers."""

    origin: Origin
    proposal: Proposal
    stage: Stage = Stage.PROPOSED
    accepted_by: tuple[str, ...] = ()

    @property
    def people(self) -> tuple[str, str]:
        """Mentor and mentee."""
        return self.proposal.mentor, self.proposal.mentee

    def require_reader(self, person: str, *, oversees: bool) -> None:
        """Raise NotFound unless `person` is one of the two or oversees all."""
        if not oversees and person not in self.people:
            raise match_not_found()

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


def propose(match: Match) -> tuple[Match, list[Event]]:
    """Offer a match to its two people."""
    return match, [MatchProposed()]


def match_not_found() -> NotFound:
    """Return the one answer for absent and for hidden matches."""
    return NotFound("MATCH_NOT_FOUND", "no such match")
