"""Other calendars of a person: when they are busy, and how long that is known."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from services.kernel.errors import Denied, NotFound
from services.kernel.personal import Personal

HORIZON: Final = timedelta(days=366)
"""How far ahead an import is expanded."""


_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_REREAD: Final = timedelta(days=7)
_RETRY: Final = timedelta(minutes=5)
_LONGEST_PAUSE: Final = timedelta(days=1)


class CalendarEvent(StrEnum):
    """What is told of a calendar."""

    IMPORTED = "IMPORTED"
    FETCH_DUE = "FETCH_DUE"
    FETCHED = "FETCHED"
    REMOVED = "REMOVED"


@dataclass(frozen=True, slots=True)
class Busy:
    """A time that is taken, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a calendar is fetched, and how it went: `zone` is for times without one, `valid` in minutes.

    `tag` and `modified` are what the server called the document that was read last. `failures` in a row, the
    last one for the reason `failure`.
    """

    url: Annotated[str, Personal("person")]
    zone: str
    valid: int
    fetch_at: datetime = _NEVER
    tag: str = ""
    modified: str = ""
    failures: int = 0
    failure: str = ""

    @property
    def pause(self) -> timedelta:
        """How long after a fetch the next one is: often enough that three may fail before it is stale."""
        return timedelta(minutes=self.valid) / 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What a calendar held when it was read, and what its server calls that."""

    busy: tuple[Busy, ...]
    tag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """One other calendar, called `name` by its person; nothing is kept of what its events are about.

    After `stale_at`, and beyond `until`, nothing is known: then no time is free, as the person may be busy.
    """

    person: str
    name: Annotated[str, Personal("person")]
    busy: tuple[Busy, ...] = ()
    until: datetime = _LONG_AGO
    stale_at: datetime = _LONG_AGO
    is_removed: bool = False
    feed: Subscription | None = None

    @property
    def due_at(self) -> datetime | None:
        """When it is fetched next."""
        return None if self.feed is None or self.is_removed else self.feed.fetch_at

    @property
    def known(self) -> tuple[str, str]:
        """Return what to tell a server of the document that is known: (tag, modified), nothing of an old one.

        Times are known for a year from the reading on: it has to be read anew before it runs out.
        """
        if self.feed is None or self.feed.fetch_at + HORIZON > self.until + _REREAD:
            return "", ""
        return self.feed.tag, self.feed.modified

    def fire(self, now: datetime) -> "Decision":
        """Ask for a fetch, and for another one if that comes to nothing."""
        if self.feed is None or self.is_removed or now < self.feed.fetch_at:
            return self, []
        later = replace(self.feed, fetch_at=now + max(_RETRY, self.feed.pause / 4))
        return replace(self, feed=later), [CalendarEvent.FETCH_DUE]

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
    """Forget a calendar and its address: its times are free again. NotFound once it was removed."""
    known.require_there()
    return replace(known, busy=(), is_removed=True, feed=None), [CalendarEvent.REMOVED]


def forget(known: Calendar) -> Decision:
    """Remove it, unless it is removed already."""
    return (known, []) if known.is_removed else remove(known)


def subscribed(names: tuple[str, str], feed: Subscription, reading: Reading, now: datetime) -> Calendar:
    """Return a calendar (person, name) as it was fetched first."""
    read = replace(feed, tag=reading.tag, modified=reading.modified, fetch_at=now + feed.pause)
    stale_at = now + timedelta(minutes=feed.valid)
    return Calendar(*names, reading.busy, now + HORIZON, stale_at, feed=read)


def fetched(known: Calendar, url: str, reading: Reading | None, now: datetime) -> Decision:
    """Take over what was fetched from `url`; None: it is unchanged. Nothing if it is fetched no more."""
    feed = known.feed
    if feed is None or feed.url != url or known.is_removed:
        return known, []
    well = replace(feed, failures=0, failure="", fetch_at=now + feed.pause)
    if reading is not None:
        new = subscribed((known.person, known.name), well, reading, now)
        told = CalendarEvent.FETCHED if new.busy == known.busy else CalendarEvent.IMPORTED
        return new, [told]
    stale_at = now + timedelta(minutes=feed.valid)
    return replace(known, stale_at=stale_at, feed=well), [CalendarEvent.FETCHED]


def unfetched(known: Calendar, url: str, failure: str, now: datetime) -> Decision:
    """Note that a fetch failed; what is known counts until it is stale, and is asked for less and less."""
    feed = known.feed
    if feed is None or feed.url != url or known.is_removed:
        return known, []
    pause = min(_LONGEST_PAUSE, max(_RETRY, feed.pause / 4) * 2 ** min(feed.failures, 10))
    failed = replace(feed, failures=feed.failures + 1, failure=failure, fetch_at=now + pause)
    return replace(known, feed=failed), [CalendarEvent.FETCHED]


def require_own(caller: str, person: str, *, service: bool) -> None:
    """Raise Denied CALENDAR_NOT_YOURS unless the caller may bring a calendar of `person`."""
    if caller != person and not service:
        raise Denied("CALENDAR_NOT_YOURS", "only the person brings other calendars of theirs")


def calendar_not_found() -> NotFound:
    """Return the answer for absent calendars and those of others."""
    return NotFound("NOT_FOUND", "nothing of this name exists")
