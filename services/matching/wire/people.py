"""What matching needs of people, from protobuf. Free of drivers: computing processes import this module."""

from collections.abc import Iterable
from datetime import date

from services.matching.domain import members, week
from services.matching.domain.skills import Skill
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles


def member(person: profiles.Person) -> members.Member:
    """Decode a person."""
    return members.Member(
        id=_last(person.name),
        active=person.state == profiles.Person.STATE_ACTIVE,
        seeks=roles(person.roles),
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
        country=person.country,
        hired=_hired(person),
    )


def roles(given: Iterable[profiles.Person.Role.ValueType]) -> tuple[members.Role, ...]:
    """Decode roles."""
    return tuple(members.Role(profiles.Person.Role.Name(role).removeprefix("ROLE_")) for role in given)


def role_values(given: Iterable[members.Role]) -> list[profiles.Person.Role.ValueType]:
    """Encode roles."""
    return [profiles.Person.Role.Value(f"ROLE_{role}") for role in given]


def _skills(skills: Iterable[profiles.Skill]) -> tuple[Skill, ...]:
    return tuple(Skill(skill.tag, skill.level) for skill in skills)


def _meeting(preference: profiles.Person.MeetingPreference.ValueType) -> members.Meeting:
    if preference == profiles.Person.MEETING_PREFERENCE_UNSPECIFIED:
        return members.Meeting.UNSTATED
    name = profiles.Person.MeetingPreference.Name(preference)
    return members.Meeting(name.removeprefix("MEETING_PREFERENCE_"))


def _hired(person: profiles.Person) -> date | None:
    given = person.hire_date
    return date(given.year, given.month, given.day) if given.year else None


def _last(name: str) -> str:
    return name.rpartition("/")[2]
