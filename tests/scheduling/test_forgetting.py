"""What scheduling forgets of a person who was erased, beside texts."""

from dataclasses import replace
from datetime import timedelta

from services.scheduling.domain import availability, calendars, feeds
from services.scheduling.domain.availability import Availability, Away
from services.scheduling.domain.calendars import Busy, Calendar
from services.scheduling.domain.feeds import Feed
from tests.kernel.tally import NOON


def test_nothing_tells_when_an_erased_person_could_be_met() -> None:
    own = Availability("Europe/Berlin", away=(Away(NOON.date(), NOON.date()),))
    calendar = Calendar("ann", "work", (Busy(NOON, NOON + timedelta(hours=1)),), NOON, NOON)
    assert availability.forget(own)[0] == Availability("UTC")
    assert calendars.forget(calendar)[0] == replace(calendar, busy=(), is_removed=True)
    assert not feeds.close_feed(Feed("key"))[0].is_open


def test_what_is_forgotten_is_not_forgotten_again() -> None:
    gone = Calendar("ann", "work", (), NOON, NOON, is_removed=True)
    assert availability.forget(Availability("UTC")) == (Availability("UTC"), [])
    assert calendars.forget(gone) == (gone, [])
