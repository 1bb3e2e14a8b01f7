"""Requests become matches by events, wait in line, move up, close; any step may be cut off and repeated."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.mongo import Cause, Ref
from services.matching.domain import matches
from services.matching.domain.members import Member, Role
from services.matching.domain.seats import Seat
from services.pb.mentoring.matching.v1 import events_pb2 as pb
from services.pb.mentoring.mentorships.v1.events_pb2 import MentorshipEnded
from tests.matching.factories import LEAD, ORG, mentee
from tests.matching.news import accepted, end, ended, proposed, updated
from tests.matching.town import Town, mentees, mentors, town, who
from tests.matching.world import Colleagues

ANN, BOB, CYD = "mentee-0", "mentee-1", "mentee-2"
GUY, MAY = "mentor-0", "mentor-1"


@pytest.fixture
async def here() -> Town:
    """Three mentees, two mentors with a seat each."""
    return await town(*mentors(2), *mentees(3))


async def test_a_yes_becomes_a_match_and_a_mentorship_begins(here: Town) -> None:
    ref = await accepted(here, ANN, GUY)
    await here.settle()
    ((name, match),) = await here.matched()
    request = await here.request(ref)
    assert (request.stage, request.match) == ("MATCHED", name)
    assert (match.stage, match.people) == (matches.Stage.CONFIRMED, (GUY, ANN))
    assert match.accepted_by == (ANN, GUY)
    assert sum(part.score_ppm for part in match.contributions) == match.score_ppm > 0
    assert (match.origin.lead, match.origin.cadence_days) == (LEAD, 14)
    assert await here.held(GUY) == {name}
    order = ["MatchProposed", "MatchAccepted", "MatchAccepted", "MatchConfirmed", "MatchRequestMatched"]
    assert [one for one in here.names() if one in order] == order


async def test_a_mentor_asks_too(here: Town) -> None:
    ref = await accepted(here, GUY, ANN, as_mentor=True)
    await here.settle()
    ((_, match),) = await here.matched()
    assert (match.people, match.accepted_by) == ((GUY, ANN), (GUY, ANN))
    assert (await here.request(ref)).recipient == ANN


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 8))
async def test_whatever_write_the_process_dies_at_the_outcome_is_the_same(at: int, *, stored: bool) -> None:
    """One gets the seat, one waits for it, the mentee's other request closes; then the seat is free again."""
    here = await town(*mentors(2), *mentees(3))
    first, second = await accepted(here, ANN, GUY), await accepted(here, BOB, GUY)
    third = await here.ask(ANN, MAY)
    here.breaks.writes, here.breaks.at, here.breaks.stored = 0, at, stored
    await here.settle()
    assert here.breaks.writes >= at
    assert [await here.stage(one) for one in (first, second, third)] == ["MATCHED", "WAITLISTED", "CLOSED"]
    ((name, match),) = await here.matched()
    assert await here.held(GUY) == {name}
    here.breaks.writes = 0
    ended = f"organizations/{ORG}/mentorships/{match.origin.mentorship}"
    await here.hear(MentorshipEnded(mentorship=ended), "end")
    await here.settle()
    assert here.breaks.writes >= at
    assert await here.stage(second) == "MATCHED"
    live = [one for one, match in await here.matched() if match.live]
    assert await here.held(GUY) == set(live)
    assert len(live) == 1
    told = Counter(here.names())
    assert (told["MatchConfirmed"], told["MatchRequestMatched"], told["MatchEnded"]) == (2, 2, 1)


async def test_everything_heard_three_times_happens_once(here: Town) -> None:
    first, second = await accepted(here, ANN, GUY), await accepted(here, BOB, GUY)
    third = await here.ask(ANN, MAY)
    await here.settle(times=3)
    told = here.names()
    await here.settle()
    here.heard.clear()
    await here.settle()
    assert here.names() == told
    assert [await here.stage(one) for one in (first, second, third)] == ["MATCHED", "WAITLISTED", "CLOSED"]


async def test_a_full_mentor_is_asked_in_line(here: Town) -> None:
    await accepted(here, ANN, GUY)
    await here.settle()
    ref = await here.ask(BOB, GUY)
    assert await here.stage(ref) == "WAITLISTED"
    await here.settle()
    assert await here.stage(ref) == "WAITLISTED"


async def test_the_line_moves_first_come_first_when_a_seat_is_free(here: Town) -> None:
    await accepted(here, ANN, GUY)
    await here.settle()
    first, second = await here.ask(BOB, GUY), await here.ask(CYD, GUY)
    await end(here)
    assert [await here.stage(one) for one in (first, second)] == ["PENDING", "WAITLISTED"]
    await here.say(first, "decline")
    await here.settle()
    assert [await here.stage(one) for one in (first, second)] == ["DECLINED", "PENDING"]
    assert here.names().count("MatchRequestPromoted") == 2


@pytest.mark.parametrize("how", ["decline", "withdraw", "expire", "leave"])
async def test_the_next_moves_up_however_the_one_before_gives_up(here: Town, how: str) -> None:
    await accepted(here, ANN, GUY)
    await here.settle()
    first, second = await here.ask(BOB, GUY), await here.ask(CYD, GUY)
    await end(here)
    if how == "expire":
        here.clock.advance(timedelta(hours=336))
        await here.stores.requests.change(first, lambda one: one.fire(here.clock.now()), Cause("timer"))
    elif how == "leave":
        await here.hear(ended(here, BOB), "bob-leaves")
    else:
        await here.say(first, how)
    await here.settle()
    assert await here.stage(second) == "PENDING"


async def test_a_yes_in_line_becomes_a_match_by_itself(here: Town) -> None:
    await accepted(here, ANN, GUY)
    await here.settle()
    ref = await accepted(here, BOB, GUY)
    await here.settle()
    assert await here.stage(ref) == "WAITLISTED"
    await end(here)
    assert await here.stage(ref) == "MATCHED"
    assert {match.people for _, match in await here.matched() if match.live} == {(GUY, BOB)}


async def test_a_seat_freed_while_a_request_is_being_stored_is_not_missed(here: Town) -> None:
    """The request was put in line for a seat that is free by now; nobody looks at the line again but it."""
    seat = Seat("another", here.program)
    await here.seats.hold(ORG, [(GUY, seat)], Cause("hold"))
    ref = await here.ask(ANN, GUY)
    assert await here.stage(ref) == "WAITLISTED"
    await here.seats.release(Ref(ORG, GUY), "another", Cause("release"))
    here.heard |= {event.id for event in here.told() if event.type.endswith("MentorSeatsFreed")}
    await here.settle()
    assert await here.stage(ref) == "PENDING"


async def test_more_capacity_moves_the_line(here: Town) -> None:
    await accepted(here, ANN, GUY)
    await here.settle()
    ref = await accepted(here, BOB, GUY)
    await here.settle()
    here.people.known[GUY] = replace(here.people.known[GUY], seats=2)
    await here.hear(updated(GUY, changed_fields=["title"]), "title")
    await here.settle()
    assert await here.stage(ref) == "WAITLISTED"
    await here.hear(updated(GUY, changed_fields=["mentor_capacity"]), "capacity")
    await here.settle()
    assert await here.stage(ref) == "MATCHED"


async def test_a_programs_limit_counts_beside_the_mentors_capacity() -> None:
    here = await town(*mentors(1, seats=3), *mentees(3), most_mentees=1)
    first, second = await accepted(here, ANN, GUY), await accepted(here, BOB, GUY)
    await here.settle()
    assert [await here.stage(one) for one in (first, second)] == ["MATCHED", "WAITLISTED"]
    elsewhere = await here.open(display_name="Elsewhere")
    third = await here.ask(CYD, GUY, program=elsewhere)
    await here.say(third, "accept", elsewhere)
    await here.settle()
    assert await here.stage(third) == "MATCHED"
    here.change_program(most_mentees=2)
    name = f"organizations/{ORG}/programs/{here.program}"
    await here.hear(pb.ProgramUpdated(program=name, changed_fields=["display_name"]), "name")
    await here.settle()
    assert await here.stage(second) == "WAITLISTED"
    await here.hear(pb.ProgramUpdated(program=name, changed_fields=["most_mentees_per_mentor"]), "most")
    await here.settle()
    assert await here.stage(second) == "MATCHED"


async def test_of_two_yeses_to_one_mentee_one_makes_a_match(here: Town) -> None:
    """Both are accepted before any of them is heard."""
    first, second = await accepted(here, ANN, GUY), await accepted(here, ANN, MAY)
    await here.settle()
    assert sorted([await here.stage(first), await here.stage(second)]) == ["CLOSED", "MATCHED"]
    assert len(await here.matched()) == 1
    assert len(await here.held(GUY) | await here.held(MAY)) == 1


class Rendezvous(Colleagues):
    """People whom two readers get at the same moment, once there is a `barrier`."""

    barrier: asyncio.Barrier | None = None

    async def get_many(self, tenant: str, people: Sequence[str]) -> list[Member]:
        if self.barrier is not None:
            await self.barrier.wait()
        return await super().get_many(tenant, people)


async def test_of_two_yeses_settled_at_the_very_same_moment_the_store_lets_one_win() -> None:
    """Both looked and found the mentee free; the loser gives its seat back."""
    people = Rendezvous(Member(LEAD), *mentors(2), *mentees(1))
    here = Town(people)
    await here.open()
    first, second = await accepted(here, ANN, GUY), await accepted(here, ANN, MAY)
    people.barrier = asyncio.Barrier(2)
    await asyncio.gather(*(here.settling.settle(one, Cause(one.id)) for one in (first, second)))
    stages = {await here.stage(one): await here.request(one) for one in (first, second)}
    assert set(stages) == {"MATCHED", "CLOSED"}
    assert stages["CLOSED"].close_reason == "MATCHED_ELSEWHERE"
    assert len(await here.matched()) == 1
    assert len(await here.held(GUY) | await here.held(MAY)) == 1


@pytest.mark.parametrize("at", [0, 1, 2, 3])
async def test_a_twin_that_hears_the_same_yes_does_not_undo_the_match(here: Town, at: int) -> None:
    """A member that was cut off from the group goes on for a while, next to the one that took over."""
    ref = await accepted(here, ANN, GUY)

    async def twin() -> None:
        here.breaks.writes, here.breaks.at, here.breaks.stored = 0, at, True
        with suppress(ConnectionError):
            await here.settling.settle(ref, Cause("the event"))

    programs = here.kept[0]
    programs.interrupt(twin)
    await here.settling.settle(ref, Cause("the event"))
    assert programs.meanwhile is None
    assert await here.stage(ref) == "MATCHED"
    ((name, match),) = await here.matched()
    assert match.live
    assert await here.held(GUY) == {name}


async def test_other_requests_of_the_mentee_close_and_those_of_others_stay(here: Town) -> None:
    mine, theirs = await here.ask(ANN, MAY), await here.ask(BOB, MAY)
    to_me = await here.ask(MAY, CYD, as_mentor=True)
    await accepted(here, ANN, GUY)
    await here.settle()
    request = await here.request(mine)
    assert (request.stage, request.close_reason) == ("CLOSED", "MATCHED_ELSEWHERE")
    assert [await here.stage(one) for one in (theirs, to_me)] == ["PENDING", "PENDING"]


async def test_a_mentee_who_mentors_others_keeps_those_requests() -> None:
    both = replace(mentee("both"), seeks=(Role.MENTEE, Role.MENTOR), seats=1, grade=6)
    here = await town(*mentors(1), *mentees(1), both)
    as_mentor = await here.ask(ANN, "both")
    await accepted(here, "both", GUY)
    await here.settle()
    assert await here.stage(as_mentor) == "PENDING"


async def test_a_cohorts_match_takes_a_seat_and_a_no_gives_it_back(here: Town) -> None:
    name = await proposed(here, GUY, ANN)
    await here.settle()
    assert await here.held(GUY) == {name}
    ref = await here.ask(BOB, GUY)
    assert await here.stage(ref) == "WAITLISTED"
    await here.matches.decline(who(ANN), (here.program, name), "", Cause("no"))
    await here.settle()
    assert await here.held(GUY) == set()
    assert await here.stage(ref) == "PENDING"


async def test_a_proposal_heard_when_it_was_declined_already_takes_and_closes_nothing(here: Town) -> None:
    name = await proposed(here, GUY, ANN)
    await here.matches.decline(who(ANN), (here.program, name), "", Cause("no"))
    ref = await here.ask(ANN, MAY)
    await here.settle()
    assert await here.held(GUY) == set()
    assert await here.stage(ref) == "PENDING"


async def test_a_run_learns_whom_requests_matched_since_it_was_computed(here: Town) -> None:
    """Not its own matches, which the repeat of a publication finds, nor those that are over."""
    await accepted(here, ANN, GUY)
    await here.settle()
    await proposed(here, MAY, BOB)
    name = await proposed(here, MAY, CYD)
    everybody = (ANN, BOB, CYD, "nobody")
    assert await here.matches.taken(Ref(ORG, "run"), here.program, everybody) == {ANN}
    assert await here.matches.taken(Ref(ORG, "next"), here.program, everybody) == {ANN, BOB, CYD}
    await here.matches.decline(who(CYD), (here.program, name), "", Cause("no"))
    assert await here.matches.taken(Ref(ORG, "next"), here.program, everybody) == {ANN, BOB}
    assert await here.matches.taken(Ref(ORG, "next"), here.program, [BOB]) == {BOB}
    assert await here.matches.taken(Ref(ORG, "next"), "another", everybody) == frozenset()


async def test_published_matches_are_held_over_the_limit_and_not_after_they_are_over(here: Town) -> None:
    """The publication may be heard again when the answers to it have come already."""
    names = [await proposed(here, GUY, one) for one in (ANN, BOB)]
    claims = [(GUY, Seat(name, here.program)) for name in names]
    await here.seats.hold(ORG, claims, Cause("published"))
    assert await here.held(GUY) == set(names)
    await here.matches.decline(who(ANN), (here.program, names[0]), "", Cause("no"))
    await here.settle()
    await here.seats.hold(ORG, claims, Cause("published again"))
    assert await here.held(GUY) == {names[1]}


async def test_matches_from_before_there_were_seats_hold_theirs(here: Town) -> None:
    name = await proposed(here, GUY, ANN)
    here.heard |= {event.id for event in here.told()}
    ref = await here.ask(BOB, GUY)
    assert await here.stage(ref) == "WAITLISTED"
    await here.matches.decline(who(ANN), (here.program, name), "", Cause("no"))
    await here.settle()
    assert await here.stage(ref) == "PENDING"
