"""Cohort runs as long-running operations (AIP-151)."""

from google.longrunning import operations_pb2
from google.rpc import code_pb2, status_pb2

from services.kernel.mongo import Ref, Versioned
from services.matching.domain import runs
from services.matching.wire import names
from services.matching.wire import runs as wire
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb

_OVER = {runs.Stage.FAILED: code_pb2.FAILED_PRECONDITION, runs.Stage.CANCELLED: code_pb2.CANCELLED}


def operation(ref: Ref, stored: Versioned[runs.CohortRun]) -> operations_pb2.Operation:
    """Encode a run: done once it is computed, failed or cancelled."""
    state, message = stored.state, wire.run(ref, stored)
    found = operations_pb2.Operation(
        name=names.operation_name(ref.tenant, ref.id), done=state.stage is not runs.Stage.RUNNING
    )
    found.metadata.Pack(
        pb.CohortRunMetadata(cohort_run=message.name, state=message.state, progress=message.progress)
    )
    if state.stage in _OVER:
        found.error.CopyFrom(_error(state))
    elif found.done:
        found.response.Pack(message)
    return found


def _error(state: runs.CohortRun) -> status_pb2.Status:
    reason = state.failure_reason or "cancelled"
    where = f" ({state.failure_field})" if state.failure_field else ""
    return status_pb2.Status(code=_OVER[state.stage], message=f"{reason}{where}")
