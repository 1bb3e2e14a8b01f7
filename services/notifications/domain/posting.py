"""A message's way to chat, beside that of its mail: pending -> posted | failed | discarded.

While pending it always has a timer: for its next try, or to be handed out again should the process that took
it die.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from services.notifications.domain.chatpost import ChatPost, Progress
from services.notifications.domain.messages import MOST_TRIES, Attempt, Message, Stage, Verdict, pause_after

ABANDONED: Final = timedelta(minutes=2)
"""After so long without a record somebody else makes the try."""
OFF: Final = "CHAT_OFF"


@dataclass(frozen=True, slots=True)
class MessagePostQueued:
    """It waits to be posted, for the first time or again."""


@dataclass(frozen=True, slots=True)
class MessagePostDelayed:
    """A try failed; another follows."""

    reason: str


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """The chat took it."""


@dataclass(frozen=True, slots=True)
class MessagePostFailed:
    """It is given up for chat."""

    reason: str


PostEvent = MessagePostQueued | MessagePostDelayed | MessagePosted | MessagePostFailed
Change = tuple[Message, Sequence[Any]]
"""A message after a decision, and what that tells, of its mail too."""


def beside(change: Change, owner: str, now: datetime) -> Change:
    """Let a message that is mailed or not also go to the chat of `owner`, once."""
    message, events = change
    if not events or message.chat is not None:
        return change
    post = ChatPost(owner, due=now + ABANDONED)
    return replace(message, chat=post), [*events, MessagePostQueued()]


def is_ready(message: Message) -> bool:
    """Whether it is its turn to be posted."""
    return message.chat is not None and message.chat.stage is Progress.PENDING and not message.chat.paused


def settle(message: Message, attempt: Attempt, now: datetime) -> Change:
    """Record a try. Nothing changes if it is not its turn: it is settled already."""
    if message.chat is None or not is_ready(message):
        return message, []
    tried = replace(message.chat, attempts=message.chat.attempts + 1, due=None, failure=attempt.reason)
    if attempt.verdict is Verdict.ACCEPTED:
        posted = replace(tried, stage=Progress.POSTED, time=now, failure="")
        return replace(message, chat=posted), [MessagePosted()]
    if attempt.verdict is Verdict.PERMANENT or tried.attempts >= MOST_TRIES:
        failed = replace(tried, stage=Progress.FAILED)
        return replace(message, chat=failed), [MessagePostFailed(attempt.reason)]
    pause = pause_after(f"{message.mail_message_id}/chat", tried.attempts)
    delayed = replace(tried, due=now + pause, paused=True)
    return replace(message, chat=delayed), [MessagePostDelayed(attempt.reason)]


def discard(message: Message) -> Change:
    """Post nothing, as the chat is off or removed."""
    if message.chat is None or not is_ready(message):
        return message, []
    gone = replace(message.chat, stage=Progress.DISCARDED, due=None)
    return replace(message, chat=gone), [MessagePostFailed(OFF)]


def resend(message: Message, now: datetime) -> Change:
    """Begin anew what failed, of mail and chat. Refused NOT_FAILED if neither did."""
    if message.chat is None or message.chat.stage is not Progress.FAILED:
        return message.resend()
    failed = message.stage in {Stage.FAILED, Stage.BOUNCED}
    mailed, events = message.resend() if failed else (message, [])
    again = replace(message.chat, stage=Progress.PENDING, attempts=0, failure="", due=now + ABANDONED)
    return replace(mailed, chat=again), [*events, MessagePostQueued()]


def due_at(message: Message) -> datetime | None:
    """When its mail or its post is looked at next."""
    timers = (message.due_at, message.chat.due if message.chat else None)
    return min((timer for timer in timers if timer is not None), default=None)


def fire(message: Message, now: datetime) -> Change:
    """Queue again what waits no longer, mail or post."""
    mailed, events = message.fire(now)
    if mailed.chat is None or mailed.chat.due is None or now < mailed.chat.due:
        return mailed, events
    post = replace(mailed.chat, paused=False, due=now + ABANDONED)
    return replace(mailed, chat=post), [*events, MessagePostQueued()]
