"""Events that lead to messages, and messages, from and to protobuf; stored ids become full names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel import fields, ids
from services.kernel.clock import truncated
from services.kernel.errors import Invalid
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.notifications.domain import messages, posting
from services.notifications.domain.messages import Category, Draft, Facts
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.notifications.v1 import delivery_service_pb2 as delivery
from services.pb.mentoring.notifications.v1 import events_pb2 as events
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.recognition.v1 import events_pb2 as recognition
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as recognitions
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling

PERSON = "organizations/*/people/*"
MESSAGE = "organizations/*/people/*/messages/*"
_MENTORSHIP = "organizations/*/mentorships/*"
_GOAL = f"{_MENTORSHIP}/goals/*"
_REQUEST = "organizations/*/programs/*/matchRequests/*"
_PAIR = ("mentor", "mentee")
_NAMES: Final[Mapping[str, str]] = {
    "mentorship": _MENTORSHIP,
    "meeting": f"{_MENTORSHIP}/meetings/*",
    "enrolment": "organizations/*/programs/*/enrolments/*",
    "check_in": f"{_MENTORSHIP}/checkIns/*",
    **dict.fromkeys((*_PAIR, "person", "author", "recipient", "contact", "lead"), PERSON),
}
"""Which fields of an event name something that messages are about or go to."""
_FOR_BOTH = frozenset(
    {recognitions.Recognition.KIND_UNSPECIFIED, recognitions.Recognition.KIND_GOAL_COMPLETED}
)
"""Goals; of older events, which told no kind, every one was about a goal."""


def person_name(tenant: str, person: str) -> str:
    """Return a person's full name."""
    return ids.name("organizations", tenant, "people", person)


def reminders(tenant: str, message: processor.RebookReminderDue) -> list[Draft]:
    """Decode that both of a pair should book again. Raises Invalid for malformed and foreign names."""
    facts = Facts(
        mentorship=fields.owned_id(tenant, _MENTORSHIP, message.mentorship, "mentorship"),
        mentor=fields.owned_id(tenant, PERSON, message.mentor, "mentor"),
        mentee=fields.owned_id(tenant, PERSON, message.mentee, "mentee"),
        meeting=fields.owned_id(tenant, f"{_MENTORSHIP}/meetings/*", message.meeting, "meeting"),
        misses_in_row=message.misses_in_row,
    )
    return [Draft(person, Category.REBOOK_REMINDER, facts) for person in (facts.mentor, facts.mentee)]


def alerts(tenant: str, message: processor.LeadAlertDue) -> list[Draft]:
    """Decode that a program lead should know. Raises Invalid for malformed and foreign names."""
    facts = Facts(
        mentorship=fields.owned_id(tenant, _MENTORSHIP, message.mentorship, "mentorship"),
        meeting=fields.owned_id(tenant, f"{_MENTORSHIP}/meetings/*", message.meeting, "meeting"),
        misses_in_row=message.misses_in_row,
    )
    return [Draft(fields.owned_id(tenant, PERSON, message.lead, "lead"), Category.LEAD_ALERT, facts)]


def congratulations(tenant: str, message: recognition.RecognitionIssued) -> list[Draft]:
    """Decode what somebody is recognised for: a pair's goal is news of both, all else of who earned it.

    Raises Invalid for malformed and foreign names.
    """
    both = message.kind in _FOR_BOTH and not message.group
    facts = Facts(
        mentorship=""
        if message.group
        else fields.owned_id(tenant, _MENTORSHIP, message.mentorship, "mentorship"),
        mentor=fields.owned_id(tenant, PERSON, message.mentor, "mentor"),
        mentee=fields.owned_id(tenant, PERSON, message.mentee, "mentee"),
        goal="" if message.group else _goal(tenant, message.goal, needed=both),
        code="" if both else _praise(message),
        count=message.count,
    )
    if both:
        return [Draft(person, Category.RECOGNITION, facts) for person in (facts.mentor, facts.mentee)]
    return [Draft(fields.owned_id(tenant, PERSON, message.person, "person"), Category.RECOGNITION, facts)]


def _goal(tenant: str, goal: str, *, needed: bool) -> str:
    return fields.owned_id(tenant, _GOAL, goal, "goal") if needed or goal else ""


def _praise(message: recognition.RecognitionIssued) -> str:
    known = message.kind in recognitions.Recognition.Kind.values()
    kind = recognitions.Recognition.Kind.Name(message.kind).removeprefix("KIND_") if known else "OTHER"
    return f"GROUP_{kind}" if message.group else kind


def request_news(tenant: str, message: Any, category: Category, whom: Sequence[str]) -> list[Draft]:
    """Decode an event of a match request for those of its two (requester, recipient) that `whom` names.

    Raises Invalid for malformed and foreign names.
    """
    facts = Facts(
        request=fields.owned_id(tenant, _REQUEST, message.match_request, "match_request"),
        requester=fields.owned_id(tenant, PERSON, message.requester, "requester"),
        recipient=fields.owned_id(tenant, PERSON, message.recipient, "recipient"),
        code=_code(message),
    )
    people = {"requester": facts.requester, "recipient": facts.recipient}
    return [Draft(people[one], category, facts) for one in whom]


def _code(message: Any) -> str:
    match message:
        case matching.MatchRequestClosed():
            return str(message.reason)
        case matching.MatchRequested(waitlisted=True):
            return "WAITLISTED"
    return ""


def news(tenant: str, message: Any, category: Category, whom: Sequence[str]) -> list[Draft]:
    """Decode an event for those people whom its fields `whom` name; "partner" is the other than `person`.

    What the platform did by itself, without a `person`, concerns no partner. Guests of a meeting are told by
    the mentor. What everybody is told says to each whether they did it themselves.

    Raises Invalid for malformed and foreign names.
    """
    if isinstance(message, scheduling.MeetingBooked) and message.series:
        return []  # the series is told of as a whole
    known = {
        field.name: fields.owned_id(tenant, _NAMES[field.name], value, field.name)
        for field, value in message.ListFields()
        if field.name in _NAMES
    }
    if "person" in known:
        known["partner"] = next(
            (known.get(one, "") for one in _PAIR if known.get(one) != known["person"]), ""
        )
    requester, recipient = _asking(message)
    facts = Facts(
        mentorship=known.get("mentorship", ""),
        mentor=known.get("mentor", ""),
        mentee=known.get("mentee", ""),
        meeting=known.get("meeting", ""),
        requester=known.get(requester, ""),
        recipient=known.get(recipient, ""),
        enrolment=known.get("enrolment", ""),
        check_in=known.get("check_in", ""),
        code=_news_code(message),
        day=_day(message),
        moment=moment(message),
    )
    drafts = [Draft(known[field], category, facts) for field in whom if known.get(field)]
    if "guests" not in whom or not drafts:
        return drafts
    return _told_to_everybody(tenant, message, known.get("person", ""), drafts)


def _asking(message: Any) -> tuple[str, str]:
    """Return who turns to whom in an event, as the fields that name them; a guest turns to the mentor."""
    match message:
        case matching.EnrolmentRequested():
            return "person", "lead"
        case scheduling.MeetingAnswered():
            return "person", "partner"
    return "author", "recipient"


def _told_to_everybody(tenant: str, message: Any, person: str, drafts: Sequence[Draft]) -> list[Draft]:
    """Add the guests of a meeting to its two, and say to each whose doing it was."""
    guests = [fields.owned_id(tenant, PERSON, name, "guests") for name in message.guests]
    facts = drafts[0].facts
    of_guest = replace(facts, requester=person or facts.mentor)
    also = [Draft(one, drafts[0].category, replace(of_guest, recipient=one)) for one in guests]
    by_nobody = "PLATFORM" if "person" in message.DESCRIPTOR.fields_by_name and not person else ""
    return [
        replace(one, facts=replace(one.facts, code="OWN" if one.person == person else by_nobody))
        for one in (*drafts, *also)
    ]


def _news_code(message: Any) -> str:
    """Return HELD of a time that is asked for and held, the gravest reason of a nudge, else ""."""
    if isinstance(message, scheduling.MeetingAnswered):
        return "HELD" if message.HasField("hold_expire_time") else ""
    return _noticed(message) if isinstance(message, processor.NudgeDue) else ""


def _noticed(message: processor.NudgeDue) -> str:
    """Return the gravest reason of a nudge, such as NO_FIRST_MEETING; "" for one of a newer build."""
    if not message.reasons:
        return ""
    gravest = message.reasons[0]
    known = gravest in processor.Reason.values()
    return processor.Reason.Name(gravest).removeprefix("REASON_") if known else ""


def _day(message: Any) -> date | None:
    """Return the last day that an event of a mentorship names."""
    told = getattr(message, "end_date", None)
    return date(told.year, told.month, told.day) if told is not None and told.year else None


def moment(message: Any) -> datetime | None:
    """Return the moment that an event names: by which something ends, or when a meeting begins."""
    for field in ("expire_time", "resume_time", "proposed_start_time", "start_time"):
        if field in message.DESCRIPTOR.fields_by_name and message.HasField(field):
            return truncated(getattr(message, field).ToDatetime(UTC))
    return None


def queued(
    tenant: str, message: events.MessageQueued | events.MessagePostQueued | events.MessagePostFailed
) -> Ref:
    """Decode which message waits, or was given up. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, MESSAGE, message.message, "message"))


def message_of(tenant: str, person: str, name: str) -> str:
    """Return the id in a message's name. Raises Invalid NAMES_DIFFER unless it is of this person."""
    organization, addressee, message = ids.parse_name(MESSAGE, name, "names")
    if (organization, addressee) != (tenant, person):
        wrong = (("names", "must be messages of the parent"),)
        raise Invalid("NAMES_DIFFER", "a name is of another parent", fields=wrong)
    return message


def wanted(request: inbox.ListMessagesRequest) -> dict[str, Any]:
    """Decode which messages a list asks for, as conditions on the state."""
    where: dict[str, Any] = {}
    if request.category:
        where["category"] = inbox.Message.Category.Name(request.category).removeprefix("CATEGORY_")
    if request.states:
        states = (inbox.Message.State.Name(state).removeprefix("STATE_") for state in request.states)
        where["stage"] = {"$in": sorted(states)}
    if request.unread:
        where["read_time"] = None
    return where


def message(ref: Ref, stored: Versioned[messages.Message]) -> inbox.Message:
    """Encode a stored message."""
    state = stored.state
    shown = inbox.Message(
        name=message_name(ref, state),
        category=category_value(state.category),
        state=inbox.Message.State.Value(f"STATE_{state.stage}"),
        cause_event_id=state.cause_event_id,
        mail_message_id=state.mail_message_id,
        attempts=state.attempts,
        send_time=_stamp(state.send_time),
        read_time=_stamp(state.read_time),
        seen_time=_stamp(state.seen_time),
        reason=_reason(state.reason),
        hold_time=_stamp(state.held_until),
        failure=state.failure,
        digest=_told_by(ref.tenant, state),
        chat_state=_chat_state(state.chat.stage if state.chat else None),
        chat_time=_stamp(state.chat.time if state.chat else None),
        chat_failure=state.chat.failure if state.chat else "",
        etag=stored.etag,
        create_time=_stamp(stored.create_time),
        update_time=_stamp(stored.update_time),
    )
    if state.content is not None:
        shown.subject, shown.text = state.content.subject, state.content.text
    return shown


def counts(found: Mapping[tuple[Any, ...], int]) -> delivery.CountMessagesResponse:
    """Encode counts by (category, stage, reason, stage in chat), in this order."""
    shown = delivery.CountMessagesResponse()
    for (category, stage, reason, chat), count in found.items():
        shown.counts.add(
            category=category_value(category),
            state=inbox.Message.State.Value(f"STATE_{stage}"),
            reason=_reason(reason),
            chat_state=_chat_state(chat),
            count=count,
        )
    shown.counts.sort(key=lambda one: (one.category, one.state, one.reason, one.chat_state))
    return shown


def message_outgoing(
    ref: Ref, state: messages.Message, event: messages.MessageEvent | posting.PostEvent
) -> Outgoing:
    """Encode what happened to a message.

    Keyed by whom it is for: so one person's messages are delivered one after another, which is what the
    weekly budget, throttles and digests count on.
    """
    name = message_name(ref, state)
    if isinstance(event, posting.PostEvent):
        told = _post_event(name, state, event)
    else:
        told = _event(ref.tenant, name, state, event)
    return Outgoing(message=told, subject=name, key=state.person)


_FAILURES: Final[Mapping[type[Any], type[Any]]] = {
    messages.MessageDelayed: events.MessageDelayed,
    messages.MessageFailed: events.MessageFailed,
    messages.MessageBounced: events.MessageBounced,
}
"""Those that carry what a mail server said."""


def _event(tenant: str, name: str, state: messages.Message, event: messages.MessageEvent) -> Message:
    told: Message
    match event:
        case messages.MessageQueued():
            told = events.MessageQueued(message=name, category=category_value(state.category))
        case messages.MessageHeld():
            until = _stamp(state.held_until)
            told = events.MessageHeld(message=name, reason=_reason(state.reason), hold_time=until)
        case messages.MessageSent():
            category = category_value(state.category)
            told = events.MessageSent(message=name, category=category, attempts=state.attempts)
        case messages.MessageSuppressed():
            told = events.MessageSuppressed(message=name, reason=_reason(state.reason))
        case messages.MessageDigested():
            told = events.MessageDigested(message=name, digest=_told_by(tenant, state))
        case messages.MessageSeen():
            told = events.MessageSeen(message=name)
        case messages.MessageRead():
            told = events.MessageRead(message=name)
        case failed:
            told = _FAILURES[type(failed)](message=name, reason=failed.reason)
    return told


def _post_event(name: str, state: messages.Message, event: posting.PostEvent) -> Message:
    match event:
        case posting.MessagePostQueued():
            return events.MessagePostQueued(message=name)
        case posting.MessagePosted():
            attempts = state.chat.attempts if state.chat else 0
            category = category_value(state.category)
            return events.MessagePosted(message=name, category=category, attempts=attempts)
        case posting.MessagePostDelayed(reason):
            return events.MessagePostDelayed(message=name, reason=reason)
        case posting.MessagePostFailed(reason):
            return events.MessagePostFailed(message=name, reason=reason)


def _told_by(tenant: str, state: messages.Message) -> str:
    return message_name(Ref(tenant, state.digest), state) if state.digest else ""


def _reason(reason: messages.Reason | None) -> inbox.Message.Reason.ValueType:
    return inbox.Message.Reason.Value(f"REASON_{reason or 'UNSPECIFIED'}")


def _chat_state(stage: str | None) -> inbox.Message.ChatState.ValueType:
    return inbox.Message.ChatState.Value(f"CHAT_STATE_{stage or 'UNSPECIFIED'}")


def message_name(ref: Ref, state: messages.Message) -> str:
    """Return a message's full name."""
    return ids.name("organizations", ref.tenant, "people", state.person, "messages", ref.id)


def category_value(category: Category) -> inbox.Message.Category.ValueType:
    """Encode a category."""
    return inbox.Message.Category.Value(f"CATEGORY_{category}")


def _stamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    fields.set_time(stamp, moment)
    return stamp
