import grpc
import pytest
from grpc.aio import AioRpcError, Metadata
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import (
    AutoReconnect,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    ServerSelectionTimeoutError,
)

from services.kernel import errors
from services.kernel.rpc import status

Code = grpc.StatusCode
KINDS = list(status._CODES)


def received(error: Exception) -> AioRpcError:
    """Return what a client gets when a handler fails with `error`."""
    outcome = status.outcome(error)
    sent = status.encode(outcome, "matching", "r-1")
    return AioRpcError(outcome.code, Metadata(), Metadata(*(sent.trailing_metadata or ())), outcome.message)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TimeoutError(), Code.DEADLINE_EXCEEDED),
        (ExecutionTimeout("x", 50), Code.DEADLINE_EXCEEDED),
        (NetworkTimeout("x"), Code.DEADLINE_EXCEEDED),
        (ServerSelectionTimeoutError("mongodb://root:pw@db"), Code.UNAVAILABLE),
        (AutoReconnect("mongodb://root:pw@db"), Code.UNAVAILABLE),
        (OperationFailure("mongodb://root:pw@db"), Code.INTERNAL),
        (AioRpcError(Code.UNAVAILABLE, Metadata(), Metadata(), "10.0.0.1 refused"), Code.UNAVAILABLE),
        (AioRpcError(Code.DEADLINE_EXCEEDED, Metadata(), Metadata(), "x"), Code.DEADLINE_EXCEEDED),
        (AioRpcError(Code.NOT_FOUND, Metadata(), Metadata(), "x"), Code.INTERNAL),
        (RecursionError(), Code.INTERNAL),
    ],
)
def test_errors_of_what_we_depend_on_have_a_code_and_keep_their_text(error: Exception, code: Code) -> None:
    seen = received(error)
    assert seen.code() is code
    assert "x" not in (seen.details() or "").split()
    assert "root" not in str(seen)


TEXTS = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=60)
REASONS = st.from_regex(r"[A-Z][A-Z0-9_]{1,60}[A-Z0-9]", fullmatch=True)


@given(
    kind=st.sampled_from(KINDS),
    reason=REASONS,
    message=TEXTS,
    fields=st.lists(st.tuples(TEXTS, TEXTS), max_size=8),
    metadata=st.dictionaries(REASONS, TEXTS, max_size=3),
)
def test_another_service_reads_back_the_refusal_that_was_sent(
    kind: type[errors.Refusal],
    reason: str,
    message: str,
    fields: list[tuple[str, str]],
    metadata: dict[str, str],
) -> None:
    got = status.refusal_of(received(kind(reason, message, fields=fields, metadata=metadata)))
    assert type(got) is kind
    assert (got.reason, got.message, got.metadata) == (reason, message, metadata)
    assert got.fields == tuple(fields)


def test_a_failure_without_details_is_no_refusal() -> None:
    assert status.refusal_of(AioRpcError(Code.NOT_FOUND, Metadata(), Metadata(), "x")) is None
    assert status.refusal_of(received(RuntimeError())) is None


@given(st.lists(st.tuples(st.text(max_size=400), st.text(max_size=400)), max_size=300))
def test_however_many_fields_are_wrong_the_trailer_stays_small(fields: list[tuple[str, str]]) -> None:
    sent = status.encode(status.outcome(errors.Invalid("BAD", "bad", fields=fields)), "matching", "r")
    assert sum(len(value) for _, value in sent.trailing_metadata or ()) < 6_000


def test_every_kind_of_refusal_has_its_own_code() -> None:
    assert set(KINDS) == set(errors.Refusal.__subclasses__())
    assert len(status._KINDS) == len(KINDS)
