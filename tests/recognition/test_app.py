"""Who sees which recognition, and one recognition per decision, on kept state in memory."""

from dataclasses import replace

import pytest

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Denied, NotFound
from services.kernel.mongo import Cause, Query, Ref
from services.recognition import store
from services.recognition.app import EVERYBODY, Recognitions
from tests.fakes import Aggregates
from tests.recognition.factories import EARNED, MENTEE, MENTOR, NOON, ORG, STRANGER

mentor = Caller(ORG, MENTOR, frozenset({"mentor"}))
mentee = Caller(ORG, MENTEE, frozenset({"mentee"}))
stranger = Caller(ORG, STRANGER, frozenset({"mentee", "mentor"}))
lead = Caller(ORG, "e0100001", frozenset({"program_lead"}))
hr = Caller(ORG, "admin", frozenset({"hr_admin"}))
foreigner = Caller("globex", MENTEE, frozenset({"mentee"}))


@pytest.fixture
async def recognitions() -> Recognitions:
    """Hold r1, which the mentee earned, and r2, which a stranger earned with another mentor."""
    clock = FixedClock(NOON)
    recognitions = Recognitions(Aggregates(store.RECOGNITIONS, clock))
    await recognitions.earn(Ref(ORG, "r1"), EARNED, Cause("event-1"))
    other = replace(EARNED, mentor="e1", mentee=STRANGER)
    await recognitions.earn(Ref(ORG, "r2"), other, Cause("event-2"))
    return recognitions


async def test_a_decision_told_twice_is_one_recognition(recognitions: Recognitions) -> None:
    await recognitions.earn(Ref(ORG, "r1"), EARNED, Cause("event-1"))
    page = await recognitions.list(hr, MENTEE, Query())
    assert [(key, stored.version) for key, stored in page.items] == [("r1", 1)]


@pytest.mark.parametrize("caller", [mentee, mentor, lead, hr])
async def test_the_pair_and_overseers_read_it(recognitions: Recognitions, caller: Caller) -> None:
    assert (await recognitions.get(caller, MENTEE, "r1")).state == EARNED


@pytest.mark.parametrize(
    ("caller", "person"),
    [
        pytest.param(stranger, MENTEE, id="others"),
        pytest.param(foreigner, MENTEE, id="another organization"),
        pytest.param(mentor, MENTOR, id="under the name of one who did not earn it"),
    ],
)
async def test_what_is_hidden_answers_like_what_is_absent(
    recognitions: Recognitions, caller: Caller, person: str
) -> None:
    with pytest.raises(NotFound) as hidden:
        await recognitions.get(caller, person, "r1")
    with pytest.raises(NotFound) as absent:
        await recognitions.get(caller, person, "r9")
    assert (hidden.value.reason, hidden.value.message) == (absent.value.reason, absent.value.message)


@pytest.mark.parametrize(
    ("caller", "person", "ids"),
    [
        pytest.param(mentee, MENTEE, ["r1"], id="own"),
        pytest.param(mentor, MENTEE, ["r1"], id="of one's own mentee"),
        pytest.param(stranger, MENTEE, [], id="of a person one is no mentor of"),
        pytest.param(lead, STRANGER, ["r2"], id="of anybody, for leads"),
        pytest.param(hr, EVERYBODY, ["r1", "r2"], id="of all, for HR"),
    ],
)
async def test_lists_show_what_the_caller_may_see(
    recognitions: Recognitions, caller: Caller, person: str, ids: list[str]
) -> None:
    page = await recognitions.list(caller, person, Query())
    assert [key for key, _ in page.items] == ids


@pytest.mark.parametrize("caller", [mentee, mentor, lead])
async def test_only_hr_lists_those_of_all_people(recognitions: Recognitions, caller: Caller) -> None:
    with pytest.raises(Denied) as refusal:
        await recognitions.list(caller, EVERYBODY, Query())
    assert refusal.value.reason == "HR_ADMIN_ONLY"
