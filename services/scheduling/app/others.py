"""Other calendars of people as slot search needs them: those that did not change are not read again.

A calendar of a year is twenty kilobytes and a thousand moments, and a search reads one of everybody.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.kernel.mongo import Query, Versioned
from services.scheduling.app.ports import KeptCalendars
from services.scheduling.domain.calendars import Calendar

MOST_TIMES: Final = 100_000
"""Remembered of all calendars together, which is about 15 MiB."""


@dataclass(frozen=True, slots=True)
class _Edition:
    """What tells one saved form of a calendar from all others, also after a backup was restored."""

    version: int
    time: datetime


class Others:
    """Calendars as they are stored just now, without their names and addresses: those are not remembered."""

    def __init__(self, kept: KeptCalendars) -> None:
        self._kept = kept
        self._known: OrderedDict[tuple[str, str], tuple[_Edition, Calendar]] = OrderedDict()
        self._times = 0

    async def of(self, tenant: str, people: Sequence[str]) -> list[Calendar]:
        """Return all calendars of people that were not removed."""
        where = {"person": {"$in": sorted(people)}, "is_removed": False}
        listed = await self._kept.list(tenant, Query(where=where, page_size=1000, without=("busy",)))
        found = {name: self._remembered((tenant, name), _edition(stored)) for name, stored in listed.items}
        missing = [name for name, calendar in found.items() if calendar is None]
        read = await self._kept.get_many(tenant, missing) if missing else {}
        for name, stored in read.items():
            found[name] = self._remember((tenant, name), stored)
        return [one for one in found.values() if one is not None and not one.is_removed]

    def _remembered(self, key: tuple[str, str], edition: _Edition) -> Calendar | None:
        known, calendar = self._known.get(key, (None, None))
        if known != edition:
            return None
        self._known.move_to_end(key)
        return calendar

    def _remember(self, key: tuple[str, str], stored: Versioned[Calendar]) -> Calendar:
        calendar = replace(stored.state, name="", feed=None)
        self._forget(key)
        self._known[key] = (_edition(stored), calendar)
        self._times += len(calendar.busy) + 1
        while self._times > MOST_TIMES:
            self._forget(next(iter(self._known)))
        return calendar

    def _forget(self, key: tuple[str, str]) -> None:
        known = self._known.pop(key, None)
        if known is not None:
            self._times -= len(known[1].busy) + 1


def _edition(stored: Versioned[Calendar]) -> _Edition:
    return _Edition(stored.version, stored.update_time)
