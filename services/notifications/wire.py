"""Messages and preferences to and from protobuf; stored ids become full names of their organization."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services.kernel import fields, ids
from services.kernel.errors import Invalid
from services.kernel.mongo import Outgoing, Ref, Versioned
from services.notifications.domain import messages
from services.notifications.domain.messages import Category, Draft, Facts
from services.notifications.domain.preferences import Preferences, PreferencesUpdated
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.notifications.v1 import events_pb2 as events
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.notifications.v1 import preference_service_pb2 as preference
from services.pb.mentoring.processor.v1 import events_pb2 as processor
from services.pb.mentoring.recognition.v1 import events_pb2 as recognition

PERSON = "organizations/*/people/*"
MESSAGE = "organizations/*/people/*/messages/*"
PREFERENCES = "organizations/*/people/*/preferences"
_MENTORSHIP = "organizations/*/mentorships/*"
_REQUEST = "organizations/*/programs/*/matchRequests/*"
_PAIR = ("mentor", "mentee")
_NAMES: Final[Mapping[str, str]] = {
    "mentorship": _MENTORSHIP,
    "enrolment": "organizations/*/programs/*/enrolments/*",
    **dict.fromkeys((*_PAIR, "person", "author", "recipient", "contact", "lead"), PERSON),
}
"""Which fields of an event name something that messages are about or go to."""


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
    """Decode that a pair earned a recognition. Raises Invalid for malformed and foreign names."""
    facts = Facts(
        mentorship=fields.owned_id(tenant, _MENTORSHIP, message.mentorship, "mentorship"),
        mentor=fields.owned_id(tenant, PERSON, message.mentor, "mentor"),
        mentee=fields.owned_id(tenant, PERSON, message.mentee, "mentee"),
        goal=fields.owned_id(tenant, f"{_MENTORSHIP}/goals/*", message.goal, "goal"),
    )
    return [Draft(person, Category.RECOGNITION, facts) for person in (facts.mentor, facts.mentee)]


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

    What the platform did by itself, without a `person`, concerns no partner.

    Raises Invalid for malformed and foreign names.
    """
    known = {
        field.name: fields.owned_id(tenant, _NAMES[field.name], value, field.name)
        for field, value in message.ListFields()
        if field.name in _NAMES
    }
    if "person" in known:
        known["partner"] = next(
            (known.get(one, "") for one in _PAIR if known.get(one) != known["person"]), ""
        )
    asks = isinstance(message, matching.EnrolmentRequested)
    facts = Facts(
        mentorship=known.get("mentorship", ""),
        mentor=known.get("mentor", ""),
        mentee=known.get("mentee", ""),
        requester=known.get("person" if asks else "author", ""),
        recipient=known.get("lead" if asks else "recipient", ""),
        enrolment=known.get("enrolment", ""),
        code=_noticed(message),
    )
    return [Draft(known[field], category, facts) for field in whom if known.get(field)]


def _noticed(message: Any) -> str:
    """Return the gravest reason for which somebody is nudged, such as NO_FIRST_MEETING."""
    if not isinstance(message, processor.NudgeDue) or not message.reasons:
        return ""
    return processor.Reason.Name(message.reasons[0]).removeprefix("REASON_")


def queued(tenant: str, message: events.MessageQueued) -> Ref:
    """Decode which message waits. Raises Invalid for a malformed or foreign name."""
    return Ref(tenant, fields.owned_id(tenant, MESSAGE, message.message, "message"))


def muted(message: preference.Preferences, mask: FieldMask) -> tuple[Category, ...] | None:
    """Return what an update mutes; None if its mask, or an empty mask and value, leave that alone.

    Raises Invalid UNKNOWN_FIELD for a path that is no changeable field.
    """
    unknown = sorted(set(mask.paths) - {"muted_mail", "*"})
    if unknown:
        raise Invalid(
            "UNKNOWN_FIELD",
            "update_mask names fields that cannot be changed",
            fields=[("update_mask", f"{path[:64]} is not a changeable field") for path in unknown[:20]],
        )
    if not mask.paths and not message.muted_mail:
        return None
    names = (inbox.Message.Category.Name(category) for category in message.muted_mail)
    return tuple(Category(name.removeprefix("CATEGORY_")) for name in names)


def message(ref: Ref, stored: Versioned[messages.Message]) -> inbox.Message:
    """Encode a stored message."""
    state = stored.state
    shown = inbox.Message(
        name=_message(ref, state),
        category=_category(state.category),
        state=inbox.Message.State.Value(f"STATE_{state.stage}"),
        cause_event_id=state.cause_event_id,
        mail_message_id=state.mail_message_id,
        attempts=state.attempts,
        send_time=_stamp(state.send_time),
        read_time=_stamp(state.read_time),
        etag=stored.etag,
        create_time=_stamp(stored.create_time),
        update_time=_stamp(stored.update_time),
    )
    if state.content is not None:
        shown.subject, shown.text = state.content.subject, state.content.text
    return shown


def preferences(tenant: str, person: str, stored: Versioned[Preferences] | None) -> preference.Preferences:
    """Encode a person's preferences; none stored are the defaults, without an etag."""
    return preference.Preferences(
        name=_preferences(tenant, person),
        muted_mail=[_category(category) for category in stored.state.muted] if stored else (),
        etag=stored.etag if stored else "",
    )


def message_outgoing(ref: Ref, state: messages.Message, event: messages.MessageEvent) -> Outgoing:
    """Encode what happened to a message, keyed by the id of what it is about."""
    name, key = _message(ref, state), state.facts.about
    return Outgoing(message=_event(name, state, event), subject=name, key=key)


def preferences_outgoing(ref: Ref, _state: Preferences, _event: PreferencesUpdated) -> Outgoing:
    """Encode that preferences changed, keyed by their person's id."""
    name = _preferences(ref.tenant, ref.id)
    return Outgoing(message=events.PreferencesUpdated(preferences=name), subject=name, key=ref.id)


def _event(name: str, state: messages.Message, event: messages.MessageEvent) -> Message:
    match event:
        case messages.MessageQueued():
            return events.MessageQueued(message=name, category=_category(state.category))
        case messages.MessageSent():
            category = _category(state.category)
            return events.MessageSent(message=name, category=category, attempts=state.attempts)
        case messages.MessageDelayed(reason):
            return events.MessageDelayed(message=name, reason=reason)
        case messages.MessageFailed(reason):
            return events.MessageFailed(message=name, reason=reason)
        case messages.MessageSuppressed():
            return events.MessageSuppressed(message=name)
        case messages.MessageRead():
            return events.MessageRead(message=name)


def _message(ref: Ref, state: messages.Message) -> str:
    return ids.name("organizations", ref.tenant, "people", state.person, "messages", ref.id)


def _preferences(tenant: str, person: str) -> str:
    return ids.name("organizations", tenant, "people", person, "preferences")


def _category(category: Category) -> inbox.Message.Category.ValueType:
    return inbox.Message.Category.Value(f"CATEGORY_{category}")


def _stamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    fields.set_time(stamp, moment)
    return stamp
