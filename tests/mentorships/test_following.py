"""Leavers, hand-overs, conclusions and informal mentorships: in memory, cut off and repeated."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from services.kernel.auth import Caller
from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref
from services.mentorships.app.following import successor_id
from services.mentorships.app.mentorships import Selection
from services.mentorships.app.ports import Employment
from services.mentorships.domain import EndReason, Mentorship, PauseReason, Stage, Successor, ending
from services.mentorships.domain.resting import Rest
from tests.mentorships.callers import foreigner, hr, lead, mentee, mentor, stranger
from tests.mentorships.factories import ID, LEAD, MENTEE, MENTOR, ORG, STRANGER, proposed
from tests.mentorships.test_app import World, begun, running

__all__ = ["begun", "running"]  # fixtures

REF = Ref(ORG, ID)
SUCCESSOR = successor_id(REF)
LEFT, BACK = Employment(left=True), Employment(left=False)
OTHERS = 1200
"""More than two pages of those that a leaver's are ended in."""


async def leave(world: World, person: str = MENTOR, sequence: int = 2) -> None:
    await world.following.person_changed(Ref(ORG, person), LEFT, sequence, Cause(f"left-{sequence}"))


async def stage(world: World, mentorship: str = ID) -> Stage:
    return (await world.kept.get(Ref(ORG, mentorship))).state.stage


async def test_a_leavers_mentorships_all_end_and_others_go_on(running: World) -> None:
    for number in range(OTHERS):
        pair = replace(proposed(), people=(MENTOR, f"mentee-{number}"))
        await running.following.begin(Ref(ORG, f"m-{number}"), pair, Cause("begin"))
    other = replace(proposed(), people=(STRANGER, MENTEE))
    await running.following.begin(Ref(ORG, "other"), other, Cause("begin"))
    for _ in range(2):
        await leave(running)
    ended = {await stage(running, f"m-{number}") for number in range(OTHERS)} | {await stage(running)}
    assert ended == {Stage.ENDED}
    assert await stage(running, "other") is Stage.PROPOSED
    assert running.told()[-2:] == ["MentorshipActivated", "MentorshipEnded"]
    over = (await running.mentorships.get(mentee, ID)).state.over
    assert over is not None
    assert (over.reason, over.left) == (EndReason.PERSON_LEFT, MENTOR)


async def test_a_leaving_that_was_cut_off_goes_on_when_heard_again(running: World) -> None:
    """The person is noted as gone before anything ends: that alone must not count as done."""
    await running.employments.put(Ref(ORG, MENTOR), LEFT, 2)
    await leave(running)
    assert await stage(running) is Stage.ENDED


async def test_an_old_leaving_heard_again_ends_nothing_of_who_has_come_back(running: World) -> None:
    await running.following.person_changed(Ref(ORG, MENTOR), BACK, 3, Cause("back"))
    await leave(running, sequence=2)
    assert await stage(running) is Stage.ACTIVE


async def test_a_leaver_of_another_organization_ends_nothing_here(running: World) -> None:
    await running.following.person_changed(Ref("globex", MENTOR), LEFT, 2, Cause("left"))
    assert await stage(running) is Stage.ACTIVE


@pytest.mark.parametrize("person", [MENTOR, MENTEE])
async def test_a_mentorship_that_begins_when_one_has_left_ends_by_its_own_news(
    begun: World, person: str
) -> None:
    await begun.employments.put(Ref(ORG, person), LEFT, 2)
    for _ in range(2):
        await begun.following.review(REF, Cause("created"))
    assert await stage(begun) is Stage.ENDED
    assert begun.told() == ["MentorshipCreated", "MentorshipEnded"]


async def test_a_mentorship_of_two_who_work_here_goes_on_after_its_own_news(begun: World) -> None:
    await begun.employments.put(Ref(ORG, MENTOR), BACK, 2)
    await begun.following.review(REF, Cause("created"))
    assert await stage(begun) is Stage.PROPOSED


async def test_silence_concludes_once(running: World) -> None:
    for cause in ("one", "one", "two"):
        await running.following.conclude(REF, Cause(cause))
    assert running.told()[-2:] == ["MentorshipActivated", "MentorshipEnded"]


async def test_silence_does_not_conclude_what_rests(running: World) -> None:
    await running.mentorships.pause(hr, ID, Rest(PauseReason.HOLD), Cause("hold"), etag="")
    await running.following.conclude(REF, Cause("silent"))
    assert await stage(running) is Stage.PAUSED


async def hand_over(world: World, caller: Caller = lead, request: str = "h", mentor: str = STRANGER) -> Ref:
    ref, _ = await world.mentorships.hand_over(caller, ID, mentor, Cause(request), etag="")
    return ref


@pytest.mark.parametrize("caller", [lead, hr])
async def test_another_mentor_goes_on_once_per_request(running: World, caller: Caller) -> None:
    for _ in range(2):
        assert await hand_over(running, caller) == Ref(ORG, SUCCESSOR)
    following = (await running.mentorships.get(stranger, SUCCESSOR)).state
    assert (following.people, following.program, following.lead) == ((STRANGER, MENTEE), "spring", LEAD)
    assert (following.stage, following.predecessor) == (Stage.PROPOSED, ID)
    assert running.told()[-2:] == ["MentorshipEnded", "MentorshipHandedOver"]
    assert running.told(SUCCESSOR) == ["MentorshipCreated"]
    with pytest.raises(Refused, match="HANDED_OVER"):
        await hand_over(running, caller, "another")


async def test_a_repeated_hand_over_answers_the_same_even_when_the_new_mentor_has_left(
    running: World,
) -> None:
    first = await hand_over(running)
    running.people.left.add(STRANGER)
    assert await hand_over(running) == first


async def test_a_hand_over_that_was_cut_off_is_finished_by_its_own_news(running: World) -> None:
    """The first of the two saves is there, the process that made it is gone."""
    first_half = partial(ending.hand_over, successor=Successor(SUCCESSOR, STRANGER), now=running.clock.now())
    await running.kept.change(REF, first_half, Cause("h"))
    for _ in range(2):
        await running.following.succeed(REF, Cause("handed over"))
    assert running.told(SUCCESSOR) == ["MentorshipCreated"]
    assert await hand_over(running, request="h") == Ref(ORG, SUCCESSOR)


async def test_what_a_leaver_ended_is_handed_over_afterwards(running: World) -> None:
    await leave(running)
    await hand_over(running)
    assert running.told()[-2:] == ["MentorshipEnded", "MentorshipHandedOver"]
    assert await stage(running, SUCCESSOR) is Stage.PROPOSED


@pytest.mark.parametrize(
    ("known", "left", "kind", "reason"),
    [
        ({MENTEE}, set(), NotFound, "PERSON_NOT_FOUND"),
        ({MENTEE, STRANGER}, {STRANGER}, Refused, "PERSON_LEFT"),
        ({MENTEE, STRANGER}, {MENTEE}, Refused, "PERSON_LEFT"),
    ],
)
async def test_only_who_works_here_goes_on(
    running: World, known: set[str], left: set[str], kind: type[Exception], reason: str
) -> None:
    running.people.known, running.people.left = known, left
    with pytest.raises(kind, match=reason):
        await hand_over(running)
    assert await stage(running) is Stage.ACTIVE


async def ask(world: World, caller: Caller, people: Sequence[str], request: str = "ask") -> Ref:
    ref, _ = await world.mentorships.create(caller, (people[0], people[1]), Cause(request))
    return ref


async def test_one_asks_and_the_other_agrees_by_signing(begun: World) -> None:
    asked = await ask(begun, mentee, (STRANGER, MENTEE))
    shown = (await begun.mentorships.get(stranger, asked.id)).state
    assert (shown.stage, shown.proposer, shown.program) == (Stage.PROPOSED, MENTEE, "")
    await begun.activate(asked.id, mentee, stranger)
    assert await stage(begun, asked.id) is Stage.ACTIVE


async def test_the_other_declines_by_ending_it_and_may_be_asked_anew(begun: World) -> None:
    asked = await ask(begun, mentee, (STRANGER, MENTEE))
    with pytest.raises(Refused, match="MENTORSHIP_OPEN"):
        await ask(begun, stranger, (STRANGER, MENTEE), "again")
    assert await ask(begun, stranger, (MENTEE, STRANGER), "the other way round") != asked
    await begun.mentorships.end(stranger, asked.id, Cause("no"), etag="")
    assert await ask(begun, mentee, (STRANGER, MENTEE), "once more") != asked


async def test_the_same_request_asks_once_whatever_has_happened_since(begun: World) -> None:
    asked = await ask(begun, mentee, (STRANGER, MENTEE))
    await begun.mentorships.end(stranger, asked.id, Cause("no"), etag="")
    await ask(begun, mentee, (STRANGER, MENTEE), "once more")
    begun.people.left.add(STRANGER)
    assert await ask(begun, mentee, (STRANGER, MENTEE)) == asked
    with pytest.raises(Invalid, match="REQUEST_ID_REUSED"):
        await begun.mentorships.create(mentee, (MENTEE, STRANGER), Cause("ask", digest="another"))


@pytest.mark.parametrize(
    ("caller", "people", "kind", "reason"),
    [
        (mentee, (MENTOR, STRANGER), Denied, "NOT_A_PARTICIPANT"),
        (hr, (MENTOR, STRANGER), Denied, "NOT_A_PARTICIPANT"),
        (mentee, (MENTEE, MENTEE), Refused, "SAME_PERSON"),
        (mentee, ("nobody", MENTEE), NotFound, "PERSON_NOT_FOUND"),
    ],
)
async def test_questions_that_are_refused_leave_nothing(
    begun: World, caller: Caller, people: Sequence[str], kind: type[Exception], reason: str
) -> None:
    with pytest.raises(kind, match=reason):
        await ask(begun, caller, people)
    assert len((await begun.mentorships.list(hr, Selection(), Query())).items) == 1


@pytest.mark.parametrize("caller", [stranger, foreigner])
async def test_others_change_nothing(running: World, caller: Caller) -> None:
    """Whoever is outside the pair is denied; whoever is outside the organization finds nothing."""
    mentorships, how = running.mentorships, {"etag": ""}
    rest = Rest(PauseReason.AWAY, running.clock.now())
    before: Mentorship = (await running.mentorships.get(mentor, ID)).state
    attempts = [
        mentorships.withdraw(caller, ID, 1, Cause("1"), **how),
        mentorships.pause(caller, ID, rest, Cause("2"), **how),
        mentorships.resume(caller, ID, Cause("3"), **how),
        mentorships.ask_for_more(caller, ID, None, Cause("4"), **how),
        mentorships.close(caller, ID, Cause("5"), **how),
        mentorships.revisions(caller, ID),
    ]
    for attempt in attempts:
        with pytest.raises((Denied, NotFound)) as refusal:
            await attempt
        assert caller is stranger or refusal.type is NotFound
    assert (await running.mentorships.get(mentor, ID)).state == before
