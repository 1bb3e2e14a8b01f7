"""Codes to and from protobuf."""

from services.pb.mentoring.scheduling.v1 import codes_pb2 as codes
from services.scheduling.domain.told import Closed, Notice, Reason, Status


def cancel_reason(reason: Reason) -> codes.CancelReason.ValueType:
    """Encode why a meeting is called off."""
    return codes.CancelReason.Value(f"CANCEL_REASON_{reason}")


def reason_of(code: codes.CancelReason.ValueType) -> Reason:
    """Decode why a meeting is called off."""
    return Reason(codes.CancelReason.Name(code).removeprefix("CANCEL_REASON_"))


def notice(said: Notice) -> codes.Notice.ValueType:
    """Encode what somebody says about coming."""
    return codes.Notice.Value(f"NOTICE_{said}")


def notice_of(code: codes.Notice.ValueType) -> Notice:
    """Decode what somebody says about coming."""
    return Notice(codes.Notice.Name(code).removeprefix("NOTICE_"))


def answer_status(status: Status) -> codes.AnswerStatus.ValueType:
    """Encode what somebody answered."""
    return codes.AnswerStatus.Value(f"ANSWER_STATUS_{status}")


def claim_end(closed: Closed) -> codes.ClaimEnd.ValueType:
    """Encode how a claim ended."""
    return codes.ClaimEnd.Value(f"CLAIM_END_{closed}")
