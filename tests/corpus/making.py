"""Events of every type, made up from the contract alone; the same contract gives the same bytes."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from services.kernel.events import Event, encode
from services.kernel.kafka import Record

KINDS: Final[Mapping[str, str]] = {
    "defaults": "nothing is set: the shortest value there can be",
    "named": "only what it is about is set, as by a producer that knows no other field",
    "full": "everything is set: the longest ids and lists, the largest numbers, the last enum values",
    "newer": "as full, with a field and enum values that no reader knows yet",
}

_PAIR: Final = "mentorships/{mentorship}"
_PERSON: Final = "people/{person}"
_PATTERNS: Final[Mapping[str, str]] = {
    **{
        name: f"people/{{{name}}}"
        for name in (
            *("absent", "author", "contact", "from_mentor", "guests", "lead", "members", "mentee"),
            *("mentor", "mentors", "notified", "owner", "person", "person_left", "present"),
            *("recipient", "requester", "to_mentor"),
        )
    },
    "action_item": f"{_PAIR}/actionItems/{{action_item}}",
    "availability": f"{_PERSON}/availability",
    "badge": "badges/{badge}",
    "badge_award": f"{_PERSON}/badgeAwards/{{badge_award}}",
    "block": "blocks/{block}",
    "calendar": f"{_PERSON}/calendars/{{calendar}}",
    "calendar_feed": f"{_PERSON}/calendarFeed",
    "chat": f"{_PERSON}/chat",
    "check_in": f"{_PAIR}/checkIns/{{check_in}}",
    "cohort_run": "programs/{program}/cohortRuns/{cohort_run}",
    "delivery": "webhooks/{webhook}/deliveries/{delivery}",
    "digest": f"{_PERSON}/messages/{{digest}}",
    "enrolment": "programs/{program}/enrolments/{enrolment}",
    "erasure": "erasures/{erasure}",
    "feedback": f"{_PAIR}/feedback/{{feedback}}",
    "goal": f"{_PAIR}/goals/{{goal}}",
    "group": "groups/{group}",
    "group_goal": "groups/{group}/goals/{goal}",
    "group_meeting": "groups/{group}/meetings/{meeting}",
    "introduction": f"{_PAIR}/introductions/{{introduction}}",
    "kudos": f"{_PAIR}/kudos/{{kudos}}",
    "learning_resource": "learningResources/{learning_resource}",
    "match": "programs/{program}/matches/{match}",
    "match_request": "programs/{program}/matchRequests/{match_request}",
    "meeting": f"{_PAIR}/meetings/{{meeting}}",
    "meeting_settings": "programs/{program}/meetingSettings",
    "mentorship": _PAIR,
    "message": f"{_PERSON}/messages/{{message}}",
    "milestone": f"{_PAIR}/goals/{{goal}}/milestones/{{milestone}}",
    "note_name": f"{_PAIR}/notes/{{note}}",
    "plan": f"{_PAIR}/plans/{{plan}}",
    "plan_template": "planTemplates/{plan_template}",
    "preferences": f"{_PERSON}/preferences",
    "program": "programs/{program}",
    "recognition": f"{_PERSON}/recognitions/{{recognition}}",
    "recognition_settings": "recognitionSettings",
    "safety_report": "safetyReports/{safety_report}",
    "skill_rating": f"{_PAIR}/skillRatings/{{skill_rating}}",
    "successor": "mentorships/{successor}",
    "survey_plan": "programs/{program}/surveyPlan",
    "team_settings": "teamSettings",
    "template": "templates/{template}",
    "webhook": "webhooks/{webhook}",
    "workflow": "workflows/{workflow}",
}
"""Fields that hold names of resources, below their organization."""

_CODES: Final[Mapping[str, tuple[str, ...]]] = {
    "cause_event_id": ("e" * 256,),
    "changed_fields": ("state", "mentor_capacity", "most_mentees_per_mentor"),
    "evidence_event_ids": ("e" * 256, "f" * 256),
    "reason": ("LEFT_COMPANY",),
}
"""Fields that hold codes and ids by which readers decide, or that are longer than most."""

_CODE: Final = ("c" * 128,)
_LONGEST: Final = 128
_LAST_MOMENT: Final = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
_TOLD: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_NEWER_ENUM: Final = 9_999
_NEWER_FIELD: Final = b"\xfa\xff\xff\xff\x0f\x05newer"
"""A text in the field of the largest number there is."""


class Ids(NamedTuple):
    """Gives ids: short ones, or as long as ids may be."""

    longest: bool

    @property
    def tenant(self) -> str:
        """Return the organization."""
        return self("acme")

    def __call__(self, what: str) -> str:
        """Return the one id of a kind of thing."""
        return f"{what}-".ljust(_LONGEST, "x") if self.longest else what

    def name(self, pattern: str) -> str:
        """Return the name of a resource."""
        parts = pattern.split("/")
        filled = (self(part[1:-1]) if part.startswith("{") else part for part in parts)
        return "/".join(("organizations", self.tenant, *filled))


def record_of(event_type: Descriptor, kind: str) -> Record:
    """Return the record of an event, as its service would publish it."""
    ids = Ids(longest=kind in {"full", "newer"})
    return encode(_event(event_type, message_of(event_type, kind), kind, ids))


def newer_one_by_one(event_type: Descriptor) -> Iterator[Record]:
    """Yield what a newer build could tell of which readers do not know the value of one single field."""
    ids = Ids(longest=True)
    for field in event_type.fields:
        if field.enum_type is not None:
            message = message_of(event_type, "full")
            message.ClearField(field.name)
            _fill(message, field, ids, newer=True)
            yield encode(_event(event_type, message, f"newer {field.name}", ids))


def message_of(event_type: Descriptor, kind: str) -> Any:
    """Return an event's message."""
    ids = Ids(longest=kind in {"full", "newer"})
    message: Any = GetMessageClass(event_type)()
    for field in event_type.fields:
        if kind == "named":
            _name(message, field, ids)
        elif kind != "defaults":
            _fill(message, field, ids, newer=kind == "newer")
    if kind == "newer":
        message.MergeFromString(_NEWER_FIELD)
    return message


def _event(about: Descriptor, message: Message, kind: str, ids: Ids) -> Event[Message]:
    return Event(
        id=f"{about.full_name}-{kind}",
        type=about.full_name,
        subject=_subject(about, ids),
        sequence=2**63 - 1 if ids.longest else 1,
        tenant=ids.tenant,
        time=_TOLD,
        trace="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" if ids.longest else None,
        key=_key(about, ids),
        message=message,
    )


def _subject(event_type: Descriptor, ids: Ids) -> str:
    """Return the aggregate: what the first field names."""
    first = event_type.fields[0].name
    return ids.name(_PATTERNS[first]) if first in _PATTERNS else first


def _key(event_type: Descriptor, ids: Ids) -> str:
    """Return the mentorship's id where there is one, else the aggregate's."""
    if "mentorship" in event_type.fields_by_name:
        return ids("mentorship")
    return _subject(event_type, ids).rpartition("/")[2]


def _name(message: Any, field: FieldDescriptor, ids: Ids) -> None:
    if field.name in _PATTERNS and field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
        setattr(message, field.name, ids.name(_PATTERNS[field.name]))


def _fill(message: Any, field: FieldDescriptor, ids: Ids, *, newer: bool) -> None:
    if field.message_type is not None:
        _largest_part(getattr(message, field.name))
        return
    values = _texts(field, ids) if field.type == FieldDescriptor.TYPE_STRING else [_largest(field, newer)]
    if field.is_repeated:
        getattr(message, field.name).extend(values)
    else:
        setattr(message, field.name, values[0])


def _texts(field: FieldDescriptor, ids: Ids) -> list[str]:
    if field.name in _PATTERNS:
        return [ids.name(_PATTERNS[field.name])]
    return list(_CODES.get(field.name, _CODE))


def _largest(field: FieldDescriptor, newer: bool) -> int:  # noqa: FBT001 -- said by its name
    if field.enum_type is not None:
        return _NEWER_ENUM if newer else _last(field.enum_type)
    return _LARGEST[field.type]


def _last(enum: EnumDescriptor) -> int:
    return max(value.number for value in enum.values)


_LARGEST: Final[Mapping[int, int]] = {
    FieldDescriptor.TYPE_BOOL: True,
    FieldDescriptor.TYPE_INT32: 2**31 - 1,
    FieldDescriptor.TYPE_INT64: 2**63 - 1,
}


def _moment(stamp: Timestamp) -> None:
    stamp.FromDatetime(_LAST_MOMENT)


def _span(duration: Duration) -> None:
    duration.FromSeconds(400 * 86_400)  # the longest that any of our contracts allows is a year


def _day(date: Date) -> None:
    date.year, date.month, date.day = 9999, 12, 31


_PARTS: Final[Mapping[type[Message], Callable[[Any], None]]] = {
    Timestamp: _moment,
    Duration: _span,
    Date: _day,
}


def _largest_part(part: Message) -> None:
    _PARTS[type(part)](part)
