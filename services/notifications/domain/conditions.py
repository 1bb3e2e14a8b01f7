"""What must hold for a message to go out, as data that an organization writes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.notifications.domain.messages import Message


class Subject(StrEnum):
    """What is looked at."""

    CODE = "CODE"
    COUNT = "COUNT"
    MISSES = "MISSES"
    ROLE = "ROLE"
    INBOX = "INBOX"


class Operator(StrEnum):
    """How."""

    IN = "IN"
    NOT_IN = "NOT_IN"
    AT_LEAST = "AT_LEAST"
    AT_MOST = "AT_MOST"


_NUMBERS: Final = frozenset({Subject.COUNT, Subject.MISSES})
_ORDERED: Final = frozenset({Operator.AT_LEAST, Operator.AT_MOST})
_WORDS: Final = {
    Subject.ROLE: frozenset({"MENTOR", "MENTEE", "OTHER"}),
    Subject.INBOX: frozenset({"UNSEEN", "SEEN", "READ"}),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One; numbers are written in decimal digits."""

    subject: Subject
    operator: Operator
    values: tuple[str, ...]

    def holds(self, message: Message) -> bool:
        """Whether it does for a message as it is now."""
        value = _value(self.subject, message)
        match self.operator:
            case Operator.IN:
                return value in self.values
            case Operator.NOT_IN:
                return value not in self.values
            case Operator.AT_LEAST:
                return int(value) >= int(self.values[0])
            case Operator.AT_MOST:
                return int(value) <= int(self.values[0])

    def problem(self) -> tuple[str, str] | None:
        """Return which of its fields is wrong, and why; None if it can be decided for every message."""
        if self.operator in _ORDERED and self.subject not in _NUMBERS:
            return "operator", "compares numbers only: COUNT or MISSES"
        if self.operator in _ORDERED and len(self.values) != 1:
            return "values", "must be one number"
        if self.subject in _NUMBERS and not all(map(_is_number, self.values)):
            return "values", "must be whole numbers without a sign or leading zeros"
        known = _WORDS.get(self.subject)
        if known is not None and not known.issuperset(self.values):
            return "values", f"must be of {', '.join(sorted(known))}"
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and str(int(text)) == text


def _value(subject: Subject, message: Message) -> str:
    match subject:
        case Subject.CODE:
            return message.facts.code
        case Subject.COUNT:
            return str(message.facts.count)
        case Subject.MISSES:
            return str(message.facts.misses_in_row)
        case Subject.ROLE:
            return _role(message)
        case Subject.INBOX:
            return "READ" if message.read_time else "SEEN" if message.seen_time else "UNSEEN"


def _role(message: Message) -> str:
    if message.person == message.facts.mentor:
        return "MENTOR"
    return "MENTEE" if message.person == message.facts.mentee else "OTHER"
