"""Check-ins: planned when a mentorship runs, opened by time, answered by the person asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Query, Ref, Save, Versioned
from services.mentorships.app.once import when_new
from services.mentorships.app.ports import HR, LEADS, Aggregates
from services.mentorships.app.surveys import Surveys
from services.mentorships.domain import Mentorship, checkins
from services.mentorships.domain.checkins import Answer, CheckInEvent, CheckInPlan
from services.mentorships.domain.survey import Occasion
from services.mentorships.domain.survey_plan import SurveyPlan

Step = Callable[[CheckInPlan], tuple[CheckInPlan, list[CheckInEvent]]]

Seen = tuple[Versioned[CheckInPlan], SurveyPlan]
"""What a person is asked in a mentorship, and what the program asks of its own."""


@dataclass(frozen=True, slots=True)
class Name:
    """A check-in: the one numbered `ordinal` of the plan with the id `plan`."""

    mentorship: str
    plan: str
    ordinal: int


def plan_id(tenant: str, mentorship: str, person: str) -> str:
    """Return the id of what a person is asked in a mentorship."""
    return ids.derived_id(tenant, "check-ins", mentorship, person)


class CheckIns:
    """What both participants of every mentorship are asked. Refusals are those of `domain.checkins`."""

    def __init__(
        self,
        plans: Aggregates[CheckInPlan],
        mentorships: Aggregates[Mentorship],
        surveys: Surveys,
        clock: Clock,
    ) -> None:
        self._plans = plans
        self._mentorships = mentorships
        self._surveys = surveys
        self._clock = clock

    async def activated(
        self, mentorship: Ref, people: Sequence[str], lead: str, at: datetime, cause: Cause
    ) -> None:
        """Plan to ask both when their program asks; an agreement that is only amended changes nothing."""
        saves, asks = [], await self._asks(mentorship)
        for person in people:
            ref = Ref(mentorship.tenant, plan_id(mentorship.tenant, mentorship.id, person))
            fresh = checkins.plan(mentorship.id, person, lead, at, asks.rhythm)
            saves.append(Save(ref, when_new(fresh), cause))
        await self._plans.apply_many(mentorship.tenant, saves)

    async def paused(self, mentorship: Ref, at: datetime, cause: Cause) -> None:
        """Let the clocks of both stand still."""
        await self._both(mentorship, lambda plan: plan.pause(at), cause)

    async def resumed(self, mentorship: Ref, at: datetime, cause: Cause) -> None:
        """Let the clocks of both go on."""
        await self._both(mentorship, lambda plan: plan.resume(at), cause)

    async def over(self, mentorship: Ref, cause: Cause) -> None:
        """Ask neither of the two any more."""
        await self._both(mentorship, CheckInPlan.finish, cause)

    async def _both(self, mentorship: Ref, step: Step, cause: Cause) -> None:
        for key, _ in await self._of(mentorship):
            await self._plans.change(Ref(mentorship.tenant, key), step, cause)

    async def _of(self, mentorship: Ref) -> Sequence[tuple[str, Versioned[CheckInPlan]]]:
        page = await self._plans.list(mentorship.tenant, Query(where={"mentorship": mentorship.id}))
        return page.items

    async def _asks(self, mentorship: Ref) -> SurveyPlan:
        state = (await self._mentorships.get(mentorship)).state
        return await self._surveys.plan(mentorship.tenant, state.program)

    async def get(self, caller: Caller, name: Name) -> Seen:
        """Return the plan of a check-in that exists, as far as the caller may read it."""
        stored = await self._plans.get(Ref(caller.org, name.plan))
        stored.state.require_of(name.mentorship)
        shown = _readable(caller, stored)
        shown.state.check_in(name.ordinal)
        return shown, await self._asks(Ref(caller.org, name.mentorship))

    async def list(self, caller: Caller, mentorship: str) -> Sequence[tuple[str, Seen]]:
        """Return the plans of a mentorship: a participant gets their own, its lead and HR both wordless."""
        ref = Ref(caller.org, mentorship)
        parent = (await self._mentorships.get(ref)).state
        oversees = caller.roles & HR or (caller.roles & LEADS and caller.subject == parent.lead)
        if not oversees:
            parent.require_reader(caller.subject)
        found = await self._of(ref)
        asks = await self._surveys.plan(caller.org, parent.program)
        return [
            (key, (_readable(caller, stored), asks))
            for key, stored in found
            if oversees or stored.state.person == caller.subject
        ]

    async def answer(self, caller: Caller, name: Name, answer: Answer, cause: Cause, *, etag: str) -> Seen:
        """Answer an open check-in."""
        now, asks = self._clock.now(), await self._asks(Ref(caller.org, name.mentorship))
        form = asks.form(Occasion.CHECK_IN)

        def decide(plan: CheckInPlan) -> tuple[CheckInPlan, list[CheckInEvent]]:
            plan.require_of(name.mentorship)
            return plan.answer(name.ordinal, caller.subject, answer, now, form)

        return await self._plans.change(Ref(caller.org, name.plan), decide, cause, etag=etag), asks


def _readable(caller: Caller, stored: Versioned[CheckInPlan]) -> Versioned[CheckInPlan]:
    shown = stored.state.read_by(
        caller.subject, leads=bool(caller.roles & LEADS), oversees=bool(caller.roles & HR)
    )
    return replace(stored, state=shown)
