"""What a mentorship and a goal are and how they may change.

Decisions return the new state and what happened, or raise a refusal. People, programs and mentorships are
plain ids of one organization. Events carry only what the state does not tell.
"""

import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from services.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused

_WESTMOST = timedelta(hours=-12)
"""UTC-12, the last zone to begin a day: a date is in the past everywhere once it is in the past there."""


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


class Kind(StrEnum):
    """What a goal is about."""

    TECHNICAL_SKILL = "TECHNICAL_SKILL"
    SOFT_SKILL = "SOFT_SKILL"
    CAREER = "CAREER"
    NETWORK = "NETWORK"
    CONFIDENCE = "CONFIDENCE"
    CHALLENGE = "CHALLENGE"


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


@dataclass(frozen=True, slots=True)
class GoalCreated:
    """A goal is set."""


@dataclass(frozen=True, slots=True)
class GoalCompleted:
    """A goal is reached."""


MentorshipEvent = (
    MentorshipCreated | AgreementProposed | AgreementSigned | MentorshipActivated | MentorshipEnded
)
GoalEvent = GoalCreated | GoalCompleted


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
class GoalDraft:
    """A goal as asked for. An empty `measure` and an absent `target_date` mean: not said."""

    kind: Kind
    title: str
    measure: str = ""
    target_date: date | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """Something the mentee of `people` (mentor, mentee) wants to reach, in words for these two only."""

    mentorship: str
    people: tuple[str, str]
    kind: Kind
    title: str
    measure: str = ""
    target_date: date | None = None
    complete_time: datetime | None = None

    def read_by(self, person: str, *, oversees: bool) -> "Goal":
        """Return what `person` may read; overseers get no words. NotFound for others outside the pair."""
        if person in self.people:
            return self
        if not oversees:
            raise not_found()
        return replace(self, title="", measure="")

    def complete(self, mentorship: str, person: str, now: datetime) -> tuple["Goal", list[GoalEvent]]:
        """Mark as reached, once, by one of the two. What was reached stays so after the mentorship's end.

        Raises NotFound for anybody else or under another mentorship's name, Refused GOAL_ALREADY_COMPLETED.
        """
        if mentorship != self.mentorship or person not in self.people:
            raise not_found()
        if self.complete_time is not None:
            raise Refused("GOAL_ALREADY_COMPLETED", "this goal is reached already")
        return replace(self, complete_time=now), [GoalCompleted()]


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
        areas = tuple(_line(area, "agreement.focus_areas") for area in terms.focus_areas)
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

    def set_goal(
        self, mentorship: str, person: str, draft: GoalDraft, now: datetime
    ) -> tuple[Goal, list[GoalEvent]]:
        """Set a goal in this active mentorship, whose id is `mentorship`, by one of the two.

        Raises Denied NOT_A_PARTICIPANT, Refused MENTORSHIP_NOT_ACTIVE, Invalid TARGET_DATE_PAST when the date
        is over in every time zone, Invalid for a title that says nothing.
        """
        self._require_participant(person)
        if self.stage is not Stage.ACTIVE:
            raise Refused("MENTORSHIP_NOT_ACTIVE", "goals are set in an active mentorship")
        if draft.target_date is not None and draft.target_date < (now + _WESTMOST).date():
            raise _invalid("TARGET_DATE_PAST", "goal.target_date", "must not be in the past")
        goal = Goal(
            mentorship=mentorship,
            people=self.people,
            kind=draft.kind,
            title=_line(draft.title, "goal.title"),
            measure=_line(draft.measure, "goal.measure") if draft.measure else "",
            target_date=draft.target_date,
        )
        return goal, [GoalCreated()]

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


def not_found() -> NotFound:
    """Return the answer for what is hidden, the same as the store's for what is absent."""
    return NotFound("NOT_FOUND", "nothing of this name exists")


def _line(text: str, field: str) -> str:
    """Return `text` as one line without outer or doubled white space; Invalid if blank or not plain text."""
    line = " ".join(text.split())
    if not line:
        raise _invalid("TEXT_BLANK", field, "must say something")
    if any(unicodedata.category(character) == "Cc" for character in line):
        raise _invalid("TEXT_NOT_PLAIN", field, "must not contain control characters")
    return line


def _invalid(reason: str, field: str, description: str) -> Invalid:
    return Invalid(reason, f"{field} {description}", fields=((field, description),))
