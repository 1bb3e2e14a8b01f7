"""Calendar days to and from protobuf."""

from datetime import date

from google.protobuf.message import Message
from google.type.date_pb2 import Date

from services.mentorships.domain.rules import invalid


def day(message: Date, field: str) -> date:
    """Decode a full date. Raises Invalid DATE_MALFORMED for one that is on no calendar."""
    try:
        return date(message.year, message.month, message.day)
    except ValueError:
        raise invalid("DATE_MALFORMED", field, "must be a full date of the calendar") from None


def day_message(value: date) -> Date:
    """Encode a date."""
    return Date(year=value.year, month=value.month, day=value.day)


def optional_day(value: date | None) -> Date | None:
    """Encode a date; None stays absent."""
    return None if value is None else day_message(value)


def given_day(message: Message, name: str, field: str) -> date | None:
    """Decode the date in the field `name` of a message, None when absent. Raises as `day`."""
    return day(getattr(message, name), field) if message.HasField(name) else None
