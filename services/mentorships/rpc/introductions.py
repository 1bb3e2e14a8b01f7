"""IntroductionService: decode, app, encode."""

from services.kernel.mongo import Query, Ref, Versioned
from services.kernel.rpc import caller, cause
from services.mentorships.app.introductions import Introductions, Selection
from services.mentorships.domain.introductions import Introduction
from services.mentorships.wire import introductions as wire
from services.mentorships.wire import names
from services.pb.mentoring.mentorships.v1 import introduction_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.introduction_service_pb2_grpc import IntroductionServiceServicer


class IntroductionServicer(IntroductionServiceServicer):
    """Serves introductions."""

    def __init__(self, app: Introductions) -> None:
        self._app = app

    async def ProposeIntroduction(self, request: pb.ProposeIntroductionRequest, _: object) -> pb.Introduction:
        """Propose one."""
        parent = names.mentorship_ref(request.parent, "parent")
        draft = wire.draft(parent.tenant, request.introduction)
        return _shown(*await self._app.propose(caller(), parent.id, draft, cause(request)))

    async def GetIntroduction(self, request: pb.GetIntroductionRequest, _: object) -> pb.Introduction:
        """Return one."""
        mentorship, ref = names.path(names.INTRODUCTION, request.name)
        return _shown(ref, await self._app.get(caller(), (mentorship, ref.id)))

    async def ListIntroductions(
        self, request: pb.ListIntroductionsRequest, _: object
    ) -> pb.ListIntroductionsResponse:
        """Return a page."""
        parent = names.mentorship_ref(request.parent, "parent")
        asked = Selection(parent.id, wire.progress(request.state))
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(caller(), asked, query)
        return pb.ListIntroductionsResponse(
            introductions=[_shown(Ref(parent.tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def ConsentToIntroduction(
        self, request: pb.ConsentToIntroductionRequest, _: object
    ) -> pb.Introduction:
        """Agree."""
        mentorship, ref = names.path(names.INTRODUCTION, request.name)
        stored = await self._app.consent(caller(), (mentorship, ref.id), cause(request), etag=request.etag)
        return _shown(ref, stored)

    async def DeclineIntroduction(self, request: pb.DeclineIntroductionRequest, _: object) -> pb.Introduction:
        """Decline."""
        mentorship, ref = names.path(names.INTRODUCTION, request.name)
        stored = await self._app.decline(caller(), (mentorship, ref.id), cause(request), etag=request.etag)
        return _shown(ref, stored)


def _shown(ref: Ref, stored: Versioned[Introduction]) -> pb.Introduction:
    return wire.introduction(ref, stored, caller().subject)
