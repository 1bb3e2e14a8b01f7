"""SafetyService: decode, app, encode."""

from typing import Any

from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller, cause
from services.mentorships.app.blocks import Blocks
from services.mentorships.app.safety import How, SafetyReports
from services.mentorships.wire import names
from services.mentorships.wire import safety as wire
from services.pb.mentoring.mentorships.v1 import safety_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.safety_service_pb2_grpc import SafetyServiceServicer


class SafetyServicer(SafetyServiceServicer):
    """Serves safety reports and blocks."""

    def __init__(self, reports: SafetyReports, blocks: Blocks) -> None:
        self._reports = reports
        self._blocks = blocks

    async def ReportPerson(self, request: pb.ReportPersonRequest, _: object) -> pb.SafetyReport:
        """File a report."""
        draft = wire.draft(caller().org, request.safety_report)
        return wire.receipt(*await self._reports.file(caller(), draft, cause(request)))

    async def GetSafetyReport(self, request: pb.GetSafetyReportRequest, _: object) -> pb.SafetyReport:
        """Return a receipt."""
        ref = wire.report_ref(request.name)
        return wire.receipt(ref, await self._reports.get(caller(), ref.id))

    async def ListSafetyReports(
        self, request: pb.ListSafetyReportsRequest, _: object
    ) -> pb.ListSafetyReportsResponse:
        """Return a page of receipts."""
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._reports.list(caller(), query, closed=wire.closed(request.state))
        return pb.ListSafetyReportsResponse(
            safety_reports=[wire.receipt(Ref(caller().org, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )

    async def ReviewSafetyReport(self, request: pb.ReviewSafetyReportRequest, _: object) -> pb.SafetyReport:
        """Return a whole report."""
        ref = wire.report_ref(request.name)
        return wire.report(ref, await self._reports.review(caller(), ref.id, _how(request)))

    async def AddCaseNote(self, request: pb.AddCaseNoteRequest, _: object) -> pb.SafetyReport:
        """Add a note."""
        ref = wire.report_ref(request.name)
        return wire.report(ref, await self._reports.note(caller(), ref.id, request.words, _how(request)))

    async def HoldMentorship(self, request: pb.HoldMentorshipRequest, _: object) -> pb.SafetyReport:
        """Let a mentorship rest."""
        ref = wire.report_ref(request.name)
        mentorship = names.mentorship_ref(request.mentorship, "mentorship")
        return wire.report(ref, await self._reports.hold(caller(), ref.id, mentorship.id, _how(request)))

    async def BlockReportedPerson(self, request: pb.BlockReportedPersonRequest, _: object) -> pb.SafetyReport:
        """Separate the reporter and the person reported."""
        ref = wire.report_ref(request.name)
        return wire.report(ref, await self._reports.block(caller(), ref.id, _how(request)))

    async def CloseSafetyReport(self, request: pb.CloseSafetyReportRequest, _: object) -> pb.SafetyReport:
        """Close a report."""
        ref = wire.report_ref(request.name)
        return wire.report(ref, await self._reports.close(caller(), ref.id, request.words, _how(request)))

    async def BlockPerson(self, request: pb.BlockPersonRequest, _: object) -> pb.Block:
        """Keep the caller away from a person."""
        person = names.person_id(caller().org, request.person, "person")
        return wire.block(*await self._blocks.block(caller(), person, cause(request)))

    async def ListBlocks(self, request: pb.ListBlocksRequest, _: object) -> pb.ListBlocksResponse:
        """Return a page of whom the caller has blocked."""
        query = Query(page_size=request.page_size, page_token=request.page_token)
        page = await self._blocks.list(caller(), query)
        return pb.ListBlocksResponse(
            blocks=[wire.block(Ref(caller().org, key), stored) for key, stored in page.items],
            next_page_token=page.next_page_token,
        )


def _how(request: Any) -> How:
    return request.etag, cause(request)
