"""Plans applied to mentorships, the goals they set and the check-ins they bring."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Save, Versioned
from services.mentorships.app.checkins import plan_id
from services.mentorships.app.once import when_new
from services.mentorships.app.ports import OVERSEERS, Aggregates
from services.mentorships.app.repeats import created_before
from services.mentorships.domain import Goal, Mentorship, checkins, plan
from services.mentorships.domain.checkins import CheckInEvent, CheckInPlan
from services.mentorships.domain.plan import Application, Plan, PlanEvent
from services.mentorships.domain.plan_template import PlanTemplate


@dataclass(frozen=True, slots=True)
class Stores:
    """What plans need."""

    plans: Aggregates[Plan]
    templates: Aggregates[PlanTemplate]
    goals: Aggregates[Goal]
    check_ins: Aggregates[CheckInPlan]
    mentorships: Aggregates[Mentorship]


class Plans:
    """Plans of mentorships, for the two and whoever oversees them. NotFound for everybody else."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock

    async def apply(
        self, caller: Caller, application: Application, cause: Cause
    ) -> tuple[Ref, Versioned[Plan]]:
        """Apply a template. A repeat answers what was stored; refusals are those of `plan.apply`."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "plan", caller.subject, cause.id))
        stored = await created_before(self._stores.plans, ref, cause)
        if stored is None:
            stored = await self._stores.plans.create(ref, *await self._decided(caller, application), cause)
        await self._carry_out(ref, stored.state, cause.trace)
        return ref, stored

    async def _decided(self, caller: Caller, application: Application) -> tuple[Plan, list[PlanEvent]]:
        parent = await self._readable(caller, application.mentorship)
        template = await self._stores.templates.get(Ref(caller.org, application.template))
        return plan.apply(application, template.state, parent, self._clock.now())

    async def carry_out(self, ref: Ref, trace: str | None) -> None:
        """Do what is not done yet of a plan: whoever applied it may have been cut off."""
        await self._carry_out(ref, (await self._stores.plans.get(ref)).state, trace)

    async def _carry_out(self, ref: Ref, applied: Plan, trace: str | None) -> None:
        await self._set_goals(ref, applied, trace)
        if applied.check_in_days:
            await self._plan_check_ins(ref, applied, trace)

    async def _plan_check_ins(self, ref: Ref, applied: Plan, trace: str | None) -> None:
        """Ask both on the days of a plan; what they are asked may not have been planned at all yet."""
        parent = (await self._stores.mentorships.get(Ref(ref.tenant, applied.mentorship))).state

        def decide(person: str, known: CheckInPlan | None) -> tuple[CheckInPlan, Sequence[CheckInEvent]]:
            fresh, _ = checkins.plan(applied.mentorship, person, parent.lead, applied.time)
            return (known or fresh).ask_at(ref.id, applied.check_in_times)

        cause = Cause(f"plan:{ref.id}", trace=trace)
        saves = [
            Save(Ref(ref.tenant, plan_id(ref.tenant, applied.mentorship, one)), partial(decide, one), cause)
            for one in applied.people
        ]
        await self._stores.check_ins.apply_many(ref.tenant, saves)

    async def _set_goals(self, ref: Ref, applied: Plan, trace: str | None) -> None:
        cause = Cause(f"plan:{ref.id}", trace=trace)
        names = goal_ids(ref.id, applied)
        saves = [
            Save(Ref(ref.tenant, name), when_new(applied.set_goal(outline)), cause)
            for name, outline in zip(names, applied.goals, strict=True)
        ]
        await self._stores.goals.apply_many(ref.tenant, saves)

    async def get(self, caller: Caller, mentorship: str, key: str) -> Versioned[Plan]:
        """Return one plan of a mentorship."""
        await self._readable(caller, mentorship)
        stored = await self._stores.plans.get(Ref(caller.org, key))
        stored.state.require_of(mentorship)
        return stored

    async def list(self, caller: Caller, mentorship: str, page: Query) -> Page[Plan]:
        """Return a page of a mentorship's plans, earliest first."""
        await self._readable(caller, mentorship)
        query = replace(page, where={"mentorship": mentorship})
        return await self._stores.plans.list(caller.org, query)

    async def _readable(self, caller: Caller, mentorship: str) -> Mentorship:
        parent = (await self._stores.mentorships.get(Ref(caller.org, mentorship))).state
        if not caller.roles & OVERSEERS:
            parent.require_reader(caller.subject)
        return parent


def goal_ids(key: str, applied: Plan) -> list[str]:
    """Return the ids of the goals that a plan sets, in its order; `key` is its own."""
    return [ids.derived_id("planned-goal", key, str(place)) for place in range(len(applied.goals))]
