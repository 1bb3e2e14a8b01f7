"""SurveyService: decode, app, encode."""

from services.kernel.ids import parse_name
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.surveys import SurveyCounting, Surveys
from services.mentorships.wire import surveys as wire
from services.pb.mentoring.mentorships.v1 import survey_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.survey_service_pb2_grpc import SurveyServiceServicer


class SurveyServicer(SurveyServiceServicer):
    """Serves surveys of programs."""

    def __init__(self, app: Surveys, counting: SurveyCounting) -> None:
        self._app = app
        self._counting = counting

    async def GetSurveyPlan(self, request: pb.GetSurveyPlanRequest, _: object) -> pb.SurveyPlan:
        """Return when a program asks and what."""
        ref = Ref(*parse_name(wire.SURVEY_PLAN, request.name))
        return wire.plan(ref, await self._app.get(ref), request.revision)

    async def SetSurveyPlan(self, request: pb.SetSurveyPlanRequest, _: object) -> pb.SurveyPlan:
        """Set that."""
        given = request.survey_plan
        ref = Ref(*parse_name(wire.SURVEY_PLAN, given.name, "survey_plan.name"))
        how = given.etag, cause(request)
        return wire.plan(ref, await self._app.put(caller(), ref.id, wire.draft(given), how))

    async def GetSurveyResults(self, request: pb.GetSurveyResultsRequest, _: object) -> pb.SurveyResults:
        """Count what was answered."""
        ref = Ref(*parse_name(wire.SURVEY_PLAN, request.name))
        occasion = wire.occasion(request.occasion)
        return wire.results(await self._counting.results(caller(), ref.id, occasion))
