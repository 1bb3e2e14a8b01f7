"""What notifications hears."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause
from services.notifications.app.couriers import Couriers
from services.notifications.app.post import Post
from services.notifications.app.posting import Posts
from services.notifications.domain.messages import Category, Draft
from services.notifications.wire import chats, group_meetings
from services.notifications.wire import messages as wire
from services.notifications.wire import webhooks as hooks
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.notifications.v1.events_pb2 import (
    ChatDisabled,
    MessagePostFailed,
    MessagePostQueued,
    MessageQueued,
    WebhookDeliveryFailed,
    WebhookDeliveryQueued,
    WebhookDisabled,
)
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.processor.v1.events_pb2 import LeadAlertDue, NudgeDue, RebookReminderDue
from services.pb.mentoring.recognition.v1 import events_pb2 as recognition
from services.pb.mentoring.recognition.v1.events_pb2 import RecognitionIssued
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling
from services.pb.mentoring.scheduling.v1.codes_pb2 import ANSWER_STATUS_COUNTERED

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

_PAIR, _PERSON, _PARTNER = ("mentor", "mentee"), ("person",), ("partner",)
_EVERYBODY: Final = (*_PAIR, "guests")
_NEWS: Final[tuple[tuple[type[Any], Category, tuple[str, ...]], ...]] = (
    (matching.MatchEnded, Category.MATCH_ENDED, _PAIR),
    (matching.EnrolmentRequested, Category.ENROLMENT_REQUESTED, ("lead",)),
    (mentorships.AgreementProposed, Category.AGREEMENT_PROPOSED, _PARTNER),
    (mentorships.MentorshipPaused, Category.MENTORSHIP_PAUSED, _PAIR),
    (mentorships.MentorshipResumed, Category.MENTORSHIP_RESUMED, _PAIR),
    (mentorships.ExtensionProposed, Category.EXTENSION_PROPOSED, _PARTNER),
    (mentorships.ClosingProposed, Category.CLOSING_PROPOSED, _PARTNER),
    (mentorships.MentorshipEndNear, Category.END_NEAR, _PAIR),
    (mentorships.MentorshipCompleted, Category.MENTORSHIP_COMPLETED, _PAIR),
    (mentorships.CheckInOpened, Category.CHECK_IN, _PERSON),
    (mentorships.FitQuestionOpened, Category.FIT_QUESTION, _PERSON),
    (mentorships.FeedbackGiven, Category.FEEDBACK, _RECIPIENT),
    (mentorships.KudosGiven, Category.KUDOS, _RECIPIENT),
    (mentorships.IntroductionProposed, Category.INTRODUCTION_PROPOSED, ("mentee",)),
    (mentorships.IntroductionOffered, Category.INTRODUCTION_PROPOSED, ("contact",)),
    (mentorships.IntroductionMade, Category.INTRODUCTION_MADE, (*_PAIR, "contact")),
    (scheduling.MeetingReminderDue, Category.MEETING_REMINDER, _EVERYBODY),
    (scheduling.MeetingProposed, Category.MEETING_PROPOSED, _PARTNER),
    (scheduling.MeetingBooked, Category.MEETING_BOOKED, _EVERYBODY),
    (scheduling.SeriesBooked, Category.MEETING_BOOKED, _EVERYBODY),
    (scheduling.MeetingRescheduled, Category.MEETING_MOVED, _EVERYBODY),
    (scheduling.MeetingCancelled, Category.MEETING_CANCELLED, _EVERYBODY),
    (scheduling.MeetingClaimed, Category.MEETING_CLAIMED, _PARTNER),
    (processor.LeadEscalationDue, Category.LEAD_ESCALATION, ("lead",)),
)
"""The same for what happens in mentorships and programs; the people are named by fields of the event."""

_MENTORS, _GROUP = ("mentors",), ("mentors", "members")
_GROUP_NEWS: Final[tuple[tuple[type[Any], Category, tuple[str, ...]], ...]] = (
    (scheduling.GroupMeetingReminderDue, Category.MEETING_REMINDER, _GROUP),
    (scheduling.GroupMeetingBooked, Category.MEETING_BOOKED, _GROUP),
    (scheduling.GroupSeriesBooked, Category.MEETING_BOOKED, _GROUP),
    (scheduling.GroupMeetingAttendeeAdded, Category.MEETING_BOOKED, _PERSON),
    (scheduling.GroupMeetingRescheduled, Category.MEETING_MOVED, _GROUP),
    (scheduling.GroupMeetingCancelled, Category.MEETING_CANCELLED, _GROUP),
    (scheduling.GroupMeetingAttendeeRemoved, Category.MEETING_CANCELLED, _PERSON),
    (scheduling.GroupMeetingMissed, Category.REBOOK_REMINDER, _MENTORS),
)
"""The same for meetings of groups."""

_TOLD: Final = (matching, mentorships, processor, recognition, scheduling)
"""Whose events endpoints can be told: all of them."""

_NUDGES: Final = {
    processor.LADDER_STEP_NUDGE: Category.NUDGE,
    processor.LADDER_STEP_NUDGE_AGAIN: Category.NUDGE,
    processor.LADDER_STEP_WARN: Category.ENDING_WARNING,
}


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
    _hear_news(handlers, post)
    _hear_of_groups(handlers, post)


def _hear_news(handlers: Handlers, post: Post) -> None:
    for kind, category, whom in _REQUESTS:
        handlers.on(kind, _telling(post, category, whom, wire.request_news))
    for kind, category, whom in _NEWS:
        handlers.on(kind, _telling(post, category, whom, wire.news))

    async def nudge_due(event: Event[NudgeDue]) -> None:
        if category := _NUDGES.get(event.message.step):
            drafts = wire.news(event.tenant, event.message, category, _PERSON)
            await post.queue(event.tenant, drafts, _cause(event))

    async def mentorship_ended(event: Event[mentorships.MentorshipEnded]) -> None:
        if not event.message.program:  # else its match ends too, and that is told
            drafts = wire.news(event.tenant, event.message, Category.MATCH_ENDED, _PAIR)
            await post.queue(event.tenant, drafts, _cause(event))

    async def answered(event: Event[scheduling.MeetingAnswered]) -> None:
        if event.message.status == ANSWER_STATUS_COUNTERED:
            drafts = wire.news(event.tenant, event.message, Category.MEETING_COUNTERED, _PARTNER)
            await post.queue(event.tenant, drafts, _cause(event))

    handlers.on(scheduling.MeetingAnswered, answered)
    handlers.on(NudgeDue, nudge_due)
    handlers.on(mentorships.MentorshipEnded, mentorship_ended)


def _hear_of_groups(handlers: Handlers, post: Post) -> None:
    for kind, category, whom in _GROUP_NEWS:
        handlers.on(kind, _telling(post, category, whom, group_meetings.news))

    async def answered(event: Event[scheduling.GroupMeetingAnswered]) -> None:
        if event.message.status == ANSWER_STATUS_COUNTERED:
            await post.queue(event.tenant, group_meetings.asked(event.tenant, event.message), _cause(event))

    handlers.on(scheduling.GroupMeetingAnswered, answered)


def hear_for_chats(handlers: Handlers, posts: Posts, post: Post) -> None:
    """Turn messages that go to chat into requests, and what becomes of them into news of their chat."""

    async def post_queued(event: Event[MessagePostQueued]) -> None:
        posts.hands.hand_over(wire.queued(event.tenant, event.message))

    async def post_failed(event: Event[MessagePostFailed]) -> None:
        message = wire.queued(event.tenant, event.message)
        await posts.failed(message, event.message.reason, _cause(event))

    async def chat_disabled(event: Event[ChatDisabled]) -> None:
        await post.queue(event.tenant, chats.disabled(event.tenant, event.message), _cause(event))

    handlers.on(MessagePostQueued, post_queued)
    handlers.on(MessagePostFailed, post_failed)
    handlers.on(ChatDisabled, chat_disabled)


def hear_for_webhooks(handlers: Handlers, couriers: Couriers, post: Post) -> None:
    """Turn every event into deliveries for those endpoints that want it, and deliveries into requests."""

    async def told(event: Event[Any]) -> None:
        wanted = await couriers.wanted(event.tenant, event.type)
        if wanted:
            news = hooks.news(event)
            for webhook in wanted:
                await couriers.queue(event.tenant, webhook, news, _cause(event))

    async def delivery_queued(event: Event[WebhookDeliveryQueued]) -> None:
        couriers.hands.hand_over(hooks.queued(event.tenant, event.message))

    async def delivery_failed(event: Event[WebhookDeliveryFailed]) -> None:
        webhook = await couriers.webhook_of(hooks.failed(event.tenant, event.message))
        await couriers.disable(webhook, event.message.reason, _cause(event))

    async def webhook_disabled(event: Event[WebhookDisabled]) -> None:
        await post.queue(event.tenant, hooks.disabled(event.tenant, event.message), _cause(event))

    for module in _TOLD:
        for name in module.DESCRIPTOR.message_types_by_name:
            handlers.on(getattr(module, name), told)
    handlers.on(WebhookDeliveryQueued, delivery_queued)
    handlers.on(WebhookDeliveryFailed, delivery_failed)
    handlers.on(WebhookDisabled, webhook_disabled)


Decode = Callable[[str, Any, Category, tuple[str, ...]], list[Draft]]


def _telling(
    post: Post, category: Category, whom: tuple[str, ...], decode: Decode
) -> Callable[[Event[Any]], Awaitable[None]]:
    async def tell(event: Event[Any]) -> None:
        drafts = decode(event.tenant, event.message, category, whom)
        await post.queue(event.tenant, drafts, _cause(event))

    return tell


def _cause(event: Event[Any]) -> Cause:
    return Cause(id=event.id, trace=event.trace)
