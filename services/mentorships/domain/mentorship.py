"""The relationship of two people: its agreement, its stages, and who may change it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.kernel.errors import Conflict, Denied, Refused
from services.mentorships.domain import goal
from services.mentorships.domain.goal import Goal, GoalDraft
from services.mentorships.domain.goal_events import GoalEvent
from services.mentorships.domain.rules import line, not_found


class Stage(StrEnum):
    """How far a mentorship is."""

    PROPOSED = "PROPOSED"
    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class Channel(StrEnum):
    """How the two communicate."""

    VIDEO = "VIDEO"
    IN_PERSON = "IN_PERSON"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    CHAT = "CHAT"


@dataclass(frozen=True, slots=True)
class MentorshipCreated:
    """Two people want to work together."""


@dataclass(frozen=True, slots=True)
class AgreementProposed:
    """One of the two proposed terms."""

    person: str
    revision: int


@dataclass(frozen=True, slots=True)
class AgreementSigned:
    """One of the two signed."""

    person: str
    revision: int


@dataclass(frozen=True, slots=True)
class MentorshipActivated:
    """Both signed, now or an amendment."""

    cadence_days: int
    meeting_minutes: int


@dataclass(frozen=True, slots=True)
class MentorshipEnded:
    """It is over."""


MentorshipEvent = (
    MentorshipCreated | AgreementProposed | AgreementSigned | MentorshipActivated | MentorshipEnded
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What two people agree on. Ranges are the contract's; focus areas are the pair's own words."""

    cadence_days: int
    meeting_minutes: int
    channels: tuple[Channel, ...]
    focus_areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One revision of the terms (counted from 1) and who has signed it."""

    terms: Terms
    revision: int
    signed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mentorship:
    """A relationship of `people` (mentor, mentee) in a program.

    While an amendment waits for signatures the stage stays ACTIVE: the two keep meeting on what they had.
    """

    people: tuple[str, str]
    program: str
    lead: str
    match: str
    stage: Stage = Stage.PROPOSED
    agreement: Agreement | None = None

    @property
    def mentor(self) -> str:
        """Who guides."""
        return self.people[0]

    @property
    def mentee(self) -> str:
        """Who is guided."""
        return self.people[1]

    def require_reader(self, person: str) -> None:
        """Raise NotFound unless `person` is one of the two."""
        if person not in self.people:
            raise not_found()

    def propose(self, person: str, terms: Terms) -> tuple["Mentorship", list[MentorshipEvent]]:
        """Put new terms on the table; earlier signatures fall and the proposer signs like the other.

        Raises Denied NOT_A_PARTICIPANT, Refused MENTORSHIP_ENDED, Invalid for focus areas that say nothing.
        """
        self._require_participant(person)
        self._require_running()
        areas = tuple(line(area, "agreement.focus_areas") for area in terms.focus_areas)
        revision = self.agreement.revision + 1 if self.agreement else 1
        agreement = Agreement(replace(terms, focus_areas=areas), revision)
        return replace(self, agreement=agreement), [AgreementProposed(person, revision)]

    def sign(self, person: str, revision: int) -> tuple["Mentorship", list[MentorshipEvent]]:
        """Sign `revision`; the second signature makes the mentorship active.

        Raises Denied NOT_A_PARTICIPANT, Refused MENTORSHIP_ENDED, AGREEMENT_MISSING or ALREADY_SIGNED, and
        Conflict AGREEMENT_CHANGED when another revision is on the table.
        """
        self._require_participant(person)
        self._require_running()
        agreement = self._agreement_of(revision)
        if person in agreement.signed_by:
            raise Refused("ALREADY_SIGNED", "you have signed this revision")
        signed = replace(agreement, signed_by=(*agreement.signed_by, person))
        happened: list[MentorshipEvent] = [AgreementSigned(person, revision)]
        if set(signed.signed_by) != set(self.people):
            return replace(self, agreement=signed), happened
        happened.append(MentorshipActivated(signed.terms.cadence_days, signed.terms.meeting_minutes))
        return replace(self, agreement=signed, stage=Stage.ACTIVE), happened

    def end(self, person: str, *, oversees: bool) -> tuple["Mentorship", list[MentorshipEvent]]:
        """Finish the relationship, by one of the two or somebody who oversees all.

        Raises Denied NOT_A_PARTICIPANT, Refused MENTORSHIP_ENDED.
        """
        if not oversees:
            self._require_participant(person)
        self._require_running()
        return replace(self, stage=Stage.ENDED), [MentorshipEnded()]

    def finish(self) -> tuple["Mentorship", list[MentorshipEvent]]:
        """Finish it because its match is over; one that is over already stays as it is."""
        if self.stage is Stage.ENDED:
            return self, []
        return replace(self, stage=Stage.ENDED), [MentorshipEnded()]

    def set_goal(
        self, mentorship: str, person: str, draft: GoalDraft, now: datetime
    ) -> tuple[Goal, list[GoalEvent]]:
        """Set a goal in this mentorship, whose id is `mentorship`, by one of the two.

        Raises Denied NOT_A_PARTICIPANT, Refused MENTORSHIP_NOT_ACTIVE, Invalid as `goal.create` does.
        """
        self._require_participant(person)
        if self.stage is not Stage.ACTIVE:
            raise Refused("MENTORSHIP_NOT_ACTIVE", "goals are set in an active mentorship")
        return goal.create(mentorship, person, self.people, draft, now)

    def _agreement_of(self, revision: int) -> Agreement:
        if self.agreement is None:
            raise Refused("AGREEMENT_MISSING", "nobody has proposed an agreement yet")
        if revision != self.agreement.revision:
            raise Conflict(
                "AGREEMENT_CHANGED",
                "another revision is on the table",
                metadata={"revision": str(self.agreement.revision)},
            )
        return self.agreement

    def _require_participant(self, person: str) -> None:
        if person not in self.people:
            raise Denied("NOT_A_PARTICIPANT", "only the mentor and the mentee may do this")

    def _require_running(self) -> None:
        if self.stage is Stage.ENDED:
            raise Refused("MENTORSHIP_ENDED", "this mentorship is over")


def begin(mentorship: Mentorship) -> tuple[Mentorship, list[MentorshipEvent]]:
    """Start the relationship that a confirmed match asks for. Refused SAME_PERSON."""
    if mentorship.mentor == mentorship.mentee:
        raise Refused("SAME_PERSON", "nobody is their own mentor")
    return mentorship, [MentorshipCreated()]
