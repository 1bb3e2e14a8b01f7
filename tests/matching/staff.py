"""Members as the profiles service would send them."""

from services.matching.domain.members import Member
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from tests.matching.factories import ORG


def message(member: Member) -> profiles.Person:
    """Return the person that matching reads as this member."""
    state = profiles.Person.STATE_ACTIVE if member.active else profiles.Person.STATE_TERMINATED
    return profiles.Person(
        name=f"organizations/{ORG}/people/{member.id}",
        state=state,
        roles=[profiles.Person.Role.Value(f"ROLE_{role}") for role in member.seeks],
        manager=f"organizations/{ORG}/people/{member.manager}" if member.manager else "",
        department=member.department,
        grade=member.grade,
        country=member.country,
        languages=member.languages,
        skills_offered=[profiles.Skill(tag=skill.tag, level=skill.level) for skill in member.offered],
        skills_sought=[profiles.Skill(tag=skill.tag, level=skill.level) for skill in member.sought],
        mentor_capacity=member.seats,
        time_zone=member.time_zone,
        weekly_hours=[
            profiles.WeeklyWindow(
                day=window.day + 1, start_minute=window.start_minute, end_minute=window.end_minute
            )
            for window in member.hours
        ],
    )
