"""The relationship of two people: what it is, who may see what of it, and who may change it.

How it changes: `agreeing`, `resting`, `closing` and `ending`; by itself: `timers`.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from services.kernel.errors import Denied, Refused
from services.kernel.personal import Personal
from services.mentorships.domain import goal
from services.mentorships.domain.agreement import Agreement, Usual
from services.mentorships.domain.goal import Goal, GoalDraft
from services.mentorships.domain.goal_events import GoalEvent
from services.mentorships.domain.happenings import MentorshipCreated, MentorshipEvent
from services.mentorships.domain.rules import not_found
from services.mentorships.domain.survey import Said, wordless


class Stage(StrEnum):
    """How far a mentorship is."""

    PROPOSED = "PROPOSED"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    ENDED = "ENDED"


OPEN: Final = (Stage.PROPOSED, Stage.ACTIVE, Stage.PAUSED)
"""Not over."""


class PauseReason(StrEnum):
    """Why a mentorship rests."""

    AWAY = "AWAY"
    WORKLOAD = "WORKLOAD"
    HOLD = "HOLD"
    OTHER = "OTHER"


class EndReason(StrEnum):
    """Why a mentorship is over before both said that it reached its end."""

    PARTICIPANT = "PARTICIPANT"
    OVERSEER = "OVERSEER"
    PERSON_LEFT = "PERSON_LEFT"
    MATCH_ENDED = "MATCH_ENDED"
    INACTIVE = "INACTIVE"
    HANDED_OVER = "HANDED_OVER"
    SAFETY = "SAFETY"


@dataclass(frozen=True, slots=True)
class Who:
    """Who changes a mentorship: one of the two, somebody who oversees all, or HR, who does that too."""

    person: str
    oversees: bool = False
    hr: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """`person` asked for a rest at `since`, until `until`; a hold has no such time."""

    person: str
    reason: PauseReason
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """`person` asks for a later last day."""

    person: str
    end_date: date


@dataclass(frozen=True, slots=True)
class Over:
    """How and when it was over. No reason: it was completed. `left`: who left the company, if that is why."""

    time: datetime
    reason: EndReason | None = None
    never_again: bool = False
    left: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """How `person` looks back: satisfaction from 1 to 5, and words for nobody else.

    `said` answers questions of the program, as revision `form` of its survey plan asks them.
    """

    person: str
    satisfaction: int
    recommends: bool
    comment: Annotated[str, Personal("person")]
    time: datetime
    said: tuple[Said, ...] = ()
    form: int = 0


@dataclass(frozen=True, slots=True)
class Successor:
    """The mentorship in which another mentor goes on."""

    mentorship: str
    mentor: str


@dataclass(frozen=True, slots=True)
class Mentorship:
    """A relationship of `people` (mentor, mentee).

    An informal one has no program, lead and match, and a `proposer`. `agreement` is in force, or on the
    table before anything is; `amendment` is on the table while another is in force, `earlier` were in force
    before; `usual` is what the program suggests. `revision` counts what was proposed; `end_date` is the last
    day: as signed, moved by extensions and pauses. `told_near` is the last day whose coming was told.
    `claims` must be unique in the organization: two people have one open informal mentorship in each
    direction.
    """

    people: tuple[str, str]
    program: str
    lead: str
    match: str
    stage: Stage = Stage.PROPOSED
    agreement: Agreement | None = None
    amendment: Agreement | None = None
    earlier: tuple[Agreement, ...] = ()
    revision: int = 0
    end_date: date | None = None
    told_near: date | None = None
    pause: Pause | None = None
    extension: Extension | None = None
    closing: str = ""
    over: Over | None = None
    surveys: tuple[Survey, ...] = ()
    proposer: str = ""
    predecessor: str = ""
    successor: Successor | None = None
    claims: tuple[str, ...] = ()
    usual: Usual | None = None

    @property
    def mentor(self) -> str:
        """Who guides."""
        return self.people[0]

    @property
    def mentee(self) -> str:
        """Who is guided."""
        return self.people[1]

    @property
    def in_force(self) -> Agreement | None:
        """What both have signed, if they have."""
        if self.agreement is None or not self.agreement.in_force_between(self.people):
            return None
        return self.agreement

    @property
    def on_the_table(self) -> Agreement | None:
        """What waits for signatures, if anything does."""
        return self.amendment or (None if self.in_force else self.agreement)

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.stage in OPEN

    def require_reader(self, person: str) -> None:
        """Raise NotFound unless `person` is one of the two."""
        if person not in self.people:
            raise not_found()

    def read_by(self, person: str, *, oversees: bool) -> "Mentorship":
        """Return what `person` may read. NotFound for others outside the pair.

        Overseers get no words. The two see neither what HR does for somebody's safety as such nor how the
        other one looks back.
        """
        if person not in self.people:
            if not oversees:
                raise not_found()
            return self._without_words()
        return replace(
            self,
            pause=_plain_pause(self.pause),
            over=_plain_end(self.over),
            surveys=tuple(survey for survey in self.surveys if survey.person == person),
        )

    def require_participant(self, person: str) -> None:
        """Raise Denied NOT_A_PARTICIPANT unless `person` is one of the two."""
        if person not in self.people:
            raise Denied("NOT_A_PARTICIPANT", "only the mentor and the mentee may do this")

    def require_involved(self, who: Who) -> None:
        """Raise Denied NOT_A_PARTICIPANT unless one of the two or an overseer."""
        if not who.oversees:
            self.require_participant(who.person)

    def require_open(self) -> None:
        """Raise Refused MENTORSHIP_ENDED once it is over."""
        if not self.is_open:
            raise Refused("MENTORSHIP_ENDED", "this mentorship is over")

    def require_awake(self) -> None:
        """Raise Refused MENTORSHIP_ENDED or MENTORSHIP_PAUSED."""
        self.require_open()
        if self.stage is Stage.PAUSED:
            raise Refused("MENTORSHIP_PAUSED", "this mentorship rests; resume it first")

    def require_active(self) -> None:
        """Raise Refused MENTORSHIP_ENDED, MENTORSHIP_PAUSED or MENTORSHIP_NOT_ACTIVE."""
        self.require_awake()
        if self.stage is not Stage.ACTIVE:
            raise Refused("MENTORSHIP_NOT_ACTIVE", "the agreement is not signed by both yet")

    def set_goal(
        self, mentorship: str, person: str, draft: GoalDraft, now: datetime
    ) -> tuple[Goal, list[GoalEvent]]:
        """Set a goal in this mentorship, whose id is `mentorship`, by one of the two.

        Raises Denied NOT_A_PARTICIPANT, and as `require_active` and `goal.create`.
        """
        self.require_participant(person)
        self.require_active()
        return goal.create(mentorship, person, self.people, draft, now)

    def _without_words(self) -> "Mentorship":
        return replace(
            self,
            agreement=_wordless(self.agreement),
            amendment=_wordless(self.amendment),
            earlier=tuple(one.without_words() for one in self.earlier),
            surveys=tuple(replace(one, comment="", said=wordless(one.said)) for one in self.surveys),
        )


def begin(mentorship: Mentorship) -> tuple[Mentorship, list[MentorshipEvent]]:
    """Start the relationship that a confirmed match asks for. Refused SAME_PERSON."""
    if mentorship.mentor == mentorship.mentee:
        raise Refused("SAME_PERSON", "nobody is their own mentor")
    return mentorship, [MentorshipCreated()]


def ask(people: tuple[str, str], person: str) -> tuple[Mentorship, list[MentorshipEvent]]:
    """Ask the other one of `people` (mentor, mentee) for an informal mentorship.

    Raises Denied NOT_A_PARTICIPANT, Refused SAME_PERSON.
    """
    claim = "informal/" + "/".join(people)
    asked = Mentorship(people, program="", lead="", match="", proposer=person, claims=(claim,))
    asked.require_participant(person)
    return begin(asked)


def _wordless(agreement: Agreement | None) -> Agreement | None:
    return None if agreement is None else agreement.without_words()


def _plain_pause(pause: Pause | None) -> Pause | None:
    if pause is None or pause.reason is not PauseReason.HOLD:
        return pause
    return replace(pause, reason=PauseReason.OTHER)


def _plain_end(over: Over | None) -> Over | None:
    if over is None or over.reason is not EndReason.SAFETY:
        return over
    return replace(over, reason=EndReason.OVERSEER)
