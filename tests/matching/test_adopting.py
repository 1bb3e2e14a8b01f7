"""A mentorship that was handed over holds a seat of its new mentor, whoever tells it how often."""

from typing import Any

import pytest

from services.kernel.errors import Refused
from services.matching.domain import matches
from services.matching.domain.matches import MatchAdopted
from services.pb.mentoring.mentorships.v1.events_pb2 import (
    MentorshipCompleted,
    MentorshipCreated,
    MentorshipEnded,
)
from tests.matching.factories import MENTEE, MENTOR, ORG, ORIGIN
from tests.matching.town import Town, mentees, mentors, town

ANN, BOB = "mentee-0", "mentee-1"
GUY, MAY = "mentor-0", "mentor-1"
HANDED = f"organizations/{ORG}/mentorships/handed-over"


def created(here: Town, mentor: str, mentee: str, name: str = HANDED, **changes: Any) -> MentorshipCreated:
    told = {
        "mentorship": name,
        "program": f"organizations/{ORG}/programs/{here.program}",
        "mentor": f"organizations/{ORG}/people/{mentor}",
        "mentee": f"organizations/{ORG}/people/{mentee}",
        **changes,
    }
    return MentorshipCreated(**told)


def test_an_adopted_match_is_confirmed_at_once() -> None:
    match, events = matches.adopt(ORIGIN, (MENTOR, MENTEE))
    assert (match.stage, match.live, events) == (matches.Stage.CONFIRMED, True, [MatchAdopted()])
    assert match.claims == ()


@pytest.fixture
async def here() -> Town:
    """ANN has asked GUY; each mentor has one seat."""
    here = await town(*mentors(2, seats=1), *mentees(2))
    await here.ask(ANN, GUY)
    await here.settle()
    return here


async def test_it_holds_one_seat_and_closes_what_else_its_mentee_asked_for(here: Town) -> None:
    for event in ("one", "one", "two"):
        await here.hear(created(here, MAY, ANN), event)
        await here.settle()
    ((name, match),) = await here.matched()
    assert (match.people, match.origin.mentorship) == ((MAY, ANN), "handed-over")
    assert await here.held(MAY) == {name}
    assert here.names().count("MatchAdopted") == here.names().count("MatchRequestClosed") == 1
    with pytest.raises(Refused, match="ALREADY_MATCHED"):
        await here.ask(ANN, GUY)
    waiting = await here.ask(BOB, MAY)
    assert await here.stage(waiting) == "WAITLISTED"


@pytest.mark.parametrize("kind", [MentorshipEnded, MentorshipCompleted])
async def test_its_end_frees_the_seat(here: Town, kind: Any) -> None:
    await here.hear(created(here, MAY, ANN), "created")
    await here.settle()
    await here.hear(kind(mentorship=HANDED), "over")
    await here.settle()
    assert await here.held(MAY) == set()
    await here.hear(created(here, MAY, ANN), "created")
    await here.settle()
    assert [match.live for _, match in await here.matched()] == [False]


async def test_a_mentorship_that_was_matched_here_is_not_adopted(here: Town) -> None:
    await here.say(await here.ask(BOB, MAY), "accept")
    await here.settle()
    ((_, match),) = await here.matched()
    name = f"organizations/{ORG}/mentorships/{match.origin.mentorship}"
    await here.hear(created(here, MAY, BOB, name), "created")
    await here.settle()
    assert len(await here.matched()) == 1


@pytest.mark.parametrize("ended_first", [True, False])
async def test_the_seat_moves_to_the_new_mentor_whichever_news_comes_first(
    here: Town, *, ended_first: bool
) -> None:
    """The two mentorships have different keys, so their news may overtake each other."""
    await here.say(await here.ask(BOB, MAY), "accept")
    await here.settle()
    ((_, match),) = await here.matched()
    old = f"organizations/{ORG}/mentorships/{match.origin.mentorship}"
    news = [MentorshipEnded(mentorship=old), created(here, GUY, BOB)]
    for message in news if ended_first else reversed(news):
        await here.hear(message, message.DESCRIPTOR.name)
        await here.settle()
    (live,) = [name for name, one in await here.matched() if one.live]
    assert (await here.held(MAY), await here.held(GUY)) == (set(), {live})


async def test_an_informal_mentorship_takes_no_seat(here: Town) -> None:
    await here.hear(created(here, MAY, ANN, program=""), "created")
    await here.settle()
    assert await here.matched() == []
