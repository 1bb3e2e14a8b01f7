"""Reading an HR export: bytes to rows, each a person or the first mistake of that row.

A CSV (RFC 4180) in UTF-8, with or without a BOM. Lists are `;`-separated, skills `name:level`, weekly hours
`day HH:MM-HH:MM` in the person's zone (24:00 may be an end), dates ISO 8601. Further columns are ignored.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from services.kernel.errors import Invalid
from services.profiles.domain import rules
from services.profiles.domain.person import Person, Preference, Role, State, checked
from services.profiles.domain.rules import Mistake, Skill, Window

LARGEST_FILE = 64 << 20
"""Bytes. About 240,000 people."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}([eE][+]?[0-9]{1,2})?")
_WINDOW = re.compile(r"([a-z]+)\s+([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {word: number for number, day in enumerate(_DAY_NAMES, 1) for word in (day, day[:3])}
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Row:
    """A person as one line says; `line` counts rows of the file, the header being 1."""

    line: int
    id: str
    person: Person


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not taken: `field` is a column, `reason` a stable code."""

    line: int
    field: str
    reason: str
    description: str


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(";")] if text.strip() else []


def _number(text: str) -> int:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        raise Mistake("NOT_A_NUMBER" if text else "MISSING", "must be a whole number")
    return int(Decimal(text))


@lru_cache(maxsize=65_536)
def _skill(text: str) -> Skill:
    tag, colon, level = text.rpartition(":")
    if not colon:
        raise Mistake("MALFORMED_SKILL", "has a skill that is not written as name:level")
    return rules.skill(tag, _number(level))


@lru_cache(maxsize=65_536)
def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text.lower())
    if match is None:
        raise Mistake("MALFORMED_HOURS", "has a window that is not written as day HH:MM-HH:MM")
    if match[1] not in _DAYS:
        raise Mistake("UNKNOWN_DAY", "has a day that is not mon, tue, wed, thu, fri, sat or sun")
    return Window(_DAYS[match[1]], _minute(match[2], match[3]), _minute(match[4], match[5]))


def _minute(hour: str, minute: str) -> int:
    moment = int(hour) * 60 + int(minute)
    if int(minute) >= 60 or moment > rules.MINUTES_PER_DAY:
        raise Mistake("NO_SUCH_TIME", "has a time that is not on a clock")
    return moment


def _date(text: str) -> date | None:
    text = text.strip()
    if not text:
        return None
    if not _ISO_DATE.fullmatch(text):
        raise Mistake("MALFORMED_DATE", "must be written as YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Mistake("NO_SUCH_DAY", "is not in the calendar") from error


def _word(kind: type[Word], reason: str) -> Callable[[str], Word]:
    words = {str(word): word for word in kind}
    known = ", ".join(sorted(filter(None, words)))

    def read(text: str) -> Word:
        word = words.get(text.strip().lower())
        if word is None:
            raise Mistake(reason, f"must be one of {known}")
        return word

    return read


_role = _word(Role, "UNKNOWN_ROLE")

_COLUMNS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "email": ("email", str),
    "given_name": ("given_name", str),
    "family_name": ("family_name", str),
    "preferred_name": ("preferred_name", str),
    "title": ("title", str),
    "department": ("department", str),
    "grade": ("grade", _number),
    "manager_id": ("manager", lambda text: text.strip().lower()),
    "country": ("country", str),
    "time_zone": ("time_zone", str),
    "languages": ("languages", _items),
    "roles": ("roles", lambda text: [_role(item) for item in _items(text)]),
    "skills_offered": ("skills_offered", lambda text: [_skill(item) for item in _items(text)]),
    "skills_sought": ("skills_sought", lambda text: [_skill(item) for item in _items(text)]),
    "mentor_capacity": ("mentor_capacity", _number),
    "weekly_hours": ("weekly_hours", lambda text: [_window(item) for item in _items(text)]),
    "meeting_preference": ("meeting_preference", _word(Preference, "UNKNOWN_PREFERENCE")),
    "hire_date": ("hire_date", _date),
    "status": ("state", _word(State, "UNKNOWN_STATUS")),
}
HEADER = ("employee_id", *_COLUMNS)


def read(data: bytes) -> Iterator[Row | Rejected]:
    """Yield every line of the file in order; blank lines are skipped.

    Raises Invalid for the whole file, possibly after the first lines: FILE_EMPTY, FILE_TOO_LARGE,
    FILE_NOT_UTF8, FILE_NOT_CSV.
    """
    lines = csv.reader(io.StringIO(_decoded(data), newline=""), strict=True)
    try:
        places = _places(next(lines, []))
        for line, cells in enumerate(lines, 2):
            if cells:
                yield _row(line, cells, places)
    except csv.Error as error:
        raise Invalid("FILE_NOT_CSV", f"line {lines.line_num} is not CSV") from error


def _decoded(data: bytes) -> str:
    if not data.strip():
        raise Invalid("FILE_EMPTY", "the file is empty")
    if len(data) > LARGEST_FILE:
        raise Invalid("FILE_TOO_LARGE", f"the file has more than {LARGEST_FILE} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("FILE_NOT_UTF8", f"byte {error.start} is not UTF-8") from error


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the columns of HEADER stand, and how many cells a line has."""

    width: int
    at: Mapping[str, int]


def _places(header: list[str]) -> _Places:
    names = [name.strip().lower() for name in header]
    missing = [column for column in HEADER if column not in names]
    doubled = [column for column in HEADER if names.count(column) > 1]
    if missing or doubled:
        wrong = [f"missing columns: {', '.join(missing)}"] * bool(missing)
        wrong += [f"columns given twice: {', '.join(doubled)}"] * bool(doubled)
        raise Invalid("FILE_NOT_CSV", "the first line is not the header of an HR export; " + "; ".join(wrong))
    return _Places(len(names), {column: names.index(column) for column in HEADER})


def _row(line: int, cells: list[str], places: _Places) -> Row | Rejected:
    if len(cells) != places.width:
        return Rejected(line, "", "WRONG_CELL_COUNT", f"has {len(cells)} cells, the header {places.width}")
    column = "employee_id"
    values: dict[str, Any] = {}
    try:
        person = rules.person_id(cells[places.at[column]])
        for column, (field, parse) in _COLUMNS.items():
            values[field] = checked(person, field, parse(cells[places.at[column]]))
    except Mistake as mistake:
        return Rejected(line, column, mistake.reason, mistake.description)
    return Row(line, person, Person(**values))
