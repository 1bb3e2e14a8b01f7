"""WorkflowService: decode, act, encode."""

from services.kernel.ids import parse_name
from services.kernel.mongo import Query
from services.kernel.rpc import caller, cause
from services.notifications.app.previews import Previews
from services.notifications.app.workflows import Workflows
from services.notifications.wire import workflows as wire
from services.notifications.wire.messages import PERSON
from services.pb.mentoring.notifications.v1 import workflow_service_pb2 as pb
from services.pb.mentoring.notifications.v1.workflow_service_pb2_grpc import WorkflowServiceServicer


class WorkflowServicer(WorkflowServiceServicer):
    """Serves workflows."""

    def __init__(self, app: Workflows, previews: Previews) -> None:
        self._app = app
        self._previews = previews

    async def GetWorkflow(self, request: pb.GetWorkflowRequest, _: object) -> pb.Workflow:
        """Return the steps of one category."""
        who = caller()
        return wire.shown(who.org, await self._app.get(who, wire.named(request.name)))

    async def ListWorkflows(self, request: pb.ListWorkflowsRequest, _: object) -> pb.ListWorkflowsResponse:
        """Return a page of categories with their steps."""
        who = caller()
        query = Query(page_size=request.page_size, page_token=request.page_token)
        found, token = await self._app.list(who, query)
        return pb.ListWorkflowsResponse(
            workflows=[wire.shown(who.org, one) for one in found], next_page_token=token
        )

    async def UpdateWorkflow(self, request: pb.UpdateWorkflowRequest, _: object) -> pb.Workflow:
        """Replace the steps of one category."""
        given = request.workflow
        steps = wire.workflow(given, wire.named(given.name, "workflow.name"))
        return wire.shown(caller().org, await self._app.write(caller(), steps, cause(request), given.etag))

    async def ResetWorkflow(self, request: pb.ResetWorkflowRequest, _: object) -> pb.Workflow:
        """Take the steps of one category back."""
        category = wire.named(request.name)
        return wire.shown(
            caller().org, await self._app.reset(caller(), category, cause(request), request.etag)
        )

    async def PreviewDelivery(
        self, request: pb.PreviewDeliveryRequest, _: object
    ) -> pb.PreviewDeliveryResponse:
        """Tell what would happen."""
        _, person = parse_name(PERSON, request.parent, "parent")
        return wire.previewed(await self._previews.preview(caller(), *wire.asked(request, person)))
