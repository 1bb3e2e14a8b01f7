"""Matching as an operator runs it, beside real profiles: events drive a run, and kill -9 changes nothing."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from deploy.local.issuer import Issuer
from services.pb.mentoring.matching.v1 import match_request_service_pb2 as request_pb
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb
from services.pb.mentoring.matching.v1 import program_service_pb2 as program_pb
from services.pb.mentoring.matching.v1.match_request_service_pb2_grpc import MatchRequestServiceStub
from services.pb.mentoring.matching.v1.matching_service_pb2_grpc import MatchingServiceStub
from services.pb.mentoring.matching.v1.program_service_pb2_grpc import ProgramServiceStub
from services.pb.mentoring.mentorships.v1.events_pb2 import MentorshipEnded
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from tests.matching.export import FEW
from tests.processes import Make, Place, Started, making, place_for

pytestmark = pytest.mark.servers
TOPIC = "mentoring.matching.v1"


@pytest.fixture
def place(mongo_url: str, kafka_bootstrap: str, issuer: Issuer, tmp_path: Path) -> Place:
    return place_for(mongo_url, kafka_bootstrap, issuer, tmp_path)


@pytest.fixture
async def make(place: Place) -> AsyncIterator[Make]:
    async with making(place) as function:
        yield function


class Office:
    """The lead's desk: calls the matching process that runs at the moment."""

    def __init__(self, place: Place, make: Make) -> None:
        self.place = place
        self.lead = self.token("e1", "program_lead")
        self._make = make
        self._profiles = make("profiles")
        self.running: Started

    def token(self, person: str, role: str) -> Any:
        return (("authorization", f"Bearer {self.place.issuer.mint(self.place.org, person, role)}"),)

    async def open(self) -> None:
        """Start both services and import five people."""
        await self._profiles.start()
        await self.restart()
        assert (await self.bring(FEW)).created == 5

    async def bring(self, file: bytes) -> profiles.ImportSummary:
        """Bring people in line with an HR export."""
        chunk = profiles.ImportPeopleRequest(parent=f"organizations/{self.place.org}", data=file)
        async with grpc.aio.insecure_channel(self._profiles.address) as channel:
            steps = PersonServiceStub(channel).ImportPeople(
                iter([chunk]), metadata=self.token("admin", "hr_admin")
            )
            return [step.summary async for step in steps][-1]

    async def restart(self) -> None:
        """Start matching, anew if it ran before."""
        self.running = self._make("matching", PROFILES_ADDRESS=self._profiles.address)
        await self.running.start()

    async def call(
        self, stub: Callable[[grpc.aio.Channel], Any], method: str, request: Any, who: Any = None
    ) -> Any:
        async with grpc.aio.insecure_channel(self.running.address) as channel:
            return await getattr(stub(channel), method)(request, metadata=who or self.lead)

    async def enrolled(self) -> str:
        """Open a program for the only mentor and two mentees; return its name."""
        person = self.place.name("people", "")
        draft = program_pb.Program(display_name="Spring", lead=f"{person}e1")
        create = program_pb.CreateProgramRequest(parent=f"organizations/{self.place.org}", program=draft)
        program: program_pb.Program = await self.call(ProgramServiceStub, "CreateProgram", create)
        roles = {"e2": profiles.Person.ROLE_MENTOR, "e3": profiles.Person.ROLE_MENTEE}
        wishes = [
            program_pb.EnrolmentRequest(person=f"{person}{one}", roles=[role]) for one, role in roles.items()
        ]
        enrol = program_pb.BatchEnrolPeopleRequest(parent=program.name, requests=wishes)
        await self.call(ProgramServiceStub, "BatchEnrolPeople", enrol)
        return program.name

    async def request(self, program: str) -> str:
        run: pb.CohortRun = await self.call(
            MatchingServiceStub, "CreateCohortRun", pb.CreateCohortRunRequest(parent=program)
        )
        return run.name

    async def ready(self, run: str) -> pb.CohortRun:
        """Return the run once its answer was told."""
        await self.told("CohortRunReady")
        return await self.read(run)

    async def read(self, run: str) -> pb.CohortRun:
        request = pb.GetCohortRunRequest(name=run)
        found: pb.CohortRun = await self.call(MatchingServiceStub, "GetCohortRun", request)
        return found

    async def publish(self, run: pb.CohortRun) -> None:
        request = pb.PublishCohortRunRequest(name=run.name, etag=run.etag)
        await self.call(MatchingServiceStub, "PublishCohortRun", request)

    async def matches(self, program: str) -> list[pb.Match]:
        """Return the matches once one was told."""
        await self.told("MatchProposed")
        request = pb.ListMatchesRequest(parent=program)
        return list((await self.call(MatchingServiceStub, "ListMatches", request)).matches)

    async def told(self, *kinds: str) -> None:
        """Return once each of these was told. TimeoutError after a killed member's session and some."""
        missing = Counter(kinds)
        async with aclosing(self.place.told(TOPIC)) as stream:
            async for kind in stream:
                missing.subtract([kind])
                if not +missing:
                    return


@pytest.fixture
async def office(place: Place, make: Make) -> Office:
    office = Office(place, make)
    await office.open()
    return office


async def test_events_carry_a_run_from_request_to_matches(office: Office) -> None:
    program = await office.enrolled()
    run = await office.ready(await office.request(program))
    assert (run.state, len(run.proposals)) == (pb.CohortRun.STATE_READY, 1)
    await office.publish(run)
    (match,) = await office.matches(program)
    assert match.state == pb.Match.STATE_PROPOSED
    await office.told(
        "ProgramCreated", "PersonEnrolled", "PersonEnrolled", "CohortRunRequested", "CohortRunPublished"
    )
    family = psutil.Process(office.running.process.pid).children(recursive=True)
    assert await office.running.process.stop() == 0
    assert not psutil.wait_procs(family, timeout=10)[1]


def few(**status: str) -> bytes:
    """Return the export of five people in which some have another status."""
    rows = [row.rsplit(",", 1) for row in FEW.decode().splitlines()]
    return "".join(f"{row},{status.get(row.partition(',')[0], known)}\n" for row, known in rows).encode()


async def taking_part(office: Office, program: str) -> dict[str, tuple[str, str]]:
    """Return (state, reason to have ended) of everybody by the last part of their name."""
    listed = program_pb.ListEnrolmentsRequest(parent=program)
    page = await office.call(ProgramServiceStub, "ListEnrolments", listed)
    return {
        one.person.rpartition("/")[2]: (program_pb.Enrolment.State.Name(one.state), one.end_reason)
        for one in page.enrolments
    }


async def test_enrolments_follow_the_hr_export_and_the_end_of_their_program(office: Office) -> None:
    """Through profiles' own topic and matching's: away and back, gone, and over."""
    program = await office.enrolled()
    await office.bring(few(e2="on_leave", e3="on_leave"))
    await office.told("EnrolmentPaused", "EnrolmentPaused")
    assert await taking_part(office, program) == {"e2": ("STATE_PAUSED", ""), "e3": ("STATE_PAUSED", "")}
    await office.bring(few(e3="terminated"))
    await office.told("EnrolmentResumed", "EnrolmentEnded")
    assert await taking_part(office, program) == {
        "e2": ("STATE_ACTIVE", ""),
        "e3": ("STATE_ENDED", "LEFT_COMPANY"),
    }
    await office.call(ProgramServiceStub, "CloseProgram", program_pb.CloseProgramRequest(name=program))
    await office.told("ProgramClosed", "EnrolmentEnded", "EnrolmentEnded")
    assert (await taking_part(office, program))["e2"] == ("STATE_ENDED", "PROGRAM_CLOSED")


async def asked_and_accepted(office: Office, program: str) -> str:
    """Let e3 ask e2 and e2 say yes; return the request's name."""
    mentee, mentor = office.token("e3", "mentee"), office.token("e2", "mentor")
    create = request_pb.CreateMatchRequestRequest(
        parent=program, person=office.place.name("people", "e2"), role=profiles.Person.ROLE_MENTEE
    )
    asked = await office.call(MatchRequestServiceStub, "CreateMatchRequest", create, mentee)
    accept = request_pb.AcceptMatchRequestRequest(name=asked.name)
    await office.call(MatchRequestServiceStub, "AcceptMatchRequest", accept, mentor)
    return str(asked.name)


async def outcome(office: Office, name: str) -> request_pb.MatchRequest:
    """Return the request once it has become a match."""
    await office.told("MatchConfirmed", "MatchRequestMatched", "MentorSeatsTaken")
    read = request_pb.GetMatchRequestRequest(name=name)
    found: request_pb.MatchRequest = await office.call(MatchRequestServiceStub, "GetMatchRequest", read)
    return found


async def test_events_carry_a_yes_to_a_mentorship_and_its_end_frees_the_seat(office: Office) -> None:
    program = await office.enrolled()
    request = await outcome(office, await asked_and_accepted(office, program))
    assert request.state == request_pb.MatchRequest.STATE_MATCHED
    (match,) = await office.matches(program)
    assert (match.name, match.state) == (request.match, pb.Match.STATE_CONFIRMED)
    ended = MentorshipEnded(mentorship=match.mentorship)
    await office.place.tell(ended, match.mentorship.rpartition("/")[2], "mentorship-ended")
    await office.told("MatchEnded", "MentorSeatsFreed")
    (match,) = await office.matches(program)
    assert match.state == pb.Match.STATE_ENDED


@pytest.mark.apache  # the embedded broker never lets go of a group member that was killed
@pytest.mark.chaos
async def test_killed_right_after_a_yes_the_match_is_made_once(office: Office) -> None:
    program = await office.enrolled()
    name = await asked_and_accepted(office, program)
    await office.running.process.kill()
    await office.restart()
    request = await outcome(office, name)
    assert (request.state, request.etag) == (request_pb.MatchRequest.STATE_MATCHED, '"3"')
    (match,) = await office.matches(program)
    assert (match.state, match.etag) == (pb.Match.STATE_CONFIRMED, '"4"')


@pytest.mark.apache  # the embedded broker never lets go of a group member that was killed
@pytest.mark.chaos
async def test_killed_after_each_step_it_goes_on_where_it_was(office: Office) -> None:
    """Whether the kill comes before or after the effect, the repeat has none."""
    program = await office.enrolled()
    name = await office.request(program)
    await office.running.process.kill()
    await office.restart()
    run = await office.ready(name)
    assert (run.state, run.report.matched) == (pb.CohortRun.STATE_READY, 1)
    await office.publish(run)
    await office.running.process.kill()
    await office.restart()
    assert [match.etag for match in await office.matches(program)] == ['"1"']
    assert (await office.read(name)).report == run.report
