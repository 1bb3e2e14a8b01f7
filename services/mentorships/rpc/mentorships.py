"""MentorshipService: decode, app, encode."""

from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.mentorships import Mentorships, Selection
from services.mentorships.wire import agreements, names
from services.mentorships.wire import mentorships as wire
from services.mentorships.wire.days import day, given_day
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceServicer


class MentorshipServicer(MentorshipServiceServicer):
    """Serves mentorships."""

    def __init__(self, app: Mentorships) -> None:
        self._app = app

    async def GetMentorship(self, request: pb.GetMentorshipRequest, _: object) -> pb.Mentorship:
        """Return one mentorship."""
        ref = names.mentorship_ref(request.name)
        return wire.mentorship(ref, await self._app.get(caller(), ref.id))

    async def ListMentorships(
        self, request: pb.ListMentorshipsRequest, _: object
    ) -> pb.ListMentorshipsResponse:
        """Return a page of mentorships."""
        tenant = caller().org
        asked = Selection(
            names.optional_id(tenant, names.PERSON, request.person, "person"),
            names.optional_id(tenant, names.PROGRAM, request.program, "program"),
            wire.stage(request.state),
        )
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(caller(), asked, query)
        return pb.ListMentorshipsResponse(
            mentorships=[wire.mentorship(Ref(tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def CreateMentorship(self, request: pb.CreateMentorshipRequest, _: object) -> pb.Mentorship:
        """Ask for an informal mentorship."""
        people = wire.people(caller().org, request.mentorship)
        return wire.mentorship(*await self._app.create(caller(), people, cause(request)))

    async def ListAgreementRevisions(
        self, request: pb.ListAgreementRevisionsRequest, _: object
    ) -> pb.ListAgreementRevisionsResponse:
        """Return what was signed so far."""
        ref = names.mentorship_ref(request.parent, "parent")
        signed = await self._app.revisions(caller(), ref.id)
        return pb.ListAgreementRevisionsResponse(
            agreements=[agreements.agreement(ref.tenant, one) for one in signed]
        )

    async def ProposeAgreement(self, request: pb.ProposeAgreementRequest, _: object) -> pb.Mentorship:
        """Put an agreement on the table."""
        ref, terms = names.mentorship_ref(request.name), agreements.terms(request.agreement)
        stored = await self._app.propose(caller(), ref.id, terms, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def SignAgreement(self, request: pb.SignAgreementRequest, _: object) -> pb.Mentorship:
        """Sign the agreement for the caller."""
        ref = names.mentorship_ref(request.name)
        stored = await self._app.sign(caller(), ref.id, request.revision, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def WithdrawAgreement(self, request: pb.WithdrawAgreementRequest, _: object) -> pb.Mentorship:
        """Take an agreement off the table."""
        ref, revision = names.mentorship_ref(request.name), request.revision
        stored = await self._app.withdraw(caller(), ref.id, revision, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def PauseMentorship(self, request: pb.PauseMentorshipRequest, _: object) -> pb.Mentorship:
        """Let a mentorship rest."""
        ref, rest = names.mentorship_ref(request.name), wire.rest(request)
        stored = await self._app.pause(caller(), ref.id, rest, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def ResumeMentorship(self, request: pb.ResumeMentorshipRequest, _: object) -> pb.Mentorship:
        """Let it go on."""
        ref = names.mentorship_ref(request.name)
        stored = await self._app.resume(caller(), ref.id, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def ProposeExtension(self, request: pb.ProposeExtensionRequest, _: object) -> pb.Mentorship:
        """Ask for a later last day."""
        ref = names.mentorship_ref(request.name)
        wanted = given_day(request, "end_date", "end_date")
        stored = await self._app.ask_for_more(caller(), ref.id, wanted, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def AcceptExtension(self, request: pb.AcceptExtensionRequest, _: object) -> pb.Mentorship:
        """Agree to a later last day."""
        ref, read = names.mentorship_ref(request.name), day(request.end_date, "end_date")
        stored = await self._app.extend(caller(), ref.id, read, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def CloseMentorship(self, request: pb.CloseMentorshipRequest, _: object) -> pb.Mentorship:
        """Say that a mentorship has reached its end."""
        ref = names.mentorship_ref(request.name)
        stored = await self._app.close(caller(), ref.id, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def EndMentorship(self, request: pb.EndMentorshipRequest, _: object) -> pb.Mentorship:
        """Finish a mentorship."""
        ref, parting = names.mentorship_ref(request.name), wire.parting(request)
        stored = await self._app.end(caller(), ref.id, cause(request), etag=request.etag, parting=parting)
        return wire.mentorship(ref, stored)

    async def HandOverMentorship(self, request: pb.HandOverMentorshipRequest, _: object) -> pb.Mentorship:
        """Let another mentor go on."""
        ref = names.mentorship_ref(request.name)
        mentor = names.person_id(ref.tenant, request.mentor, "mentor")
        return wire.mentorship(
            *await self._app.hand_over(caller(), ref.id, mentor, cause(request), etag=request.etag)
        )

    async def AnswerClosingSurvey(self, request: pb.AnswerClosingSurveyRequest, _: object) -> pb.Mentorship:
        """Look back on a mentorship that is over."""
        ref, answers = names.mentorship_ref(request.name), wire.answers(request.survey)
        stored = await self._app.look_back(caller(), ref.id, answers, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)
