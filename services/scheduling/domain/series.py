"""Series of meetings: the same time on one wall clock, every so many days."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.scheduling.domain.hours import zone_of


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How a series recurs: every so many days from `first` on, on the wall clock of a zone."""

    zone: str
    days: int
    first: datetime

    def place(self, occurrence: datetime) -> int:
        """Return which one it is, 0 for the first, of one that began then before it was moved."""
        return round((self._wall(occurrence) - self._wall(self.first)) / timedelta(days=self.days))

    def wall(self, place: int) -> datetime:
        """Return when one begins as the clock should show it, in the zone."""
        wall = self._wall(self.first) + timedelta(days=self.days * place)
        return wall.replace(tzinfo=zone_of(self.zone))

    def between(self, old: datetime, new: datetime) -> timedelta:
        """Return how far apart two moments are on the wall clock."""
        return self._wall(new) - self._wall(old)

    def later(self, moment: datetime, by: timedelta) -> datetime:
        """Return the moment so much later on the wall clock."""
        return (self._wall(moment) + by).replace(tzinfo=zone_of(self.zone)).astimezone(UTC)

    def _wall(self, moment: datetime) -> datetime:
        return moment.astimezone(zone_of(self.zone)).replace(tzinfo=None, fold=0)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """So many meetings of a length, every so many days, from the first on, on the wall clock of a zone."""

    first: datetime
    length: timedelta
    zone: str
    days: int
    count: int

    @property
    def recurrence(self) -> Recurrence:
        """How its meetings recur."""
        return Recurrence(self.zone, self.days, self.first)

    def starts(self) -> list[datetime]:
        """Return when they start, in UTC. Refused TIME_ZONE_UNKNOWN.

        As in RFC 5545: a time that the clock skips comes as much later as the clock jumps, and of a time that
        comes twice the first is taken.
        """
        zone = zone_of(self.zone)
        wall = self.first.astimezone(zone).replace(tzinfo=None, fold=0)
        later = (wall + timedelta(days=self.days * place) for place in range(1, self.count))
        return [self.first, *(one.replace(tzinfo=zone).astimezone(UTC) for one in later)]
