"""Wires the service. `python -m services.recognition [rpc|events|relay|due]`, all of them by default."""

from services.kernel.config import Settings
from services.kernel.events import Handlers
from services.kernel.run import Resources, Service, main
from services.pb.mentoring.recognition.v1 import recognition_service_pb2_grpc
from services.recognition import events, store
from services.recognition.app.recognitions import Recognitions
from services.recognition.rpc.recognitions import RecognitionService


def build(_settings: Settings, resources: Resources) -> Service:
    """Put the service together."""
    kept = resources.database.aggregates(store.RECOGNITIONS)
    recognitions = Recognitions(kept)
    handlers = Handlers()
    events.hear(handlers, recognitions)
    return Service(
        name="recognition",
        servicers=(
            (
                recognition_service_pb2_grpc.add_RecognitionServiceServicer_to_server,
                RecognitionService(recognitions),
                "mentoring.recognition.v1.RecognitionService",
            ),
        ),
        handlers=handlers,
        kinds=(kept,),
    )


def run() -> None:
    """Serve until told to stop."""
    main("recognition", build)


if __name__ == "__main__":
    run()
