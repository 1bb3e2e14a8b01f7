"""Programs, runs and matches from request to confirmation, repeats and crashes included, kept in memory."""

from dataclasses import replace

import pytest

from services.kernel.auth import Caller
from services.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused, Unavailable
from services.kernel.events.life import watched_by
from services.kernel.mongo import Cause, Ref
from services.matching.app.ports import Wanted
from services.matching.domain import matches, runs
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.members import Role
from services.matching.domain.policy import Pair
from tests.matching.factories import LEAD, MENTEE, MENTOR, ORG, PROGRAM, STRANGER, mentee
from tests.matching.world import World, foreigner, lead, stranger, the_mentee, the_mentor


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def program(world: World) -> str:
    """Return a program in which everybody takes part."""
    program = await world.open()
    await world.enrol_all(program)
    return program


@pytest.fixture
async def names(world: World, program: str) -> tuple[str, str]:
    """Return (program, match) of the one match, proposed to both."""
    ref, _ = await world.ready(program, "run")
    await world.publish(program, ref)
    await world.computing.deliver(ref, Cause("published"))
    ((match, _),) = await world.matched(program)
    return program, match


async def test_the_same_request_opens_one_program(world: World) -> None:
    first, again = await world.open("one"), await world.open("one")
    assert first == again
    assert await world.open("two") != first
    assert len((await world.programs.list(lead, Wanted())).items) == 2


async def test_each_part_that_becomes_matches_is_a_sign_of_life(world: World, program: str) -> None:
    """A cohort of a whole company is delivered for minutes."""
    ref, run = await world.ready(program, "run")
    await world.publish(program, ref)
    signs: list[str] = []
    watched_by(lambda: signs.append("moved"))
    await world.computing.deliver(ref, Cause("published"))
    assert len(signs) == run.state.parts > 0


async def test_a_program_needs_a_lead_who_is_known(world: World) -> None:
    with pytest.raises(NotFound, match="PERSON_NOT_FOUND"):
        await world.programs.create(lead, replace(PROGRAM, lead="e0"), Cause("open"))


async def test_another_organization_does_not_see_the_program(world: World, program: str) -> None:
    with pytest.raises(NotFound):
        await world.programs.get(foreigner, program)
    assert not (await world.programs.list(foreigner, Wanted())).items


async def test_enrolments_answer_in_the_order_asked_for_and_list_earliest_first(world: World) -> None:
    program = await world.open()
    asked = [Enrolment(program, MENTOR, (Role.MENTOR,)), Enrolment(program, MENTEE, (Role.MENTEE,))]
    answer = await world.enrolments.enrol(lead, program, asked, Cause("enrol"))
    assert [stored.state for _, stored in answer] == asked
    listed = await world.enrolments.list(lead, program, Wanted())
    assert {one for one, _ in listed.items} == {one for one, _ in answer}


async def test_enrolling_again_changes_nothing(world: World, program: str) -> None:
    before = (await world.enrolments.list(lead, program, Wanted())).items
    await world.enrolments.enrol(lead, program, [Enrolment(program, MENTEE, (Role.MENTEE,))], Cause("again"))
    assert (await world.enrolments.list(lead, program, Wanted())).items == before


async def test_one_who_may_not_take_part_keeps_everybody_out(world: World) -> None:
    program = await world.open()
    asked = [Enrolment(program, MENTEE, (Role.MENTEE,)), Enrolment(program, MENTOR, (Role.MENTEE,))]
    with pytest.raises(Refused, match="NOT_ELIGIBLE"):
        await world.enrolments.enrol(lead, program, asked, Cause("enrol"))
    assert not (await world.enrolments.list(lead, program, Wanted())).items


async def test_a_run_becomes_ready_with_the_best_pair(world: World, program: str) -> None:
    ref, run = await world.ready(program, "run")
    assert run.state.stage is runs.Stage.READY
    assert await world.pairs(program, ref) == [Pair(MENTOR, MENTEE)]
    assert await world.left(program, ref) == [STRANGER]


async def test_hearing_a_request_twice_computes_once(world: World, program: str) -> None:
    ref, run = await world.ready(program, "run")
    await world.computing.compute(ref, Cause("computed-run"))
    await world.computing.compute(ref, Cause("heard-again"))
    assert await world.runs.get(lead, (program, ref.id)) == run
    assert len(world.calculator.cohorts) == 1


async def test_a_computation_that_dies_leaves_the_run_to_be_repeated(world: World, program: str) -> None:
    world.calculator.cut_off = 1
    with pytest.raises(Unavailable):
        await world.ready(program, "run")
    _, run = await world.ready(program, "run")
    assert run.state.stage is runs.Stage.READY


async def test_a_run_whose_people_are_gone_fails_by_code(world: World, program: str) -> None:
    del world.people.known[MENTEE]
    _, run = await world.ready(program, "run")
    assert (run.state.stage, run.state.failure_reason) == (runs.Stage.FAILED, "PERSON_NOT_FOUND")


async def test_a_zone_that_is_unknown_here_fails_the_run_by_code(world: World, program: str) -> None:
    world.people.known[MENTEE] = replace(mentee(), time_zone="Mars/Olympus")
    _, run = await world.ready(program, "run")
    assert run.state.failure_reason == "UNKNOWN_TIME_ZONE"


async def test_a_run_of_another_program_is_not_found(world: World, program: str) -> None:
    ref, _ = await world.ready(program, "run")
    other = await world.open("other")
    with pytest.raises(NotFound):
        await world.runs.get(lead, (other, ref.id))
    with pytest.raises(NotFound):
        await world.publish(other, ref)


async def test_a_stale_etag_does_not_publish(world: World, program: str) -> None:
    ref, run = await world.ready(program, "run")
    with pytest.raises(Conflict):
        await world.publish(program, ref, '"1"')
    assert (await world.publish(program, ref, run.etag)).state.stage is runs.Stage.PUBLISHED


async def test_publishing_twice_by_one_request_is_publishing_once(world: World, program: str) -> None:
    ref, _ = await world.ready(program, "run")
    assert await world.publish(program, ref) == await world.publish(program, ref)
    with pytest.raises(Refused, match="RUN_NOT_READY"):
        await world.runs.publish(lead, (program, ref.id), "", Cause("another request"))


async def test_of_two_runs_that_do_not_know_each_other_one_can_be_published(
    world: World, program: str
) -> None:
    """Else the mentor's only seat would be given away twice."""
    (first, _), (second, _) = await world.ready(program, "one"), await world.ready(program, "two")
    await world.publish(program, first)
    with pytest.raises(Refused, match="RUN_OUTDATED"):
        await world.publish(program, second)


async def test_a_run_counts_published_pairs_before_they_are_matches(world: World, program: str) -> None:
    """The publication of the first run has not been heard yet when the second is computed."""
    first, _ = await world.ready(program, "one")
    await world.publish(program, first)
    _, run = await world.ready(program, "two")
    assert (run.state.stage, run.state.failure_reason) == (runs.Stage.FAILED, "NO_SEATS")


async def test_delivering_twice_makes_each_match_once(world: World, names: tuple[str, str]) -> None:
    program, match = names
    before = await world.matches.get(lead, names)
    await world.computing.deliver(Ref(ORG, before.state.origin.run), Cause("heard-again"))
    assert [one for one, _ in await world.matched(program)] == [match]
    assert await world.matches.get(lead, names) == before


async def test_a_match_carries_what_its_mentorship_needs(world: World, names: tuple[str, str]) -> None:
    origin = (await world.matches.get(lead, names)).state.origin
    assert (origin.lead, origin.cadence_days, origin.meeting_minutes) == (LEAD, 14, 45)
    assert origin.mentorship not in {"", names[1]}


async def test_a_taken_seat_is_taken_in_every_program(world: World, names: tuple[str, str]) -> None:
    """The mentor has one seat and gave it away; the mentee may still have a mentor elsewhere."""
    other = await world.open("other")
    await world.enrol_all(other)
    _, run = await world.ready(other, "run")
    assert (run.state.stage, run.state.failure_reason) == (runs.Stage.FAILED, "NO_SEATS")


async def test_a_no_frees_both_and_the_pair_is_not_proposed_again(
    world: World, names: tuple[str, str]
) -> None:
    await world.matches.decline(the_mentee, names, "", Cause("no"))
    ref, _ = await world.ready(names[0], "next")
    assert await world.pairs(names[0], ref) == [Pair(MENTOR, STRANGER)]
    assert await world.left(names[0], ref) == [MENTEE]


async def test_both_say_yes(world: World, names: tuple[str, str]) -> None:
    half = await world.matches.accept(the_mentee, names, "", Cause("yes-1"))
    assert half.state.stage is matches.Stage.HALF_ACCEPTED
    both = await world.matches.accept(the_mentor, names, half.etag, Cause("yes-2"))
    assert both.state.stage is matches.Stage.CONFIRMED


async def test_saying_yes_twice_by_two_requests_answers_the_same(
    world: World, names: tuple[str, str]
) -> None:
    half = await world.matches.accept(the_mentee, names, "", Cause("yes-1"))
    assert await world.matches.accept(the_mentee, names, "", Cause("yes-2")) == half


async def test_an_answer_to_a_stale_match_is_refused(world: World, names: tuple[str, str]) -> None:
    await world.matches.accept(the_mentee, names, "", Cause("yes"))
    with pytest.raises(Conflict):
        await world.matches.decline(the_mentor, names, '"1"', Cause("no"))


async def test_outsiders_cannot_answer_and_find_nothing(world: World, names: tuple[str, str]) -> None:
    with pytest.raises(Denied):
        await world.matches.accept(stranger, names, "", Cause("yes"))
    for nobody in (stranger, foreigner):
        with pytest.raises(NotFound):
            await world.matches.get(nobody, names)
    assert (await world.matches.get(the_mentor, names)).state.people == (MENTOR, MENTEE)


async def test_hidden_and_absent_matches_answer_alike(world: World, names: tuple[str, str]) -> None:
    with pytest.raises(NotFound) as hidden:
        await world.matches.get(stranger, names)
    with pytest.raises(NotFound) as absent:
        await world.matches.get(stranger, (names[0], "none"))
    assert (hidden.value.reason, hidden.value.message) == (absent.value.reason, absent.value.message)


async def test_a_match_under_another_program_is_not_found(world: World, names: tuple[str, str]) -> None:
    for answer in (world.matches.accept, world.matches.decline):
        with pytest.raises(NotFound):
            await answer(the_mentee, ("other", names[1]), "", Cause("yes"))
    with pytest.raises(NotFound):
        await world.matches.get(lead, ("other", names[1]))


@pytest.mark.parametrize(
    ("reader", "person", "count"),
    [
        (lead, "", 1),
        (lead, MENTEE, 1),
        (lead, STRANGER, 0),
        (the_mentor, "", 1),
        (the_mentor, MENTOR, 1),
        (the_mentor, MENTEE, 0),
        (stranger, "", 0),
        (stranger, MENTEE, 0),
    ],
)
async def test_lists_hold_what_the_reader_may_see(
    world: World, names: tuple[str, str], reader: Caller, person: str, count: int
) -> None:
    page = await world.matches.list(reader, names[0], person, Wanted())
    assert len(page.items) == count


async def test_a_reused_request_id_with_another_body_is_refused(world: World) -> None:
    await world.programs.create(lead, PROGRAM, Cause("open", digest="a"))
    with pytest.raises(Invalid, match="REQUEST_ID_REUSED"):
        await world.programs.create(lead, replace(PROGRAM, display_name="Else"), Cause("open", digest="b"))
