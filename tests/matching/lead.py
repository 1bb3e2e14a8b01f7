"""One program on a running platform, told call by call as its lead."""

from typing import Any

from services.kernel.mongo import Cause, Ref
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb
from services.pb.mentoring.matching.v1 import program_service_pb2 as program_pb
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.matching.conftest import Platform
from tests.matching.factories import ORG


def person(one: str, org: str = ORG) -> str:
    return f"organizations/{org}/people/{one}"


def wish(one: str, role: Person.Role.ValueType = Person.ROLE_MENTEE) -> program_pb.EnrolmentRequest:
    return program_pb.EnrolmentRequest(person=person(one), roles=[role])


EVERYBODY = [wish("e2", Person.ROLE_MENTOR), wish("e3"), wish("e4")]


def draft(**changes: Any) -> program_pb.CreateProgramRequest:
    given = {"display_name": "Spring", "lead": person("e1"), **changes}
    return program_pb.CreateProgramRequest(
        parent=f"organizations/{ORG}", program=program_pb.Program(**given), request_id="open-1"
    )


def ref_of(name: str) -> Ref:
    return Ref(ORG, name.rpartition("/")[2])


class Story:
    """One program on a running platform, told call by call as its lead."""

    def __init__(self, platform: Platform, program: program_pb.Program) -> None:
        self.platform = platform
        self.program = program.name
        self.lead = platform.auth()

    async def enrol(self, *wishes: program_pb.EnrolmentRequest) -> program_pb.BatchEnrolPeopleResponse:
        request = program_pb.BatchEnrolPeopleRequest(parent=self.program, requests=wishes)
        answer: program_pb.BatchEnrolPeopleResponse = await self.platform.programs.BatchEnrolPeople(
            request, metadata=self.lead
        )
        return answer

    async def ask(self, **how: Any) -> pb.CohortRun:
        """Ask for a run."""
        request = pb.CreateCohortRunRequest(parent=self.program, **how)
        asked: pb.CohortRun = await self.platform.matching.CreateCohortRun(request, metadata=self.lead)
        assert asked.state == pb.CohortRun.STATE_RUNNING
        return asked

    async def run(self, **how: Any) -> pb.CohortRun:
        """Ask for a run, do what hearing of it does, and read it."""
        asked = await self.ask(**how)
        await self.platform.computing.compute(ref_of(asked.name), Cause("heard"))
        read = pb.GetCohortRunRequest(name=asked.name)
        found: pb.CohortRun = await self.platform.matching.GetCohortRun(read, metadata=self.lead)
        return found

    async def publish(self, run: pb.CohortRun) -> pb.CohortRun:
        request = pb.PublishCohortRunRequest(name=run.name, etag=run.etag)
        published: pb.CohortRun = await self.platform.matching.PublishCohortRun(request, metadata=self.lead)
        return published

    async def deliver(self, run: pb.CohortRun) -> None:
        """Do what hearing of a publication does."""
        await self.platform.computing.deliver(ref_of(run.name), Cause("heard-of-it"))

    async def matches(self, **wanted: Any) -> pb.ListMatchesResponse:
        request = pb.ListMatchesRequest(parent=self.program, **wanted)
        page: pb.ListMatchesResponse = await self.platform.matching.ListMatches(request, metadata=self.lead)
        return page

    async def accept(self, match: str, who: str, role: str, **how: Any) -> pb.Match:
        request = pb.AcceptMatchRequest(name=match, **how)
        answer: pb.Match = await self.platform.matching.AcceptMatch(
            request, metadata=self.platform.auth(who, role)
        )
        return answer
