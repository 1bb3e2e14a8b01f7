"""What matching knows about a person, and who reports to whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.matching.domain.skills import Skill
from services.matching.domain.week import Window


class Role(StrEnum):
    """What a person wants to be, or takes part as."""

    MENTEE = "MENTEE"
    MENTOR = "MENTOR"


class Meeting(StrEnum):
    """How a person likes to meet."""

    UNSTATED = "UNSTATED"
    VIDEO = "VIDEO"
    IN_PERSON = "IN_PERSON"
    PHONE = "PHONE"


@dataclass(frozen=True, slots=True)
class Member:
    """One person; `manager` and `department` may be empty, `seats` is the mentor capacity."""

    id: str
    active: bool = True
    seeks: tuple[Role, ...] = ()
    manager: str = ""
    department: str = ""
    grade: int = 1
    languages: tuple[str, ...] = ()
    offered: tuple[Skill, ...] = ()
    sought: tuple[Skill, ...] = ()
    seats: int = 0
    time_zone: str = "UTC"
    hours: tuple[Window, ...] = ()
    meeting: Meeting = Meeting.UNSTATED
    country: str = ""
    hired: date | None = None

    def tenure_days(self, today: date) -> int:
        """Return days since the hire date, 0 when that is not known."""
        return 0 if self.hired is None else (today - self.hired).days


def managers_of(people: Iterable[Member]) -> dict[str, str]:
    """Return person -> manager for everybody who has one."""
    return {person.id: person.manager for person in people if person.manager}


def superiors(person: str, manager_of: Mapping[str, str]) -> frozenset[str]:
    """Return everybody above `person`; a circle in the reporting data ends where it closes."""
    found: set[str] = set()
    above = manager_of.get(person, "")
    while above and above not in found and above != person:
        found.add(above)
        above = manager_of.get(above, "")
    return frozenset(found)
