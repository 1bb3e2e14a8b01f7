"""When a person can be met: what they set for themselves, and which days that closes."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import holidays

from services.kernel.errors import Denied, Invalid
from services.scheduling.domain.hours import Window, zone_of

USUAL_HORIZON: Final = 180
USUAL_STEP: Final = 15


@dataclass(frozen=True, slots=True)
class Override:
    """One day that is unlike its weekday: (first, last) minutes after midnight; none: closed."""

    day: date
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Away:
    """Days out of office, the last one included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Availability:
    """What one person set. Minutes, days and counts are as their names say; a limit of 0 is none.

    zone             IANA; of everything here
    windows          weekly hours that bind; None: the hours of the person's profile, which only suggest
    before, after    minutes kept free around each meeting; those of two meetings add up
    notice           minutes between booking a meeting and its start; `moving`: between moving and its old one
    horizon          days ahead that can be booked
    step             minutes, of the hour on the person's clock, on which meetings start
    per_day, per_week  meetings of all programs together; weeks begin on Monday
    country, region  ISO 3166 codes, whose public holidays are closed; "" for none
    """

    zone: str
    windows: tuple[Window, ...] | None = None
    overrides: tuple[Override, ...] = ()
    away: tuple[Away, ...] = ()
    before: int = 0
    after: int = 0
    notice: int = 60
    moving: int = 60
    horizon: int = USUAL_HORIZON
    step: int = USUAL_STEP
    per_day: int = 0
    per_week: int = 0
    country: str = ""
    region: str = ""

    def require_sound(self) -> None:
        """Raise Refused TIME_ZONE_UNKNOWN, Invalid for days in disorder and for unknown countries."""
        zone_of(self.zone)
        _require_spans(self.overrides)
        for one in self.away:
            if one.last < one.first:
                raise _invalid("DAYS_IN_DISORDER", "out_of_office", "must end after it begins")
        if self.country:
            require_country(self.country, self.region)

    def is_closed(self, day: date) -> bool:
        """Whether the person is away, or has a public holiday, on that day of their calendar."""
        if any(one.first <= day <= one.last for one in self.away):
            return True
        return bool(self.country) and day in holidays_of(self.country, self.region, day.year)


NOTHING_SET: Final = Availability(zone="")
"""That of one who set nothing."""


class AvailabilityEvent(StrEnum):
    """What is told of an availability."""

    UPDATED = "UPDATED"


Decision = tuple[Availability, list[AvailabilityEvent]]


def update(known: Availability, changes: dict[str, Any]) -> Decision:
    """Return what a person set once some of it changes; `changes` are fields of `Availability` by name.

    Raises Invalid TIME_ZONE_MISSING and what `require_sound` raises.
    """
    new = replace(known, **changes)
    if not (known.zone or new.zone):
        raise _invalid("TIME_ZONE_MISSING", "time_zone", "must be given")
    new.require_sound()
    return new, [] if new == known else [AvailabilityEvent.UPDATED]


def forget(known: Availability) -> Decision:
    """Return what is left of an erased person's: what somebody has who set nothing."""
    nothing = Availability(zone="UTC")
    return nothing, [] if known == nothing else [AvailabilityEvent.UPDATED]


def require_own(caller: str, person: str, *, hr: bool) -> None:
    """Raise Denied AVAILABILITY_NOT_YOURS unless the caller may set when `person` can be met."""
    if caller != person and not hr:
        raise Denied("AVAILABILITY_NOT_YOURS", "only the person and HR set when somebody can be met")


def require_country(country: str, region: str) -> None:
    """Raise Invalid COUNTRY_UNKNOWN or REGION_UNKNOWN unless their holidays are known."""
    supported = holidays.list_supported_countries()
    if country not in supported:
        raise _invalid("COUNTRY_UNKNOWN", "country", "has no holidays that are known here")
    if region and region not in supported[country]:
        raise _invalid("REGION_UNKNOWN", "region", "is no part of the country that is known here")


@lru_cache(maxsize=1024)
def holidays_of(country: str, region: str, year: int) -> frozenset[date]:
    """Return the public holidays of a year."""
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))


def _require_spans(overrides: tuple[Override, ...]) -> None:
    if len({one.day for one in overrides}) != len(overrides):
        raise _invalid("DAY_TWICE", "overrides", "must name each day once")
    if any(first >= last for one in overrides for first, last in one.spans):
        raise _invalid("SPAN_IN_DISORDER", "overrides", "must end after they begin")


def _invalid(reason: str, field: str, description: str) -> Invalid:
    path = f"availability.{field}"
    return Invalid(reason, f"{path} {description}", fields=((path, description),))
