"""What a message is and how its delivery goes. People, meetings, goals are plain ids of one organization.

queued -> sent | failed | suppressed | digested; a try that fails for now leaves it queued with a time for the
next, and one that comes too early is held: queued again when its time has come. A sent one may still bounce.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from services.kernel.errors import NotFound, Refused
from services.kernel.personal import Personal
from services.notifications.domain.chatpost import ChatPost

_PAUSES = tuple(timedelta(seconds=pause) for pause in (5, 30, 120, 600, 1800, 3600, 7200))
"""After each try that failed for now; the try after the last pause is the last one."""

MOST_TRIES = len(_PAUSES) + 1


_NAMED = ("facts.requester", "facts.recipient", "facts.mentor", "facts.mentee")
"""Whose names a message may hold."""


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
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"
    MEETING_REMINDER = "MEETING_REMINDER"
    MEETING_MOVED = "MEETING_MOVED"
    MEETING_CANCELLED = "MEETING_CANCELLED"
    MEETING_CLAIMED = "MEETING_CLAIMED"
    MEETING_BOOKED = "MEETING_BOOKED"
    MEETING_PROPOSED = "MEETING_PROPOSED"
    MEETING_COUNTERED = "MEETING_COUNTERED"
    CHAT_DISABLED = "CHAT_DISABLED"


class Stage(StrEnum):
    """How far delivery is."""

    QUEUED = "QUEUED"
    HELD = "HELD"
    SENT = "SENT"
    FAILED = "FAILED"
    BOUNCED = "BOUNCED"
    SUPPRESSED = "SUPPRESSED"
    DIGESTED = "DIGESTED"


class Reason(StrEnum):
    """Why a message was mailed, held or suppressed."""

    DEFAULT = "DEFAULT"
    CHOSEN = "CHOSEN"
    CRITICAL = "CRITICAL"
    CATEGORY_OFF = "CATEGORY_OFF"
    CHANNEL_OFF = "CHANNEL_OFF"
    ORGANIZATION_OFF = "ORGANIZATION_OFF"
    LEFT = "LEFT"
    QUIET_HOURS = "QUIET_HOURS"
    SEND_WINDOW = "SEND_WINDOW"
    BUDGET = "BUDGET"
    DELAY = "DELAY"
    DIGEST = "DIGEST"
    THROTTLED = "THROTTLED"
    CONDITION = "CONDITION"


class Verdict(StrEnum):
    """What a mail server said: took it, not now, never."""

    ACCEPTED = "ACCEPTED"
    TEMPORARY = "TEMPORARY"
    PERMANENT = "PERMANENT"


@dataclass(frozen=True, slots=True)
class MessageQueued:
    """It waits to be sent, for the first time or again."""


@dataclass(frozen=True, slots=True)
class MessageHeld:
    """It waits until the person's hours, budget or its own steps let it go out."""


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
    """The person gets no mail of it."""


@dataclass(frozen=True, slots=True)
class MessageDigested:
    """Another message's mail tells it too."""


@dataclass(frozen=True, slots=True)
class MessageBounced:
    """The mail came back after it was taken."""

    reason: str


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """The person saw it in a list."""


@dataclass(frozen=True, slots=True)
class MessageRead:
    """The person read it."""


MessageEvent = (
    MessageQueued
    | MessageHeld
    | MessageSent
    | MessageDelayed
    | MessageFailed
    | MessageSuppressed
    | MessageDigested
    | MessageBounced
    | MessageSeen
    | MessageRead
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message is about; empty where its category does not tell.

    It is about a mentorship, a match request of `requester` to `recipient`, or a wish to join a program.
    Feedback, kudos and the like within a mentorship have a `requester` and a `recipient` too. `code` is
    WAITLISTED, why the request was closed or the webhook is off, what was noticed about a silent pair, what a
    person is recognised for (empty: a goal), `count` times, or OWN for what the reader did, PLATFORM for what
    nobody did, HELD for a time that is asked for and can be had, LEFT for what somebody who left a group is
    told. A meeting of a group has a `group` and no mentorship. `day` and `moment` are dates that the reader
    should know, such as an end or a deadline.
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
    count: int = 0
    webhook: str = ""
    day: date | None = None
    moment: datetime | None = None
    group: str = ""
    check_in: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be queued for `person`."""

    person: str
    category: Category
    facts: Facts


@dataclass(frozen=True, slots=True)
class Content:
    """What people read: one line, and plain text. Holds names, so it never enters events or logs.

    It is empty once one of those it names was erased.
    """

    subject: Annotated[str, Personal("person", also=_NAMED)]
    text: Annotated[str, Personal("person", also=_NAMED)]
    html: Annotated[str, Personal("person", also=_NAMED)] = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a try to hand a mail over went; `reason` is a code, such as SMTP_451."""

    verdict: Verdict
    reason: str = ""


Change = tuple["Message", list[MessageEvent]]
"""A message after a decision, and what that tells; nothing told, nothing changed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to `person`.

    `retry_time` is set while a failed try waits for the next, `held_until` while it is held. `reason` is why
    it was mailed, held or suppressed, `failure` the code of the last try that failed. `digest` is the message
    whose mail tells this one too. `round` counts how often it was sent again by hand.

    `chat` is its way to chat, None if it does not go there.
    """

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
    seen_time: datetime | None = None
    reason: Reason | None = None
    failure: str = ""
    held_until: datetime | None = None
    digest: str = ""
    round: int = 0
    chat: ChatPost | None = None

    @property
    def ready(self) -> bool:
        """Whether it is its turn to be sent."""
        return self.stage is Stage.QUEUED and self.retry_time is None

    @property
    def other(self) -> str:
        """The other one of the two it is about, empty if the person is none of them."""
        about = self.facts
        pairs = ((about.requester, about.recipient), (about.mentor, about.mentee))
        return next((one[one[0] == self.person] for one in pairs if self.person in one), "")

    @property
    def due_at(self) -> datetime | None:
        """When it is looked at next."""
        return self.held_until or self.retry_time

    def settle(
        self, content: Content, attempt: Attempt, now: datetime, reason: Reason | None = None
    ) -> Change:
        """Record a try, made for `reason`. Nothing changes if it is not its turn: it is settled already."""
        if not self.ready:
            return self, []
        tried = replace(
            self, content=content, attempts=self.attempts + 1, reason=reason, failure=attempt.reason
        )
        if attempt.verdict is Verdict.ACCEPTED:
            return replace(tried, stage=Stage.SENT, send_time=now), [MessageSent()]
        if attempt.verdict is Verdict.PERMANENT or tried.attempts >= MOST_TRIES:
            return replace(tried, stage=Stage.FAILED), [MessageFailed(attempt.reason)]
        pause = pause_after(self.mail_message_id, tried.attempts)
        return replace(tried, retry_time=now + pause), [MessageDelayed(attempt.reason)]

    def give_up(self, content: Content | None, reason: str) -> Change:
        """Fail without a try, because there is nobody to send to."""
        if not self.ready:
            return self, []
        return replace(self, content=content, stage=Stage.FAILED, failure=reason), [MessageFailed(reason)]

    def suppress(self, content: Content, reason: Reason) -> Change:
        """Send no mail; the inbox shows the message."""
        if not self.ready:
            return self, []
        return replace(self, content=content, stage=Stage.SUPPRESSED, reason=reason), [MessageSuppressed()]

    def hold(self, content: Content, reason: Reason, until: datetime) -> Change:
        """Wait until the mail may go out; the inbox shows the message meanwhile."""
        if not self.ready:
            return self, []
        held = replace(self, content=content, stage=Stage.HELD, reason=reason, held_until=until)
        return held, [MessageHeld()]

    def fold(self, into: str, content: Content) -> Change:
        """Let the mail of message `into` tell this one too, unless a mail of its own was tried."""
        if self.attempts or self.stage not in {Stage.QUEUED, Stage.HELD}:
            return self, []
        folded = replace(self, content=content, stage=Stage.DIGESTED, reason=Reason.DIGEST, digest=into)
        return replace(folded, held_until=None), [MessageDigested()]

    def bounce(self, failure: str) -> Change:
        """Note that the mail came back. Nothing changes unless it was taken."""
        if self.stage is not Stage.SENT:
            return self, []
        return replace(self, stage=Stage.BOUNCED, failure=failure), [MessageBounced(failure)]

    def resend(self) -> Change:
        """Begin anew after it failed or bounced. Refused NOT_FAILED otherwise.

        A mail that was taken before may still arrive somewhere, so the next has a Message-ID of its own.
        """
        if self.stage not in {Stage.FAILED, Stage.BOUNCED}:
            raise Refused("NOT_FAILED", "only a message that failed or bounced is sent again")
        head = self.mail_message_id.partition("@")[0].partition(".")[0]
        again = replace(self, stage=Stage.QUEUED, attempts=0, failure="", send_time=None)
        return replace(again, round=self.round + 1, mail_message_id=f"{head}.{self.round + 1}@mentoring>"), [
            MessageQueued()
        ]

    def fire(self, now: datetime) -> Change:
        """Queue again once the pause is over."""
        if self.due_at is None or now < self.due_at:
            return self, []
        return replace(self, stage=Stage.QUEUED, retry_time=None, held_until=None), [MessageQueued()]

    def see(self, person: str, now: datetime) -> Change:
        """Mark as seen, by the one it is for; again changes nothing. NotFound for anybody else."""
        self.require_addressee(person)
        if self.seen_time is not None:
            return self, []
        return replace(self, seen_time=now), [MessageSeen()]

    def read(self, person: str, now: datetime) -> Change:
        """Mark as read, and so as seen, by the one it is for; again changes nothing. NotFound for others."""
        self.require_addressee(person)
        if self.read_time is not None:
            return self, []
        return replace(self, read_time=now, seen_time=self.seen_time or now), [MessageRead()]

    def require_addressee(self, person: str) -> None:
        """Raise NotFound unless the message is for `person`."""
        if person != self.person:
            raise message_not_found()


def queue(draft: Draft, message_id: str, cause_event_id: str) -> Change:
    """Queue a message whose id is `message_id`; its mails carry the same Message-ID on every try."""
    message = Message(
        person=draft.person,
        category=draft.category,
        facts=draft.facts,
        cause_event_id=cause_event_id,
        mail_message_id=f"<{message_id}@mentoring>",
    )
    return message, [MessageQueued()]


def pause_after(message_id: str, tries: int) -> timedelta:
    """Return the pause after so many tries, half to one and a half of the usual: messages come back apart."""
    draw = zlib.crc32(f"{message_id}/{tries}".encode()) / 2**32
    return timedelta(milliseconds=_PAUSES[tries - 1] * (0.5 + draw) // timedelta(milliseconds=1))


def message_not_found() -> NotFound:
    """Return the one answer for absent and for hidden messages."""
    return NotFound("MESSAGE_NOT_FOUND", "no such message")
