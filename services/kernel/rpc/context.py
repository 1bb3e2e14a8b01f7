"""What a handler may ask about the call it answers."""

import hashlib
from contextvars import ContextVar
from dataclasses import dataclass

from google.protobuf.message import Message

from services.kernel import ids, tracing
from services.kernel.auth import Caller
from services.kernel.mongo import Cause
from services.kernel.mongo.model import request_cause


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted call. `caller` is None for a public method without token."""

    method: str
    request_id: str
    caller: Caller | None


current: ContextVar[Call] = ContextVar("call")


def caller() -> Caller:
    """Return who calls. LookupError outside of a call or in a public method."""
    known = current.get().caller
    if known is None:
        raise LookupError("a public method has no caller")
    return known


def request_id() -> str:
    """Return the id that names this call in logs: the caller's `x-request-id` or our own."""
    return current.get().request_id


def cause(request: Message) -> Cause:
    """Return why an aggregate is about to change.

    A request with a `request_id` gives the same cause each time it comes, and one with another digest when
    anything else in it differs; a request without one is an intent of its own. The prefix keeps callers from
    naming the cause of an event or a timer, the subject from reading the answer to somebody else's request.
    """
    given: str = getattr(request, "request_id", "")
    if not given:
        return Cause(id=ids.new_id(), trace=tracing.header())
    body = type(request)()
    body.CopyFrom(request)
    body.ClearField("request_id")
    call = current.get()
    content = call.method.encode() + b"\0" + body.SerializeToString(deterministic=True)
    subject = call.caller.subject if call.caller else ""
    return Cause(
        id=request_cause(subject, given), digest=hashlib.sha256(content).hexdigest(), trace=tracing.header()
    )
