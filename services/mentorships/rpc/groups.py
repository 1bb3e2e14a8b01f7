"""GroupService: decode, app, encode."""

from typing import Any

from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.groups import Groups, How, Selection
from services.mentorships.wire import groups as wire
from services.mentorships.wire import names
from services.pb.mentoring.mentorships.v1 import group_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.group_service_pb2_grpc import GroupServiceServicer


class GroupServicer(GroupServiceServicer):
    """Serves groups."""

    def __init__(self, app: Groups) -> None:
        self._app = app

    async def CreateGroup(self, request: pb.CreateGroupRequest, _: object) -> pb.Group:
        """Begin a group."""
        draft = wire.draft(caller().org, request.group)
        return wire.group(*await self._app.create(caller(), draft, cause(request)))

    async def GetGroup(self, request: pb.GetGroupRequest, _: object) -> pb.Group:
        """Return one group."""
        ref = names.ref(names.GROUP, request.name)
        return wire.group(ref, await self._app.get(caller(), ref.id))

    async def ListGroups(self, request: pb.ListGroupsRequest, _: object) -> pb.ListGroupsResponse:
        """Return a page of groups."""
        tenant = caller().org
        person = names.optional_id(tenant, names.PERSON, request.person, "person")
        query = Query(page_size=request.page_size, page_token=request.page_token)
        program = names.optional_id(tenant, names.PROGRAM, request.program, "program")
        asked = Selection(person, wire.stage(request.state), program)
        page = await self._app.list(caller(), asked, query)
        return pb.ListGroupsResponse(
            groups=[wire.group(Ref(tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def UpdateGroup(self, request: pb.UpdateGroupRequest, _: object) -> pb.Group:
        """Change a group."""
        ref = names.ref(names.GROUP, request.group.name, "group.name")
        how = request.group.etag, cause(request)
        draft = wire.draft(caller().org, request.group)
        return wire.group(ref, await self._app.update(caller(), ref.id, draft, how))

    async def InviteGroupMentor(self, request: pb.InviteGroupMentorRequest, _: object) -> pb.Group:
        """Ask somebody to guide along."""
        ref = names.ref(names.GROUP, request.name)
        person = names.person_id(ref.tenant, request.person, "person")
        return wire.group(ref, await self._app.invite(caller(), ref.id, person, _how(request)))

    async def AnswerGroupInvitation(self, request: pb.AnswerGroupInvitationRequest, _: object) -> pb.Group:
        """Say yes or no to guiding along."""
        ref = names.ref(names.GROUP, request.name)
        stored = await self._app.answer(caller(), ref.id, _how(request), accept=request.accept)
        return wire.group(ref, stored)

    async def JoinGroup(self, request: pb.JoinGroupRequest, _: object) -> pb.Group:
        """Take a seat or a place in line."""
        ref = names.ref(names.GROUP, request.name)
        return wire.group(ref, await self._app.join(caller(), ref.id, request.revision, _how(request)))

    async def LeaveGroup(self, request: pb.LeaveGroupRequest, _: object) -> pb.Group:
        """Leave a group."""
        ref = names.ref(names.GROUP, request.name)
        return wire.group(ref, await self._app.leave(caller(), ref.id, _how(request)))

    async def RemoveFromGroup(self, request: pb.RemoveFromGroupRequest, _: object) -> pb.Group:
        """Take somebody out."""
        ref = names.ref(names.GROUP, request.name)
        person = names.person_id(ref.tenant, request.person, "person")
        return wire.group(ref, await self._app.remove(caller(), ref.id, person, _how(request)))

    async def AddGroupGoal(self, request: pb.AddGroupGoalRequest, _: object) -> pb.Group:
        """Set a goal of a group."""
        ref = names.ref(names.GROUP, request.name)
        draft = wire.goal_draft(request)
        return wire.group(ref, await self._app.add_goal(caller(), ref.id, draft, _how(request)))

    async def CompleteGroupGoal(self, request: pb.CompleteGroupGoalRequest, _: object) -> pb.Group:
        """Say that a goal of a group is reached."""
        ref = names.ref(names.GROUP, request.name)
        return wire.group(
            ref, await self._app.complete_goal(caller(), ref.id, request.goal_id, _how(request))
        )

    async def DropGroupGoal(self, request: pb.DropGroupGoalRequest, _: object) -> pb.Group:
        """Give a goal of a group up."""
        ref = names.ref(names.GROUP, request.name)
        return wire.group(ref, await self._app.drop_goal(caller(), ref.id, request.goal_id, _how(request)))

    async def CloseGroup(self, request: pb.CloseGroupRequest, _: object) -> pb.Group:
        """Complete or end a group."""
        ref = names.ref(names.GROUP, request.name)
        return wire.group(ref, await self._app.close(caller(), ref.id, _how(request)))


def _how(request: Any) -> How:
    return request.etag, cause(request)
