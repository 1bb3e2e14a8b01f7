"""GoalService: decode, app, encode."""

from typing import Any

from services.kernel.fields import masked
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.goals import Goals, Selection
from services.mentorships.app.ports import How
from services.mentorships.domain.goal import GOAL_FIELDS
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
        parent = names.mentorship_ref(request.parent, "parent")
        draft = wire.draft(parent.tenant, request.goal)
        return wire.goal(*await self._app.create(caller(), parent.id, draft, cause(request)))

    async def GetGoal(self, request: goals.GetGoalRequest, _: object) -> goals.Goal:
        """Return one goal."""
        mentorship, ref = names.goal_path(request.name)
        return wire.goal(ref, await self._app.get(caller(), (mentorship, ref.id)))

    async def ListGoals(self, request: goals.ListGoalsRequest, _: object) -> goals.ListGoalsResponse:
        """Return a page of goals."""
        parent = names.mentorship_ref(request.parent, "parent")
        asked = Selection(parent.id, wire.state(request.state), request.shared_with_me)
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(caller(), asked, query)
        return goals.ListGoalsResponse(
            goals=[wire.goal(Ref(parent.tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def UpdateGoal(self, request: goals.UpdateGoalRequest, _: object) -> goals.Goal:
        """Change a goal."""
        mentorship, ref = names.goal_path(request.goal.name, "goal.name")
        changed = masked(request.goal, request.update_mask, GOAL_FIELDS)
        wanted = wire.draft(ref.tenant, request.goal), changed
        how = request.goal.etag, cause(request)
        return wire.goal(ref, await self._app.update(caller(), (mentorship, ref.id), wanted, how))

    async def CompleteGoal(self, request: goals.CompleteGoalRequest, _: object) -> goals.Goal:
        """Mark a goal as reached."""
        mentorship, ref = names.goal_path(request.name)
        return wire.goal(ref, await self._app.complete(caller(), (mentorship, ref.id), _how(request)))

    async def ReopenGoal(self, request: goals.ReopenGoalRequest, _: object) -> goals.Goal:
        """Open a goal again."""
        mentorship, ref = names.goal_path(request.name)
        return wire.goal(ref, await self._app.reopen(caller(), (mentorship, ref.id), _how(request)))

    async def DropGoal(self, request: goals.DropGoalRequest, _: object) -> goals.Goal:
        """Give a goal up."""
        mentorship, ref = names.goal_path(request.name)
        return wire.goal(ref, await self._app.drop(caller(), (mentorship, ref.id), _how(request)))

    async def CompleteMilestone(self, request: goals.CompleteMilestoneRequest, _: object) -> goals.Goal:
        """Mark a milestone as reached."""
        mentorship, ref = names.goal_path(request.name)
        stored = await self._app.complete_milestone(
            caller(), (mentorship, ref.id), request.milestone, _how(request)
        )
        return wire.goal(ref, stored)

    async def CompleteTask(self, request: goals.CompleteTaskRequest, _: object) -> goals.Goal:
        """Mark a task as done."""
        mentorship, ref = names.goal_path(request.name)
        stored = await self._app.complete_task(caller(), (mentorship, ref.id), request.task, _how(request))
        return wire.goal(ref, stored)

    async def AddProgressNote(self, request: goals.AddProgressNoteRequest, _: object) -> goals.Goal:
        """Note how it goes."""
        mentorship, ref = names.goal_path(request.name)
        said = request.text, request.percent if request.HasField("percent") else None
        stored = await self._app.add_note(caller(), (mentorship, ref.id), said, _how(request))
        return wire.goal(ref, stored)


def _how(request: Any) -> How:
    return request.etag, cause(request)
