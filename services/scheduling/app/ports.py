"""What the application needs from outside."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol

from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Decide, Page, Query, Ref, Versioned
from services.kernel.mongo.singletons import Singletons
from services.scheduling.domain.availability import Availability
from services.scheduling.domain.calendars import Calendar, Reading
from services.scheduling.domain.groups import Group
from services.scheduling.domain.hours import Hours
from services.scheduling.domain.invitations import Contact
from services.scheduling.domain.meetings import Meeting, Pair
from services.scheduling.domain.recurrence import Window

_OVERSEERS: Final = frozenset({"program_lead", "hr_admin", "service"})


class Aggregates(Protocol):
    """Where meetings are kept; `kernel.mongo.Aggregates` states the contract."""

    async def get(self, ref: Ref) -> Versioned[Meeting]:
        """Return one."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[Meeting]]:
        """Return those of `ids` that are there."""

    async def create(
        self, ref: Ref, state: Meeting, events: Sequence[Any], cause: Cause
    ) -> Versioned[Meeting]:
        """Store a new one, once per cause. Refused SLOT_TAKEN if another one claims one of its slots."""

    async def change(
        self, ref: Ref, decide: Decide[Meeting], cause: Cause, *, etag: str = ""
    ) -> Versioned[Meeting]:
        """Store what `decide` makes of one, once per cause."""

    async def list(self, tenant: str, query: Query) -> Page[Meeting]:
        """Return a page."""


class Availabilities(Singletons[Availability], Protocol):
    """What people set for themselves, by their ids."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[Availability]]:
        """Return those of `ids` that are there."""


class KeptCalendars(Singletons[Calendar], Protocol):
    """Other calendars of people."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> dict[str, Versioned[Calendar]]:
        """Return those of `ids` that are there."""

    async def list(self, tenant: str, query: Query) -> Page[Calendar]:
        """Return a page."""


class BusySource(Protocol):
    """A calendar outside, wherever it is: a document that was handed in, or an address."""

    async def read(self, window: Window, known: tuple[str, str] = ("", "")) -> Reading | None:
        """Return when somebody is busy within a window; None if the server says that it is as `known`.

        Raises Invalid CALENDAR_MALFORMED, ZONE_UNKNOWN or RECURRENCE_REFUSED, Refused TIME_ZONE_UNKNOWN,
        Unavailable with the code of what went wrong on the way.
        """


class Sources(Protocol):
    """Makes them."""

    def upload(self, document: str, zone: str) -> BusySource:
        """Return an iCalendar document; `zone` is for times without one."""

    def address(self, url: str, zone: str) -> BusySource:
        """Return the iCalendar document at an address."""


class Pairs(Protocol):
    """The copy of each mentorship's pair, by the mentorship's id."""

    async def get(self, ref: Ref) -> Pair | None:
        """Return one, None if no such mentorship was ever active."""

    async def put(self, ref: Ref, state: Pair, sequence: int) -> bool:
        """Store what the event numbered `sequence` tells; False when a later one was stored."""


class Groups(Protocol):
    """The copy of each group, by its id."""

    async def get(self, ref: Ref) -> Group | None:
        """Return one, None if nothing was heard of it."""

    async def put(self, ref: Ref, state: Group, sequence: int) -> bool:
        """Store what the event numbered `sequence` tells; False when it or a later one was stored."""


class People(Protocol):
    """What other services know about people."""

    async def hours(self, tenant: str, people: Sequence[str]) -> Sequence[Hours]:
        """Return people's weekly hours, in their order. NotFound, Unavailable."""

    async def contacts(self, tenant: str, people: Sequence[str]) -> Sequence[Contact]:
        """Return people's names and addresses, in their order; kept nowhere. NotFound, Unavailable."""


def oversees(caller: Caller) -> bool:
    """Whether the caller reads everybody's meetings."""
    return bool(caller.roles & _OVERSEERS)


def among(people: Collection[str]) -> Sequence[Mapping[str, Any]]:
    """Return the conditions of which one holds for meetings that any of `people` comes to."""
    some = {"$in": sorted(people)}
    return ({"people": some}, {"guests": some})
