"""A person, what may be said of one, and how one changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from services.kernel.errors import Invalid
from services.kernel.personal import ITSELF, Personal
from services.profiles.domain import rules
from services.profiles.domain.rules import Mistake, Skill, Window


class State(StrEnum):
    """Whether the person works here now."""

    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    TERMINATED = "terminated"


class Role(StrEnum):
    """What the person wants to be in mentoring."""

    MENTEE = "mentee"
    MENTOR = "mentor"


class Preference(StrEnum):
    """How the person likes to meet."""

    UNSPECIFIED = ""
    VIDEO = "video"
    IN_PERSON = "in_person"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Person:
    """One member of an organization; equal persons are the same to every reader.

    `manager` is a person id or empty, `grade` counts from 1, `weekly_hours` are in `time_zone`.
    """

    email: Annotated[str, Personal(ITSELF, searchable=True)]
    given_name: Annotated[str, Personal(ITSELF)]
    family_name: Annotated[str, Personal(ITSELF)]
    grade: int
    country: str
    time_zone: str
    languages: tuple[str, ...]
    preferred_name: Annotated[str, Personal(ITSELF)] = ""
    title: Annotated[str, Personal(ITSELF)] = ""
    department: str = ""
    manager: str = ""
    roles: tuple[Role, ...] = ()
    skills_offered: tuple[Skill, ...] = ()
    skills_sought: tuple[Skill, ...] = ()
    mentor_capacity: int = 0
    weekly_hours: tuple[Window, ...] = ()
    meeting_preference: Preference = Preference.UNSPECIFIED
    hire_date: date | None = None
    state: State = State.ACTIVE


FIELDS = tuple(field.name for field in fields(Person))
PRIVATE: Mapping[str, Any] = {"email": "", "manager": "", "grade": 0, "hire_date": None}
"""What colleagues do not see, with the value they see instead."""


@dataclass(frozen=True, slots=True)
class PersonCreated:
    """A person is known now."""

    person: str
    roles: tuple[Role, ...]
    state: State


@dataclass(frozen=True, slots=True)
class PersonUpdated:
    """These fields of the person changed."""

    person: str
    roles: tuple[Role, ...]
    state: State
    changed_fields: tuple[str, ...]


Event = PersonCreated | PersonUpdated

_RULES: Mapping[str, Callable[[Any], Any]] = {
    "email": rules.email,
    "given_name": rules.required(100),
    "family_name": rules.required(100),
    "preferred_name": rules.text(100),
    "title": rules.text(200),
    "department": rules.text(100),
    "grade": rules.between(1, 99, "GRADE_OUT_OF_RANGE"),
    "manager": rules.manager,
    "country": rules.country,
    "time_zone": rules.time_zone,
    "languages": rules.languages,
    "roles": rules.roles,
    "skills_offered": rules.skills,
    "skills_sought": rules.skills,
    "mentor_capacity": rules.between(0, 20, "CAPACITY_OUT_OF_RANGE"),
    "weekly_hours": rules.weekly_hours,
}


def checked(person: str, field: str, value: Any) -> Any:
    """Return `value` in the one form that is stored, or raise Mistake when `person` may not have it."""
    rule = _RULES.get(field)
    good = value if rule is None else rule(value)
    if field == "manager" and good == person:
        raise Mistake("OWN_MANAGER", "a person cannot be their own manager")
    return good


def _checked_all(person: str, values: Mapping[str, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for field, value in values.items():
        try:
            good[field] = checked(person, field, value)
        except Mistake as mistake:
            wrong.append((f"person.{field}", f"{mistake.reason}: {mistake.description}"))
    if wrong:
        raise Invalid("INVALID_PERSON", "the person has wrong fields", fields=wrong)
    return good


def create(person: str, values: Mapping[str, Any]) -> tuple[Person, list[Event]]:
    """Return the new person of id `person` made of all FIELDS, or raise Invalid naming every wrong field."""
    state = Person(**_checked_all(person, values))
    return state, created(person, state)


def created(person: str, state: Person) -> list[Event]:
    """Return what a first storing of an already checked `state` tells."""
    return [PersonCreated(person, state.roles, state.state)]


def change(person: str, old: Person, values: Mapping[str, Any]) -> tuple[Person, list[Event]]:
    """Return `old` with the named fields changed; no event when all were so already. Invalid as `create`."""
    return align(person, old, replace(old, **_checked_all(person, values)))


def align(person: str, old: Person, new: Person) -> tuple[Person, list[Event]]:
    """Return `new` and, if it differs from `old`, the event that says where."""
    changed = tuple(field for field in FIELDS if getattr(old, field) != getattr(new, field))
    if not changed:
        return old, []
    return new, [PersonUpdated(person, new.roles, new.state, changed)]


_FORGOTTEN = Person("", "", "", 0, "", "UTC", (), state=State.TERMINATED)
"""What stays of somebody who was erased: that there was a person of this id, who has left."""


def erase(person: str, old: Person) -> tuple[Person, list[Event]]:
    """Forget everything about a person."""
    return align(person, old, _FORGOTTEN)


def is_erased(person: Person) -> bool:
    """Whether everything was forgotten; every other person has an address."""
    return person == _FORGOTTEN


def for_colleagues(person: Person) -> Person:
    """Return the person as the directory shows them: without PRIVATE fields."""
    return replace(person, **PRIVATE)
