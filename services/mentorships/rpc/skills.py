"""GrowthService: decode, app, encode."""

from services.kernel.rpc import caller, cause
from services.mentorships.app.skills import Skills
from services.mentorships.wire import names
from services.mentorships.wire import skills as wire
from services.pb.mentoring.mentorships.v1 import growth_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.growth_service_pb2_grpc import GrowthServiceServicer


class GrowthServicer(GrowthServiceServicer):
    """Serves ratings of skills."""

    def __init__(self, app: Skills) -> None:
        self._app = app

    async def RateSkill(self, request: pb.RateSkillRequest, _: object) -> pb.SkillRating:
        """Rate a skill."""
        parent = names.mentorship_ref(request.parent, "parent")
        rated = request.skill_rating.skill, request.skill_rating.level
        return wire.rating(*await self._app.rate(caller(), parent.id, rated, cause(request)))

    async def GetSkillGrowth(self, request: pb.GetSkillGrowthRequest, _: object) -> pb.SkillGrowth:
        """Return how skills grew."""
        parent = names.mentorship_ref(request.parent, "parent")
        return wire.growth(await self._app.growth(caller(), parent.id, request.skill))
