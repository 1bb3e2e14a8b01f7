"""PlanService: decode, app, encode."""

from services.kernel.fields import masked
from services.kernel.mongo import Query, Ref, Versioned
from services.kernel.rpc import caller, cause
from services.mentorships.app.plans import Plans, goal_ids
from services.mentorships.app.templates import PlanTemplates
from services.mentorships.domain.plan import Application, Plan
from services.mentorships.domain.plan_template import TEMPLATE_FIELDS
from services.mentorships.wire import names
from services.mentorships.wire import plans as wire
from services.mentorships.wire.days import given_day
from services.pb.mentoring.mentorships.v1 import plan_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.plan_service_pb2_grpc import PlanServiceServicer


class PlanServicer(PlanServiceServicer):
    """Serves plan templates and applied plans."""

    def __init__(self, templates: PlanTemplates, plans: Plans) -> None:
        self._templates = templates
        self._plans = plans

    async def CreatePlanTemplate(self, request: pb.CreatePlanTemplateRequest, _: object) -> pb.PlanTemplate:
        """Keep a template."""
        draft = wire.draft(request.plan_template)
        return wire.template(*await self._templates.create(caller(), draft, cause(request)))

    async def GetPlanTemplate(self, request: pb.GetPlanTemplateRequest, _: object) -> pb.PlanTemplate:
        """Return one template."""
        ref = names.ref(names.PLAN_TEMPLATE, request.name)
        return wire.template(ref, await self._templates.get(caller(), ref.id))

    async def ListPlanTemplates(
        self, request: pb.ListPlanTemplatesRequest, _: object
    ) -> pb.ListPlanTemplatesResponse:
        """Return a page of templates."""
        who = caller()
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._templates.list(who, query, archived=request.show_archived)
        return pb.ListPlanTemplatesResponse(
            plan_templates=[wire.template(Ref(who.org, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def UpdatePlanTemplate(self, request: pb.UpdatePlanTemplateRequest, _: object) -> pb.PlanTemplate:
        """Change a template."""
        given = request.plan_template
        ref = names.ref(names.PLAN_TEMPLATE, given.name, "plan_template.name")
        wanted = wire.draft(given), masked(given, request.update_mask, TEMPLATE_FIELDS)
        how = given.etag, cause(request)
        return wire.template(ref, await self._templates.update(caller(), ref.id, wanted, how))

    async def ArchivePlanTemplate(self, request: pb.ArchivePlanTemplateRequest, _: object) -> pb.PlanTemplate:
        """Let a template be applied no more."""
        ref = names.ref(names.PLAN_TEMPLATE, request.name)
        how = request.etag, cause(request)
        return wire.template(ref, await self._templates.archive(caller(), ref.id, how))

    async def ApplyPlanTemplate(self, request: pb.ApplyPlanTemplateRequest, _: object) -> pb.Plan:
        """Apply a template to a mentorship."""
        who = caller()
        application = Application(
            template=names.ref(names.PLAN_TEMPLATE, request.plan_template, "plan_template").id,
            mentorship=names.mentorship_ref(request.parent, "parent").id,
            person=who.subject,
            start=given_day(request, "start_date", "start_date"),
        )
        return _plan(*await self._plans.apply(who, application, cause(request)))

    async def GetPlan(self, request: pb.GetPlanRequest, _: object) -> pb.Plan:
        """Return one applied plan."""
        mentorship, ref = names.path(names.PLAN, request.name)
        return _plan(ref, await self._plans.get(caller(), mentorship, ref.id))

    async def ListPlans(self, request: pb.ListPlansRequest, _: object) -> pb.ListPlansResponse:
        """Return a page of applied plans."""
        parent = names.mentorship_ref(request.parent, "parent")
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._plans.list(caller(), parent.id, query)
        return pb.ListPlansResponse(
            plans=[_plan(Ref(parent.tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )


def _plan(ref: Ref, stored: Versioned[Plan]) -> pb.Plan:
    return wire.plan(ref, stored, goal_ids(ref.id, stored.state))
