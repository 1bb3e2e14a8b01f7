"""One person's request to another: asked, answered, and matched, refused or pointless. Times are aware UTC.

A request is open while it may still become a match. Only an accepted one is out of everybody's hands: the
match is being made, so nobody withdraws, declines or closes it; making the match decides (`void`, `waitlist`,
`matched`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from services.kernel.errors import Denied, NotFound, Refused
from services.kernel.personal import Personal
from services.matching.domain.policy import Pair

REMIND_AGAIN: Final = timedelta(hours=24)
"""How long after any reminder the requester may have another one sent (the contract's "once a day")."""


class Stage(StrEnum):
    """How far a request is."""

    PENDING = "PENDING"
    MORE_ASKED = "MORE_ASKED"
    WAITLISTED = "WAITLISTED"
    ACCEPTED = "ACCEPTED"
    MATCHED = "MATCHED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    CLOSED = "CLOSED"


ANSWERABLE: Final = (Stage.PENDING, Stage.MORE_ASKED, Stage.WAITLISTED)
"""Waiting for somebody, or for a seat."""

OPEN: Final = (*ANSWERABLE, Stage.ACCEPTED)
"""Counts against the requester's limit, and there is one of a pair at most."""


class Reason(StrEnum):
    """Why a request became pointless."""

    LEFT_COMPANY = "LEFT_COMPANY"
    LEFT_PROGRAM = "LEFT_PROGRAM"
    PAUSED = "PAUSED"
    PROGRAM_CLOSED = "PROGRAM_CLOSED"
    MATCHED_ELSEWHERE = "MATCHED_ELSEWHERE"
    NOT_ALLOWED = "NOT_ALLOWED"


class Event(StrEnum):
    """What happened to a request; the state tells the rest. The values are the names of the contract."""

    REQUESTED = "MatchRequested"
    REMINDED = "MatchRequestReminded"
    MORE_ASKED = "MatchRequestMoreAsked"
    ANSWERED = "MatchRequestAnswered"
    ACCEPTED = "MatchRequestAccepted"
    WAITLISTED = "MatchRequestWaitlisted"
    PROMOTED = "MatchRequestPromoted"
    MATCHED = "MatchRequestMatched"
    DECLINED = "MatchRequestDeclined"
    WITHDRAWN = "MatchRequestWithdrawn"
    EXPIRED = "MatchRequestExpired"
    CLOSED = "MatchRequestClosed"


@dataclass(frozen=True, slots=True)
class MatchRequest:
    """One request of `requester` to the other one of `people` (mentor, mentee), in words for these two only.

    `since` is when the present wait for the person asked began; reminders and expiry count from it in hours,
    copied from the program so that a timer needs no other document. `agreed`: the person asked said yes.
    `promoted`: it waited for a seat and was moved up. `rung` planned reminders since `since` are behind it,
    `reminders` were sent in all, the last at `reminded`. `claims` must be unique in the organization: the
    pair's one open request, and a numbered place among the requester's.
    """

    program: str
    people: tuple[str, str]
    requester: str
    message: Annotated[str, Personal("requester")]
    since: datetime
    reminder_hours: tuple[int, ...]
    expiry_hours: int
    claims: tuple[str, ...]
    stage: Stage = Stage.PENDING
    agreed: bool = False
    promoted: bool = False
    question: Annotated[str, Personal("people.0", also=("people.1",))] = ""
    answer: Annotated[str, Personal("requester")] = ""
    rung: int = 0
    reminders: int = 0
    reminded: datetime | None = None
    close_reason: str = ""
    match: str = ""

    @property
    def pair(self) -> Pair:
        """Who would guide whom."""
        return Pair(*self.people)

    @property
    def recipient(self) -> str:
        """Who was asked."""
        mentor, mentee = self.people
        return mentee if self.requester == mentor else mentor

    @property
    def in_flight(self) -> bool:
        """Whether a seat is meant for it: it was moved up from the line, or its match is being made."""
        moved_up = self.promoted and self.stage in {Stage.PENDING, Stage.MORE_ASKED}
        return moved_up or self.stage is Stage.ACCEPTED

    @property
    def expires(self) -> datetime | None:
        """When it expires unless answered; None while it waits for no person.

        A question stops the reminders, not this clock; the answer to it starts the time anew.
        """
        if self.stage not in {Stage.PENDING, Stage.MORE_ASKED}:
            return None
        return self.since + timedelta(hours=self.expiry_hours)

    @property
    def due_at(self) -> datetime | None:
        """When the next reminder or the expiry is due.

        A waiting line has neither: nobody is late there. A request moved up from it starts its time anew.
        """
        expires = self.expires
        if expires is None or self.stage is Stage.MORE_ASKED or self.rung >= len(self.reminder_hours):
            return expires
        return min(expires, self.since + timedelta(hours=self.reminder_hours[self.rung]))

    def fire(self, now: datetime) -> "tuple[MatchRequest, list[Event]]":
        """Remind or expire, whichever is due; late timers send one reminder for all, and expiry wins."""
        expires = self.expires
        if expires is None or now < (self.due_at or expires):
            return self, []
        if now >= expires:
            return self._over(Stage.EXPIRED), [Event.EXPIRED]
        rung = sum(self.since + timedelta(hours=hours) <= now for hours in self.reminder_hours)
        return replace(self._reminded(now), rung=rung), [Event.REMINDED]

    def require_of(self, program: str) -> None:
        """Raise NotFound unless it is a request in `program`."""
        if self.program != program:
            raise not_found()

    def read_by(self, person: str, *, oversees: bool) -> "MatchRequest":
        """Return what `person` may read; overseers get no words. NotFound for others outside the pair."""
        if person in self.people:
            return self
        if not oversees:
            raise not_found()
        return replace(self, message="", question="", answer="")

    def accept(self, person: str, now: datetime) -> "tuple[MatchRequest, list[Event]]":
        """Say yes, as the person asked; a second yes changes nothing.

        Raises NotFound, Denied NOT_THE_RECIPIENT, Refused REQUEST_OVER.
        """
        self._require_recipient(person)
        if self.agreed and self.stage in {*OPEN, Stage.MATCHED}:
            return self, []
        self._require_answerable(now)
        return replace(self, stage=Stage.ACCEPTED, agreed=True), [Event.ACCEPTED]

    def decline(self, person: str, now: datetime) -> "tuple[MatchRequest, list[Event]]":
        """Say no, as the person asked; a second no changes nothing. Raises as `accept`, REQUEST_ACCEPTED."""
        self._require_recipient(person)
        if self.stage is Stage.DECLINED:
            return self, []
        self._require_answerable(now)
        return self._over(Stage.DECLINED), [Event.DECLINED]

    def ask_more(self, person: str, question: str, now: datetime) -> "tuple[MatchRequest, list[Event]]":
        """Ask the requester something before answering. Raises as `decline`, Refused REQUEST_NOT_PENDING."""
        self._require_recipient(person)
        self._require_pending(now)
        asked = replace(self, stage=Stage.MORE_ASKED, question=question, answer="")
        return asked, [Event.MORE_ASKED]

    def tell_more(self, person: str, answer: str, now: datetime) -> "tuple[MatchRequest, list[Event]]":
        """Answer the question, as the requester; the person asked has the whole time again.

        Raises NotFound, Denied NOT_THE_REQUESTER, Refused REQUEST_OVER, REQUEST_ACCEPTED or NOTHING_ASKED.
        """
        self._require_requester(person)
        self._require_answerable(now)
        if self.stage is not Stage.MORE_ASKED:
            raise Refused("NOTHING_ASKED", "no question waits for an answer")
        told = replace(self, stage=Stage.PENDING, answer=answer, since=now, rung=0)
        return told, [Event.ANSWERED]

    def withdraw(self, person: str, now: datetime) -> "tuple[MatchRequest, list[Event]]":
        """Take it back, as the requester; a second time changes nothing.

        Raises NotFound, Denied NOT_THE_REQUESTER, Refused REQUEST_OVER or REQUEST_ACCEPTED.
        """
        self._require_requester(person)
        if self.stage is Stage.WITHDRAWN:
            return self, []
        self._require_answerable(now)
        return self._over(Stage.WITHDRAWN), [Event.WITHDRAWN]

    def remind(self, person: str, now: datetime) -> "tuple[MatchRequest, list[Event]]":
        """Remind the person asked, as the requester.

        Raises as `withdraw`, Refused REQUEST_NOT_PENDING, or REMINDED_RECENTLY within a day of any reminder.
        """
        self._require_requester(person)
        self._require_pending(now)
        if self.reminded is not None and now < self.reminded + REMIND_AGAIN:
            raise Refused("REMINDED_RECENTLY", "the person asked was reminded less than a day ago")
        return self._reminded(now), [Event.REMINDED]

    def close(self, reason: Reason) -> "tuple[MatchRequest, list[Event]]":
        """Close it as pointless, unless it is over or its match is being made."""
        if self.stage not in ANSWERABLE:
            return self, []
        return self._closed(reason), [Event.CLOSED]

    def void(self, reason: Reason) -> "tuple[MatchRequest, list[Event]]":
        """Close an accepted request that can become no match."""
        if self.stage is not Stage.ACCEPTED:
            return self, []
        return self._closed(reason), [Event.CLOSED]

    def waitlist(self) -> "tuple[MatchRequest, list[Event]]":
        """Put an accepted request in line: the mentor has no seat."""
        if self.stage is not Stage.ACCEPTED:
            return self, []
        return replace(self, stage=Stage.WAITLISTED), [Event.WAITLISTED]

    def promote(self, now: datetime) -> "tuple[MatchRequest, list[Event]]":
        """Move up from the line: to be answered now, or accepted again if it has its yes already."""
        if self.stage is not Stage.WAITLISTED:
            return self, []
        moved = replace(self, promoted=True)
        if self.agreed:
            return replace(moved, stage=Stage.ACCEPTED), [Event.ACCEPTED]
        return replace(moved, stage=Stage.PENDING, since=now, rung=0), [Event.PROMOTED]

    def matched(self, match: str) -> "tuple[MatchRequest, list[Event]]":
        """Note the match that an accepted request became."""
        if self.stage is not Stage.ACCEPTED:
            return self, []
        return replace(self._over(Stage.MATCHED), match=match), [Event.MATCHED]

    def _closed(self, reason: Reason) -> "MatchRequest":
        return replace(self._over(Stage.CLOSED), close_reason=reason.value)

    def _over(self, stage: Stage) -> "MatchRequest":
        return replace(self, stage=stage, claims=())

    def _reminded(self, now: datetime) -> "MatchRequest":
        return replace(self, reminders=self.reminders + 1, reminded=now)

    def _require_recipient(self, person: str) -> None:
        self.read_by(person, oversees=False)
        if person != self.recipient:
            raise Denied("NOT_THE_RECIPIENT", "only the person asked may do this")

    def _require_requester(self, person: str) -> None:
        self.read_by(person, oversees=False)
        if person != self.requester:
            raise Denied("NOT_THE_REQUESTER", "only the one who asked may do this")

    def _require_pending(self, now: datetime) -> None:
        self._require_answerable(now)
        if self.stage is not Stage.PENDING:
            raise Refused("REQUEST_NOT_PENDING", "the request does not wait for the person asked")

    def _require_answerable(self, now: datetime) -> None:
        """Let the clock decide even when the timer is late."""
        if self.stage is Stage.ACCEPTED:
            raise Refused("REQUEST_ACCEPTED", "the person asked said yes; the match is being made")
        if self.stage not in ANSWERABLE or (self.expires is not None and now >= self.expires):
            raise Refused("REQUEST_OVER", "the request is over")


def not_found() -> NotFound:
    """Return the answer for what is hidden, the same as the store's for what is absent."""
    return NotFound("NOT_FOUND", "nothing of this name exists")
