"""What a message is and how its delivery goes. People, meetings, goals are plain ids of one organization.

queued -> sent | failed | suppressed; a try that fails for now leaves it queued with a time for the next.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.kernel.errors import NotFound

_PAUSES = tuple(timedelta(seconds=pause) for pause in (5, 30, 120, 600, 1800, 3600, 7200))
"""After each try that failed for now; the try after the last pause is the last one."""

MOST_TRIES = len(_PAUSES) + 1


class Category(StrEnum):
    """Why a message exists."""

    REBOOK_REMINDER = "REBOOK_REMINDER"
    LEAD_ALERT = "LEAD_ALERT"
    RECOGNITION = "RECOGNITION"
    MATCH_REQUESTED = "MATCH_REQUESTED"
    MATCH_REQUEST_REMINDER = "MATCH_REQUEST_REMINDER"
    MATCH_REQUEST_QUESTION = "MATCH_REQUEST_QUESTION"
    MATCH_REQUEST_ANSWER = "MATCH_REQUEST_ANSWER"
    MATCH_REQUEST_MATCHED = "MATCH_REQUEST_MATCHED"
    MATCH_REQUEST_DECLINED = "MATCH_REQUEST_DECLINED"
    MATCH_REQUEST_EXPIRED = "MATCH_REQUEST_EXPIRED"
    MATCH_REQUEST_CLOSED = "MATCH_REQUEST_CLOSED"
    MATCH_REQUEST_PROMOTED = "MATCH_REQUEST_PROMOTED"
    MATCH_ENDED = "MATCH_ENDED"
    AGREEMENT_PROPOSED = "AGREEMENT_PROPOSED"
    MENTORSHIP_PAUSED = "MENTORSHIP_PAUSED"
    MENTORSHIP_RESUMED = "MENTORSHIP_RESUMED"
    EXTENSION_PROPOSED = "EXTENSION_PROPOSED"
    CLOSING_PROPOSED = "CLOSING_PROPOSED"
    END_NEAR = "END_NEAR"
    MENTORSHIP_COMPLETED = "MENTORSHIP_COMPLETED"
    CHECK_IN = "CHECK_IN"
    FIT_QUESTION = "FIT_QUESTION"
    FEEDBACK = "FEEDBACK"
    KUDOS = "KUDOS"
    INTRODUCTION_PROPOSED = "INTRODUCTION_PROPOSED"
    INTRODUCTION_MADE = "INTRODUCTION_MADE"
    NUDGE = "NUDGE"
    ENDING_WARNING = "ENDING_WARNING"
    LEAD_ESCALATION = "LEAD_ESCALATION"
    ENROLMENT_REQUESTED = "ENROLMENT_REQUESTED"
    MEETING_REMINDER = "MEETING_REMINDER"
    MEETING_MOVED = "MEETING_MOVED"
    MEETING_CANCELLED = "MEETING_CANCELLED"
    MEETING_CLAIMED = "MEETING_CLAIMED"


class Stage(StrEnum):
    """How far delivery is."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"


class Verdict(StrEnum):
    """What a mail server said: took it, not now, never."""

    ACCEPTED = "ACCEPTED"
    TEMPORARY = "TEMPORARY"
    PERMANENT = "PERMANENT"


@dataclass(frozen=True, slots=True)
class MessageQueued:
    """It waits to be sent, for the first time or again."""


@dataclass(frozen=True, slots=True)
class MessageSent:
    """The mail server took it."""


@dataclass(frozen=True, slots=True)
class MessageDelayed:
    """A try failed; another follows."""

    reason: str


@dataclass(frozen=True, slots=True)
class MessageFailed:
    """It is given up."""

    reason: str


@dataclass(frozen=True, slots=True)
class MessageSuppressed:
    """The person gets no mail of this kind."""


@dataclass(frozen=True, slots=True)
class MessageRead:
    """The person read it."""


MessageEvent = MessageQueued | MessageSent | MessageDelayed | MessageFailed | MessageSuppressed | MessageRead


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message is about; empty where its category does not tell.

    It is about a mentorship, a match request of `requester` to `recipient`, or a wish to join a program.
    Feedback, kudos and the like within a mentorship have a `requester` and a `recipient` too. `code` is
    WAITLISTED, why the request was closed, or what was noticed about a silent pair.
    """

    mentorship: str = ""
    mentor: str = ""
    mentee: str = ""
    meeting: str = ""
    goal: str = ""
    misses_in_row: int = 0
    request: str = ""
    requester: str = ""
    recipient: str = ""
    code: str = ""
    enrolment: str = ""

    @property
    def about(self) -> str:
        """The id of what it is about."""
        return self.mentorship or self.request or self.enrolment


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be queued for `person`."""

    person: str
    category: Category
    facts: Facts


@dataclass(frozen=True, slots=True)
class Content:
    """What people read: one line, and plain text. Holds names, so it never enters events or logs."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a try to hand a mail over went; `reason` is a code, such as SMTP_451."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to `person`. `retry_time` is set while a failed try waits for the next."""

    person: str
    category: Category
    facts: Facts
    cause_event_id: str
    mail_message_id: str
    stage: Stage = Stage.QUEUED
    content: Content | None = None
    attempts: int = 0
    retry_time: datetime | None = None
    send_time: datetime | None = None
    read_time: datetime | None = None

    @property
    def ready(self) -> bool:
        """Whether it should be sent now."""
        return self.stage is Stage.QUEUED and self.retry_time is None

    @property
    def other(self) -> str:
        """The other one of the two it is about, empty if the person is none of them."""
        about = self.facts
        pairs = ((about.requester, about.recipient), (about.mentor, about.mentee))
        return next((one[one[0] == self.person] for one in pairs if self.person in one), "")

    @property
    def due_at(self) -> datetime | None:
        """When the next try is due."""
        return self.retry_time

    def settle(
        self, content: Content, attempt: Attempt, now: datetime
    ) -> tuple["Message", list[MessageEvent]]:
        """Record a try. Nothing changes if it was not waiting to be sent: it is settled already."""
        if not self.ready:
            return self, []
        tried = replace(self, content=content, attempts=self.attempts + 1)
        if attempt.verdict is Verdict.ACCEPTED:
            return replace(tried, stage=Stage.SENT, send_time=now), [MessageSent()]
        if attempt.verdict is Verdict.PERMANENT or tried.attempts >= MOST_TRIES:
            return replace(tried, stage=Stage.FAILED), [MessageFailed(attempt.reason)]
        pause = _pause(self.mail_message_id, tried.attempts)
        return replace(tried, retry_time=now + pause), [MessageDelayed(attempt.reason)]

    def give_up(self, content: Content | None, reason: str) -> tuple["Message", list[MessageEvent]]:
        """Fail without a try, because there is nobody to send to."""
        if not self.ready:
            return self, []
        return replace(self, content=content, stage=Stage.FAILED), [MessageFailed(reason)]

    def suppress(self, content: Content) -> tuple["Message", list[MessageEvent]]:
        """Send no mail; the inbox shows the message."""
        if not self.ready:
            return self, []
        return replace(self, content=content, stage=Stage.SUPPRESSED), [MessageSuppressed()]

    def fire(self, now: datetime) -> tuple["Message", list[MessageEvent]]:
        """Queue again once the pause is over."""
        if self.retry_time is None or now < self.retry_time:
            return self, []
        return replace(self, retry_time=None), [MessageQueued()]

    def read(self, person: str, now: datetime) -> tuple["Message", list[MessageEvent]]:
        """Mark as read, by the one it is for; reading again changes nothing. NotFound for anybody else."""
        self.require_addressee(person)
        if self.read_time is not None:
            return self, []
        return replace(self, read_time=now), [MessageRead()]

    def require_addressee(self, person: str) -> None:
        """Raise NotFound unless the message is for `person`."""
        if person != self.person:
            raise message_not_found()


def queue(draft: Draft, message_id: str, cause_event_id: str) -> tuple[Message, list[MessageEvent]]:
    """Queue a message whose id is `message_id`; its mails carry the same Message-ID on every try."""
    message = Message(
        person=draft.person,
        category=draft.category,
        facts=draft.facts,
        cause_event_id=cause_event_id,
        mail_message_id=f"<{message_id}@mentoring>",
    )
    return message, [MessageQueued()]


def _pause(message_id: str, tries: int) -> timedelta:
    """Return the pause after so many tries, half to one and a half of the usual: messages come back apart."""
    draw = zlib.crc32(f"{message_id}/{tries}".encode()) / 2**32
    return timedelta(milliseconds=_PAUSES[tries - 1] * (0.5 + draw) // timedelta(milliseconds=1))


def message_not_found() -> NotFound:
    """Return the one answer for absent and for hidden messages."""
    return NotFound("MESSAGE_NOT_FOUND", "no such message")
