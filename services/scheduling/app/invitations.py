"""Invitations by mail: whom they go to, and the answers that come back."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from services.kernel.auth import Caller
from services.kernel.errors import Denied, Refused
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.kernel.mongo.whole import whole_stored
from services.scheduling.app.meetings import Meetings, Names
from services.scheduling.app.ports import Aggregates, People
from services.scheduling.domain.invitations import Contact, Reply
from services.scheduling.domain.meetings import Meeting, Stage, meeting_not_found
from services.scheduling.domain.parents import under

_TOO_LATE = frozenset({"ANSWER_OUTDATED", "MEETING_CANCELLED", "MEETING_OVER"})


class Outcome(StrEnum):
    """What became of an answer."""

    TAKEN = "TAKEN"
    OUTDATED = "OUTDATED"


Kept = tuple[Ref, Versioned[Meeting]]
Received = tuple[Outcome, Ref, Versioned[Meeting]]


class Invitations:
    """Names and addresses of people come from profiles at each use."""

    def __init__(self, meetings: Meetings, kept: Aggregates, people: People) -> None:
        self._meetings = meetings
        self._kept = kept
        self._people = people

    async def attendees(
        self, caller: Caller, names: Names, attendee: str = ""
    ) -> tuple[Versioned[Meeting], tuple[Contact, ...]]:
        """Return a meeting and everybody of it, for services. Denied ADDRESSES_WITHHELD, NotFound.

        To an `attendee` who is not invited any more it is called off.
        """
        if "service" not in caller.roles:
            raise Denied("ADDRESSES_WITHHELD", "only services are told people's addresses; give them")
        stored = await self._meetings.get(caller, names)
        if attendee and attendee not in stored.state.everybody:
            stored = replace(stored, state=stored.state.withdrawn_from(attendee))
        return stored, tuple(await self._people.contacts(caller.org, stored.state.everybody))

    async def receive(self, caller: Caller, reply: Reply, cause: Cause) -> Received:
        """Take over an answer that came by mail; one that comes too late changes nothing.

        Denied SENDER_IS_NOT_ATTENDEE or ATTENDEE_UNKNOWN, NotFound, Unavailable.
        """
        meant = await self.meant(caller.org, reply)
        last = max((stored.state for _, stored in meant), key=lambda one: one.start)
        contacts = await self._people.contacts(caller.org, last.everybody)
        person = reply.author(last, contacts)
        answers = [await self._answer(caller, one, (person, reply), cause) for one in whose(meant, person)]
        return next((one for one in answers if one[0] is Outcome.TAKEN), answers[0])

    async def siblings(self, caller: Caller, meeting: Meeting) -> Sequence[Kept]:
        """Return the meetings of a series that take place, or did.

        Of a group those that are ahead and that the same people come to; of one that is withdrawn from
        somebody, those that they are not invited to any more, withdrawn as well.
        """
        stages = {"$in": [Stage.BOOKED.value, Stage.HELD.value]}
        where = {**under(meeting.parent), "series": meeting.series, "stage": stages}
        listed = whole_stored(self._kept, caller.org, Query(where=where))
        found = [(Ref(caller.org, name), stored) async for name, stored in listed]
        return _of_group(meeting, found) if meeting.group else found

    async def meant(self, tenant: str, reply: Reply) -> Sequence[Kept]:
        """Return the meetings that an answer is to: of a series those that are ahead, if any. NotFound."""
        ref = Ref(tenant, reply.meeting)
        if known := await self._kept.get_many(tenant, [ref.id]):
            return [(ref, known[ref.id])]
        where: dict[str, object] = {"series": reply.meeting}
        if reply.occurrence is not None:
            where["occurrence"] = reply.occurrence
        listed = whole_stored(self._kept, tenant, Query(where=where))
        found = [(Ref(tenant, name), stored) async for name, stored in listed]
        if not found:
            raise meeting_not_found()
        return [one for one in found if one[1].state.stage is Stage.BOOKED] or found

    async def _answer(
        self, caller: Caller, of: tuple[Ref, Versioned[Meeting]], told: tuple[str, Reply], cause: Cause
    ) -> Received:
        (ref, stored), (person, reply) = of, told
        said = replace(reply.answer, person=person)
        try:
            _, taken = await self._meetings.answer(caller, ref.id, (said, reply.revision), cause)
        except Refused as refusal:
            if refusal.reason not in _TOO_LATE:
                raise
            return Outcome.OUTDATED, ref, stored
        return Outcome.TAKEN, ref, taken


def whose(meant: Sequence[Kept], person: str) -> Sequence[Kept]:
    """Return those that somebody is invited to, having joined their group later; all if none is."""
    return [one for one in meant if person in one[1].state.everybody] or meant


def _of_group(meeting: Meeting, found: Sequence[Kept]) -> Sequence[Kept]:
    ahead = [one for one in found if one[1].state.stage is Stage.BOOKED]
    if not meeting.is_withdrawn:
        return [one for one in ahead if one[1].state.everybody == meeting.everybody]
    [left] = meeting.guests
    return [
        (ref, replace(stored, state=stored.state.withdrawn_from(left)))
        for ref, stored in ahead
        if left not in stored.state.everybody
    ]
