"""GoalService: decode, app, encode."""

from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.goals import Goals
from services.mentorships.wire import goals as wire
from services.mentorships.wire import names
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1.goal_service_pb2_grpc import GoalServiceServicer


class GoalServicer(GoalServiceServicer):
    """Serves goals."""

    def __init__(self, app: Goals) -> None:
        self._app = app

    async def CreateGoal(self, request: goals.CreateGoalRequest, _: object) -> goals.Goal:
        """Set a goal."""
        parent, draft = names.mentorship_ref(request.parent, "parent"), wire.draft(request.goal)
        return wire.goal(*await self._app.create(caller(), parent.id, draft, cause(request)))

    async def GetGoal(self, request: goals.GetGoalRequest, _: object) -> goals.Goal:
        """Return one goal."""
        mentorship, ref = names.goal_path(request.name)
        return wire.goal(ref, await self._app.get(caller(), mentorship, ref.id))

    async def ListGoals(self, request: goals.ListGoalsRequest, _: object) -> goals.ListGoalsResponse:
        """Return a page of a mentorship's goals."""
        parent = names.mentorship_ref(request.parent, "parent")
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(caller(), parent.id, query)
        return goals.ListGoalsResponse(
            goals=[wire.goal(Ref(parent.tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def CompleteGoal(self, request: goals.CompleteGoalRequest, _: object) -> goals.Goal:
        """Mark a goal as reached."""
        mentorship, ref = names.goal_path(request.name)
        stored = await self._app.complete(caller(), mentorship, ref.id, cause(request), etag=request.etag)
        return wire.goal(ref, stored)
