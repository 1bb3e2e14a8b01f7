"""What callers make meetings do: get, decide, save.

The organization is the caller's. Beside refusals of `domain`, every method raises NotFound for what is not
there, and every change raises Conflict for a stale `etag`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Conflict, Denied, Refused
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.scheduling.app.circles import Circles
from services.scheduling.app.diaries import Diaries as Calendars
from services.scheduling.app.ports import Aggregates, among, oversees
from services.scheduling.app.settings import Policies
from services.scheduling.domain import attendance, booking, groups, proposals
from services.scheduling.domain.attendance import Said
from services.scheduling.domain.booking import Diaries, Wish
from services.scheduling.domain.groups import Following, Group
from services.scheduling.domain.meetings import Decision, Meeting
from services.scheduling.domain.parents import is_all, under
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.said import Answer
from services.scheduling.domain.told import Reason

Names = tuple[str, str]
"""A meeting: (parent, meeting)."""

How = tuple[str, Cause]
"""(etag, cause) of a change; an empty etag checks nothing."""

Stores = tuple[Aggregates, Circles]

NewTimes = Callable[[Meeting], Wish]
"""When a meeting shall be, from when it is."""

_TRIES: Final = 8
"""Each lost race means that another meeting of one of the two was booked meanwhile."""


class Meetings:
    """Meetings and attendance."""

    def __init__(
        self, stores: Stores, diaries: Calendars, clock: Clock, policy: Policy, policies: Policies
    ) -> None:
        self._meetings, self._circles = stores
        self._diaries = diaries
        self._clock = clock
        self._policy = policy
        self._policies = policies

    async def book(self, caller: Caller, wish: Wish, cause: Cause) -> tuple[Ref, Versioned[Meeting]]:
        """Book a meeting. Refused SLOT_TAKEN if one of the people has another one then, Conflict.

        A repeat answers what was stored, even when its time has passed since.
        """
        ref, known = await self._stored(caller, cause)
        if known is None:
            known = await self._booked(caller, wish, (ref, cause))
        return ref, await self._followed(ref, known, cause)

    async def _booked(self, caller: Caller, wish: Wish, new: tuple[Ref, Cause]) -> Versioned[Meeting]:
        now, (ref, cause) = self._clock.now(), new
        circle = await self._circles.get(caller.org, wish.parent)
        await self._diaries.require_known(caller.org, wish.guests)
        people, policy = booking.comers(circle, wish), await self._policies.of_circle(caller.org, circle)
        span, optional = (wish.start, wish.start), circle.members
        for _ in range(_TRIES):
            diaries = await self._diaries.booking(caller.org, people, span, ref.id, optional)
            decision = booking.book(circle, caller.subject, wish, now, policy, diaries)
            try:
                return await self._meetings.create(ref, *decision, cause)
            except Refused:  # the store's only one: a claim is taken, maybe just a place
                if not _are_guesses(diaries):
                    raise
        raise _raced()

    async def _followed(self, ref: Ref, known: Versioned[Meeting], cause: Cause) -> Versioned[Meeting]:
        """Return a new meeting as its group is now: what was heard while it was booked did not find it."""
        circle = await self._circles.find(ref.tenant, known.state.parent) if known.state.group else None
        if not isinstance(circle, Group):
            return known
        return await self.follow(ref, circle, Following(), replace(cause, id=f"{cause.id}/group"))

    async def follow(self, ref: Ref, group: Group, how: Following, cause: Cause) -> Versioned[Meeting]:
        """Invite who came into the group, taking their time if it is free, and let go who left."""
        now = self._clock.now()
        try:
            return await self._meetings.change(ref, lambda one: groups.follow(one, group, now, how), cause)
        except Refused:  # the store's only one: a claim is taken
            bare = replace(how, claiming=False)
            return await self._meetings.change(ref, lambda one: groups.follow(one, group, now, bare), cause)

    async def log(self, caller: Caller, wish: Wish, cause: Cause) -> tuple[Ref, Versioned[Meeting]]:
        """Tell of a meeting that took place elsewhere. Refused SLOT_TAKEN if either had another one then."""
        ref, known = await self._stored(caller, cause)
        if known is not None:
            return ref, known
        pair = await self._circles.pair(caller.org, wish.parent)
        await self._diaries.require_known(caller.org, wish.guests)
        decision = attendance.log(pair, caller.subject, wish, self._clock.now(), self._policy)
        return ref, await self._meetings.create(ref, *decision, cause)

    async def get(self, caller: Caller, names: Names) -> Versioned[Meeting]:
        """Return one meeting of a mentorship or group; participants get their own only."""
        stored = await self._meetings.get(Ref(caller.org, names[1]))
        stored.state.require_under(names[0])
        if not oversees(caller):
            stored.state.require_reader(caller.subject)
        return stored

    async def list(self, caller: Caller, parent: str, page: Query) -> Page[Meeting]:
        """Return a page of a mentorship's or group's meetings; participants get their own only.

        ALL is for staff: Denied STAFF_ONLY for others.
        """
        staff = oversees(caller)
        if is_all(parent) and not staff:
            raise Denied("STAFF_ONLY", "only staff list the meetings of all mentorships or groups")
        if not staff:
            page = replace(page, either=among([caller.subject]))
        return await self._meetings.list(caller.org, replace(page, where=under(parent)))

    async def move(self, caller: Caller, names: Names, times: NewTimes, how: How) -> Versioned[Meeting]:
        """Give a meeting another time, on all calendars at once. Refused SLOT_TAKEN."""
        now, ref = self._clock.now(), Ref(caller.org, names[1])
        policy = await self._policies.of(caller.org, names[0])
        for _ in range(_TRIES):
            known = (await self._meetings.get(ref)).state
            start = times(known).start
            diaries = await self._diaries.booking(
                caller.org, known.everybody, (start, start), ref.id, known.members
            )

            def decide(known: Meeting, diaries: Diaries = diaries) -> Decision:
                return booking.move(known, caller.subject, times(known), now, policy, diaries)

            try:
                return await self._change(caller, names, decide, how)
            except Refused as refusal:
                if refusal.reason != "SLOT_TAKEN" or not _are_guesses(diaries):
                    raise
                decide(known)  # raises it again if the time itself was known to be taken
        raise _raced()

    async def check_in(self, caller: Caller, names: Names, cause: Cause) -> Versioned[Meeting]:
        """Say that the caller is there."""
        now = self._clock.now()
        return await self._change(
            caller, names, lambda one: one.check_in(names[0], caller.subject, now), ("", cause)
        )

    async def record(
        self, caller: Caller, names: Names, present: tuple[str, ...], how: How
    ) -> Versioned[Meeting]:
        """Say who was at a group's meeting."""
        now, who = self._clock.now(), (names[0], caller.subject)
        return await self._change(
            caller, names, lambda one: groups.record(one, who, present, now, self._policy), how
        )

    async def cancel(self, caller: Caller, names: Names, reason: Reason, how: How) -> Versioned[Meeting]:
        """Call a meeting off."""
        now = self._clock.now()
        return await self._change(
            caller, names, lambda one: one.cancel(names[0], caller.subject, now, reason), how
        )

    async def give_notice(self, caller: Caller, names: Names, said: Said, how: How) -> Versioned[Meeting]:
        """Say that the caller comes late or not."""
        now, who = self._clock.now(), (names[0], caller.subject)
        return await self._change(
            caller, names, lambda one: attendance.give_notice(one, who, said, now, self._policy), how
        )

    async def answer(
        self, caller: Caller, meeting: str, said: tuple[Answer, int], cause: Cause
    ) -> tuple[Ref, Versioned[Meeting]]:
        """Take over what somebody's calendar answered to the invitation of a revision of a meeting.

        The other time that a counter asks for is held if it can be had, for the other one to accept.
        Denied ANSWER_NOT_YOURS unless it is the caller's own, or the caller is a service.
        """
        if caller.subject != said[0].person and "service" not in caller.roles:
            raise Denied("ANSWER_NOT_YOURS", "only the person's own calendar answers")
        now, ref = self._clock.now(), Ref(caller.org, meeting)

        def decide(known: Meeting) -> Decision:
            return attendance.answer(known, *said, now)

        holding = await self._holding(ref, said[0], decide)
        try:
            return ref, await self._meetings.change(ref, holding, cause)
        except Refused as refusal:
            if refusal.reason != "SLOT_TAKEN":
                raise
        # Somebody took the other time just now: it is told all the same, and not held.
        return ref, await self._meetings.change(ref, decide, cause)

    async def _holding(
        self, ref: Ref, asked: Answer, answer: Callable[[Meeting], Decision]
    ) -> Callable[[Meeting], Decision]:
        """Return the decision of an answer that also holds the time which it asks for, if it does."""
        if asked.start is None:
            return answer
        now, known = self._clock.now(), (await self._meetings.get(ref)).state
        policy = await self._policies.of(ref.tenant, known.parent)
        span = (asked.start, asked.start)
        diaries = await self._diaries.booking(ref.tenant, known.everybody, span, ref.id)
        return lambda one: proposals.counter(answer(one), asked, now, policy, diaries)

    async def dispute(self, caller: Caller, names: Names, how: How) -> Versioned[Meeting]:
        """Say that a missed meeting was held."""
        now, who = self._clock.now(), (names[0], caller.subject)
        return await self._change(
            caller, names, lambda one: attendance.dispute(one, who, now, self._policy), how
        )

    async def confirm(self, caller: Caller, names: Names, how: How) -> Versioned[Meeting]:
        """Agree that a meeting took place."""
        who = (names[0], caller.subject)
        return await self._change(caller, names, lambda one: attendance.confirm(one, who), how)

    async def reject(self, caller: Caller, names: Names, how: How) -> Versioned[Meeting]:
        """Disagree."""
        who = (names[0], caller.subject)
        return await self._change(caller, names, lambda one: attendance.reject(one, who), how)

    async def withdraw(self, caller: Caller, names: Names, how: How) -> Versioned[Meeting]:
        """Take a claim back."""
        who = (names[0], caller.subject)
        return await self._change(caller, names, lambda one: attendance.withdraw(one, who), how)

    async def _stored(self, caller: Caller, cause: Cause) -> tuple[Ref, Versioned[Meeting] | None]:
        """Return where a new meeting goes, and what the same cause stored there before."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "meeting", caller.subject, cause.id))
        known = await self._meetings.get_many(caller.org, [ref.id])
        if not known:
            return ref, None
        return ref, await self._meetings.create(ref, known[ref.id].state, (), cause)

    async def _change(
        self, caller: Caller, names: Names, decide: Callable[[Meeting], Decision], how: How
    ) -> Versioned[Meeting]:
        etag, cause = how
        return await self._meetings.change(Ref(caller.org, names[1]), decide, cause, etag=etag)


def _are_guesses(diaries: Diaries) -> bool:
    """Whether what is taken may be a numbered place, of which a diary read anew shows another.

    Or the time of somebody who comes if they can.
    """
    return any(diary.is_guess for diary in diaries)


def _raced() -> Conflict:
    return Conflict("BOOKINGS_RACED", "other bookings were faster; try again")
