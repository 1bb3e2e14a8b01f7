"""MentorshipService and GoalService: decode, app, encode."""

from services.kernel.ids import parse_name
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.mentorships import wire
from services.mentorships.app import Goals, Mentorships
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1.goal_service_pb2_grpc import GoalServiceServicer
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceServicer


class MentorshipServicer(MentorshipServiceServicer):
    """Serves mentorships."""

    def __init__(self, app: Mentorships) -> None:
        self._app = app

    async def GetMentorship(
        self, request: mentorships.GetMentorshipRequest, _: object
    ) -> mentorships.Mentorship:
        """Return one mentorship."""
        ref = _mentorship(request.name)
        return wire.mentorship(ref, await self._app.get(caller(), ref.id))

    async def ListMentorships(
        self, request: mentorships.ListMentorshipsRequest, _: object
    ) -> mentorships.ListMentorshipsResponse:
        """Return a page of mentorships."""
        tenant = caller().org
        page = await self._app.list(
            caller(),
            wire.optional_id(tenant, wire.PERSON, request.person, "person"),
            wire.optional_id(tenant, wire.PROGRAM, request.program, "program"),
            Query(page_size=request.page_size, page_token=request.page_token),
        )
        return mentorships.ListMentorshipsResponse(
            mentorships=[wire.mentorship(Ref(tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def ProposeAgreement(
        self, request: mentorships.ProposeAgreementRequest, _: object
    ) -> mentorships.Mentorship:
        """Put an agreement on the table."""
        ref, terms = _mentorship(request.name), wire.terms(request.agreement)
        stored = await self._app.propose(caller(), ref.id, terms, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def SignAgreement(
        self, request: mentorships.SignAgreementRequest, _: object
    ) -> mentorships.Mentorship:
        """Sign the agreement for the caller."""
        ref = _mentorship(request.name)
        stored = await self._app.sign(caller(), ref.id, request.revision, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def EndMentorship(
        self, request: mentorships.EndMentorshipRequest, _: object
    ) -> mentorships.Mentorship:
        """Finish a mentorship."""
        ref = _mentorship(request.name)
        return wire.mentorship(ref, await self._app.end(caller(), ref.id, cause(request), etag=request.etag))


class GoalServicer(GoalServiceServicer):
    """Serves goals."""

    def __init__(self, app: Goals) -> None:
        self._app = app

    async def CreateGoal(self, request: goals.CreateGoalRequest, _: object) -> goals.Goal:
        """Set a goal."""
        parent, draft = _mentorship(request.parent, "parent"), wire.draft(request.goal)
        return wire.goal(*await self._app.create(caller(), parent.id, draft, cause(request)))

    async def GetGoal(self, request: goals.GetGoalRequest, _: object) -> goals.Goal:
        """Return one goal."""
        mentorship, ref = _goal(request.name)
        return wire.goal(ref, await self._app.get(caller(), mentorship, ref.id))

    async def ListGoals(self, request: goals.ListGoalsRequest, _: object) -> goals.ListGoalsResponse:
        """Return a page of a mentorship's goals."""
        parent = _mentorship(request.parent, "parent")
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(caller(), parent.id, query)
        return goals.ListGoalsResponse(
            goals=[wire.goal(Ref(parent.tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def CompleteGoal(self, request: goals.CompleteGoalRequest, _: object) -> goals.Goal:
        """Mark a goal as reached."""
        mentorship, ref = _goal(request.name)
        stored = await self._app.complete(caller(), mentorship, ref.id, cause(request), etag=request.etag)
        return wire.goal(ref, stored)


def _mentorship(name: str, field: str = "name") -> Ref:
    return Ref(*parse_name(wire.MENTORSHIP, name, field))


def _goal(name: str) -> tuple[str, Ref]:
    organization, mentorship, goal = parse_name(wire.GOAL, name)
    return mentorship, Ref(organization, goal)
