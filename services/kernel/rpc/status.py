"""The one table between refusals and gRPC statuses, both ways; text of unknown errors never leaves."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from pymongo.errors import ConnectionFailure, PyMongoError, ServerSelectionTimeoutError

from services.kernel import errors
from services.kernel.rpc import validation

RETRY_SECONDS = 1.0
_CODES: dict[type[errors.Refusal], grpc.StatusCode] = {
    errors.Invalid: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.AlreadyExists: grpc.StatusCode.ALREADY_EXISTS,
    errors.Refused: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Conflict: grpc.StatusCode.ABORTED,
    errors.Denied: grpc.StatusCode.PERMISSION_DENIED,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: grpc.StatusCode.UNAVAILABLE,
}
_KINDS = {code: kind for kind, code in _CODES.items()}
_PASSED_ON = {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE}
_MAX_REASON = 63
_MAX_DETAIL_BYTES = 4_096  # of the 8 KiB beyond which gRPC drops trailers at random


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended: what the caller is told, and whether the error was foreseen."""

    code: grpc.StatusCode
    reason: str
    message: str
    refusal: errors.Refusal | None = None
    foreseen: bool = True


_LATE = Outcome(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", "the deadline passed")
_GONE = Outcome(grpc.StatusCode.UNAVAILABLE, "DEPENDENCY_UNAVAILABLE", "a needed server is not reachable")
_INTERNAL = Outcome(grpc.StatusCode.INTERNAL, "INTERNAL", "internal error", foreseen=False)


def outcome(error: Exception) -> Outcome:
    """Return what an error means to the caller."""
    if isinstance(error, errors.Refusal):
        return Outcome(code_of(error), error.reason, error.message, error)
    for kind, known in _FOREIGN:
        if isinstance(error, kind):
            return known(error)
    return _INTERNAL


def code_of(refusal: errors.Refusal) -> grpc.StatusCode:
    """Return the status code of a refusal's kind."""
    return next(code for kind, code in _CODES.items() if isinstance(refusal, kind))


def _database(error: Exception) -> Outcome:
    if isinstance(error, ServerSelectionTimeoutError):
        return _GONE
    if isinstance(error, PyMongoError) and error.timeout:
        return _LATE
    return _GONE if isinstance(error, ConnectionFailure) else _INTERNAL


def _downstream(error: Exception) -> Outcome:
    code = error.code() if isinstance(error, grpc.aio.AioRpcError) else None
    if code not in _PASSED_ON:
        return _INTERNAL
    return _LATE if code is grpc.StatusCode.DEADLINE_EXCEEDED else _GONE


_FOREIGN: tuple[tuple[type[Exception], Callable[[Exception], Outcome]], ...] = (
    (TimeoutError, lambda _: _LATE),
    (PyMongoError, _database),
    (grpc.aio.AioRpcError, _downstream),
)


def encode(result: Outcome, service: str, request_id: str) -> grpc.Status:
    """Return the status to send: exactly one ErrorInfo, then the details of its kind, each type once."""
    details: list[Message] = [_info(result, service)]
    refusal = result.refusal
    if refusal is not None and refusal.fields:
        details.append(_bad_request(refusal.fields))
    if result.code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}:
        details.append(_retry(refusal))
    if isinstance(refusal, errors.Exhausted) and "scope" in refusal.metadata:
        details.append(_quota(refusal))
    if result.code is grpc.StatusCode.FAILED_PRECONDITION:
        details.append(_precondition(result))
    if result.code is grpc.StatusCode.INTERNAL:
        details.append(error_details_pb2.RequestInfo(request_id=request_id))
    number, _ = result.code.value
    return rpc_status.to_status(
        status_pb2.Status(code=number, message=result.message, details=[_packed(item) for item in details])
    )


def _info(result: Outcome, service: str) -> error_details_pb2.ErrorInfo:
    return error_details_pb2.ErrorInfo(
        reason=result.reason[:_MAX_REASON],
        domain=f"{service}.mentoring",
        metadata=result.refusal.metadata if result.refusal else {},
    )


def _bad_request(fields: errors.Fields) -> error_details_pb2.BadRequest:
    violation = error_details_pb2.BadRequest.FieldViolation
    answer = error_details_pb2.BadRequest()
    for path, text in fields[: validation.MAX_VIOLATIONS]:
        if answer.ByteSize() + len(path) + len(text) < _MAX_DETAIL_BYTES:
            answer.field_violations.append(violation(field=path, description=text))
    return answer


def _retry(refusal: errors.Refusal | None) -> error_details_pb2.RetryInfo:
    seconds = refusal.retry_after if isinstance(refusal, errors.Exhausted) else RETRY_SECONDS
    answer = error_details_pb2.RetryInfo()
    answer.retry_delay.FromMilliseconds(math.ceil(seconds * 1000))
    return answer


def _quota(refusal: errors.Exhausted) -> error_details_pb2.QuotaFailure:
    violation = error_details_pb2.QuotaFailure.Violation
    return error_details_pb2.QuotaFailure(
        violations=[violation(subject=refusal.metadata["scope"], description=refusal.message)]
    )


def _precondition(result: Outcome) -> error_details_pb2.PreconditionFailure:
    violation = error_details_pb2.PreconditionFailure.Violation
    return error_details_pb2.PreconditionFailure(
        violations=[violation(type=result.reason, description=result.message)]
    )


def _packed(detail: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed


def refusal_of(error: grpc.aio.AioRpcError) -> errors.Refusal | None:
    """Return the refusal another service answered with, None if it is no refusal of ours."""
    kind, status = _KINDS.get(error.code()), status_of(error)
    if kind is None or status is None:
        return None
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        _ = detail.Unpack(info) or detail.Unpack(bad)
    fields = [(item.field, item.description) for item in bad.field_violations]
    return kind(info.reason, status.message, fields=fields, metadata=dict(info.metadata))


def status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status | None:
    """Return the rich status of a failed call, if it carries one."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            return status_pb2.Status.FromString(value if isinstance(value, bytes) else value.encode())
    return None
