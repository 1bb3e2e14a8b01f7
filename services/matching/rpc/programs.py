"""ProgramService: decode, act, encode."""

from services.kernel import ids
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.matching.app.ports import Wanted
from services.matching.app.programs import Programs
from services.matching.wire import names
from services.matching.wire import programs as wire
from services.pb.mentoring.matching.v1 import program_service_pb2 as pb
from services.pb.mentoring.matching.v1.program_service_pb2_grpc import ProgramServiceServicer


class ProgramService(ProgramServiceServicer):
    """Serves `mentoring.matching.v1.ProgramService`."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    async def CreateProgram(self, request: pb.CreateProgramRequest, _: object) -> pb.Program:
        """Open a program."""
        who = caller()
        draft = wire.program_draft(who.org, request.program)
        return wire.program(*await self._programs.create(who, draft, cause(request)))

    async def GetProgram(self, request: pb.GetProgramRequest, _: object) -> pb.Program:
        """Return one program."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.name)
        return wire.program(Ref(who.org, program), await self._programs.get(who, program))

    async def ListPrograms(self, request: pb.ListProgramsRequest, _: object) -> pb.ListProgramsResponse:
        """Return one page."""
        who = caller()
        found = await self._programs.list(who, Wanted(request.page_size, request.page_token))
        return pb.ListProgramsResponse(
            programs=[wire.program(Ref(who.org, one), stored) for one, stored in found.items],
            next_page_token=found.next_page_token,
        )

    async def BatchEnrolPeople(
        self, request: pb.BatchEnrolPeopleRequest, _: object
    ) -> pb.BatchEnrolPeopleResponse:
        """Enrol all or nobody."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        asked = wire.asked(who.org, program, request.requests)
        enrolled = await self._programs.enrol(who, program, asked, cause(request))
        return pb.BatchEnrolPeopleResponse(
            enrolments=[wire.enrolment(Ref(who.org, one), stored) for one, stored in enrolled]
        )

    async def ListEnrolments(self, request: pb.ListEnrolmentsRequest, _: object) -> pb.ListEnrolmentsResponse:
        """Return one page."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        page = Wanted(request.page_size, request.page_token)
        found = await self._programs.enrolments(who, program, page)
        return pb.ListEnrolmentsResponse(
            enrolments=[wire.enrolment(Ref(who.org, one), stored) for one, stored in found.items],
            next_page_token=found.next_page_token,
        )
