"""What single values a person may have. Every rule returns the one form that is stored or raises Mistake.

Sources: countries and languages are CLDR's (Babel), zones the IANA database, addresses the HTML standard's
pattern, lengths and ranges the contract's (person_service.proto).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar
from zoneinfo import available_timezones

from babel import Locale

T = TypeVar("T")
Word = TypeVar("Word", bound=str)

MINUTES_PER_DAY = 24 * 60
LONGEST_LIST = 50
LONGEST_TAG = 80
LONGEST_EMAIL = 254
MOST_LANGUAGES = 20

_PERSON_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # make text read other than it is
_COUNTRIES = {code for code in map(str, Locale("en").territories) if len(code) == 2} - {
    "XA",
    "XB",
    "ZZ",
    "QO",
}
"""Without CLDR's pseudo and unknown regions."""
_LANGUAGES = {code for code in map(str, Locale("en").languages) if code.isalpha()} - {"mul", "und", "zxx"}
"""Without "several", "undetermined" and "none"."""
_ZONES = available_timezones() - {"Factory", "localtime"}
"""Without those that mean whatever the machine says."""


class Mistake(Exception):  # noqa: N818 -- of the input, not of the program
    """A value that no person may have: stable `reason`, `description` for people without the value."""

    def __init__(self, reason: str, description: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.description = description


@dataclass(frozen=True, slots=True)
class Skill:
    """A tag as typed, in lower case, with a level from 1 (beginner) to 5 (expert)."""

    tag: str
    level: int


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Returns every week: ISO weekday (1 Monday … 7 Sunday), minutes after local midnight, end exclusive."""

    day: int
    start: int
    end: int


def _plain(value: str, longest: int) -> str:
    value = value.strip()
    if len(value) > longest:
        raise Mistake("TOO_LONG", f"has more than {longest} characters")
    if not value.isprintable() and any(_is_control(letter) for letter in value):
        raise Mistake("CONTROL_CHARACTER", "has a control character")
    if value.startswith(("=", "+", "-", "@")):
        raise Mistake("SPREADSHEET_FORMULA", "starts like a spreadsheet formula (= + - @)")
    return value


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} or letter in _BIDI


def _present(value: str) -> str:
    if not value:
        raise Mistake("MISSING", "must not be empty")
    return value


def text(longest: int) -> Callable[[str], str]:
    """Return the rule for plain text, trimmed, that may be empty."""
    return lambda value: _plain(value, longest)


def required(longest: int) -> Callable[[str], str]:
    """Return the rule for plain text, trimmed, that may not be empty."""
    return lambda value: _present(_plain(value, longest))


def person_id(value: str) -> str:
    """Return an employee number as the last segment of a resource name: in lower case."""
    value = _present(value.strip().lower())
    if not _PERSON_ID.fullmatch(value):
        raise Mistake("MALFORMED_ID", "must be 1 to 63 letters, digits or -, not starting with -")
    return value


def manager(value: str) -> str:
    """Return a person id, or nothing for who has no manager."""
    if value and not _PERSON_ID.fullmatch(value):
        raise Mistake("MALFORMED_ID", "is not a person")
    return value


def email(value: str) -> str:
    """Return an address in lower case."""
    value = _present(_plain(value, LONGEST_EMAIL))
    if not _EMAIL.fullmatch(value):
        raise Mistake("MALFORMED_ADDRESS", "is not a mail address")
    return value.lower()


def between(low: int, high: int, reason: str) -> Callable[[int], int]:
    """Return the rule for a whole number from `low` to `high`."""

    def rule(value: int) -> int:
        if not low <= value <= high:
            raise Mistake(reason, f"must be from {low} to {high}")
        return value

    return rule


level = between(1, 5, "LEVEL_OUT_OF_RANGE")


def country(value: str) -> str:
    """Return an ISO 3166-1 alpha-2 code in upper case."""
    value = _present(value.strip().upper())
    if value not in _COUNTRIES:
        raise Mistake("UNKNOWN_COUNTRY", "is not a two-letter country code of ISO 3166-1")
    return value


def time_zone(value: str) -> str:
    """Return the name of an IANA time zone."""
    value = _present(value.strip())
    if value not in _ZONES:
        raise Mistake("UNKNOWN_TIME_ZONE", "is not an IANA time zone such as Europe/Berlin")
    return value


def languages(values: Iterable[str]) -> tuple[str, ...]:
    """Return ISO 639 codes in lower case, each once, in the order given, at least one."""
    codes = distinct(value.strip().lower() for value in values)
    if not codes:
        raise Mistake("MISSING", "must name at least one language")
    if not _LANGUAGES.issuperset(codes):
        raise Mistake("UNKNOWN_LANGUAGE", "has a code that is not in ISO 639")
    if len(codes) > MOST_LANGUAGES:
        raise Mistake("TOO_MANY", f"has more than {MOST_LANGUAGES} languages")
    return codes


def distinct(values: Iterable[T]) -> tuple[T, ...]:
    """Return the values, each once, in the order given."""
    return tuple(dict.fromkeys(values))


def roles(values: Iterable[Word]) -> tuple[Word, ...]:
    """Return the roles, each once, in one order."""
    return tuple(sorted(set(values)))


@lru_cache(maxsize=65_536)
def skill(tag: str, level_: int) -> Skill:
    """Return one skill; equal ones share an object, as exports repeat them by the thousand."""
    tag = _plain(tag, LONGEST_TAG).lower()
    if not tag:
        raise Mistake("SKILL_WITHOUT_NAME", "has a skill without a name")
    return Skill(tag, level(level_))


def skills(values: Iterable[Skill]) -> tuple[Skill, ...]:
    """Return skills, each tag once with one level, in the order given."""
    found = distinct(skill(value.tag, value.level) for value in values)
    if len(found) > LONGEST_LIST:
        raise Mistake("TOO_MANY", f"has more than {LONGEST_LIST} skills")
    if len({value.tag for value in found}) < len(found):
        raise Mistake("CONTRADICTING_SKILL", "names a skill twice with different levels")
    return found


def weekly_hours(values: Iterable[Window]) -> tuple[Window, ...]:
    """Return windows sorted by time; touching ones are fine, overlapping ones are not."""
    windows = tuple(sorted(values))
    if len(windows) > LONGEST_LIST:
        raise Mistake("TOO_MANY", f"has more than {LONGEST_LIST} windows")
    for window in windows:
        if not 0 <= window.start < window.end <= MINUTES_PER_DAY:
            raise Mistake("END_BEFORE_START", "has a window that does not end after it starts")
    if any(one.day == other.day and other.start < one.end for one, other in pairwise(windows)):
        raise Mistake("OVERLAPPING_HOURS", "has windows of one day that overlap")
    return windows
