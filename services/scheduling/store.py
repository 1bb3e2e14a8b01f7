"""How scheduling's documents are kept in MongoDB, and under which names the copies of pairs and groups."""

from services.kernel.fates import IDS, ORGANIZATION, Emptied
from services.kernel.mongo import Kind
from services.kernel.personal import ITSELF
from services.scheduling.domain import availability, calendars, feeds
from services.scheduling.domain.availability import Availability
from services.scheduling.domain.calendars import Calendar
from services.scheduling.domain.feeds import Feed
from services.scheduling.domain.meetings import Meeting
from services.scheduling.domain.settings import Settings
from services.scheduling.wire.availability import updated
from services.scheduling.wire.calendars import feed_outgoing
from services.scheduling.wire.calendars import outgoing as calendar_outgoing
from services.scheduling.wire.events import outgoing
from services.scheduling.wire.settings import outgoing as settings_outgoing

MEETINGS = Kind(
    collection="meetings",
    erasure=IDS,
    concerns=("people", "guests"),
    withheld=("slots",),
    state=Meeting,
    encode=outgoing,
    due_at=lambda meeting: meeting.due_at,
    fire=Meeting.fire,
    unique=("slots", "SLOT_TAKEN"),
    indexes=(("mentorship",), ("group",), ("people", "start"), ("guests", "start"), ("series",)),
)
AVAILABILITIES = Kind(
    collection="availabilities",
    erasure=Emptied(lambda _, known: availability.forget(known)),
    concerns=(ITSELF,),
    state=Availability,
    encode=updated,
)
"""They have their person's id."""

CALENDARS = Kind(
    collection="calendars",
    erasure=Emptied(lambda _, known: calendars.forget(known)),
    concerns=("person",),
    state=Calendar,
    encode=calendar_outgoing,
    due_at=lambda calendar: calendar.due_at,
    fire=Calendar.fire,
    indexes=(("person",),),
)
FEEDS = Kind(
    collection="calendar_feeds",
    erasure=Emptied(lambda _, known: feeds.close_feed(known)),
    concerns=(ITSELF,),
    withheld=("key",),
    state=Feed,
    encode=feed_outgoing,
)
"""They have their person's id."""

SETTINGS = Kind(collection="meeting_settings", erasure=ORGANIZATION, state=Settings, encode=settings_outgoing)
"""They have their program's id."""

PAIRS = "pairs"
GROUPS = "rosters"
