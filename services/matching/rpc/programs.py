"""ProgramService: decode, act, encode."""

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.mongo import Ref
from services.kernel.rpc import caller, cause
from services.matching.app.enrolments import Decide, Enrolments, Names
from services.matching.app.ports import Wanted
from services.matching.app.programs import Programs
from services.matching.domain import enrolments as domain
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.programs import Program
from services.matching.wire import enrolments as encode
from services.matching.wire import names
from services.matching.wire import programs as wire
from services.pb.mentoring.matching.v1 import program_service_pb2 as pb
from services.pb.mentoring.matching.v1.program_service_pb2_grpc import ProgramServiceServicer

_Change = (
    pb.RejectEnrolmentRequest | pb.PauseEnrolmentRequest | pb.ResumeEnrolmentRequest | pb.LeaveProgramRequest
)


class ProgramService(ProgramServiceServicer):
    """Serves `mentoring.matching.v1.ProgramService`."""

    def __init__(self, programs: Programs, enrolments: Enrolments) -> None:
        self._programs = programs
        self._enrolments = enrolments

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

    async def UpdateProgram(self, request: pb.UpdateProgramRequest, _: object) -> pb.Program:
        """Change settings."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.program.name, "program.name")

        def change(known: Program) -> Program:
            return wire.changing(who.org, request.program, request.update_mask, known)

        etag = request.program.etag
        stored = await self._programs.update(who, program, change, etag, cause(request))
        return wire.program(Ref(who.org, program), stored)

    async def CloseProgram(self, request: pb.CloseProgramRequest, _: object) -> pb.Program:
        """End a program."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.name)
        stored = await self._programs.close(who, program, request.etag, cause(request))
        return wire.program(Ref(who.org, program), stored)

    async def ListProgramRevisions(
        self, request: pb.ListProgramRevisionsRequest, _: object
    ) -> pb.ListProgramRevisionsResponse:
        """Return one page."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        page = Wanted(request.page_size, request.page_token)
        found = await self._programs.revisions(who, program, page)
        ref = Ref(who.org, program)
        return pb.ListProgramRevisionsResponse(
            revisions=[wire.revision(ref, kept.state.revision) for _, kept in found.items],
            next_page_token=found.next_page_token,
        )

    async def BatchEnrolPeople(
        self, request: pb.BatchEnrolPeopleRequest, _: object
    ) -> pb.BatchEnrolPeopleResponse:
        """Enrol all or nobody."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        asked = encode.asked(who.org, program, request.requests)
        enrolled = await self._enrolments.enrol(who, program, asked, cause(request))
        return pb.BatchEnrolPeopleResponse(
            enrolments=[encode.enrolment(Ref(who.org, one), stored) for one, stored in enrolled]
        )

    async def ListEnrolments(self, request: pb.ListEnrolmentsRequest, _: object) -> pb.ListEnrolmentsResponse:
        """Return one page."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        page = Wanted(request.page_size, request.page_token)
        person = names.person_id(who.org, request.person, "person") if request.person else ""
        found = await self._enrolments.list(who, program, page, person)
        is_whole = not request.page_token and not found.next_page_token
        return pb.ListEnrolmentsResponse(
            enrolments=[encode.enrolment(Ref(who.org, one), stored) for one, stored in found.items],
            next_page_token=found.next_page_token,
            total_size=len(found.items) if is_whole else await self._enrolments.count(who, program, person),
        )

    async def GetEnrolment(self, request: pb.GetEnrolmentRequest, _: object) -> pb.Enrolment:
        """Return one enrolment."""
        who, enrolment = _named(request.name)
        stored = await self._enrolments.get(who, enrolment)
        return encode.enrolment(Ref(who.org, enrolment[1]), stored)

    async def JoinProgram(self, request: pb.JoinProgramRequest, _: object) -> pb.Enrolment:
        """Enrol the caller."""
        who = caller()
        _, program = ids.parse_name(names.PROGRAM, request.parent, "parent")
        asked = encode.joining(who.org, program, who.subject, request)
        return encode.enrolment(*await self._enrolments.join(who, asked, cause(request)))

    async def UpdateEnrolment(self, request: pb.UpdateEnrolmentRequest, _: object) -> pb.Enrolment:
        """Change roles and wishes."""
        who, enrolment = _named(request.enrolment.name, "enrolment.name")
        person = (await self._enrolments.get(who, enrolment)).state.person
        wishes = encode.wishes(who.org, person, request.enrolment, request.update_mask)
        etag = request.enrolment.etag
        stored = await self._enrolments.update(who, enrolment, wishes, etag, cause(request))
        return encode.enrolment(Ref(who.org, enrolment[1]), stored)

    async def ApproveEnrolment(self, request: pb.ApproveEnrolmentRequest, _: object) -> pb.Enrolment:
        """Let a waiting person take part."""
        who, enrolment = _named(request.name)
        stored = await self._enrolments.approve(who, enrolment, request.etag, cause(request))
        return encode.enrolment(Ref(who.org, enrolment[1]), stored)

    async def RejectEnrolment(self, request: pb.RejectEnrolmentRequest, _: object) -> pb.Enrolment:
        """Turn a waiting person away."""
        return await self._change(request, Enrolment.reject)

    async def PauseEnrolment(self, request: pb.PauseEnrolmentRequest, _: object) -> pb.Enrolment:
        """Take a participant out of matching."""
        return await self._change(request, Enrolment.pause)

    async def ResumeEnrolment(self, request: pb.ResumeEnrolmentRequest, _: object) -> pb.Enrolment:
        """Put a paused participant back."""
        return await self._change(request, Enrolment.resume)

    async def LeaveProgram(self, request: pb.LeaveProgramRequest, _: object) -> pb.Enrolment:
        """End taking part."""
        return await self._change(request, lambda state: state.end(domain.LEFT))

    async def _change(self, request: _Change, decide: Decide) -> pb.Enrolment:
        who, enrolment = _named(request.name)
        stored = await self._enrolments.change(who, enrolment, decide, request.etag, cause(request))
        return encode.enrolment(Ref(who.org, enrolment[1]), stored)


def _named(name: str, field: str = "name") -> tuple[Caller, Names]:
    _, program, enrolment = ids.parse_name(names.ENROLMENT, name, field)
    return caller(), (program, enrolment)
