"""What people say about a meeting: that they come or not, that it took place, which times would do."""

from dataclasses import dataclass
from datetime import datetime

from services.scheduling.domain.told import Notice, Reason, Status


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody said beforehand about coming; `minutes` late."""

    person: str
    notice: Notice
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """That a meeting took place, as `person` says; the other may answer until `until`."""

    person: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """That a meeting was called off; no person when the platform did."""

    person: str
    reason: Reason
    late: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered to the invitation, and when; `start` and `end` are what a counter asks for."""

    person: str
    status: Status
    time: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A time that is offered, in UTC, and what it claims of calendars."""

    start: datetime
    end: datetime
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """That `person` offers the other one these times, first one first, and holds them until `until`.

    Of a booked meeting it is the time that `person` asks for instead; `kept` is what it claims as it is.
    """

    person: str
    options: tuple[Option, ...]
    until: datetime
    kept: tuple[str, ...] = ()
