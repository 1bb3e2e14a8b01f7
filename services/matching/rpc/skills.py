"""SkillService: decode, app, encode."""

from services.matching.app.skills import Skills
from services.pb.mentoring.matching.v1 import skill_service_pb2 as pb
from services.pb.mentoring.matching.v1.skill_service_pb2_grpc import SkillServiceServicer


class SkillService(SkillServiceServicer):
    """Serves the words for skills."""

    def __init__(self, skills: Skills) -> None:
        self._skills = skills

    async def SuggestSkills(self, request: pb.SuggestSkillsRequest, _: object) -> pb.SuggestSkillsResponse:
        """Return what could be meant."""
        found = await self._skills.suggest(request.text, request.max_results)
        return pb.SuggestSkillsResponse(
            suggestions=[
                pb.SkillSuggestion(
                    tag=one.tag,
                    soft=one.soft,
                    likeness=pb.SkillSuggestion.Likeness.Value(f"LIKENESS_{one.likeness}"),
                    score_ppm=one.score_ppm,
                )
                for one in found
            ]
        )
