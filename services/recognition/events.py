"""What recognition hears."""

from services.kernel import ids
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.pb.mentoring.processor.v1.events_pb2 import RecognitionEarned
from services.recognition.app.recognitions import Recognitions
from services.recognition.wire import recognitions as wire


def hear(handlers: Handlers, recognitions: Recognitions) -> None:
    """Let each decision of the processor become one recognition, however often it is told."""

    async def recognition_earned(event: Event[RecognitionEarned]) -> None:
        ref = Ref(event.tenant, ids.derived_id(event.id, "recognition"))
        cause = Cause(id=event.id, trace=event.trace)
        await recognitions.earn(ref, wire.earned(event.tenant, event.message), cause)

    handlers.on(RecognitionEarned, recognition_earned)
