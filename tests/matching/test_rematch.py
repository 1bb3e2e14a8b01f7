"""A match ends with its mentorship, or when one of the two wants somebody else; once, whoever tells first."""

from typing import Any

import pytest

from services.kernel.auth import Caller
from services.kernel.errors import Conflict, Denied, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from services.matching.app.ports import Wanted
from services.matching.domain import matches
from services.matching.domain.matches import MatchEnded, Misfit
from services.matching.domain.plan import Proposal
from services.matching.domain.policy import Pair
from services.pb.mentoring.mentorships.v1.events_pb2 import MentorshipCompleted, MentorshipEnded
from tests.matching.factories import MATCH, MENTEE, MENTOR, ORG, ORIGIN, PROGRAM_ID, STRANGER
from tests.matching.town import Town, mentees, mentors, town, who

ANN, BOB = "mentee-0", "mentee-1"
GUY, MAY = "mentor-0", "mentor-1"
CONFIRMED = MATCH.accept(MENTEE)[0].accept(MENTOR)[0]
hr = Caller(ORG, "hr", frozenset({"hr_admin"}))
lead = Caller(ORG, "lead", frozenset({"program_lead"}))


def test_the_end_of_its_mentorship_ends_a_match_once() -> None:
    ended, events = CONFIRMED.end()
    assert (ended.stage, ended.live, events) == (matches.Stage.ENDED, False, [MatchEnded()])
    assert ended.end() == (ended, [])
    for not_begun in (MATCH, MATCH.accept(MENTEE)[0], MATCH.decline(MENTEE)[0]):
        assert not_begun.end() == (not_begun, [])


@pytest.mark.parametrize("person", [MENTOR, MENTEE])
def test_either_may_ask_for_somebody_else(person: str) -> None:
    ended, events = CONFIRMED.rematch(person, Misfit.NO_TIME)
    assert (ended.stage, ended.misfit, ended.ended_by) == (matches.Stage.ENDED, "NO_TIME", person)
    assert events == [MatchEnded()]
    assert ended.without_misfit() == CONFIRMED.end()[0]


def test_only_a_confirmed_match_of_ones_own_can_be_left() -> None:
    with pytest.raises(Denied, match="NOT_A_PARTICIPANT"):
        CONFIRMED.rematch(STRANGER, Misfit.NO_FIT)
    for match in (MATCH, MATCH.decline(MENTEE)[0]):
        with pytest.raises(Refused, match="MATCH_NOT_CONFIRMED"):
            match.rematch(MENTEE, Misfit.NO_FIT)
    ended = CONFIRMED.end()[0]
    for act in (ended.accept, ended.decline, lambda person: ended.rematch(person, Misfit.NO_FIT)):
        with pytest.raises(Refused, match="MATCH_ENDED"):
            act(MENTEE)


def test_the_pair_is_not_proposed_again_after_a_rematch_but_may_be_after_a_good_end() -> None:
    left, over = CONFIRMED.rematch(MENTEE, Misfit.NO_FIT)[0], CONFIRMED.end()[0]
    assert matches.refused([left], PROGRAM_ID) == {Pair(MENTOR, MENTEE)}
    assert matches.refused([over], PROGRAM_ID) == frozenset()
    assert matches.refused([left], "another") == frozenset()
    assert matches.holds([left, over], {}) == []
    assert matches.holds([CONFIRMED], {}) == [(PROGRAM_ID, Pair(MENTOR, MENTEE))]


def test_two_who_must_never_meet_again_are_proposed_in_no_program_and_in_no_direction() -> None:
    apart = CONFIRMED.end(never_again=True)[0]
    assert matches.parted([apart, CONFIRMED]) == {Pair(MENTOR, MENTEE), Pair(MENTEE, MENTOR)}
    assert matches.refused([apart], "another") == matches.parted([apart])
    assert matches.parted([CONFIRMED.end()[0]]) == frozenset()


def test_a_match_made_by_request_is_confirmed_at_once_and_names_its_mentee_as_taken() -> None:
    match, events = matches.agree(ORIGIN, Proposal(MENTOR, MENTEE, 1, ()), (MENTOR, MENTEE))
    assert (match.stage, match.accepted_by) == (matches.Stage.CONFIRMED, (MENTOR, MENTEE))
    assert [type(one).__name__ for one in events] == [
        "MatchProposed",
        "MatchAccepted",
        "MatchAccepted",
        "MatchConfirmed",
    ]
    assert match.claims == (f"mentee/{PROGRAM_ID}/{MENTEE}",)
    assert match.end()[0].claims == match.rematch(MENTEE, Misfit.NO_FIT)[0].claims == ()


@pytest.fixture
async def here() -> Town:
    """ANN has GUY as her mentor, BOB waits for him."""
    here = await town(*mentors(2), *mentees(2))
    await here.say(await here.ask(ANN, GUY), "accept")
    await here.settle()
    await here.say(await here.ask(BOB, GUY), "accept")
    await here.settle()
    return here


async def only_live(here: Town) -> tuple[str, matches.Match]:
    ((name, match),) = [(name, match) for name, match in await here.matched() if match.live]
    return name, match


def mentorship_of(match: matches.Match) -> str:
    return f"organizations/{ORG}/mentorships/{match.origin.mentorship}"


async def leave(here: Town, name: str, caller: Caller, **how: Any) -> matches.Match:
    given = {"etag": "", "cause": Cause(f"leave-{caller.subject}"), **how}
    stored = await here.matches.rematch(
        caller, (here.program, name), Misfit.NO_FIT, (given["etag"], given["cause"])
    )
    return stored.state


async def waits(here: Town) -> dict[str, int]:
    return {row["state"]["person"]: row["state"]["waits"] for row in here.kept[1].rows.values()}


@pytest.mark.parametrize(("leaver", "first"), [(ANN, {ANN}), (GUY, set())])
async def test_a_rematch_frees_both_and_the_mentee_who_asked_comes_first(
    here: Town, leaver: str, first: set[str]
) -> None:
    name, match = await only_live(here)
    await leave(here, name, who(leaver))
    await here.settle(times=3)
    next_name, next_match = await only_live(here)
    assert next_match.people == (GUY, BOB)
    assert await here.held(GUY) == {next_name}
    assert {person for person, count in (await waits(here)).items() if count == 1} == first
    assert set((await waits(here)).values()) <= {0, 1}
    assert await here.ask(ANN, MAY)
    assert match.origin.mentorship != next_match.origin.mentorship


async def test_the_end_that_mentorships_tells_back_changes_nothing(here: Town) -> None:
    """Matching ended the mentorship itself: the news of it must not go round for ever."""
    name, match = await only_live(here)
    await leave(here, name, who(ANN))
    await here.settle()
    told = here.names()
    ended = MentorshipEnded(mentorship=mentorship_of(match))
    for event_id in ("one", "one", "two"):
        await here.hear(ended, event_id)
    await here.settle()
    assert here.names() == told


@pytest.mark.parametrize("kind", [MentorshipEnded, MentorshipCompleted])
async def test_what_ends_or_completes_frees_the_mentors_seat_for_the_next_in_line(
    here: Town, kind: Any
) -> None:
    name, match = await only_live(here)
    await here.hear(kind(mentorship=mentorship_of(match)), "over")
    await here.settle(times=3)
    next_name, next_match = await only_live(here)
    assert next_match.people == (GUY, BOB)
    assert await here.held(GUY) == {next_name}
    assert name != next_name


async def test_who_must_never_meet_again_cannot_ask_each_other(here: Town) -> None:
    _, match = await only_live(here)
    await here.hear(MentorshipEnded(mentorship=mentorship_of(match), never_again=True), "over")
    with pytest.raises(Refused, match="NOT_ALLOWED"):
        await here.ask(ANN, GUY)
    assert await here.ask(ANN, MAY)


async def test_an_end_of_a_mentorship_that_nobody_matched_changes_nothing(here: Town) -> None:
    told = here.names()
    await here.hear(MentorshipEnded(mentorship=f"organizations/{ORG}/mentorships/unknown"), "one")
    assert here.names() == told


async def test_why_it_did_not_fit_is_for_hr_only(here: Town) -> None:
    name, _ = await only_live(here)
    answered = await leave(here, name, who(ANN))
    assert answered.misfit == ""
    shown = {
        reader: (await here.matches.get(reader, (here.program, name))).state.misfit
        for reader in (who(ANN), who(GUY), lead, hr)
    }
    assert shown == {who(ANN): "", who(GUY): "", lead: "", hr: "NO_FIT"}
    listed = {}
    for reader in (lead, hr):
        page = await here.matches.list(reader, here.program, ANN, Wanted())
        listed[reader] = [(one.state.misfit, one.state.ended_by) for _, one in page.items]
    assert listed == {lead: [("", "")], hr: [("NO_FIT", ANN)]}
    told = b"".join(row["value"] for row in here.kept[3].outbox)
    assert b"FIT" not in told


async def test_the_same_request_again_answers_the_same_and_others_are_refused(here: Town) -> None:
    name, _ = await only_live(here)
    with pytest.raises(Conflict):
        await leave(here, name, who(ANN), etag='"1"')
    with pytest.raises(NotFound):
        await here.matches.rematch(who(ANN), ("another", name), Misfit.NO_FIT, ("", Cause("elsewhere")))
    with pytest.raises(Denied):
        await leave(here, name, who(BOB))
    once = await leave(here, name, who(ANN))
    assert await leave(here, name, who(ANN)) == once
    with pytest.raises(Refused, match="MATCH_ENDED"):
        await leave(here, name, who(GUY))
    assert (await here.stores.matches.get(Ref(ORG, name))).state.ended_by == ANN
