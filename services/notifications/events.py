"""What notifications hears."""

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause
from services.notifications import wire
from services.notifications.app import Post
from services.pb.mentoring.notifications.v1.events_pb2 import MessageQueued
from services.pb.mentoring.processor.v1.events_pb2 import LeadAlertDue, RebookReminderDue
from services.pb.mentoring.recognition.v1.events_pb2 import RecognitionIssued


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


def _cause(
    event: Event[RebookReminderDue] | Event[LeadAlertDue] | Event[RecognitionIssued] | Event[MessageQueued],
) -> Cause:
    return Cause(id=event.id, trace=event.trace)
