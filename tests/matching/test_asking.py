"""Who may ask whom, who sees what, and how many may be open: through the use cases, kept in memory."""

from dataclasses import replace
from typing import Any

import pytest

from services.kernel.auth import Caller
from services.kernel.errors import Conflict, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from services.matching.app.ports import Wanted
from services.matching.app.requests import Selection
from services.matching.domain import matches
from services.matching.domain.asking import Wish
from services.matching.domain.enrolments import Taking
from services.matching.domain.members import Role
from services.matching.domain.plan import Proposal
from services.matching.domain.policy import DEFAULT_POLICY, Pair, Past, Rules
from services.matching.domain.programs import RequestRules, Stage
from services.matching.domain.requests import Stage as Wait
from tests.matching.factories import LEAD, NOW, ORG, mentee
from tests.matching.town import Town, mentees, mentors, town, who

ANN, BOB = "mentee-0", "mentee-1"
GUY, MAY = "mentor-0", "mentor-1"
hr = Caller(ORG, "hr", frozenset({"hr_admin"}))
foreigner = Caller("globex", ANN, frozenset({"mentee"}))


@pytest.fixture
async def here() -> Town:
    return await town(*mentors(5), *mentees(2))


async def refusal(here: Town, requester: str = ANN, other: str = GUY, **how: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await here.ask(requester, other, **how)
    return refused.value


async def test_the_same_request_again_answers_the_same_whatever_happened_since(here: Town) -> None:
    ref = await here.ask(ANN, GUY, cause="once")
    await here.say(ref, "decline")
    here.change_program(stage=Stage.CLOSED)
    assert await here.ask(ANN, GUY, cause="once") == ref
    assert await here.stage(ref) == "DECLINED"
    assert here.names().count("MatchRequested") == 1


async def test_a_request_id_used_for_another_request_is_refused(here: Town) -> None:
    wish = Wish(here.program, Pair(GUY, ANN), ANN, "Would you?")
    await here.requests.create(who(ANN), wish, Cause("once", digest="a"))
    with pytest.raises(Invalid, match="REQUEST_ID_REUSED"):
        await here.requests.create(who(ANN), replace(wish, message="Or not."), Cause("once", digest="b"))


async def test_an_absent_program_is_not_found(here: Town) -> None:
    with pytest.raises(NotFound):
        await here.ask(ANN, GUY, program="none")


async def test_nothing_is_asked_in_a_closed_program(here: Town) -> None:
    here.change_program(stage=Stage.CLOSED)
    assert (await refusal(here)).reason == "PROGRAM_CLOSED"


@pytest.mark.parametrize("change", [{"stage": Taking.PAUSED}, {"stage": Taking.ENDED}, {"roles": ()}])
@pytest.mark.parametrize(("person", "field"), [(ANN, "role"), (GUY, "person")])
async def test_both_must_take_part_now_and_the_field_says_who_does_not(
    here: Town, change: dict[str, Any], person: str, field: str
) -> None:
    here.change_enrolment(person, **change)
    refused = await refusal(here)
    assert (refused.reason, [one for one, _ in refused.fields]) == ("NOT_ENROLLED", [field])


async def test_whoever_is_not_enrolled_is_not_looked_up(here: Town) -> None:
    """They may be of another organization, or nobody: the answer is the same."""
    here.people.asked.clear()
    assert (await refusal(here, other="nobody")).reason == "NOT_ENROLLED"
    assert here.people.asked == []


@pytest.mark.parametrize("requester", [ANN, MAY])
async def test_a_mentee_has_one_mentor_in_a_program(here: Town, requester: str) -> None:
    ref = await here.ask(ANN, GUY)
    await here.say(ref, "accept")
    await here.settle()
    other = MAY if requester == ANN else ANN
    refused = await refusal(here, requester, other, as_mentor=requester == MAY)
    assert refused.reason == "ALREADY_MATCHED"
    elsewhere = await here.open(display_name="Elsewhere")
    assert await here.ask(requester, other, as_mentor=requester == MAY, program=elsewhere)


FORBIDDEN: list[tuple[str, dict[str, Any]]] = [
    ("the mentee reports to the mentor", {ANN: {"manager": GUY}}),
    ("over two levels", {ANN: {"manager": BOB}, BOB: {"manager": GUY}}),
    ("the mentor reports to the mentee", {GUY: {"manager": ANN}}),
    ("no common language", {ANN: {"languages": ("fr",)}}),
    ("no common hour", {ANN: {"hours": ()}}),
    ("the mentor is away", {GUY: {"active": False}}),
    ("the mentee is away", {ANN: {"active": False}}),
]


@pytest.mark.parametrize("changes", [one for _, one in FORBIDDEN], ids=[name for name, _ in FORBIDDEN])
async def test_hard_rules_forbid_a_request(here: Town, changes: dict[str, dict[str, Any]]) -> None:
    for person, change in changes.items():
        here.people.known[person] = replace(here.people.known[person], **change)
    assert (await refusal(here)).reason == "NOT_ALLOWED"


@pytest.mark.parametrize(
    ("rules", "change"),
    [
        (Rules(same_department=False), {"department": "Product"}),
        (Rules(least_grade_gap=4), {}),
        (Rules(least_overlap_minutes=41 * 60), {}),
    ],
)
async def test_the_programs_own_rules_forbid_a_request(
    here: Town, rules: Rules, change: dict[str, Any]
) -> None:
    here.people.known[ANN] = replace(here.people.known[ANN], **change)
    await here.say(await here.ask(ANN, GUY), "withdraw")
    here.change_program(policy=replace(DEFAULT_POLICY, rules=rules))
    assert (await refusal(here)).reason == "NOT_ALLOWED"


@pytest.mark.parametrize("past", Past)
async def test_partners_of_before_may_ask_unless_the_program_forbids_it(here: Town, past: Past) -> None:
    origin = matches.Origin("another", "run", LEAD, 14, 45, "mentorship")
    once, told = matches.agree(origin, Proposal(GUY, ANN, 0, ()), (ANN, GUY))
    await here.stores.matches.create(Ref(ORG, "once"), once.end()[0], told, Cause("once"))
    here.change_program(policy=replace(DEFAULT_POLICY, rules=Rules(past=past)))
    if past is Past.FORBID:
        assert (await refusal(here)).reason == "NOT_ALLOWED"
    else:
        assert await here.ask(ANN, GUY)


@pytest.mark.parametrize(("blocker", "blocked"), [(ANN, GUY), (GUY, ANN)])
async def test_a_block_answers_like_any_other_rule(here: Town, blocker: str, blocked: str) -> None:
    """Whoever was blocked must not find it out."""
    here.change_enrolment(blocker, blocked=(blocked,))
    by_block = await refusal(here)
    here.people.known[ANN] = replace(here.people.known[ANN], languages=("fr",))
    here.change_enrolment(blocker, blocked=())
    by_rule = await refusal(here)
    for one in (by_block, by_rule):
        assert (one.reason, one.message, one.fields) == ("NOT_ALLOWED", by_rule.message, ())


async def test_nobody_asks_themselves() -> None:
    both = replace(mentee("both"), seeks=(Role.MENTEE, Role.MENTOR), seats=1)
    here = await town(both)
    assert (await refusal(here, "both", "both")).reason == "NOT_ALLOWED"


@pytest.mark.parametrize("requester", [ANN, GUY])
async def test_a_pair_has_one_open_request(here: Town, requester: str) -> None:
    ref = await here.ask(ANN, GUY)
    other = GUY if requester == ANN else ANN
    assert (await refusal(here, requester, other, as_mentor=requester == GUY)).reason == "REQUEST_OPEN"
    await here.say(ref, "decline")
    assert await here.ask(requester, other, as_mentor=requester == GUY)


async def test_the_program_limits_open_requests_of_a_requester_and_each_end_makes_place(here: Town) -> None:
    here.change_program(requests=RequestRules(most_open=2))
    first = await here.ask(ANN, GUY)
    await here.ask(ANN, MAY)
    assert (await refusal(here, other="mentor-2")).reason == "TOO_MANY_OPEN"
    assert await here.ask("mentor-2", ANN, as_mentor=True)
    assert await here.ask(BOB, GUY)
    await here.say(first, "withdraw")
    assert await here.ask(ANN, "mentor-3")


async def test_a_request_that_lost_the_race_for_its_place_takes_the_next(here: Town) -> None:
    """Another one was stored between reading the open requests and storing this one."""
    first = await here.ask(ANN, GUY)
    blind = here.blind(1)
    second = await here.ask(ANN, MAY)
    assert blind.left == 0
    assert set((await here.request(second)).claims).isdisjoint((await here.request(first)).claims)


async def test_whoever_loses_every_race_is_told_to_come_again(here: Town) -> None:
    await here.ask(ANN, GUY)
    here.blind(99)
    with pytest.raises(Conflict, match="REQUESTS_RACED"):
        await here.ask(ANN, MAY)


async def test_the_two_read_the_words_overseers_the_rest_and_others_nothing(here: Town) -> None:
    ref = await here.ask(ANN, GUY)
    names = (here.program, ref.id)
    await here.requests.ask_more(who(GUY), names, "What for?", ("", Cause("more")))
    await here.requests.tell_more(who(ANN), names, "Python.", ("", Cause("told")))
    for reader in (who(ANN), who(GUY)):
        found = (await here.requests.get(reader, names)).state
        assert (found.message, found.question, found.answer) == ("Would you?", "What for?", "Python.")
    seen = (await here.requests.get(hr, names)).state
    assert (seen.message, seen.question, seen.answer) == ("", "", "")
    for outsider in (who(BOB), foreigner):
        with pytest.raises(NotFound):
            await here.requests.get(outsider, names)
    with pytest.raises(NotFound):
        await here.requests.get(who(ANN), ("another", ref.id))


async def test_no_event_holds_a_word(here: Town) -> None:
    ref = await here.ask(ANN, GUY)
    names = (here.program, ref.id)
    await here.requests.ask_more(who(GUY), names, "What for?", ("", Cause("more")))
    await here.requests.tell_more(who(ANN), names, "Python.", ("", Cause("told")))
    told = b"".join(row["value"] for row in here.asked_for.outbox)
    assert [word for word in (b"Would", b"What for", b"Python") if word in told] == []


@pytest.mark.parametrize(
    ("reader", "where", "count"),
    [
        (hr, {}, 2),
        (hr, {"person": BOB}, 1),
        (hr, {"stage": Wait.DECLINED}, 1),
        (who(ANN), {}, 1),
        (who(GUY), {}, 2),
        (who(GUY), {"person": BOB}, 1),
        (who(ANN), {"person": BOB}, 0),
        (who(MAY), {}, 0),
        (foreigner, {}, 0),
    ],
)
async def test_lists_hold_what_the_reader_may_see(
    here: Town, reader: Caller, where: dict[str, Any], count: int
) -> None:
    await here.ask(ANN, GUY)
    await here.say(await here.ask(BOB, GUY), "decline")
    page = await here.requests.list(reader, Selection(here.program, **where), Wanted())
    assert len(page.items) == count
    words = {stored.state.message for _, stored in page.items}
    assert words <= ({""} if reader is hr else {"Would you?"})


async def test_an_answer_to_a_stale_request_or_under_another_program_is_refused(here: Town) -> None:
    ref = await here.ask(ANN, GUY)
    for act in (here.requests.accept, here.requests.decline):
        with pytest.raises(Conflict):
            await act(who(GUY), (here.program, ref.id), ('"9"', Cause("stale")))
        with pytest.raises(NotFound):
            await act(who(GUY), ("another", ref.id), ("", Cause("elsewhere")))


async def test_the_expiry_is_the_programs(here: Town) -> None:
    here.change_program(requests=RequestRules((1,), 48, 3))
    request = await here.request(await here.ask(ANN, GUY))
    assert request.expires is not None
    assert (request.expires - here.clock.now()).total_seconds() == 48 * 3600
    assert here.clock.now() > NOW
