"""RecognitionService: decode, act, encode."""

from services.kernel import ids
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as pb
from services.pb.mentoring.recognition.v1.recognition_service_pb2_grpc import RecognitionServiceServicer
from services.recognition.app.recognitions import Recognitions
from services.recognition.wire import names
from services.recognition.wire import recognitions as wire


class RecognitionService(RecognitionServiceServicer):
    """Serves `mentoring.recognition.v1.RecognitionService`."""

    def __init__(self, recognitions: Recognitions) -> None:
        self._recognitions = recognitions

    async def GetRecognition(self, request: pb.GetRecognitionRequest, _: object) -> pb.Recognition:
        """Return one recognition."""
        _, person, recognition = ids.parse_name(names.RECOGNITION, request.name)
        stored = await self._recognitions.get(caller(), person, recognition)
        return wire.recognition(Ref(caller().org, recognition), stored)

    async def ListRecognitions(
        self, request: pb.ListRecognitionsRequest, _: object
    ) -> pb.ListRecognitionsResponse:
        """Return a page of a person's recognitions, or of all people's."""
        _, person = ids.parse_name(names.PERSON, request.parent, "parent")
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._recognitions.list(caller(), person, query)
        return pb.ListRecognitionsResponse(
            recognitions=[wire.recognition(Ref(caller().org, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def RevokeRecognition(self, request: pb.RevokeRecognitionRequest, _: object) -> pb.Recognition:
        """Take one back."""
        _, person, recognition = ids.parse_name(names.RECOGNITION, request.name)
        stored = await self._recognitions.revoke(
            caller(), (person, recognition), wire.reason(request.reason), request.etag, cause(request)
        )
        return wire.recognition(Ref(caller().org, recognition), stored)
