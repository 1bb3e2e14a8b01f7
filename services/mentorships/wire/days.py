"""Days of the calendar to and from protobuf."""

from datetime import date

from google.protobuf.message import Message
from google.type.date_pb2 import Date

from services.mentorships.domain.rules import invalid


def day(message: Message, name: str, path: str) -> date | None:
    """Decode the Date field `name`, which is `path` in the request; None when absent.

    Raises Invalid DATE_MALFORMED for a day that is on no calendar.
    """
    if not message.HasField(name):
        return None
    given: Date = getattr(message, name)
    try:
        return date(given.year, given.month, given.day)
    except ValueError:
        raise invalid("DATE_MALFORMED", path, "must be a full date of the calendar") from None


def set_day(message: Date, value: date | None) -> None:
    """Write a day; None leaves the field absent."""
    if value is not None:
        message.year, message.month, message.day = value.year, value.month, value.day
