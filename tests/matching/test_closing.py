"""Requests close when they became pointless, heard or not: leavers, pauses, blocks, programs that close."""

from typing import Any

import pytest

from services.matching.domain.enrolments import Taking
from services.matching.domain.programs import Stage
from services.pb.mentoring.matching.v1 import events_pb2 as pb
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.matching.factories import ORG
from tests.matching.news import accepted, ended, taking, updated
from tests.matching.town import Town, mentees, mentors, town

ANN, BOB = "mentee-0", "mentee-1"
GUY, MAY = "mentor-0", "mentor-1"


@pytest.fixture
async def here() -> Town:
    """Two mentees, two mentors with a seat each."""
    return await town(*mentors(2), *mentees(2))


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("LEFT", "LEFT_PROGRAM"),
        ("LEFT_COMPANY", "LEFT_COMPANY"),
        ("PROGRAM_CLOSED", "PROGRAM_CLOSED"),
        ("PAUSED", "PAUSED"),
        ("TERMINATED", "LEFT_COMPANY"),
        ("CLOSED", "PROGRAM_CLOSED"),
    ],
)
@pytest.mark.parametrize("leaver", [ANN, GUY])
async def test_requests_close_with_the_reason_heard(here: Town, event: str, reason: str, leaver: str) -> None:
    ref, other = await here.ask(ANN, GUY), await here.ask(BOB, MAY)
    message: Any = {
        "PAUSED": pb.EnrolmentPaused(**taking(here, leaver)),
        "TERMINATED": updated(leaver, state=Person.STATE_TERMINATED, changed_fields=["state"]),
        "CLOSED": pb.ProgramClosed(program=f"organizations/{ORG}/programs/{here.program}"),
    }.get(event, ended(here, leaver, event))
    await here.hear(message, "one")
    await here.hear(message, "one")
    request = await here.request(ref)
    assert (request.stage, request.close_reason) == ("CLOSED", reason)
    assert await here.stage(other) == ("CLOSED" if event == "CLOSED" else "PENDING")
    assert here.names().count("MatchRequestClosed") == (2 if event == "CLOSED" else 1)


async def test_a_block_made_later_closes_the_request_without_saying_so(here: Town) -> None:
    ref = await here.ask(ANN, GUY)
    here.change_enrolment(GUY, blocked=(ANN,))
    await here.hear(pb.EnrolmentUpdated(**taking(here, GUY)), "blocked")
    request = await here.request(ref)
    assert (request.stage, request.close_reason) == ("CLOSED", "NOT_ALLOWED")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"stage": Taking.PAUSED}, "PAUSED"),
        ({"stage": Taking.PENDING}, "PAUSED"),
        ({"stage": Taking.ENDED}, "LEFT_PROGRAM"),
        ({"stage": Taking.ENDED, "end_reason": "LEFT_COMPANY"}, "LEFT_COMPANY"),
        ({"roles": ()}, "LEFT_PROGRAM"),
        ({"blocked": (GUY,)}, "NOT_ALLOWED"),
    ],
)
@pytest.mark.parametrize("accept", [False, True])
async def test_what_changed_unheard_while_it_was_stored_or_accepted_closes_it(
    here: Town, change: dict[str, Any], reason: str, *, accept: bool
) -> None:
    ref = await here.ask(ANN, GUY)
    if accept:
        await here.say(ref, "accept")
    here.change_enrolment(ANN, **change)
    await here.settle()
    request = await here.request(ref)
    assert (request.stage, request.close_reason) == ("CLOSED", reason)
    assert await here.matched() == []
    assert await here.held(GUY) == set()


async def test_a_program_closed_unheard_closes_it(here: Town) -> None:
    ref = await accepted(here, ANN, GUY)
    here.change_program(stage=Stage.CLOSED)
    await here.settle()
    assert (await here.request(ref)).close_reason == "PROGRAM_CLOSED"


async def test_a_seat_taken_for_what_is_pointless_on_the_second_try_is_given_back(here: Town) -> None:
    ref = await accepted(here, ANN, GUY)
    here.heard |= {event.id for event in here.told() if event.type.endswith("MatchRequested")}
    (event,) = [event for event in here.told() if event.id not in here.heard]
    here.breaks.writes, here.breaks.at, here.breaks.stored = 0, 1, True
    with pytest.raises(ConnectionError):
        await here.handlers.handle(event)
    assert len(await here.held(GUY)) == 1
    here.change_enrolment(ANN, stage=Taking.PAUSED)
    await here.settle()
    assert (await here.request(ref)).close_reason == "PAUSED"
    assert await here.held(GUY) == set()
