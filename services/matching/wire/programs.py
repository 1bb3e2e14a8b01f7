"""Programs, enrolments and people to and from protobuf."""

from collections.abc import Iterable, Sequence

from google.protobuf.duration_pb2 import Duration

from services.kernel import fields
from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import members, programs, week
from services.matching.domain.skills import Skill
from services.matching.wire.names import enrolment_name, person_id, person_name, program_name
from services.pb.mentoring.matching.v1 import program_service_pb2 as pb
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles

DEFAULT_CADENCE_DAYS = 14
DEFAULT_MEETING_MINUTES = 60
"""What a program's pairs do when nobody says otherwise (house default)."""

_DAY = 86_400
_MINUTE = 60


def program_draft(tenant: str, message: pb.Program) -> programs.Program:
    """Decode a program to be opened. Raises Invalid unless cadence is whole days and length whole minutes."""
    return programs.Program(
        display_name=message.display_name,
        lead=person_id(tenant, message.lead, "program.lead"),
        cadence_days=fields.whole(message.cadence, _DAY, "program.cadence", "days")
        if message.HasField("cadence")
        else DEFAULT_CADENCE_DAYS,
        meeting_minutes=fields.whole(message.meeting_length, _MINUTE, "program.meeting_length", "minutes")
        if message.HasField("meeting_length")
        else DEFAULT_MEETING_MINUTES,
    )


def asked(tenant: str, program: str, requests: Sequence[pb.EnrolmentRequest]) -> list[programs.Enrolment]:
    """Decode whom to enrol. Raises Invalid MALFORMED_NAME, FOREIGN_ORGANIZATION or DUPLICATE_PERSON."""
    enrolments: dict[str, programs.Enrolment] = {}
    for place, request in enumerate(requests):
        field = f"requests[{place}].person"
        person = person_id(tenant, request.person, field)
        if person in enrolments:
            raise Invalid(
                "DUPLICATE_PERSON", f"{field} is there twice", fields=((field, "must not be there twice"),)
            )
        enrolments[person] = programs.Enrolment(program, person, _roles(request.roles))
    return list(enrolments.values())


def member(person: profiles.Person) -> members.Member:
    """Decode what matching needs of a person."""
    return members.Member(
        id=_last(person.name),
        active=person.state == profiles.Person.STATE_ACTIVE,
        seeks=_roles(person.roles),
        manager=_last(person.manager),
        department=person.department,
        grade=person.grade,
        languages=tuple(person.languages),
        offered=_skills(person.skills_offered),
        sought=_skills(person.skills_sought),
        seats=person.mentor_capacity,
        time_zone=person.time_zone,
        hours=tuple(
            week.Window(window.day - 1, window.start_minute, window.end_minute)
            for window in person.weekly_hours
        ),
        meeting=_meeting(person.meeting_preference),
    )


def program(ref: Ref, stored: Versioned[programs.Program]) -> pb.Program:
    """Encode a stored program."""
    state = stored.state
    message = pb.Program(
        name=program_name(ref.tenant, ref.id),
        display_name=state.display_name,
        lead=person_name(ref.tenant, state.lead),
        cadence=Duration(seconds=state.cadence_days * _DAY),
        meeting_length=Duration(seconds=state.meeting_minutes * _MINUTE),
        state=pb.Program.State.Value(f"STATE_{state.stage}"),
        etag=stored.etag,
    )
    message.create_time.FromDatetime(stored.create_time)
    message.update_time.FromDatetime(stored.update_time)
    return message


def enrolment(ref: Ref, stored: Versioned[programs.Enrolment]) -> pb.Enrolment:
    """Encode a stored enrolment."""
    state = stored.state
    message = pb.Enrolment(
        name=enrolment_name(ref.tenant, state.program, ref.id),
        person=person_name(ref.tenant, state.person),
        roles=[profiles.Person.Role.Value(f"ROLE_{role}") for role in state.roles],
    )
    message.create_time.FromDatetime(stored.create_time)
    return message


def _roles(roles: Iterable[profiles.Person.Role.ValueType]) -> tuple[members.Role, ...]:
    return tuple(members.Role(profiles.Person.Role.Name(role).removeprefix("ROLE_")) for role in roles)


def _skills(skills: Iterable[profiles.Skill]) -> tuple[Skill, ...]:
    return tuple(Skill(skill.tag, skill.level) for skill in skills)


def _meeting(preference: profiles.Person.MeetingPreference.ValueType) -> members.Meeting:
    if preference == profiles.Person.MEETING_PREFERENCE_UNSPECIFIED:
        return members.Meeting.UNSTATED
    name = profiles.Person.MeetingPreference.Name(preference)
    return members.Meeting(name.removeprefix("MEETING_PREFERENCE_"))


def _last(name: str) -> str:
    return name.rpartition("/")[2]
