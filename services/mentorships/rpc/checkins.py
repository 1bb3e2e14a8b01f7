"""CheckInService: decode, app, encode."""

from services.kernel.auth import Caller
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.checkins import CheckIns, Name
from services.mentorships.app.fit import FitQuestions
from services.mentorships.wire import checkins as wire
from services.mentorships.wire import fit as fit_wire
from services.mentorships.wire import names
from services.pb.mentoring.mentorships.v1 import check_in_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.check_in_service_pb2_grpc import CheckInServiceServicer


class CheckInServicer(CheckInServiceServicer):
    """Serves check-ins and fit questions."""

    def __init__(self, check_ins: CheckIns, fit_questions: FitQuestions) -> None:
        self._check_ins = check_ins
        self._fit_questions = fit_questions

    async def GetCheckIn(self, request: pb.GetCheckInRequest, _: object) -> pb.CheckIn:
        """Return one check-in."""
        name = Name(*wire.check_in_path(request.name))
        seen = await self._check_ins.get(caller(), name)
        return wire.check_in(Ref(caller().org, name.plan), seen, name.ordinal)

    async def ListCheckIns(self, request: pb.ListCheckInsRequest, _: object) -> pb.ListCheckInsResponse:
        """Return what the caller may see of a mentorship's."""
        parent = names.mentorship_ref(request.parent, "parent")
        return pb.ListCheckInsResponse(
            check_ins=[
                wire.check_in(Ref(parent.tenant, key), seen, one.ordinal)
                for key, seen in await self._check_ins.list(caller(), parent.id)
                for one in seen[0].state.check_ins
            ]
        )

    async def AnswerCheckIn(self, request: pb.AnswerCheckInRequest, _: object) -> pb.CheckIn:
        """Answer an open check-in."""
        name, answer = Name(*wire.check_in_path(request.name)), wire.answer(request.answer)
        seen = await self._check_ins.answer(caller(), name, answer, cause(request), etag=request.etag)
        return wire.check_in(Ref(caller().org, name.plan), seen, name.ordinal)

    async def GetLinkedCheckIn(self, request: pb.GetLinkedCheckInRequest, _: object) -> pb.LinkedCheckIn:
        """Return what a page asks who followed a link."""
        name = Name(*wire.check_in_path(request.name))
        seen = await self._check_ins.get(_linked(request.person), name)
        return wire.linked(Ref(caller().org, name.plan), seen, name.ordinal)

    async def AnswerLinkedCheckIn(
        self, request: pb.AnswerLinkedCheckInRequest, _: object
    ) -> pb.LinkedCheckIn:
        """Answer an open check-in for who followed a link."""
        name, answer = Name(*wire.check_in_path(request.name)), wire.answer(request.answer)
        seen = await self._check_ins.answer(_linked(request.person), name, answer, cause(request), etag="")
        return wire.linked(Ref(caller().org, name.plan), seen, name.ordinal)

    async def GetFitQuestion(self, request: pb.GetFitQuestionRequest, _: object) -> pb.FitQuestion:
        """Return what a participant was asked."""
        mentorship, person = names.path(names.FIT_QUESTION, request.name)
        return fit_wire.fit_question(
            person.tenant, await self._fit_questions.get(caller(), mentorship, person.id)
        )

    async def AnswerFitQuestion(self, request: pb.AnswerFitQuestionRequest, _: object) -> pb.FitQuestion:
        """Answer whether the two fit."""
        mentorship, person = names.path(names.FIT_QUESTION, request.name)
        said = (fit_wire.fit(request.fit), request.words)
        stored = await self._fit_questions.answer(
            caller(), (mentorship, person.id), said, cause(request), etag=request.etag
        )
        return fit_wire.fit_question(person.tenant, stored)


def _linked(person: str) -> Caller:
    """Return the person a service vouches for, who may do only what everybody asked may."""
    org = caller().org
    return Caller(org, names.person_id(org, person, "person"), frozenset())
