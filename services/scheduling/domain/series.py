"""Series of meetings: the same time on one wall clock, every so many days."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.scheduling.domain.hours import zone_of


@dataclass(frozen=True, slots=True)
class Rhythm:
    """So many meetings of a length, every so many days, from the first on, on the wall clock of a zone."""

    first: datetime
    length: timedelta
    zone: str
    days: int
    count: int

    def starts(self) -> list[datetime]:
        """Return when they start, in UTC. Refused TIME_ZONE_UNKNOWN.

        As in RFC 5545: a time that the clock skips comes as much later as the clock jumps, and of a time that
        comes twice the first is taken.
        """
        zone = zone_of(self.zone)
        wall = self.first.astimezone(zone).replace(tzinfo=None, fold=0)
        later = (wall + timedelta(days=self.days * place) for place in range(1, self.count))
        return [self.first, *(one.replace(tzinfo=zone).astimezone(UTC) for one in later)]
