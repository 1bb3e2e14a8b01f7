"""What recognition hears."""

from services.kernel import ids
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.pb.mentoring.mentorships.v1.events_pb2 import GroupGoalCompleted
from services.pb.mentoring.processor.v1.events_pb2 import RecognitionEarned
from services.recognition.app.recognitions import Recognitions
from services.recognition.wire import recognitions as wire


def hear(handlers: Handlers, recognitions: Recognitions) -> None:
    """Let each decision of the processor become one recognition, however often it is told.

    A goal of a group is one for each of its members: nothing is counted, so there is nothing to decide.
    """

    async def recognition_earned(event: Event[RecognitionEarned]) -> None:
        ref = Ref(event.tenant, ids.derived_id(event.id, "recognition"))
        cause = Cause(id=event.id, trace=event.trace)
        await recognitions.earn(ref, wire.earned(event.tenant, event.message), cause)

    async def group_goal_completed(event: Event[GroupGoalCompleted]) -> None:
        cause = Cause(id=event.id, trace=event.trace)
        for earned in wire.earned_together(event.tenant, event.id, event.message):
            ref = Ref(event.tenant, ids.derived_id(event.id, "recognition", earned.earner))
            await recognitions.earn(ref, earned, cause)

    handlers.on(RecognitionEarned, recognition_earned)
    handlers.on(GroupGoalCompleted, group_goal_completed)
