"""iCalendar documents of other calendars, read for when a person is busy; their words are dropped at once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from icalendar import Calendar

from services.kernel.errors import Invalid
from services.scheduling.domain.hours import zone_of
from services.scheduling.domain.recurrence import Entry, Times, Window, expand, replaced

_MOST_EVENTS: Final = 5_000
_DAY: Final = timedelta(days=1)


def busy(document: str, zone: str, window: Window) -> tuple[Times, ...]:
    """Return when somebody is busy within a window; `zone` is for whole days and for times without a zone.

    Raises Invalid CALENDAR_MALFORMED, ZONE_UNKNOWN or RECURRENCE_REFUSED, Refused TIME_ZONE_UNKNOWN.
    """
    try:
        calendar = Calendar.from_ical(document)
        events = [one for one in calendar.walk("VEVENT") if _takes_time(one)]
        moved = _moved(calendar.walk("VEVENT"), zone_of(zone))
        if len(events) > _MOST_EVENTS:
            raise _wrong("CALENDAR_MALFORMED", f"holds more than {_MOST_EVENTS} events")
        entries = [_entry(one, zone_of(zone), moved) for one in events]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise _wrong("CALENDAR_MALFORMED", "must be an iCalendar document") from error
    return expand(entries, window)


def _takes_time(event: Any) -> bool:
    return str(event.get("status", "")) != "CANCELLED" and str(event.get("transp", "")) != "TRANSPARENT"


def _moved(events: Any, zone: tzinfo) -> dict[str, set[datetime]]:
    """Return, by UID, which occurrences have events of their own, also cancelled ones, as moments."""
    found: dict[str, set[datetime]] = {}
    for event in events:
        if "recurrence-id" in event:
            found.setdefault(str(event["uid"]), set()).add(_moment(event["recurrence-id"], zone))
    return found


def _entry(event: Any, zone: tzinfo, moved: dict[str, set[datetime]]) -> Entry:
    start, at = _wall(event["dtstart"], zone)
    rule = event.get("rrule")
    if rule is None or "recurrence-id" in event:
        return Entry(at, start, _length(event, zone))
    parts = {name.upper(): _text(values) for name, values in rule.items() if name.upper() != "UNTIL"}
    entry = Entry(
        at,
        start,
        _length(event, zone),
        parts,
        _until(rule.get("UNTIL"), at),
        frozenset(_dates(event.get("exdate"), zone, at)),
        tuple(_dates(event.get("rdate"), zone, at)),
    )
    others = moved.get(str(event.get("uid", "")), set())
    return replaced(entry, frozenset(one.astimezone(at).replace(tzinfo=None) for one in others))


def _wall(prop: Any, zone: tzinfo) -> tuple[datetime, tzinfo]:
    """Return a time as the wall clock shows it, and the zone of that clock."""
    found = prop.dt
    if not isinstance(found, datetime):
        return datetime.combine(found, time()), zone
    if found.tzinfo is None:
        if "TZID" in prop.params:
            raise _wrong("ZONE_UNKNOWN", "names a time zone that is not known here")
        return found, zone
    return found.replace(tzinfo=None), found.tzinfo


def _moment(prop: Any, zone: tzinfo) -> datetime:
    wall, at = _wall(prop, zone)
    return wall.replace(tzinfo=at).astimezone(UTC)


def _length(event: Any, zone: tzinfo) -> timedelta:
    if "duration" in event:
        found: timedelta = event["duration"].dt
    elif "dtend" in event:
        last, first = (_moment(event[name], zone) for name in ("dtend", "dtstart"))
        found = last - first
    else:
        found = timedelta(0) if isinstance(event["dtstart"].dt, datetime) else _DAY
    if found < timedelta(0):
        raise _wrong("CALENDAR_MALFORMED", "holds an event that ends before it begins")
    return found


def _until(values: Any, zone: tzinfo) -> datetime | None:
    if not values:
        return None
    found: date = values[0] if isinstance(values, list) else values
    if not isinstance(found, datetime):
        return datetime.combine(found, time.max, tzinfo=zone)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _dates(props: Any, zone: tzinfo, at: tzinfo) -> Iterator[datetime]:
    for prop in props if isinstance(props, list) else [props] if props is not None else []:
        for one in prop.dts:
            yield _moment(one, zone).astimezone(at).replace(tzinfo=None)


def _text(values: Any) -> str:
    return ",".join(str(one) for one in values) if isinstance(values, list) else str(values)


def _wrong(reason: str, description: str) -> Invalid:
    return Invalid(reason, f"document {description}", fields=(("document", description),))
