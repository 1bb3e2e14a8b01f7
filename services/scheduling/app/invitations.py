"""Invitations by mail: whom they go to, and the answers that come back."""

from dataclasses import replace
from enum import StrEnum

from services.kernel.auth import Caller
from services.kernel.errors import Denied, Refused
from services.kernel.mongo import Cause, Ref, Versioned
from services.scheduling.app.meetings import Meetings, Names
from services.scheduling.app.ports import Aggregates, People
from services.scheduling.domain.invitations import Contact, Reply
from services.scheduling.domain.meetings import Meeting

_TOO_LATE = frozenset({"ANSWER_OUTDATED", "MEETING_CANCELLED", "MEETING_OVER"})


class Outcome(StrEnum):
    """What became of an answer."""

    TAKEN = "TAKEN"
    OUTDATED = "OUTDATED"


Received = tuple[Outcome, Ref, Versioned[Meeting]]


class Invitations:
    """Names and addresses of people come from profiles at each use."""

    def __init__(self, meetings: Meetings, kept: Aggregates, people: People) -> None:
        self._meetings = meetings
        self._kept = kept
        self._people = people

    async def attendees(self, caller: Caller, names: Names) -> tuple[Versioned[Meeting], tuple[Contact, ...]]:
        """Return a meeting and everybody of it, for services. Denied ADDRESSES_WITHHELD, NotFound."""
        if "service" not in caller.roles:
            raise Denied("ADDRESSES_WITHHELD", "only services are told people's addresses; give them")
        stored = await self._meetings.get(caller, names)
        return stored, tuple(await self._people.contacts(caller.org, stored.state.everybody))

    async def receive(self, caller: Caller, reply: Reply, cause: Cause) -> Received:
        """Take over an answer that came by mail; one that comes too late changes nothing.

        Denied SENDER_IS_NOT_ATTENDEE or ATTENDEE_UNKNOWN, NotFound, Unavailable.
        """
        ref = Ref(caller.org, reply.meeting)
        stored = await self._kept.get(ref)
        contacts = await self._people.contacts(caller.org, stored.state.everybody)
        said = replace(reply.answer, person=reply.author(stored.state, contacts))
        try:
            _, taken = await self._meetings.answer(caller, ref.id, (said, reply.revision), cause)
        except Refused as refusal:
            if refusal.reason not in _TOO_LATE:
                raise
            return Outcome.OUTDATED, ref, stored
        return Outcome.TAKEN, ref, taken
