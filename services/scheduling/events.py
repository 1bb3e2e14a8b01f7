"""What scheduling hears."""

from typing import Any

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.pb.mentoring.mentorships.v1.events_pb2 import (
    GroupCompleted,
    GroupCreated,
    GroupEnded,
    GroupJoined,
    GroupLeft,
    GroupMentorJoined,
    GroupPromoted,
    GroupUpdated,
    MentorshipActivated,
    MentorshipCompleted,
    MentorshipEnded,
    MentorshipPaused,
    MentorshipResumed,
)
from services.pb.mentoring.scheduling.v1.events_pb2 import CalendarFetchDue
from services.scheduling.app.calendars import Calendars, ref_of
from services.scheduling.app.following import Groups, Mentorships
from services.scheduling.domain.told import Reason
from services.scheduling.wire.calendars import fetch_due as fetched
from services.scheduling.wire.names import mentorship_of
from services.scheduling.wire.pairs import activated as pair_of
from services.scheduling.wire.pairs import group_of, group_ref


def hear_own(handlers: Handlers, calendars: Calendars) -> None:
    """Fetch calendars that are due, beside the events that follow."""

    async def fetch_due(event: Event[CalendarFetchDue]) -> None:
        calendars.hands.hand_over(ref_of(event.tenant, fetched(event.tenant, event.message)))

    handlers.on(CalendarFetchDue, fetch_due)


def hear(handlers: Handlers, mentorships: Mentorships) -> None:
    """Follow which mentorships are active, and with whom."""

    async def activated(event: Event[MentorshipActivated]) -> None:
        ref, pair = pair_of(event.tenant, event.message)
        await mentorships.activated(ref, pair, event.sequence)

    async def resumed(event: Event[MentorshipResumed]) -> None:
        await mentorships.resumed(_ref(event), event.sequence)

    async def stopped(event: Event[Any]) -> None:
        rests = isinstance(event.message, MentorshipPaused)
        reason = Reason.MENTORSHIP_PAUSED if rests else Reason.MENTORSHIP_ENDED
        await mentorships.stopped(_ref(event), reason, event.sequence, _cause(event))

    handlers.on(MentorshipActivated, activated)
    handlers.on(MentorshipResumed, resumed)
    handlers.on(MentorshipPaused, stopped)
    handlers.on(MentorshipCompleted, stopped)
    handlers.on(MentorshipEnded, stopped)


def hear_of_groups(handlers: Handlers, groups: Groups) -> None:
    """Follow who is in which group."""

    async def changed(event: Event[Any]) -> None:
        ref, group = group_of(event.tenant, event.message)
        if group is not None:
            await groups.changed(ref, group, event.sequence, _cause(event))

    async def stopped(event: Event[Any]) -> None:
        await groups.stopped(group_ref(event.tenant, event.message), event.sequence, _cause(event))

    for kind in (GroupCreated, GroupUpdated, GroupMentorJoined, GroupJoined, GroupPromoted, GroupLeft):
        handlers.on(kind, changed)
    handlers.on(GroupCompleted, stopped)
    handlers.on(GroupEnded, stopped)


def _cause(event: Event[Any]) -> Cause:
    return Cause(id=event.id, trace=event.trace)


def _ref(event: Event[Any]) -> Ref:
    return mentorship_of(event.tenant, event.message.mentorship)
