"""An event on its way to an endpoint: ten attempts over about 76 hours.

pending -> delivered | failed | discarded. While pending it always has a timer: for its next attempt, or to be
handed out again should the process that took it die.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.notifications.domain.messages import Attempt, Verdict

_PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each failed attempt; the attempt after the last pause is the last one."""

MOST_ATTEMPTS: Final = len(_PAUSES) + 1
ABANDONED: Final = timedelta(minutes=2)
"""After so long without a record somebody else makes the attempt."""
_KEPT: Final = 20
_JITTER: Final = 0.1
OFF: Final = "WEBHOOK_OFF"


class Stage(StrEnum):
    """How far it is."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    DISCARDED = "DISCARDED"


@dataclass(frozen=True, slots=True)
class Queued:
    """It waits to be sent, for the first time or again."""


@dataclass(frozen=True, slots=True)
class Delayed:
    """An attempt failed; another follows."""

    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The endpoint took it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It is given up."""

    reason: str


Event = Queued | Delayed | Delivered | Failed


@dataclass(frozen=True, slots=True)
class News:
    """An event as endpoints get it: its id, full name and the body of requests."""

    id: str
    type: str
    body: str


@dataclass(frozen=True, slots=True)
class Try:
    """One request: when it began, how it went, how long it took."""

    time: datetime
    outcome: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for one endpoint. `body` is what is sent; `attempts` counts since it was queued by hand last.

    `due` is its timer; `paused` while that is for the next attempt.
    """

    webhook: str
    event_id: str
    type: str
    body: str
    stage: Stage = Stage.PENDING
    attempts: int = 0
    tries: tuple[Try, ...] = ()
    due: datetime | None = None
    paused: bool = False

    @property
    def ready(self) -> bool:
        """Whether it is its turn to be sent."""
        return self.stage is Stage.PENDING and not self.paused

    def settle(self, attempt: Attempt, made: Try) -> "tuple[Delivery, list[Event]]":
        """Record an attempt. Nothing changes if it is not its turn: it is settled already."""
        if not self.ready:
            return self, []
        tried = replace(self, attempts=self.attempts + 1, tries=(*self.tries, made)[-_KEPT:], due=None)
        if attempt.verdict is Verdict.ACCEPTED:
            return replace(tried, stage=Stage.DELIVERED), [Delivered()]
        if attempt.verdict is Verdict.PERMANENT or tried.attempts >= MOST_ATTEMPTS:
            return replace(tried, stage=Stage.FAILED), [Failed(attempt.reason)]
        end = made.time + timedelta(milliseconds=made.milliseconds)
        return replace(tried, due=end + self._pause(tried.attempts), paused=True), [Delayed(attempt.reason)]

    def discard(self) -> "tuple[Delivery, list[Event]]":
        """Send nothing, as the endpoint is off."""
        if not self.ready:
            return self, []
        return replace(self, stage=Stage.DISCARDED, due=None), [Failed(OFF)]

    def replay(self, now: datetime) -> "tuple[Delivery, list[Event]]":
        """Begin anew; nothing happens while it waits to be sent."""
        if self.ready:
            return self, []
        again = replace(self, stage=Stage.PENDING, attempts=0, paused=False, due=now + ABANDONED)
        return again, [Queued()]

    def fire(self, now: datetime) -> "tuple[Delivery, list[Event]]":
        """Queue again: the pause is over, or nobody recorded an attempt."""
        if self.due is None or now < self.due:
            return self, []
        return replace(self, paused=False, due=now + ABANDONED), [Queued()]

    def _pause(self, attempts: int) -> timedelta:
        """Return the pause after so many attempts, up to a tenth longer: deliveries come back apart."""
        draw = zlib.crc32(f"{self.webhook}/{self.event_id}/{attempts}".encode()) / 2**32
        return timedelta(
            milliseconds=_PAUSES[attempts - 1] * (1 + _JITTER * draw) // timedelta(milliseconds=1)
        )


def queue(delivery: Delivery, now: datetime) -> tuple[Delivery, list[Event]]:
    """Queue a new one."""
    return replace(delivery, due=now + ABANDONED), [Queued()]
