"""Plan templates and their application, rule by rule and on kept state in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Invalid, NotFound, Refused
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Outcome, Query, Ref, Save
from services.mentorships import domain, store
from services.mentorships.app.checkins import CheckIns, plan_id
from services.mentorships.app.plans import Plans, Stores, goal_ids
from services.mentorships.app.templates import PlanTemplates
from services.mentorships.domain import Goal, Kind, Mentorship, plan, plan_template
from services.mentorships.domain.checkins import CheckInPlan
from services.mentorships.domain.plan import Application, Plan, PlanApplied
from services.mentorships.domain.plan_template import (
    TEMPLATE_FIELDS,
    GoalOutline,
    MilestoneOutline,
    Owner,
    PlanTemplate,
    PlanTemplateArchived,
    PlanTemplateCreated,
    PlanTemplateUpdated,
    TaskOutline,
    TemplateDraft,
    TipOutline,
)
from services.mentorships.events import hear_plans
from services.pb.mentoring.mentorships.v1 import events_pb2 as told
from tests.fakes import Aggregates
from tests.mentorships.callers import foreigner, hr, lead, mentee, mentor, stranger, surveys
from tests.mentorships.factories import (
    ID,
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    active,
    agreed,
    ended,
    paused,
    proposed,
)

TEMPLATE = "first-hundred-days"
DRAFT = TemplateDraft(
    display_name="First hundred days",
    goals=(
        GoalOutline(
            Kind.NETWORK,
            "Know the house",
            "Ten coffees",
            day=100,
            milestones=(MilestoneOutline("Five coffees", 50), MilestoneOutline("Any coffee")),
            tasks=(
                TaskOutline("Make a list", Owner.MENTOR, 7),
                TaskOutline("Write to them", Owner.MENTEE),
            ),
        ),
        GoalOutline(Kind.CONFIDENCE, "Speak up"),
    ),
    tips=(TipOutline("Ask who else to ask", 14),),
    check_in_days=(7, 14),
)
BLANK = MilestoneOutline(" ")
APPLICATION = Application(TEMPLATE, ID, MENTEE, date(2026, 3, 10))


def template() -> PlanTemplate:
    return plan_template.create(DRAFT)[0]


def applied() -> Plan:
    return plan.apply(APPLICATION, template(), active(), NOON)[0]


def test_a_template_is_kept_in_clean_words() -> None:
    kept, events = plan_template.create(replace(DRAFT, display_name="  First \n hundred days "))
    assert (kept, events) == (template(), [PlanTemplateCreated()])
    assert kept.revision == 1


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (replace(DRAFT, display_name=" "), "display_name"),
        (replace(DRAFT, goals=(replace(DRAFT.goals[0], title="\x07"),)), "goals[0].title"),
        (replace(DRAFT, goals=(replace(DRAFT.goals[0], measure=" "),)), "goals[0].measure"),
        (
            replace(
                DRAFT, goals=(DRAFT.goals[1], replace(DRAFT.goals[0], milestones=(MilestoneOutline(" "),)))
            ),
            "goals[1].milestones[0].title",
        ),
        (
            replace(DRAFT, goals=(replace(DRAFT.goals[0], tasks=(TaskOutline(" ", Owner.MENTOR),)),)),
            "goals[0].tasks[0].title",
        ),
        (replace(DRAFT, tips=(TipOutline("\n", 1),)), "tips[0].text"),
    ],
)
def test_words_that_say_nothing_are_named(draft: TemplateDraft, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        plan_template.create(draft)
    assert [path for path, _ in refusal.value.fields] == [f"plan_template.{field}"]
    with pytest.raises(Invalid):
        template().update(draft, TEMPLATE_FIELDS)


def test_every_change_is_a_revision_and_the_same_is_none() -> None:
    assert template().update(DRAFT, TEMPLATE_FIELDS) == (template(), [])
    changed, events = template().update(TemplateDraft("ignored"), ["tips"])
    assert (changed, events) == (replace(template(), tips=(), revision=2), [PlanTemplateUpdated()])


def test_an_archived_template_neither_changes_nor_is_applied() -> None:
    archived, events = template().archive()
    assert events == [PlanTemplateArchived()]
    assert archived.archive() == (archived, [])
    for act in (
        lambda: archived.update(DRAFT, TEMPLATE_FIELDS),
        lambda: plan.apply(APPLICATION, archived, active(), NOON),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.reason == "PLAN_TEMPLATE_ARCHIVED"


@pytest.mark.parametrize(
    ("parent", "reason"),
    [
        (proposed(), "MENTORSHIP_NOT_ACTIVE"),
        (agreed(MENTOR), "MENTORSHIP_NOT_ACTIVE"),
        (paused(), "MENTORSHIP_PAUSED"),
        (ended(), "MENTORSHIP_ENDED"),
    ],
)
def test_plans_need_an_active_mentorship(parent: Mentorship, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        plan.apply(APPLICATION, template(), parent, NOON)
    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (date(2026, 3, 1), "TARGET_DATE_PAST"),
        (date(2027, 3, 4), "START_TOO_FAR"),
        (date.max, "START_TOO_FAR"),
    ],
)
def test_a_plan_starts_within_a_year(start: date, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        plan.apply(replace(APPLICATION, start=start), template(), active(), NOON)
    assert (refusal.value.reason, refusal.value.fields[0][0]) == (reason, "start_date")


def test_without_a_start_it_is_today() -> None:
    made, events = plan.apply(replace(APPLICATION, start=None), template(), active(), NOON)
    assert (made.start, events) == (NOON.date(), [PlanApplied()])


def test_days_become_dates_and_owners_people() -> None:
    goal, events = applied().set_goal(DRAFT.goals[0])
    assert events == [domain.GoalCreated()]
    assert (goal.mentorship, goal.people, goal.kind, goal.measure) == (
        ID,
        (MENTOR, MENTEE),
        Kind.NETWORK,
        "Ten coffees",
    )
    assert goal.target_date == date(2026, 6, 18)
    assert [one.due_date for one in goal.milestones] == [date(2026, 4, 29), None]
    assert [(one.owner, one.due_date) for one in goal.tasks] == [(MENTOR, date(2026, 3, 17)), (MENTEE, None)]
    assert (goal.template, goal.template_revision) == (TEMPLATE, 1)
    assert applied().set_goal(DRAFT.goals[1])[0].target_date is None


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- the zone is the strategy's
    ahead=st.integers(0, 366),
    day=st.integers(0, 1095),
)
def test_every_day_of_every_plan_is_a_date_that_a_goal_may_have(now: datetime, ahead: int, day: int) -> None:
    start = now.date() + timedelta(days=ahead)
    outline = GoalOutline(Kind.CAREER, "x", day=day, milestones=(MilestoneOutline("y", day),))
    wanted = replace(template(), goals=(outline,))
    made, _ = plan.apply(replace(APPLICATION, start=start), wanted, active(), now)
    assert made.set_goal(outline)[0].target_date == start + timedelta(days=day)


class CutOff(Aggregates[Goal]):
    """Goals whose batches fail half way as long as `failing`: one is stored, the caller gets an error."""

    failing = False

    async def apply_many(self, tenant: str, changes: Sequence[Save[Goal]]) -> Sequence[Outcome]:
        if not self.failing:
            return await super().apply_many(tenant, changes)
        await super().apply_many(tenant, changes[:1])
        raise TimeoutError


class World:
    """A template, an active mentorship, and a clock at NOON."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.goals = CutOff(store.GOALS, self.clock)
        self.mentorships = Aggregates[Mentorship](store.MENTORSHIPS, self.clock)
        kept = Aggregates[PlanTemplate](store.PLAN_TEMPLATES, self.clock)
        self.templates = PlanTemplates(kept)
        self.kept_plans = Aggregates[Plan](store.PLANS, self.clock)
        self.check_ins = Aggregates[CheckInPlan](store.CHECK_INS, self.clock)
        stores = Stores(self.kept_plans, kept, self.goals, self.check_ins, self.mentorships)
        self.plans = Plans(stores, self.clock)
        self.template = ""

    async def begin(self) -> None:
        await self.mentorships.create(Ref(ORG, ID), active(), (), Cause("begin"))
        ref, _ = await self.templates.create(lead, DRAFT, Cause("template"))
        self.template = ref.id

    def application(self, caller: Caller) -> Application:
        return Application(self.template, ID, caller.subject)

    async def asked(self, person: str) -> CheckInPlan:
        """Return what a person is asked."""
        return (await self.check_ins.get(Ref(ORG, plan_id(ORG, ID, person)))).state

    def stored_goals(self) -> list[dict[str, Any]]:
        return [row["state"] for row in self.goals.rows.values()]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.begin()
    return world


@pytest.mark.parametrize("caller", [mentor, mentee, lead, hr])
async def test_the_two_and_overseers_apply_a_template_once_per_request(world: World, caller: Caller) -> None:
    first, made = await world.plans.apply(caller, world.application(caller), Cause("a", "body"))
    again, repeated = await world.plans.apply(caller, world.application(caller), Cause("a", "body"))
    assert (first, made) == (again, repeated)
    assert list(world.goals.rows) == [f"{ORG}/{key}" for key in goal_ids(first.id, made.state)]
    assert [goal["title"] for goal in world.stored_goals()] == ["Know the house", "Speak up"]
    assert len(world.goals.outbox) == 2


@pytest.mark.parametrize("caller", [stranger, foreigner])
async def test_others_neither_apply_nor_see_plans(world: World, caller: Caller) -> None:
    ref, _ = await world.plans.apply(mentee, world.application(mentee), Cause("a"))
    for act in (
        world.plans.apply(caller, world.application(caller), Cause("b")),
        world.plans.get(caller, ID, ref.id),
        world.plans.list(caller, ID, Query()),
    ):
        with pytest.raises(NotFound):
            await act
    assert len(world.goals.rows) == 2


async def test_a_later_edit_is_for_later_applications_only(world: World) -> None:
    ref, before = await world.plans.apply(mentee, world.application(mentee), Cause("a"))
    edited = TemplateDraft("x", goals=(GoalOutline(Kind.CAREER, "Plan ahead"),))
    await world.templates.update(hr, world.template, (edited, ["goals"]), ("", Cause("edit")))
    assert (await world.plans.get(mentor, ID, ref.id)) == before
    _, repeated = await world.plans.apply(mentee, world.application(mentee), Cause("a"))
    assert (repeated, len(world.goals.rows)) == (before, 2)
    await world.plans.apply(mentee, world.application(mentee), Cause("b"))
    assert [(goal["title"], goal["template_revision"]) for goal in world.stored_goals()] == [
        ("Know the house", 1),
        ("Speak up", 1),
        ("Plan ahead", 2),
    ]


@pytest.mark.parametrize("by", ["the repeated request", "the event of the plan"])
async def test_goals_that_were_cut_off_follow_as_of_the_revision_applied(world: World, by: str) -> None:
    world.goals.failing = True
    with pytest.raises(TimeoutError):
        await world.plans.apply(mentee, world.application(mentee), Cause("a"))
    assert len(world.goals.rows) == 1
    world.goals.failing = False
    world.clock.advance(timedelta(days=200))
    await world.templates.update(hr, world.template, (TemplateDraft("x"), ["goals"]), ("", Cause("edit")))
    await world.templates.archive(hr, world.template, ("", Cause("archive")))
    if by == "the repeated request":
        await world.plans.apply(mentee, world.application(mentee), Cause("a"))
    else:
        await hear(world)
    assert [(goal["title"], goal["template_revision"]) for goal in world.stored_goals()] == [
        ("Know the house", 1),
        ("Speak up", 1),
    ]
    await hear(world)
    assert len(world.goals.outbox) == 2, "told once, however often the plan is heard of"


async def hear(world: World) -> None:
    """Let the service hear what it told when the plan was applied."""
    [row] = world.kept_plans.outbox
    handlers = Handlers()
    hear_plans(handlers, world.plans)
    message = told.PlanApplied.FromString(row["value"])
    event = Event(
        id=row["id"],
        type=row["type"],
        subject=row["subject"],
        sequence=1,
        tenant=ORG,
        time=NOON,
        key=row["key"],
        message=message,
    )
    await handlers.handle(event)


@pytest.mark.parametrize("known", [True, False], ids=["planned before", "not planned yet"])
async def test_both_are_asked_on_the_days_of_a_plan_beside_the_rhythm(world: World, known: bool) -> None:  # noqa: FBT001 -- a case of the test
    check_ins = CheckIns(world.check_ins, world.mentorships, surveys(world.clock), world.clock)
    if known:
        await check_ins.activated(Ref(ORG, ID), (MENTOR, MENTEE), LEAD, NOON, Cause("active"))
    ref, _ = await world.plans.apply(mentee, world.application(mentee), Cause("a"))
    await check_ins.activated(Ref(ORG, ID), (MENTOR, MENTEE), LEAD, NOON, Cause("late"))
    days = [NOON.date() + timedelta(days=day) for day in (7, 14)]
    for person in (MENTOR, MENTEE):
        asked = await world.asked(person)
        assert [moment.date() for moment in asked.planned] == days
        assert (asked.next_time.date(), asked.lead) == (days[0], LEAD)
    world.clock.advance(timedelta(days=100))
    before = dict(world.check_ins.rows)
    await world.plans.carry_out(ref, None)
    assert world.check_ins.rows == before


async def test_a_plan_without_days_to_ask_on_plans_no_check_in(world: World) -> None:
    wanted = replace(DRAFT, check_in_days=()), ["check_in_days"]
    await world.templates.update(hr, world.template, wanted, ("", Cause("edit")))
    await world.plans.apply(mentee, world.application(mentee), Cause("a"))
    assert not world.check_ins.rows


def test_days_to_ask_on_are_kept_in_order_and_once() -> None:
    kept, _ = plan_template.create(replace(DRAFT, check_in_days=(30, 7, 30)))
    assert kept.check_in_days == (7, 30)


async def test_a_changed_goal_is_not_set_again(world: World) -> None:
    ref, made = await world.plans.apply(mentee, world.application(mentee), Cause("a"))
    first = Ref(ORG, goal_ids(ref.id, made.state)[0])
    await world.goals.change(first, lambda goal: goal.drop(NOON), Cause("drop"))
    await world.plans.carry_out(ref, None)
    assert (await world.goals.get(first)).state.drop_time == NOON


async def test_plans_are_listed_with_their_mentorship(world: World) -> None:
    ref, made = await world.plans.apply(mentee, world.application(mentee), Cause("a"))
    assert (await world.plans.list(mentor, ID, Query())).items == [(ref.id, made)]
    await world.mentorships.create(Ref(ORG, "other"), active(), (), Cause("other"))
    assert (await world.plans.list(mentor, "other", Query())).items == []
    with pytest.raises(NotFound):
        await world.plans.get(mentor, "other", ref.id)


async def test_templates_are_listed_without_what_is_in_them(world: World) -> None:
    other, _ = await world.templates.create(hr, DRAFT, Cause("other"))
    await world.templates.archive(hr, other.id, ("", Cause("archive")))
    page = await world.templates.list(mentee, Query(), archived=False)
    assert [replace(stored.state, display_name="") for _, stored in page.items] == [PlanTemplate("")]
    assert [key for key, _ in page.items] == [world.template]
    assert len((await world.templates.list(mentee, Query(), archived=True)).items) == 2
    assert (await world.templates.get(mentee, world.template)).state == template()


async def test_a_template_changes_under_the_version_that_was_read(world: World) -> None:
    wanted = replace(DRAFT, display_name="Hundred days"), ["display_name"]
    seen = (await world.templates.get(hr, world.template)).etag
    changed = await world.templates.update(hr, world.template, wanted, (seen, Cause("u1")))
    assert changed.state == replace(template(), display_name="Hundred days", revision=2)
    with pytest.raises(Conflict):
        await world.templates.archive(lead, world.template, (seen, Cause("u2")))
    with pytest.raises(NotFound):
        await world.templates.get(foreigner, world.template)
