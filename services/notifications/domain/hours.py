"""When a person may be mailed: weekly windows and quiet hours, by the clock on the person's wall.

Windows and zones change on quarters of an hour only (the contract asks it of the first, history since 1972
shows it of the second), so looking at each quarter finds the first open minute exactly.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from services.kernel.errors import Invalid

_QUARTER: Final = timedelta(minutes=15)
_AHEAD: Final = 9 * 24 * 4
"""Quarters looked at: a week, and what a change of clocks or of date adds to it."""


@dataclass(frozen=True, slots=True)
class Window:
    """Open on `day` (1 Monday to 7 Sunday) from `start` to before `end`, in minutes after local midnight."""

    day: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Mails go out within `windows` (none: always) and outside of `quiet`, (from, until) in minutes.

    Quiet hours may pass midnight.
    """

    windows: tuple[Window, ...] = ()
    quiet: tuple[int, int] | None = None

    def is_quiet(self, local: datetime) -> bool:
        """Whether it is a quiet hour."""
        if self.quiet is None:
            return False
        start, end = self.quiet
        minute = local.hour * 60 + local.minute
        return start <= minute < end if start < end else minute >= start or minute < end

    def is_windowed(self, local: datetime) -> bool:
        """Whether it is within a window."""
        minute, day = local.hour * 60 + local.minute, local.isoweekday()
        return not self.windows or any(
            one.day == day and one.start <= minute < one.end for one in self.windows
        )

    def is_open(self, local: datetime) -> bool:
        """Whether mails go out."""
        return self.is_windowed(local) and not self.is_quiet(local)

    def opening(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return the first open moment from `now` on, in UTC; None if there is none within a week."""
        if self.is_open(now.astimezone(zone)):
            return now
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        first = (now - midnight) // _QUARTER + 1
        quarters = (midnight + step * _QUARTER for step in range(first, first + _AHEAD))
        return next((moment for moment in quarters if self.is_open(moment.astimezone(zone))), None)

    def require_opening(self) -> None:
        """Raise Invalid HOURS_NEVER_OPEN if no mail could ever go out."""
        monday = datetime(2024, 1, 1, tzinfo=UTC)
        if self.opening(monday, UTC) is None:
            raise Invalid(
                "HOURS_NEVER_OPEN",
                "windows and quiet hours leave no time for mails",
                fields=(("preferences.hours", "must leave some time open"),),
            )


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """Return a zone of the IANA database, UTC for an empty or unknown name."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):  # not found, malformed, or a folder of the database
        return UTC
