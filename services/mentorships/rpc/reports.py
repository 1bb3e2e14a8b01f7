"""ReportService: decode, app, encode."""

from services.kernel.ids import parse_name
from services.kernel.mongo import Query, Ref
from services.kernel.rpc import caller
from services.mentorships.app.health import HealthKeeping
from services.mentorships.app.reports import Created, Reports
from services.mentorships.wire import names
from services.mentorships.wire import reports as wire
from services.pb.mentoring.mentorships.v1 import report_service_pb2 as pb
from services.pb.mentoring.mentorships.v1.report_service_pb2_grpc import ReportServiceServicer


class ReportServicer(ReportServiceServicer):
    """Serves how programs and their pairs go."""

    def __init__(self, reports: Reports, health: HealthKeeping) -> None:
        self._reports = reports
        self._health = health

    async def GetProgramReport(self, request: pb.GetProgramReportRequest, _: object) -> pb.ProgramReport:
        """Count how a program goes."""
        ref = Ref(*parse_name(wire.REPORT, request.name))
        created = Created(wire.moment(request, "start_time"), wire.moment(request, "end_time"))
        return wire.report(ref, await self._reports.of_program(caller(), ref.id, created))

    async def ListMentorshipHealth(
        self, request: pb.ListMentorshipHealthRequest, _: object
    ) -> pb.ListMentorshipHealthResponse:
        """Return a page of how its pairs go."""
        program = names.ref(names.PROGRAM, request.parent, "parent")
        query = Query(page_size=request.page_size, page_token=request.page_token)
        status = wire.status(request.status)
        return wire.page(program.tenant, *await self._health.list(caller(), program.id, status, query))
