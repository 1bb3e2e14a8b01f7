"""FeedbackService: decode, app, encode."""

from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.feedback import FeedbackGiving
from services.mentorships.app.kudos import KudosGiving, Selection
from services.mentorships.wire import feedback as wire
from services.mentorships.wire import kudos as kudos_wire
from services.mentorships.wire import names
from services.pb.mentoring.mentorships.v1 import feedback_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.feedback_service_pb2_grpc import FeedbackServiceServicer


class FeedbackServicer(FeedbackServiceServicer):
    """Serves feedback and kudos."""

    def __init__(self, feedback: FeedbackGiving, kudos: KudosGiving) -> None:
        self._feedback = feedback
        self._kudos = kudos

    async def GiveFeedback(self, request: pb.GiveFeedbackRequest, _: object) -> pb.Feedback:
        """Tell the other one."""
        parent = names.mentorship_ref(request.parent, "parent")
        draft = wire.draft(request.parent, request.feedback)
        return wire.feedback(*await self._feedback.give(caller(), parent.id, draft, cause(request)))

    async def GetFeedback(self, request: pb.GetFeedbackRequest, _: object) -> pb.Feedback:
        """Return one."""
        mentorship, ref = names.path(names.FEEDBACK, request.name)
        return wire.feedback(ref, await self._feedback.get(caller(), (mentorship, ref.id)))

    async def ListFeedback(self, request: pb.ListFeedbackRequest, _: object) -> pb.ListFeedbackResponse:
        """Return a page of a mentorship's."""
        parent = names.mentorship_ref(request.parent, "parent")
        meeting = names.optional_child(request.parent, names.MEETING, request.meeting, "meeting")
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._feedback.list(caller(), parent.id, meeting, query)
        return pb.ListFeedbackResponse(
            feedback=[wire.feedback(Ref(parent.tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def AcknowledgeFeedback(self, request: pb.AcknowledgeFeedbackRequest, _: object) -> pb.Feedback:
        """Say that it was read."""
        mentorship, ref = names.path(names.FEEDBACK, request.name)
        stored = await self._feedback.acknowledge(
            caller(), (mentorship, ref.id), cause(request), etag=request.etag
        )
        return wire.feedback(ref, stored)

    async def GiveKudos(self, request: pb.GiveKudosRequest, _: object) -> pb.Kudos:
        """Thank the other one."""
        parent, draft = names.mentorship_ref(request.parent, "parent"), kudos_wire.draft(request.kudos)
        return kudos_wire.kudos(*await self._kudos.give(caller(), parent.id, draft, cause(request)))

    async def GetKudos(self, request: pb.GetKudosRequest, _: object) -> pb.Kudos:
        """Return one."""
        mentorship, ref = names.path(names.KUDOS, request.name)
        return kudos_wire.kudos(ref, await self._kudos.get(caller(), mentorship, ref.id))

    async def ListKudos(self, request: pb.ListKudosRequest, _: object) -> pb.ListKudosResponse:
        """Return a page."""
        parent = names.mentorship_ref(request.parent, "parent")
        asked = Selection(
            parent.id,
            names.optional_id(parent.tenant, names.PERSON, request.author, "author"),
            names.optional_id(parent.tenant, names.PERSON, request.recipient, "recipient"),
        )
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._kudos.list(caller(), asked, query)
        return pb.ListKudosResponse(
            kudos=[kudos_wire.kudos(Ref(parent.tenant, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )
