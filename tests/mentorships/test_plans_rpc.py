"""Plan templates over real gRPC and MongoDB."""

from collections.abc import AsyncIterator

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.date_pb2 import Date

from services.kernel.clock import FixedClock
from services.kernel.mongo import Ref
from services.mentorships.__main__ import build
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1 import plan_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.plan_service_pb2 import Plan, PlanTemplate
from services.pb.mentoring.mentorships.v1.plan_service_pb2_grpc import PlanServiceStub
from tests.harness import reason, running
from tests.mentorships.factories import NOON, ORG, confirmed
from tests.mentorships.test_rpc import NAME, World

pytestmark = pytest.mark.servers

PARENT = f"organizations/{ORG}"
TEMPLATE = PlanTemplate(
    display_name="First hundred days",
    goals=[
        PlanTemplate.GoalOutline(
            kind=goals.Goal.KIND_NETWORK,
            title="Know the house",
            measure="Ten coffees",
            day=100,
            milestones=[PlanTemplate.MilestoneOutline(title="Five coffees", day=0)],
            tasks=[PlanTemplate.TaskOutline(title="Make a list", owner=PlanTemplate.OWNER_MENTOR)],
        )
    ],
    tips=[PlanTemplate.TipOutline(text="Ask who else to ask", day=14)],
    check_in_days=[7, 30],
)


class PlanWorld(World):
    """The service with an active mentorship, and its plans."""

    @property
    def plans(self) -> PlanServiceStub:
        return PlanServiceStub(self.at.channel)

    async def template(self) -> PlanTemplate:
        request = pb.CreatePlanTemplateRequest(parent=PARENT, plan_template=TEMPLATE, request_id="t")
        return await self.plans.CreatePlanTemplate(request, metadata=self.lead)

    async def apply(self, template: PlanTemplate) -> Plan:
        request = pb.ApplyPlanTemplateRequest(
            parent=NAME,
            plan_template=template.name,
            start_date=Date(year=2026, month=3, day=10),
            request_id="a",
        )
        return await self.plans.ApplyPlanTemplate(request, metadata=self.mentee)


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[PlanWorld]:
    async with running(build, mongo_url, FixedClock(NOON)) as at:
        await at.hear(confirmed(), "event-1")
        world = PlanWorld(at)
        await world.activate()
        yield world


async def test_a_template_is_kept_and_shown_as_it_was_given(world: PlanWorld) -> None:
    kept = await world.template()
    assert await world.template() == kept
    shown = PlanTemplate(
        display_name=kept.display_name,
        goals=kept.goals,
        tips=kept.tips,
        check_in_days=kept.check_in_days,
    )
    assert (shown, kept.revision, kept.state) == (TEMPLATE, 1, PlanTemplate.STATE_ACTIVE)
    get = pb.GetPlanTemplateRequest(name=kept.name)
    assert await world.plans.GetPlanTemplate(get, metadata=world.mentor) == kept


async def test_a_template_becomes_goals_of_a_pair(world: PlanWorld) -> None:
    template = await world.template()
    plan = await world.apply(template)
    assert await world.apply(template) == plan
    assert (plan.plan_template, plan.plan_template_revision) == (template.name, 1)
    assert [(tip.text, tip.date) for tip in plan.tips] == [
        ("Ask who else to ask", Date(year=2026, month=3, day=24))
    ]
    assert list(plan.check_in_dates) == [Date(year=2026, month=3, day=17), Date(year=2026, month=4, day=9)]
    listed = await world.goals.ListGoals(goals.ListGoalsRequest(parent=NAME), metadata=world.mentor)
    [goal] = listed.goals
    assert list(plan.goals) == [goal.name]
    assert (goal.title, goal.target_date) == ("Know the house", Date(year=2026, month=6, day=18))
    assert (goal.plan_template, goal.plan_template_revision) == (template.name, 1)
    assert goal.milestones[0].target_date == Date(year=2026, month=3, day=10)
    assert await world.at.told(Ref(ORG, plan.name.rpartition("/")[2])) == ["PlanApplied"]
    assert await world.at.told(Ref(ORG, goal.name.rpartition("/")[2])) == ["GoalCreated"]
    get = pb.GetPlanRequest(name=plan.name)
    assert await world.plans.GetPlan(get, metadata=world.hr) == plan
    page = await world.plans.ListPlans(pb.ListPlansRequest(parent=NAME), metadata=world.mentor)
    assert list(page.plans) == [plan]
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.plans.GetPlan(get, metadata=world.stranger)
    assert refusal.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_changed_template_has_another_revision_and_an_archived_one_is_gone(world: PlanWorld) -> None:
    template = await world.template()
    wanted = PlanTemplate(name=template.name, etag=template.etag, display_name="Hundred days")
    update = pb.UpdatePlanTemplateRequest(
        plan_template=wanted, update_mask=FieldMask(paths=["display_name", "tips"])
    )
    changed = await world.plans.UpdatePlanTemplate(update, metadata=world.hr)
    assert (changed.display_name, list(changed.tips), changed.revision) == ("Hundred days", [], 2)
    assert changed.goals == template.goals
    archive = pb.ArchivePlanTemplateRequest(name=template.name)
    archived = await world.plans.ArchivePlanTemplate(archive, metadata=world.lead)
    assert archived.state == PlanTemplate.STATE_ARCHIVED
    for show, count in ((False, 0), (True, 1)):
        request = pb.ListPlanTemplatesRequest(parent=PARENT, show_archived=show)
        page = await world.plans.ListPlanTemplates(request, metadata=world.mentee)
        assert len(page.plan_templates) == count
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.apply(template)
    assert reason(refusal.value) == "PLAN_TEMPLATE_ARCHIVED"


@pytest.mark.parametrize(
    "template",
    [
        PlanTemplate(display_name="x", goals=[PlanTemplate.GoalOutline(title="no kind")]),
        PlanTemplate(display_name="x", tips=[PlanTemplate.TipOutline(text="late", day=1096)]),
        PlanTemplate(display_name="x", check_in_days=[-1]),
        PlanTemplate(display_name=" "),
    ],
)
async def test_a_template_that_makes_no_sense_is_invalid(world: PlanWorld, template: PlanTemplate) -> None:
    request = pb.CreatePlanTemplateRequest(parent=PARENT, plan_template=template)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.plans.CreatePlanTemplate(request, metadata=world.hr)
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_participants_keep_no_templates(world: PlanWorld) -> None:
    request = pb.CreatePlanTemplateRequest(parent=PARENT, plan_template=TEMPLATE)
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.plans.CreatePlanTemplate(request, metadata=world.mentee)
    assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
