"""google.longrunning.Operations over cohort runs, for clients that know that service."""

import asyncio

from google.longrunning import operations_pb2 as pb
from google.longrunning.operations_grpc_pb2 import OperationsServicer
from google.protobuf.empty_pb2 import Empty

from services.kernel import ids
from services.kernel.errors import Refused
from services.kernel.mongo import Cause, Ref
from services.kernel.rpc import caller
from services.matching.app.ports import Wanted
from services.matching.app.runs import CohortRuns
from services.matching.domain.runs import Stage
from services.matching.wire import names
from services.matching.wire.operations import operation


class Operations(OperationsServicer):
    """Serves `google.longrunning.Operations`. Operations are never deleted: they are the runs."""

    def __init__(self, runs: CohortRuns) -> None:
        self._runs = runs

    async def GetOperation(self, request: pb.GetOperationRequest, _: object) -> pb.Operation:
        """Return one operation."""
        return await self._operation(request.name)

    async def ListOperations(self, request: pb.ListOperationsRequest, _: object) -> pb.ListOperationsResponse:
        """Return one page, earliest first; `name` is the organization's, a filter is not understood."""
        who = caller()
        found = await self._runs.list(who, "", Wanted(request.page_size, request.page_token))
        return pb.ListOperationsResponse(
            operations=[operation(Ref(who.org, one), stored) for one, stored in found.items],
            next_page_token=found.next_page_token,
        )

    async def CancelOperation(self, request: pb.CancelOperationRequest, _: object) -> Empty:
        """Give the run up, unless it is over: the answer is the same."""
        who = caller()
        run = _id(request.name)
        stored = await self._runs.find(who, run)
        if stored.state.stage is Stage.RUNNING:
            await self._runs.cancel(who, (stored.state.program, run), "", Cause(f"cancel:{run}"))
        return Empty()

    async def WaitOperation(self, request: pb.WaitOperationRequest, _: object) -> pb.Operation:
        """Return when the operation is done, or its state when the time is over."""
        who = caller()
        run = _id(request.name)
        program = (await self._runs.find(who, run)).state.program
        seconds = request.timeout.ToTimedelta().total_seconds() if request.HasField("timeout") else None
        try:
            async with asyncio.timeout(seconds):
                async for _seen in self._runs.watch(who, (program, run)):
                    continue
        except TimeoutError:
            if seconds is None:
                raise
        return await self._operation(request.name)

    async def DeleteOperation(self, _: pb.DeleteOperationRequest, __: object) -> Empty:
        """Refuse."""
        raise Refused("OPERATIONS_ARE_KEPT", "cohort runs are kept with their program")

    async def _operation(self, name: str) -> pb.Operation:
        who, run = caller(), _id(name)
        return operation(Ref(who.org, run), await self._runs.find(who, run))


def _id(name: str) -> str:
    return ids.parse_name(names.OPERATION, name)[1]
