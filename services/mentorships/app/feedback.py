"""What the two tell each other about how it goes."""

from dataclasses import replace
from typing import Any, Protocol

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.ports import HR, Aggregates
from services.mentorships.domain import Mentorship
from services.mentorships.domain import feedback as domain
from services.mentorships.domain.feedback import Feedback, FeedbackDraft
from services.mentorships.domain.meetings import PastMeeting

Names = tuple[str, str]
"""(mentorship, feedback)."""


class PastMeetings(Protocol):
    """The meetings that are over, by their ids; `kernel.mongo.Projection` states the contract."""

    async def get(self, ref: Ref) -> PastMeeting | None:
        """Return one, None if nothing was heard of it."""

    async def put(self, ref: Ref, state: PastMeeting, sequence: int) -> bool:
        """Store what event `sequence` told; False when that or a later one was stored before."""


class FeedbackGiving:
    """Feedback between the two of a mentorship. Refusals are those of `domain.feedback`."""

    def __init__(
        self,
        feedback: Aggregates[Feedback],
        mentorships: Aggregates[Mentorship],
        past: PastMeetings,
        clock: Clock,
    ) -> None:
        self._feedback = feedback
        self._mentorships = mentorships
        self._past = past
        self._clock = clock

    async def meeting_over(self, meeting: Ref, past: PastMeeting, sequence: int) -> None:
        """Let the two tell each other how it was, if it took place."""
        await self._past.put(meeting, past, sequence)

    async def give(
        self, caller: Caller, mentorship: str, draft: FeedbackDraft, cause: Cause
    ) -> tuple[Ref, Versioned[Feedback]]:
        """Tell the other one; a repeat answers what was stored.

        Refused FEEDBACK_GIVEN for a second one of the caller on the same meeting.
        """
        ref = Ref(caller.org, ids.derived_id(caller.org, "feedback", caller.subject, cause.id))
        known = await self._feedback.get_many(caller.org, [ref.id])
        if known:
            return ref, await self._feedback.create(ref, known[ref.id].state, (), cause)
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        decision = domain.give(mentorship, parent.state, caller.subject, draft)
        if draft.meeting:
            domain.require_held(await self._past.get(Ref(caller.org, draft.meeting)), mentorship)
        return ref, await self._feedback.create(ref, *decision, cause)

    async def get(self, caller: Caller, names: Names) -> Versioned[Feedback]:
        """Return one, without its words for HR."""
        mentorship, feedback = names
        stored = await self._feedback.get(Ref(caller.org, feedback))
        stored.state.require_of(mentorship)
        return _readable(caller, stored)

    async def list(self, caller: Caller, mentorship: str, meeting: str, page: Query) -> Page[Feedback]:
        """Return a page of a mentorship's, on one meeting unless empty; without their words for HR."""
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        if not caller.roles & HR:
            parent.state.require_reader(caller.subject)
        where: dict[str, Any] = {"mentorship": mentorship}
        if meeting:
            where["meeting"] = meeting
        found = await self._feedback.list(caller.org, replace(page, where=where))
        return replace(found, items=[(key, _readable(caller, stored)) for key, stored in found.items])

    async def acknowledge(
        self, caller: Caller, names: Names, cause: Cause, *, etag: str
    ) -> Versioned[Feedback]:
        """Say that it was read."""
        mentorship, feedback = names
        now = self._clock.now()
        return await self._feedback.change(
            Ref(caller.org, feedback),
            lambda state: state.acknowledge(mentorship, caller.subject, now),
            cause,
            etag=etag,
        )


def _readable(caller: Caller, stored: Versioned[Feedback]) -> Versioned[Feedback]:
    return replace(stored, state=stored.state.read_by(caller.subject, oversees=bool(caller.roles & HR)))
