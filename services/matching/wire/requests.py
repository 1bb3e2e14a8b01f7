"""Match requests to and from protobuf."""

from services.kernel import fields
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import asking, requests
from services.matching.domain.policy import Pair
from services.matching.wire.names import match_name, person_id, person_name, request_name
from services.pb.mentoring.matching.v1 import match_request_service_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person


def wish(tenant: str, program: str, requester: str, message: pb.CreateMatchRequestRequest) -> asking.Wish:
    """Decode what `requester` asks for.

    Raises Invalid MALFORMED_NAME, FOREIGN_ORGANIZATION or TEXT_NOT_PLAIN.
    """
    other = person_id(tenant, message.person, "person")
    mentors = message.role == Person.ROLE_MENTOR
    pair = Pair(requester, other) if mentors else Pair(other, requester)
    return asking.Wish(program, pair, requester, asking.words(message.message, "message"))


def stage(state: pb.MatchRequest.State.ValueType) -> requests.Stage:
    """Decode how far a request is."""
    return requests.Stage(pb.MatchRequest.State.Name(state).removeprefix("STATE_"))


def request(ref: Ref, stored: Versioned[requests.MatchRequest]) -> pb.MatchRequest:
    """Encode a stored request."""
    state = stored.state
    message = pb.MatchRequest(
        name=request_name(ref.tenant, state.program, ref.id),
        mentor=person_name(ref.tenant, state.pair.mentor),
        mentee=person_name(ref.tenant, state.pair.mentee),
        requester=person_name(ref.tenant, state.requester),
        message=state.message,
        state=pb.MatchRequest.State.Value(f"STATE_{state.stage}"),
        question=state.question,
        answer=state.answer,
        reminders=state.reminders,
        close_reason=state.close_reason,
        match=match_name(ref.tenant, state.program, state.match) if state.match else "",
        etag=stored.etag,
    )
    if (expires := state.expires) is not None:
        fields.set_time(message.expire_time, expires)
    fields.set_time(message.create_time, stored.create_time)
    fields.set_time(message.update_time, stored.update_time)
    return message


def linked(ref: Ref, stored: Versioned[requests.MatchRequest]) -> pb.LinkedMatchRequest:
    """Encode what a page behind a link shows of a request."""
    whole = request(ref, stored)
    return pb.LinkedMatchRequest(name=whole.name, state=whole.state)
