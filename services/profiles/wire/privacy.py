"""Erasures to and from protobuf."""

import json
from dataclasses import replace

import msgspec

from services.kernel import fields
from services.kernel.mongo import Outgoing, Page, Ref, Versioned
from services.pb.mentoring.profiles.v1 import events_pb2 as events
from services.pb.mentoring.profiles.v1 import privacy_service_pb2 as pb
from services.profiles.domain.erasure import SERVICES, Erasure, ErasureEvent, PersonErased, Reason
from services.profiles.wire.people import person_name

_PATTERN = "organizations/*/erasures/*"
_REASONS = {
    Reason.REQUESTED: pb.Erasure.REASON_REQUESTED,
    Reason.RETENTION: pb.Erasure.REASON_RETENTION,
    Reason.MISTAKE: pb.Erasure.REASON_MISTAKE,
}
_REASON_OF = {number: reason for reason, number in _REASONS.items()}


def erasure_id(tenant: str, name: str, field: str) -> str:
    """Return the id in an erasure's full name. Raises Invalid unless it is a name of this organization."""
    return fields.owned_id(tenant, _PATTERN, name, field)


def reason(number: pb.Erasure.Reason.ValueType) -> Reason:
    """Decode a reason that the contract's rules let through."""
    return _REASON_OF[number]


def erasure(ref: Ref, stored: Versioned[Erasure]) -> pb.Erasure:
    """Encode one entry of the ledger."""
    state = stored.state
    message = pb.Erasure(
        name=_name(ref),
        person=person_name(ref.tenant, state.person),
        reason=_REASONS[state.reason],
        requester=person_name(ref.tenant, state.requester),
        state=pb.Erasure.STATE_RUNNING if state.pending else pb.Erasure.STATE_FINISHED,
        parts=[pb.Erasure.Part(service=service) for service in SERVICES],
        etag=stored.etag,
    )
    fields.set_time(message.create_time, state.time)
    times = {part.service: part.time for part in state.parts}
    for part in message.parts:
        if part.service in times:
            fields.set_time(part.confirm_time, times[part.service])
    return message


def page(tenant: str, found: Page[Erasure]) -> pb.ListErasuresResponse:
    """Encode one page of the ledger."""
    return pb.ListErasuresResponse(
        erasures=[erasure(Ref(tenant, entry), stored) for entry, stored in found.items],
        next_page_token=found.next_page_token,
    )


def outgoing(ref: Ref, state: Erasure, event: ErasureEvent) -> Outgoing:
    """Encode what happened to an erasure, keyed by the person's id."""
    person, name = person_name(ref.tenant, state.person), _name(ref)
    if isinstance(event, PersonErased):
        message = events.PersonErased(person=person, erasure=name)
        fields.set_time(message.erase_time, state.time)
        return Outgoing(message, subject=name, key=state.person)
    progress = events.ErasureProgressed(erasure=name, person=person, pending_services=state.pending)
    return Outgoing(progress, subject=name, key=state.person)


def line(ref: Ref, state: Erasure) -> str:
    """Write one entry of the ledger for a file that is kept apart from the database: one line of JSON."""
    kept = {"organization": ref.tenant, "erasure": ref.id, **msgspec.to_builtins(replace(state, parts=()))}
    return json.dumps(kept, sort_keys=True)


def entry(text: str) -> tuple[Ref, Erasure]:
    """Read what `line` wrote. ValueError."""
    kept = json.loads(text)
    return Ref(kept["organization"], kept["erasure"]), msgspec.convert(kept, Erasure)


def _name(ref: Ref) -> str:
    return f"organizations/{ref.tenant}/erasures/{ref.id}"
