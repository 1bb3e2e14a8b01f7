"""RecognitionService: decode, app, encode."""

from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as recognitions
from services.pb.mentoring.recognition.v1.recognition_service_pb2_grpc import RecognitionServiceServicer
from services.recognition import wire
from services.recognition.app import Recognitions


class RecognitionServicer(RecognitionServiceServicer):
    """Serves recognitions."""

    def __init__(self, app: Recognitions) -> None:
        self._app = app

    async def GetRecognition(
        self, request: recognitions.GetRecognitionRequest, _: object
    ) -> recognitions.Recognition:
        """Return one recognition."""
        person, recognition = wire.path_of(request.name)
        stored = await self._app.get(caller(), person, recognition)
        return wire.recognition(Ref(caller().org, recognition), stored)

    async def ListRecognitions(
        self, request: recognitions.ListRecognitionsRequest, _: object
    ) -> recognitions.ListRecognitionsResponse:
        """Return a page of a person's recognitions, or of all people's."""
        person = wire.person_of(request.parent)
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._app.list(caller(), person, query)
        return recognitions.ListRecognitionsResponse(
            recognitions=[wire.recognition(Ref(caller().org, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )
