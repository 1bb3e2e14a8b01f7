"""Calendar days between people who may live in any time zone: a day is over once it is over everywhere."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from services.mentorships.domain.rules import invalid

LONGEST: Final = timedelta(days=3 * 365)
"""How far ahead a last day may be: three times the year that the longest usual programs last."""
_WESTMOST: Final = timedelta(hours=12)
"""UTC-12 is the last zone to end a day."""


def first_moment(day: date) -> datetime:
    """Return midnight UTC of a day."""
    return datetime.combine(day, time.min, UTC)


def over_time(day: date) -> datetime:
    """Return when a day is over everywhere."""
    return first_moment(day) + timedelta(days=1) + _WESTMOST


def is_over(day: date, now: datetime) -> bool:
    """Tell whether a day is over everywhere."""
    return day < (now - _WESTMOST).date()


def require_to_come(day: date | None, now: datetime, field: str) -> None:
    """Raise Invalid TARGET_DATE_PAST for a day that is over; None never is."""
    if day is not None and is_over(day, now):
        raise invalid("TARGET_DATE_PAST", field, "must not be in the past")


def require_ahead(day: date | None, now: datetime, field: str) -> None:
    """Raise Invalid END_DATE_PAST for a last day that is over, END_DATE_TOO_FAR beyond `LONGEST`."""
    if day is None:
        return
    if day > (now + LONGEST).date():
        raise invalid("END_DATE_TOO_FAR", field, f"must be at most {LONGEST.days} days ahead")
    if is_over(day, now):
        raise invalid("END_DATE_PAST", field, "must not be in the past")


def months_later(day: date, months: int) -> date:
    """Return the same day some months on, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = following - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))
