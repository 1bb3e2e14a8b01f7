"""What profiles hears: that services are through with an erasure, itself among them."""

from collections.abc import Sequence
from typing import Any, Final

from google.protobuf.message import Message

from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Ref
from services.pb.mentoring.matching.v1 import events_pb2 as matching
from services.pb.mentoring.mentorships.v1 import events_pb2 as mentorships
from services.pb.mentoring.notifications.v1 import events_pb2 as notifications
from services.pb.mentoring.profiles.v1 import events_pb2 as profiles
from services.pb.mentoring.recognition.v1 import events_pb2 as recognition
from services.pb.mentoring.scheduling.v1 import events_pb2 as scheduling
from services.profiles.app.erasures import Erasures
from services.profiles.wire.privacy import erasure_id

CONFIRMATIONS: Final[Sequence[type[Message]]] = (
    matching.PersonalDataErased,
    mentorships.PersonalDataErased,
    notifications.PersonalDataErased,
    profiles.PersonalDataErased,
    recognition.PersonalDataErased,
    scheduling.PersonalDataErased,
)
"""From each service that keeps anything about people."""


def hear(handlers: Handlers, erasures: Erasures) -> None:
    """Let the ledger show which services are through."""
    for message in CONFIRMATIONS:
        handlers.on(message, _confirmed(erasures, _service(message)))


def _service(message: type[Message]) -> str:
    """Return whose event it is: mentoring.<service>.v1."""
    return message.DESCRIPTOR.full_name.split(".")[1]


def _confirmed(erasures: Erasures, service: str) -> Any:
    async def erased(event: Event[Any]) -> None:
        entry = erasure_id(event.tenant, event.message.erasure, "erasure")
        await erasures.confirmed(Ref(event.tenant, entry), service, Cause(event.id, trace=event.trace))

    return erased
