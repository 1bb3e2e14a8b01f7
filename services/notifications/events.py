"""What notifications hears."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause
from services.notifications import wire
from services.notifications.app import Post
from services.notifications.domain.messages import Category
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.notifications.v1.events_pb2 import MessageQueued
from services.pb.mentoring.processor.v1.events_pb2 import LeadAlertDue, RebookReminderDue
from services.pb.mentoring.recognition.v1.events_pb2 import RecognitionIssued

_REQUESTER, _RECIPIENT = ("requester",), ("recipient",)
_REQUESTS: Final[tuple[tuple[type[Any], Category, tuple[str, ...]], ...]] = (
    (matching.MatchRequested, Category.MATCH_REQUESTED, _RECIPIENT),
    (matching.MatchRequestReminded, Category.MATCH_REQUEST_REMINDER, _RECIPIENT),
    (matching.MatchRequestMoreAsked, Category.MATCH_REQUEST_QUESTION, _REQUESTER),
    (matching.MatchRequestAnswered, Category.MATCH_REQUEST_ANSWER, _RECIPIENT),
    (matching.MatchRequestMatched, Category.MATCH_REQUEST_MATCHED, (*_REQUESTER, *_RECIPIENT)),
    (matching.MatchRequestDeclined, Category.MATCH_REQUEST_DECLINED, _REQUESTER),
    (matching.MatchRequestExpired, Category.MATCH_REQUEST_EXPIRED, _REQUESTER),
    (matching.MatchRequestClosed, Category.MATCH_REQUEST_CLOSED, _REQUESTER),
    (matching.MatchRequestPromoted, Category.MATCH_REQUEST_PROMOTED, _RECIPIENT),
)
"""Which event of a request is told to whom, and why."""


def hear(handlers: Handlers, post: Post) -> None:
    """Turn decisions into queued messages, and queued messages into mails."""

    async def reminder_due(event: Event[RebookReminderDue]) -> None:
        await post.queue(event.tenant, wire.reminders(event.tenant, event.message), _cause(event))

    async def alert_due(event: Event[LeadAlertDue]) -> None:
        await post.queue(event.tenant, wire.alerts(event.tenant, event.message), _cause(event))

    async def recognition_issued(event: Event[RecognitionIssued]) -> None:
        await post.queue(event.tenant, wire.congratulations(event.tenant, event.message), _cause(event))

    async def message_queued(event: Event[MessageQueued]) -> None:
        await post.deliver(wire.queued(event.tenant, event.message), _cause(event))

    handlers.on(RebookReminderDue, reminder_due)
    handlers.on(LeadAlertDue, alert_due)
    handlers.on(RecognitionIssued, recognition_issued)
    handlers.on(MessageQueued, message_queued)
    for kind, category, whom in _REQUESTS:
        handlers.on(kind, _telling(post, category, whom))

    async def match_ended(event: Event[matching.MatchEnded]) -> None:
        await post.queue(event.tenant, wire.farewells(event.tenant, event.message), _cause(event))

    handlers.on(matching.MatchEnded, match_ended)


def _telling(
    post: Post, category: Category, whom: tuple[str, ...]
) -> Callable[[Event[Any]], Awaitable[None]]:
    async def tell(event: Event[Any]) -> None:
        drafts = wire.request_news(event.tenant, event.message, category, whom)
        await post.queue(event.tenant, drafts, _cause(event))

    return tell


def _cause(event: Event[Any]) -> Cause:
    return Cause(id=event.id, trace=event.trace)
