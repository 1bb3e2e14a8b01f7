"""Who sees which recognition, and one recognition per decision, on kept state in memory."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from services.kernel.auth import Caller
from services.kernel.errors import Conflict, Denied, NotFound
from services.kernel.mongo import Cause, Page, Query
from services.recognition.app.ports import EVERYBODY
from services.recognition.domain.recognitions import Kind, Reason, Recognition, Stage
from tests.recognition.factories import (
    EARNED,
    HELD,
    MENTEE,
    MENTOR,
    STRANGER,
    foreigner,
    hr,
    lead,
    mentee,
    mentor,
    stranger,
)
from tests.recognition.world import World


@pytest.fixture
async def world() -> World:
    """Hold r1 of the mentee for a goal, r2 of a stranger with another mentor, r3 of the mentor."""
    world = World()
    other = replace(EARNED, mentor="e1", mentee=STRANGER, person=STRANGER)
    for key, earned in (("r1", EARNED), ("r2", other), ("r3", HELD)):
        await world.earn(key, earned)
    return world


def keys(page: Page[Recognition]) -> list[str]:
    return [key for key, _ in page.items]


async def test_a_decision_told_twice_is_one_recognition(world: World) -> None:
    await world.earn("r1", EARNED)
    page = await world.recognitions.list(hr, MENTEE, Query())
    assert [(key, stored.version) for key, stored in page.items] == [("r1", 1)]


async def test_a_count_over_all_mentorships_is_given_once_also_when_it_was_given_under_another_id(
    world: World,
) -> None:
    thanked = replace(HELD, kind=Kind.KUDOS_RECEIVED, rule="kudos-received/1", count=5)
    await world.earn("old", thanked)
    for key in ("new", "old"):
        await world.earn(key, replace(thanked, mentorship="other", rule="kudos-received/2"))
    await world.earn("more", replace(thanked, count=10))
    await world.earn("meetings", replace(HELD, mentorship="other"))
    found = keys(await world.recognitions.list(hr, MENTOR, Query()))
    assert sorted(found) == ["meetings", "more", "old", "r3"]


@pytest.mark.parametrize("caller", [mentee, mentor, lead, hr])
async def test_the_pair_and_overseers_read_it(world: World, caller: Caller) -> None:
    assert (await world.recognitions.get(caller, MENTEE, "r1")).state == EARNED
    assert (await world.recognitions.get(caller, MENTOR, "r3")).state == HELD


@pytest.mark.parametrize(
    ("caller", "person"),
    [
        pytest.param(stranger, MENTEE, id="others"),
        pytest.param(foreigner, MENTEE, id="another organization"),
        pytest.param(mentor, MENTOR, id="under the name of one who did not earn it"),
    ],
)
async def test_what_is_hidden_answers_like_what_is_absent(world: World, caller: Caller, person: str) -> None:
    with pytest.raises(NotFound) as hidden:
        await world.recognitions.get(caller, person, "r1")
    with pytest.raises(NotFound) as absent:
        await world.recognitions.get(caller, person, "r9")
    assert (hidden.value.reason, hidden.value.message) == (absent.value.reason, absent.value.message)


LISTS = [
    pytest.param(mentee, MENTEE, ["r1"], id="own"),
    pytest.param(mentor, MENTEE, ["r1"], id="of one's own mentee"),
    pytest.param(mentee, MENTOR, ["r3"], id="of one's own mentor"),
    pytest.param(stranger, MENTEE, [], id="of a person one has no mentorship with"),
    pytest.param(lead, STRANGER, ["r2"], id="of anybody, for leads"),
    pytest.param(hr, EVERYBODY, ["r1", "r2", "r3"], id="of all, for HR"),
]


@pytest.mark.parametrize(("caller", "person", "expected"), LISTS)
async def test_lists_show_what_the_caller_may_see(
    world: World, caller: Caller, person: str, expected: Iterable[str]
) -> None:
    assert keys(await world.recognitions.list(caller, person, Query())) == expected


@pytest.mark.parametrize(("caller", "person", "expected"), LISTS)
async def test_what_was_stored_before_mentors_were_recognised_is_still_found(
    world: World, caller: Caller, person: str, expected: Iterable[str]
) -> None:
    for row in world.kept.rows.values():
        if row["state"]["person"] == row["state"]["mentee"]:
            del row["state"]["person"]
    assert keys(await world.recognitions.list(caller, person, Query())) == expected


@pytest.mark.parametrize("caller", [mentee, mentor, lead])
async def test_only_hr_lists_those_of_all_people(world: World, caller: Caller) -> None:
    with pytest.raises(Denied) as refusal:
        await world.recognitions.list(caller, EVERYBODY, Query())
    assert refusal.value.reason == "HR_ADMIN_ONLY"


async def test_what_was_taken_back_is_told_once_and_stays_visible_as_such(world: World) -> None:
    for cause in ("first", "first", "second"):
        names = (MENTEE, "r1")
        await world.recognitions.revoke(hr, names, Reason.ISSUED_IN_ERROR, "", Cause(cause))
    seen = (await world.recognitions.get(mentee, MENTEE, "r1")).state
    assert (seen.stage, seen.revoke_reason) == (Stage.REVOKED, "ISSUED_IN_ERROR")
    told = [event["type"].rpartition(".")[2] for event in world.kept.outbox]
    assert told == [*["RecognitionIssued"] * 3, "RecognitionRevoked"]


async def test_taking_back_relies_on_what_was_read_and_on_the_right_name(world: World) -> None:
    with pytest.raises(Conflict):
        await world.recognitions.revoke(hr, (MENTEE, "r1"), Reason.RULE_BROKEN, '"7"', Cause("c"))
    with pytest.raises(NotFound):
        await world.recognitions.revoke(hr, (MENTOR, "r1"), Reason.RULE_BROKEN, "", Cause("c"))
