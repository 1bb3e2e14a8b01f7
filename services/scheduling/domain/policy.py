"""Times that an operator may set."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """When things may be done to a meeting, and when they happen by themselves.

    grace, early         attendance is decided so long after the start, checking in opens so long before
    tardy                who checks in later than this after the start came late
    notice, reschedule   how far ahead a time must lie to be found, and a meeting to be moved
    ahead                how far ahead meetings are booked
    shortest, longest    meetings
    late, late_flash     calling off later than this before the start is late; flash: up to `flash` long
    reminders            so long before the start both are reminded, unless their program says otherwise
    video                address of the video room, with {meeting} for the meeting's id; as the program says
    dispute              so long after the check a miss can be disputed, and so long the other has to answer
    hold                 how long offered times are held unless said otherwise
    logged               how old a meeting may be that is told afterwards

    A grace of 10 minutes is the rule that ADPList publishes, 3 hours its limit for calling off.
    """

    grace: timedelta = timedelta(minutes=10)
    early: timedelta = timedelta(minutes=15)
    tardy: timedelta = timedelta(minutes=5)
    notice: timedelta = timedelta(hours=1)
    reschedule: timedelta = timedelta(hours=1)
    ahead: timedelta = timedelta(days=180)
    shortest: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=4)
    late: timedelta = timedelta(hours=24)
    late_flash: timedelta = timedelta(hours=3)
    flash: timedelta = timedelta(minutes=15)
    reminders: tuple[timedelta, ...] = (timedelta(hours=24), timedelta(hours=1))
    video: str = ""
    dispute: timedelta = timedelta(days=7)
    hold: timedelta = timedelta(days=2)
    logged: timedelta = timedelta(days=30)

    def late_notice(self, length: timedelta) -> timedelta:
        """Return how long before the start a meeting of that length can be called off without being late."""
        return self.late_flash if length <= self.flash else self.late
