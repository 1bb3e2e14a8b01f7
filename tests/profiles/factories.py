"""People and exports to test with: valid as they come, wrong only where a test says so."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from hypothesis import strategies as st

from services.profiles.domain import FIELDS, HEADER, Person, Preference, Role, Skill, State, Window


def person(**changes: Any) -> Person:
    """Return a valid person in stored form, with `changes`."""
    plain: dict[str, Any] = {
        "email": "ada@acme.example",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "grade": 5,
        "country": "GB",
        "time_zone": "Europe/London",
        "languages": ("en", "fr"),
        "title": "Analyst",
        "department": "Engines",
        "roles": (Role.MENTEE,),
        "skills_offered": (Skill("mathematics", 5),),
        "skills_sought": (Skill("weaving", 2),),
        "weekly_hours": (Window(1, 540, 720),),
        "meeting_preference": Preference.VIDEO,
        "hire_date": date(2020, 2, 29),
    }
    return Person(**plain | changes)


def values(state: Person) -> dict[str, Any]:
    """Return all fields of a person, as `create` takes them."""
    return {field: getattr(state, field) for field in FIELDS}


def cells(**changes: str) -> dict[str, str]:
    """Return the cells of one valid line, with `changes`."""
    return {
        "employee_id": "E1",
        "email": "ada@acme.example",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "preferred_name": "",
        "title": "Analyst",
        "department": "Engines",
        "grade": "5",
        "manager_id": "",
        "country": "GB",
        "time_zone": "Europe/London",
        "languages": "en;fr",
        "roles": "mentee",
        "skills_offered": "mathematics:5",
        "skills_sought": "weaving:2",
        "mentor_capacity": "0",
        "weekly_hours": "mon 09:00-12:00",
        "meeting_preference": "video",
        "hire_date": "2020-02-29",
        "status": "active",
    } | changes


def line(number: int, **changes: str) -> dict[str, str]:
    """Return the cells of the valid person number `number`."""
    return cells(employee_id=f"E{number}", email=f"e{number}@acme.example", **changes)


def export(*lines: Mapping[str, str], header: Iterable[str] = HEADER) -> bytes:
    """Return a file with these lines."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(header), extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


_DAYS = ("", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def written(id_: str, state: Person) -> dict[str, str]:
    """Return the cells an HR system would write for a person."""
    return {
        "employee_id": id_.upper(),
        "email": state.email,
        "given_name": state.given_name,
        "family_name": state.family_name,
        "preferred_name": state.preferred_name,
        "title": state.title,
        "department": state.department,
        "grade": str(state.grade),
        "manager_id": state.manager.upper(),
        "country": state.country,
        "time_zone": state.time_zone,
        "languages": ";".join(state.languages),
        "roles": ";".join(state.roles),
        "skills_offered": ";".join(f"{skill.tag}:{skill.level}" for skill in state.skills_offered),
        "skills_sought": ";".join(f"{skill.tag}:{skill.level}" for skill in state.skills_sought),
        "mentor_capacity": str(state.mentor_capacity),
        "weekly_hours": ";".join(
            f"{_DAYS[w.day]} {w.start // 60:02}:{w.start % 60:02}-{w.end // 60:02}:{w.end % 60:02}"
            for w in state.weekly_hours
        ),
        "meeting_preference": state.meeting_preference.value,
        "hire_date": state.hire_date.isoformat() if state.hire_date else "",
        "status": state.state.value,
    }


def _texts(longest: int, smallest: int = 0) -> st.SearchStrategy[str]:
    letters = st.characters(codec="utf-8", categories=["L", "N", "P", "Sm", "Zs", "Mn"])
    return (
        st.text(letters, min_size=smallest, max_size=longest)
        .map(str.strip)
        .filter(lambda text: not text.startswith(("=", "+", "-", "@")) and len(text) >= smallest)
    )


def _skills() -> st.SearchStrategy[tuple[Skill, ...]]:
    tags = _texts(20, 1).map(lambda tag: tag.replace(";", "").strip().lower())
    usable = tags.filter(lambda tag: bool(tag) and not tag.startswith(("=", "+", "-", "@")))
    one = st.builds(Skill, usable, st.integers(1, 5))
    return st.lists(one, max_size=5, unique_by=lambda skill: skill.tag).map(tuple)


@st.composite
def _hours(draw: st.DrawFn) -> tuple[Window, ...]:
    """Return windows without overlaps: on each day, every second gap between increasing minutes."""
    windows = []
    for day in draw(st.sets(st.integers(1, 7), max_size=3)):
        edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
        windows += [Window(day, start, end) for start, end in zip(edges[::2], edges[1::2], strict=False)]
    return tuple(sorted(windows))


def people() -> st.SearchStrategy[Person]:
    """Return every sort of valid person in stored form, without a manager."""
    return st.builds(
        Person,
        email=st.from_regex(r"[a-z0-9.]{1,20}@[a-z0-9]{1,10}\.example", fullmatch=True),
        given_name=_texts(100, 1),
        family_name=_texts(100, 1),
        preferred_name=_texts(100),
        title=_texts(200),
        department=_texts(100),
        grade=st.integers(1, 99),
        country=st.sampled_from(["DE", "IN", "US", "NP"]),
        time_zone=st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "Etc/UTC"]),
        languages=st.lists(st.sampled_from(["en", "de", "ne", "fil"]), min_size=1, unique=True).map(tuple),
        manager=st.just(""),
        roles=st.sets(st.sampled_from(Role)).map(lambda roles: tuple(sorted(roles))),
        skills_offered=_skills(),
        skills_sought=_skills(),
        mentor_capacity=st.integers(0, 20),
        weekly_hours=_hours(),
        meeting_preference=st.sampled_from(Preference),
        hire_date=st.none() | st.dates(),
        state=st.sampled_from(State),
    )
