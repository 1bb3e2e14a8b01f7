"""People to and from protobuf; stored ids become full names of their organization."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from google.protobuf.message import Message
from google.type.date_pb2 import Date

from services.kernel import fields
from services.kernel.errors import Invalid
from services.kernel.mongo import Outgoing, Page, Ref, Versioned
from services.pb.mentoring.profiles.v1 import events_pb2 as events
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.profiles import domain
from services.profiles.domain import Person, Preference, Role, Skill, State, Window

_PATTERN = "organizations/*/people/*"
_ROLES = {Role.MENTEE: pb.Person.ROLE_MENTEE, Role.MENTOR: pb.Person.ROLE_MENTOR}
_STATES = {
    State.ACTIVE: pb.Person.STATE_ACTIVE,
    State.ON_LEAVE: pb.Person.STATE_ON_LEAVE,
    State.TERMINATED: pb.Person.STATE_TERMINATED,
}
_PREFERENCES = {
    Preference.UNSPECIFIED: pb.Person.MEETING_PREFERENCE_UNSPECIFIED,
    Preference.VIDEO: pb.Person.MEETING_PREFERENCE_VIDEO,
    Preference.IN_PERSON: pb.Person.MEETING_PREFERENCE_IN_PERSON,
    Preference.PHONE: pb.Person.MEETING_PREFERENCE_PHONE,
}
_ROLE_OF = {number: role for role, number in _ROLES.items()}
_STATE_OF = {number: state for state, number in _STATES.items()}
_PREFERENCE_OF = {number: preference for preference, number in _PREFERENCES.items()}


def person_name(tenant: str, person: str) -> str:
    """Return a person's full name."""
    return f"organizations/{tenant}/people/{person}"


def person_id(tenant: str, name: str, field: str) -> str:
    """Return the id in a person's full name. Raises Invalid unless it is a name of this organization."""
    return fields.owned_id(tenant, _PATTERN, name, field)


def person(ref: Ref, state: Person) -> pb.Person:
    """Encode a person without version and times."""
    message = pb.Person(
        name=person_name(ref.tenant, ref.id),
        email=state.email,
        given_name=state.given_name,
        family_name=state.family_name,
        preferred_name=state.preferred_name,
        title=state.title,
        department=state.department,
        grade=state.grade,
        manager=person_name(ref.tenant, state.manager) if state.manager else "",
        country=state.country,
        time_zone=state.time_zone,
        languages=state.languages,
        roles=[_ROLES[role] for role in state.roles],
        skills_offered=_skills(state.skills_offered),
        skills_sought=_skills(state.skills_sought),
        mentor_capacity=state.mentor_capacity,
        weekly_hours=[_window(window) for window in state.weekly_hours],
        meeting_preference=_PREFERENCES[state.meeting_preference],
        state=_STATES[state.state],
    )
    if (day := state.hire_date) is not None:
        message.hire_date.CopyFrom(Date(year=day.year, month=day.month, day=day.day))
    return message


def stored(ref: Ref, found: Versioned[Person]) -> pb.Person:
    """Encode a stored person."""
    message = person(ref, found.state)
    message.etag = found.etag
    fields.set_time(message.create_time, found.create_time)
    fields.set_time(message.update_time, found.update_time)
    return message


def page(tenant: str, found: Page[Person]) -> pb.ListPeopleResponse:
    """Encode one page of people."""
    return pb.ListPeopleResponse(
        people=[stored(Ref(tenant, person_), item) for person_, item in found.items],
        next_page_token=found.next_page_token,
    )


def values(tenant: str, message: pb.Person, fields: Iterable[str] = domain.FIELDS) -> dict[str, Any]:
    """Decode the named fields of a person for `domain.create` and `domain.change`.

    Raises Invalid for a manager of another organization and for a hire date that is on no calendar.
    """
    return {field: _read(tenant, message, field) for field in fields}


def role(number: pb.Person.Role.ValueType) -> Role | None:
    """Decode a role to look for."""
    return _ROLE_OF.get(number)


def state(number: pb.Person.State.ValueType) -> State | None:
    """Decode a state to look for."""
    return _STATE_OF.get(number)


def outgoing(ref: Ref, _: Person, event: domain.Event) -> Outgoing:
    """Encode what happened to a person, keyed by their id."""
    name = person_name(ref.tenant, ref.id)
    roles, now = [_ROLES[role] for role in event.roles], _STATES[event.state]
    message: Message
    match event:
        case domain.PersonCreated():
            message = events.PersonCreated(person=name, roles=roles, state=now)
        case domain.PersonUpdated():
            message = events.PersonUpdated(
                person=name, roles=roles, state=now, changed_fields=event.changed_fields
            )
    return Outgoing(message=message, subject=name, key=ref.id)


def step(told: domain.Step) -> pb.ImportPeopleResponse:
    """Encode one step of an import."""
    match told:
        case domain.Rejected(line, field, reason, description):
            return pb.ImportPeopleResponse(
                rejected=pb.RejectedRow(line=line, field=field, reason=reason, description=description)
            )
        case domain.Progress(done, total):
            return pb.ImportPeopleResponse(progress=pb.ImportProgress(done=done, total=total))
        case domain.Summary(created, updated, unchanged, rejected):
            return pb.ImportPeopleResponse(
                summary=pb.ImportSummary(
                    created=created, updated=updated, unchanged=unchanged, rejected=rejected
                )
            )


def _skills(skills: Iterable[Skill]) -> list[pb.Skill]:
    return [pb.Skill(tag=skill.tag, level=skill.level) for skill in skills]


def _window(window: Window) -> pb.WeeklyWindow:
    return pb.WeeklyWindow(
        day=window.day,  # google.type.DayOfWeek numbers the week as ISO does
        start_minute=window.start,
        end_minute=window.end,
    )


def _read(tenant: str, message: pb.Person, field: str) -> Any:
    reader = _READERS.get(field)
    return getattr(message, field) if reader is None else reader(tenant, message)


def _manager(tenant: str, message: pb.Person) -> str:
    return person_id(tenant, message.manager, "person.manager") if message.manager else ""


def _hire_date(_: str, message: pb.Person) -> date | None:
    day = message.hire_date
    if not (day.year or day.month or day.day):
        return None
    try:
        return date(day.year, day.month, day.day)
    except ValueError:
        raise Invalid(
            "INVALID_PERSON",
            "person.hire_date is on no calendar",
            fields=(("person.hire_date", "NO_SUCH_DAY: must be a full date of the calendar"),),
        ) from None


_READERS: Mapping[str, Callable[[str, pb.Person], Any]] = {
    "manager": _manager,
    "languages": lambda _, message: tuple(message.languages),
    "roles": lambda _, message: tuple(_ROLE_OF[number] for number in message.roles),
    "skills_offered": lambda _, message: _decoded(message.skills_offered),
    "skills_sought": lambda _, message: _decoded(message.skills_sought),
    "weekly_hours": lambda _, message: tuple(
        Window(window.day, window.start_minute, window.end_minute) for window in message.weekly_hours
    ),
    "meeting_preference": lambda _, message: _PREFERENCE_OF[message.meeting_preference],
    "hire_date": _hire_date,
    "state": lambda _, message: _STATE_OF.get(message.state, State.ACTIVE),
}


def _decoded(skills: Iterable[pb.Skill]) -> tuple[Skill, ...]:
    return tuple(Skill(skill.tag, skill.level) for skill in skills)
