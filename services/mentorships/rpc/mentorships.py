"""MentorshipService: decode, app, encode."""

from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.mentorships import Mentorships
from services.mentorships.wire import mentorships as wire
from services.mentorships.wire import names
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceServicer


class MentorshipServicer(MentorshipServiceServicer):
    """Serves mentorships."""

    def __init__(self, app: Mentorships) -> None:
        self._app = app

    async def GetMentorship(
        self, request: mentorships.GetMentorshipRequest, _: object
    ) -> mentorships.Mentorship:
        """Return one mentorship."""
        ref = names.mentorship_ref(request.name)
        return wire.mentorship(ref, await self._app.get(caller(), ref.id))

    async def ListMentorships(
        self, request: mentorships.ListMentorshipsRequest, _: object
    ) -> mentorships.ListMentorshipsResponse:
        """Return a page of mentorships."""
        tenant = caller().org
        page = await self._app.list(
            caller(),
            names.optional_id(tenant, names.PERSON, request.person, "person"),
            names.optional_id(tenant, names.PROGRAM, request.program, "program"),
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
        ref, terms = names.mentorship_ref(request.name), wire.terms(request.agreement)
        stored = await self._app.propose(caller(), ref.id, terms, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def SignAgreement(
        self, request: mentorships.SignAgreementRequest, _: object
    ) -> mentorships.Mentorship:
        """Sign the agreement for the caller."""
        ref = names.mentorship_ref(request.name)
        stored = await self._app.sign(caller(), ref.id, request.revision, cause(request), etag=request.etag)
        return wire.mentorship(ref, stored)

    async def EndMentorship(
        self, request: mentorships.EndMentorshipRequest, _: object
    ) -> mentorships.Mentorship:
        """Finish a mentorship."""
        ref = names.mentorship_ref(request.name)
        return wire.mentorship(ref, await self._app.end(caller(), ref.id, cause(request), etag=request.etag))
