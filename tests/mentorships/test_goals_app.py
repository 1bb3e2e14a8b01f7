"""Who may do what with goals, repeats included, on kept state in memory."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Query, Ref
from services.mentorships import store
from services.mentorships.app.goals import ALL, Goals, Selection
from services.mentorships.domain import Goal, GoalDraft, Kind, Mentorship, Milestone, Progress, Task
from tests.fakes import Aggregates
from tests.mentorships.callers import foreigner, hr, lead, mentee, mentor, stranger
from tests.mentorships.factories import (
    DRAFT,
    ID,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    STRANGER,
    active,
    proposed,
)

OTHER = "22222222-2222-4222-8222-222222222222"
Names = tuple[str, str]


class World:
    """Two active mentorships, the pair's and one of its mentor with a stranger, and a clock at NOON."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.mentorships = Aggregates[Mentorship](store.MENTORSHIPS, self.clock)
        self.kept = Aggregates[Goal](store.GOALS, self.clock)
        self.goals = Goals(self.kept, self.mentorships, self.clock)

    async def begin(self) -> None:
        await self.mentorships.create(Ref(ORG, ID), active(), (), Cause("begin"))
        other = replace(active(), people=(MENTOR, STRANGER))
        await self.mentorships.create(Ref(ORG, OTHER), other, (), Cause("begin other"))

    async def set_goal(self, key: str = "g1", draft: GoalDraft = DRAFT) -> Names:
        """Set a goal of the pair, a second after everything before."""
        self.clock.advance(timedelta(seconds=1))
        ref, _ = await self.goals.create(mentee, ID, draft, Cause(key))
        return ID, ref.id

    async def share(self, names: Names, *people: str) -> None:
        wanted = replace(DRAFT, shared_with=people), ("shared_with",)
        await self.goals.update(mentee, names, wanted, ("", Cause(f"share {people}")))

    async def listed(self, caller: Caller, asked: Selection) -> list[str]:
        return [key for key, _ in (await self.goals.list(caller, asked, Query())).items]

    def told(self) -> list[str]:
        return [event["type"].rpartition(".")[2] for event in self.kept.outbox]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.begin()
    return world


async def test_a_goal_is_set_read_and_completed(world: World) -> None:
    names = await world.set_goal()
    created = await world.goals.get(mentor, names)
    reached = world.clock.advance(timedelta(days=20))
    completed = await world.goals.complete(mentor, names, (created.etag, Cause("c1")))
    assert (completed.state.complete_time, completed.version) == (reached, 2)


async def test_completing_twice_is_refused_but_a_repeated_request_is_answered(world: World) -> None:
    names = await world.set_goal()
    completed = await world.goals.complete(mentee, names, ("", Cause("c1")))
    world.clock.advance(timedelta(hours=1))
    repeated = await world.goals.complete(mentee, names, ("", Cause("c1")))
    assert (repeated.state, repeated.version) == (completed.state, completed.version)
    with pytest.raises(Refused) as refusal:
        await world.goals.complete(mentor, names, ("", Cause("c2")))
    assert refusal.value.reason == "GOAL_ALREADY_COMPLETED"


async def test_a_repeated_completion_after_reopening_does_not_complete_again(world: World) -> None:
    names = await world.set_goal()
    await world.goals.complete(mentee, names, ("", Cause("c1")))
    await world.goals.reopen(mentor, names, ("", Cause("r1")))
    repeated = await world.goals.complete(mentee, names, ("", Cause("c1")))
    assert repeated.state.state is Progress.OPEN
    await world.goals.complete(mentee, names, ("", Cause("c2")))
    assert world.told() == ["GoalCreated", "GoalCompleted", "GoalReopened", "GoalCompleted"]


async def test_the_same_request_sets_one_goal_even_after_the_end(world: World) -> None:
    draft = replace(DRAFT, target_date=date(2026, 3, 3))
    cause = Cause("request:7", digest="body")
    first, created = await world.goals.create(mentee, ID, draft, cause)
    world.clock.advance(timedelta(days=30))
    world.mentorships.rows[Ref(ORG, ID).key]["state"]["stage"] = "ENDED"
    again, repeated = await world.goals.create(mentee, ID, draft, cause)
    assert (again, repeated.state, repeated.version) == (first, created.state, 1)
    with pytest.raises(Invalid) as refusal:
        await world.goals.create(mentee, ID, draft, replace(cause, digest="another body"))
    assert refusal.value.reason == "REQUEST_ID_REUSED"


async def test_the_same_request_id_of_both_people_sets_two_goals(world: World) -> None:
    cause = Cause("request:1", digest="body")
    first, _ = await world.goals.create(mentee, ID, DRAFT, cause)
    second, _ = await world.goals.create(mentor, ID, DRAFT, cause)
    assert first != second


async def test_goals_wait_for_an_active_mentorship(world: World) -> None:
    await world.mentorships.create(Ref(ORG, "new"), proposed(), (), Cause("new"))
    with pytest.raises(Refused) as refusal:
        await world.goals.create(mentee, "new", DRAFT, Cause("g"))
    assert refusal.value.reason == "MENTORSHIP_NOT_ACTIVE"


@pytest.mark.parametrize("caller", [stranger, lead, hr, foreigner])
async def test_only_the_two_change_a_goal(world: World, caller: Caller) -> None:
    names = await world.set_goal(
        draft=replace(DRAFT, milestones=(Milestone("a"),), tasks=(Task("b", MENTOR),))
    )
    await world.share(names, STRANGER)
    before = await world.goals.get(mentee, names)
    goals, how = world.goals, ("", Cause("x"))
    acts = [
        goals.complete(caller, names, how),
        goals.reopen(caller, names, how),
        goals.drop(caller, names, how),
        goals.update(caller, names, (replace(DRAFT, title="mine"), ("title",)), how),
        goals.complete_milestone(caller, names, "1", how),
        goals.complete_task(caller, names, "2", how),
        goals.add_note(caller, names, ("hello", None), how),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            await act
    assert await world.goals.get(mentee, names) == before


@pytest.mark.parametrize("caller", [stranger, foreigner])
async def test_goals_of_others_are_not_found(world: World, caller: Caller) -> None:
    names = await world.set_goal()
    with pytest.raises(NotFound):
        await world.goals.get(caller, names)
    with pytest.raises(NotFound):
        await world.goals.list(caller, Selection(ID), Query())


async def test_a_goal_is_not_found_below_another_mentorship(world: World) -> None:
    _, goal = await world.set_goal()
    with pytest.raises(NotFound):
        await world.goals.get(mentee, (OTHER, goal))
    with pytest.raises(NotFound):
        await world.goals.complete(mentee, (OTHER, goal), ("", Cause("c")))


@pytest.mark.parametrize("caller", [hr, lead])
async def test_overseers_see_goals_without_their_words(world: World, caller: Caller) -> None:
    names = await world.set_goal()
    shown = await world.goals.get(caller, names)
    assert (shown.state.kind, shown.state.title, shown.state.measure) == (DRAFT.kind, "", "")
    listed = await world.goals.list(caller, Selection(ID), Query())
    assert listed.items == [(names[1], shown)]


async def test_the_pair_lists_its_goals_earliest_first(world: World) -> None:
    made = [(await world.set_goal(f"g{number}"))[1] for number in range(3)]
    page = await world.goals.list(mentor, Selection(ID), Query(page_size=2))
    assert [key for key, _ in page.items] == made[:2]
    rest = await world.goals.list(mentor, Selection(ID), Query(page_size=2, page_token=page.next_page_token))
    assert [key for key, _ in rest.items] == made[2:]


async def test_lists_are_narrowed_to_a_state(world: World) -> None:
    still_open, reached, given_up = [await world.set_goal(f"g{number}") for number in range(3)]
    await world.goals.complete(mentee, reached, ("", Cause("c")))
    await world.goals.drop(mentee, given_up, ("", Cause("d")))
    by_state = {state: await world.listed(mentee, Selection(ID, state)) for state in (None, *Progress)}
    assert by_state == {
        None: [still_open[1], reached[1], given_up[1]],
        Progress.OPEN: [still_open[1]],
        Progress.COMPLETED: [reached[1]],
        Progress.DROPPED: [given_up[1]],
    }


async def test_lists_over_all_mentorships_show_ones_own(world: World) -> None:
    _, ours = await world.set_goal()
    theirs, _ = await world.goals.create(stranger, OTHER, DRAFT, Cause("theirs"))
    assert await world.listed(mentee, Selection(ALL)) == [ours]
    assert await world.listed(stranger, Selection(ALL)) == [theirs.id]
    assert set(await world.listed(mentor, Selection(ALL))) == {ours, theirs.id}
    assert set(await world.listed(hr, Selection(ALL))) == {ours, theirs.id}
    assert await world.listed(foreigner, Selection(ALL)) == []


async def test_who_a_goal_is_shared_with_finds_and_reads_it_until_it_is_taken_back(world: World) -> None:
    names, _ = await world.set_goal("shared"), await world.set_goal("private")
    await world.goals.add_note(mentor, names, ("between us", 20), ("", Cause("n")))
    await world.share(names, STRANGER)
    for within in (ALL, ID):
        shared = await world.goals.list(stranger, Selection(within, shared_with_caller=True), Query())
        assert [(key, stored.state.title) for key, stored in shared.items] == [(names[1], DRAFT.title)]
    read = (await world.goals.get(stranger, names)).state
    assert (read.title, read.percent, read.notes, read.shared_with) == (DRAFT.title, 20, (), ())
    assert await world.listed(lead, Selection(ALL, shared_with_caller=True)) == []
    await world.share(names)
    assert await world.listed(stranger, Selection(ALL, shared_with_caller=True)) == []
    with pytest.raises(NotFound):
        await world.goals.get(stranger, names)


async def test_the_mentor_does_not_share(world: World) -> None:
    names = await world.set_goal()
    wanted = replace(DRAFT, shared_with=(STRANGER,)), ("shared_with",)
    with pytest.raises(Denied):
        await world.goals.update(mentor, names, wanted, ("", Cause("s")))


async def test_lists_leave_notes_out(world: World) -> None:
    names = await world.set_goal()
    noted = await world.goals.add_note(mentor, names, ("well done", None), ("", Cause("n")))
    assert [one.text for one in noted.state.notes] == ["well done"]
    page = await world.goals.list(mentee, Selection(ID), Query())
    assert [stored.state.notes for _, stored in page.items] == [()]


async def test_a_repeated_note_stands_once_however_much_happened_since(world: World) -> None:
    names = await world.set_goal()
    await world.goals.add_note(mentee, names, ("first", None), ("", Cause("n")))
    for number in range(40):
        await world.goals.add_note(mentor, names, (f"{number}", None), ("", Cause(f"n{number}")))
    repeated = await world.goals.add_note(mentee, names, ("first", None), ("", Cause("n")))
    assert len(repeated.state.notes) == 41


async def test_an_update_from_an_older_view_is_turned_away(world: World) -> None:
    names = await world.set_goal()
    seen = await world.goals.get(mentor, names)
    wanted = replace(DRAFT, kind=Kind.CAREER), ("kind",)
    await world.goals.update(mentee, names, wanted, (seen.etag, Cause("u1")))
    with pytest.raises(Conflict) as refusal:
        await world.goals.update(mentor, names, wanted, (seen.etag, Cause("u2")))
    assert refusal.value.reason == "ETAG_MISMATCH"


async def test_steps_are_told(world: World) -> None:
    draft = replace(DRAFT, milestones=(Milestone("a"),), tasks=(Task("b", MENTOR),))
    names = await world.set_goal(draft=draft)
    await world.goals.complete_milestone(mentee, names, "1", ("", Cause("m")))
    await world.goals.complete_task(mentee, names, "2", ("", Cause("t")))
    await world.goals.complete_task(mentee, names, "2", ("", Cause("t")))
    assert world.told() == ["GoalCreated", "MilestoneCompleted", "TaskCompleted"]
    assert {event["key"] for event in world.kept.outbox} == {ID}, "all travel with the mentorship"
    assert MENTEE not in world.kept.outbox[-1]["value"].decode(errors="replace")
