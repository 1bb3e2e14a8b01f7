"""LearningService: decode, app, encode."""

from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.learning import Learning, Selection
from services.mentorships.wire import learning as wire
from services.mentorships.wire import names
from services.pb.mentoring.mentorships.v1 import learning_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.learning_service_pb2_grpc import LearningServiceServicer


class LearningServicer(LearningServiceServicer):
    """Serves learning resources."""

    def __init__(self, app: Learning) -> None:
        self._app = app

    async def CreateLearningResource(
        self, request: pb.CreateLearningResourceRequest, _: object
    ) -> pb.LearningResource:
        """Keep a resource."""
        draft = wire.draft(request.learning_resource)
        return wire.resource(*await self._app.create(caller(), draft, cause(request)))

    async def GetLearningResource(
        self, request: pb.GetLearningResourceRequest, _: object
    ) -> pb.LearningResource:
        """Return one resource."""
        ref = names.ref(names.LEARNING_RESOURCE, request.name)
        return wire.resource(ref, await self._app.get(caller(), ref.id))

    async def ListLearningResources(
        self, request: pb.ListLearningResourcesRequest, _: object
    ) -> pb.ListLearningResourcesResponse:
        """Return a page of resources."""
        who = caller()
        mentorship = names.optional_id(who.org, names.MENTORSHIP, request.mentorship, "mentorship")
        asked = Selection(mentorship, wire.part(request.stage), request.show_archived)
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(who, asked, query)
        return pb.ListLearningResourcesResponse(
            learning_resources=[wire.resource(Ref(who.org, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def UpdateLearningResource(
        self, request: pb.UpdateLearningResourceRequest, _: object
    ) -> pb.LearningResource:
        """Change a resource."""
        given = request.learning_resource
        ref = names.ref(names.LEARNING_RESOURCE, given.name, "learning_resource.name")
        wanted = wire.draft(given), wire.changed(given, request.update_mask)
        how = given.etag, cause(request)
        return wire.resource(ref, await self._app.update(caller(), ref.id, wanted, how))

    async def ArchiveLearningResource(
        self, request: pb.ArchiveLearningResourceRequest, _: object
    ) -> pb.LearningResource:
        """List a resource no more."""
        ref = names.ref(names.LEARNING_RESOURCE, request.name)
        how = request.etag, cause(request)
        return wire.resource(ref, await self._app.archive(caller(), ref.id, how))
