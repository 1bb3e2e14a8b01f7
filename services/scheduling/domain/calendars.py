"""Other calendars of a person: when they are busy, and how long that is known."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from services.kernel.errors import Denied, NotFound
from services.kernel.personal import Personal

HORIZON: Final = timedelta(days=366)
"""How far ahead an import is expanded."""


class CalendarEvent(StrEnum):
    """What is told of a calendar."""

    IMPORTED = "IMPORTED"
    REMOVED = "REMOVED"


@dataclass(frozen=True, slots=True)
class Busy:
    """A time that is taken, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """One other calendar, called `name` by its person; nothing is kept of what its events are about.

    After `stale_at`, and beyond `until`, nothing is known: then no time is free, as the person may be busy.
    """

    person: str
    name: Annotated[str, Personal("person")]
    busy: tuple[Busy, ...]
    until: datetime
    stale_at: datetime
    is_removed: bool = False

    def is_stale(self, now: datetime) -> bool:
        """Whether it is too old to be relied on."""
        return not self.is_removed and now >= self.stale_at

    def require_there(self) -> None:
        """Raise NotFound once it was removed."""
        if self.is_removed:
            raise calendar_not_found()


Decision = tuple[Calendar, list[CalendarEvent]]


def imported(known: Calendar | None, new: Calendar) -> Decision:
    """Take over what a calendar holds now."""
    return new, [] if new == known else [CalendarEvent.IMPORTED]


def remove(known: Calendar) -> Decision:
    """Forget a calendar: its times are free again. NotFound once it was removed."""
    known.require_there()
    return replace(known, busy=(), is_removed=True), [CalendarEvent.REMOVED]


def require_own(caller: str, person: str, *, service: bool) -> None:
    """Raise Denied CALENDAR_NOT_YOURS unless the caller may bring a calendar of `person`."""
    if caller != person and not service:
        raise Denied("CALENDAR_NOT_YOURS", "only the person brings other calendars of theirs")


def calendar_not_found() -> NotFound:
    """Return the answer for absent calendars and those of others."""
    return NotFound("NOT_FOUND", "nothing of this name exists")
