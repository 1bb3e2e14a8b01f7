"""An organization's own steps for its messages: written, followed, previewed, taken back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Conflict, Invalid, NotFound
from services.kernel.mongo import Cause, Query
from services.notifications.domain.conditions import Condition, Operator, Subject
from services.notifications.domain.hours import Hours
from services.notifications.domain.messages import Category, Facts, Reason, Stage
from services.notifications.domain.preferences import Switch
from services.notifications.domain.previews import Preview
from services.notifications.domain.routing import Hold, Send, Step, Suppress
from services.notifications.domain.rules import Fact, Urgency, rule_of
from services.notifications.domain.workflows import Workflow, built_in, require_sound
from tests.notifications.factories import MENTEE, MENTOR, NOON, ORG, RECOGNITION, REMINDER, draft, queued
from tests.notifications.test_delivery import thanks
from tests.notifications.world import World, hr, mentee, mentor

CHECK_IN, KUDOS, NUDGE = Category.CHECK_IN, Category.KUDOS, Category.NUDGE
HOUR = 3600
UNSEEN = Condition(Subject.INBOX, Operator.IN, ("UNSEEN",))


@pytest.fixture
def world() -> World:
    return World()


async def write(world: World, category: Category, *, etag: str = "", **steps: Any) -> str:
    """Write the steps of a category as HR; return their etag."""
    workflow = replace(built_in(category), **steps)
    _, stored = await world.workflows.write(hr, workflow, Cause(f"{category}{steps}"), etag)
    assert stored is not None
    return stored.etag


@pytest.mark.parametrize("category", Category)
def test_the_built_in_steps_written_as_they_are_change_nothing(category: Category) -> None:
    require_sound(built_in(category))
    assert built_in(category).rule() == rule_of(category)


async def test_a_delay_of_the_organization_holds_and_then_lets_go(world: World) -> None:
    await write(world, CHECK_IN, delay=HOUR)
    ref = await world.queue(MENTEE, "one", CHECK_IN)
    held = await world.deliver(ref)
    assert (held.reason, held.held_until) == (Reason.DELAY, NOON + timedelta(hours=1))
    world.clock.advance(timedelta(hours=1))
    await world.fire(ref)
    assert (await world.deliver(ref, "fired")).stage is Stage.SENT


async def test_what_was_seen_in_the_inbox_meanwhile_is_not_mailed(world: World) -> None:
    await write(world, CHECK_IN, delay=HOUR, conditions=(UNSEEN,))
    refs = [await world.queue(MENTEE, event, CHECK_IN) for event in ("one", "two")]
    for ref in refs:
        await world.deliver(ref, f"queued-{ref.id}")
    await world.inbox.mark_seen(mentee, MENTEE, [refs[0].id], Cause("seen"))
    world.clock.advance(timedelta(hours=1))
    for ref in refs:
        await world.fire(ref)
    seen, unseen = [await world.deliver(ref, f"fired-{ref.id}") for ref in refs]
    assert (seen.stage, seen.reason) == (Stage.SUPPRESSED, Reason.CONDITION)
    assert unseen.stage is Stage.SENT


async def test_messages_are_gathered_by_what_the_key_names(world: World) -> None:
    await write(world, KUDOS, digest=HOUR, digest_key=(Fact.MENTORSHIP,))
    facts = (thanks(), replace(thanks(), mentorship="other"), thanks())
    refs = [await world.queue(MENTEE, f"event-{n}", KUDOS, one) for n, one in enumerate(facts)]
    for ref in refs:
        await world.deliver(ref, f"queued-{ref.id}")
    world.clock.advance(timedelta(hours=1))
    states = []
    for ref in refs:
        await world.fire(ref)
        states.append(await world.deliver(ref, f"fired-{ref.id}"))
    assert [one.stage for one in states] == [Stage.SENT, Stage.SENT, Stage.DIGESTED]
    assert states[2].digest == refs[0].id
    assert len(world.mailer.mails) == 2


async def test_a_throttle_and_once_per_person_of_the_organization_are_followed(world: World) -> None:
    await write(world, CHECK_IN, throttle=HOUR)
    assert (await world.send(CHECK_IN, "one")).stage is Stage.SENT
    assert (await world.send(CHECK_IN, "two")).reason is Reason.THROTTLED
    await write(world, Category.FEEDBACK, digest=0, once=(Fact.MENTORSHIP,))
    before = len(world.messages.rows)
    for event in ("three", "four"):
        await world.queue(MENTEE, event, Category.FEEDBACK, REMINDER)
    assert len(world.messages.rows) == before + 1


async def test_an_organization_may_call_a_category_critical_and_uncounted(world: World) -> None:
    await write(world, CHECK_IN, urgency=Urgency.CRITICAL)
    await world.choose(mail=Switch.OFF)
    sent = await world.send(CHECK_IN, "one")
    assert (sent.stage, sent.reason) == (Stage.SENT, Reason.CRITICAL)
    assert world.mailer.mails[0].unsubscribe == "", "there is no way to end what is critical"
    await write(world, CHECK_IN, urgency=Urgency.PATIENT, counted=False)
    await world.choose(mail=Switch.ON, weekly_mails=1)
    assert (await world.send(CHECK_IN, "two")).stage is Stage.SENT, "the one before did not count"


async def test_other_organizations_keep_the_built_in_steps(world: World) -> None:
    await write(world, CHECK_IN, delay=HOUR)
    assert (await world.workflows.rules("globex")).of(CHECK_IN) == rule_of(CHECK_IN)
    assert (await world.workflows.rules(ORG)).of(KUDOS) == rule_of(KUDOS)


async def test_steps_are_kept_under_their_version_and_taken_back(world: World) -> None:
    assert await world.workflows.get(hr, NUDGE) == (built_in(NUDGE), None)
    first = await write(world, NUDGE, throttle=HOUR)
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await write(world, NUDGE, throttle=2 * HOUR, etag='"7"')
    await write(world, NUDGE, throttle=3 * HOUR, etag=first)
    shown, token = await world.workflows.list(hr, Query(page_size=1000))
    assert (len(shown), token) == (len(Category), "")
    assert [one.category for one, stored in shown if stored] == [NUDGE]
    assert await world.workflows.reset(hr, NUDGE, Cause("reset"), "") == (built_in(NUDGE), None)
    assert (await world.workflows.rules(ORG)).of(NUDGE) == rule_of(NUDGE)
    with pytest.raises(NotFound):
        await world.workflows.reset(hr, NUDGE, Cause("again"), "")
    await write(world, NUDGE, throttle=4 * HOUR)
    types = [one["type"].rpartition(".")[2] for one in world.kept_workflows.outbox]
    assert types == ["WorkflowUpdated", "WorkflowUpdated", "WorkflowReset", "WorkflowUpdated"]


async def test_all_categories_come_page_by_page(world: World) -> None:
    found, token = await world.workflows.list(hr, Query(page_size=10))
    while token:
        page, token = await world.workflows.list(hr, Query(page_size=10, page_token=token))
        found = [*found, *page]
    assert [one.category for one, _ in found] == sorted(Category)
    with pytest.raises(Invalid, match="INVALID_PAGE_TOKEN"):
        await world.workflows.list(hr, Query(page_token="nothing"))


WRONG: list[tuple[Workflow, list[str]]] = [
    (Workflow(Category.MATCH_ENDED), ["urgency"]),
    (Workflow(NUDGE, Urgency.CRITICAL, delay=1, throttle=1), ["delay", "throttle"]),
    (Workflow(NUDGE, digest_key=(Fact.GOAL,)), ["digest_key"]),
    (Workflow(Category.MEETING_BOOKED, digest=1), ["digest"]),
    (
        Workflow(
            NUDGE,
            conditions=(
                UNSEEN,
                Condition(Subject.CODE, Operator.AT_LEAST, ("1",)),
                Condition(Subject.MISSES, Operator.AT_MOST, ("1", "2")),
                Condition(Subject.MISSES, Operator.IN, ("-1",)),
                Condition(Subject.ROLE, Operator.IN, ("BOSS",)),
            ),
        ),
        ["conditions[1].operator", "conditions[2].values", "conditions[3].values", "conditions[4].values"],
    ),
]


@pytest.mark.parametrize(("workflow", "paths"), WRONG)
async def test_steps_that_cannot_be_followed_name_every_field_and_change_nothing(
    world: World, workflow: Workflow, paths: list[str]
) -> None:
    with pytest.raises(Invalid, match="WORKFLOW_INVALID") as refusal:
        await world.workflows.write(hr, workflow, Cause("wrong"), "")
    assert [path for path, _ in refusal.value.fields] == [f"workflow.{path}" for path in paths]
    assert world.kept_workflows.rows == {}


_FACTS = st.builds(
    Facts,
    mentor=st.sampled_from([MENTEE, MENTOR]),
    mentee=st.sampled_from([MENTEE, MENTOR]),
    code=st.sampled_from(["", "NO_FIRST_MEETING", "7"]),
    count=st.integers(0, 20),
    misses_in_row=st.integers(0, 20),
)
_CONDITIONS = st.builds(
    Condition,
    st.sampled_from(Subject),
    st.sampled_from(Operator),
    st.lists(st.sampled_from(["0", "1", "7", "MENTOR", "SEEN", "x"]), min_size=1, max_size=3).map(tuple),
)


@given(_CONDITIONS, _FACTS)
def test_what_is_sound_can_be_decided_for_every_message(condition: Condition, facts: Facts) -> None:
    if condition.problem() is None:
        message = queued(MENTEE, NUDGE, facts)
        opposite = {
            Operator.IN: Operator.NOT_IN,
            Operator.NOT_IN: Operator.IN,
        }.get(condition.operator)
        holds = condition.holds(message)
        if opposite:
            assert holds is not replace(condition, operator=opposite).holds(message)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition(Subject.MISSES, Operator.AT_LEAST, ("1",)), True),
        (Condition(Subject.MISSES, Operator.AT_LEAST, ("2",)), False),
        (Condition(Subject.MISSES, Operator.AT_MOST, ("1",)), True),
        (Condition(Subject.ROLE, Operator.IN, ("MENTEE",)), True),
        (Condition(Subject.ROLE, Operator.NOT_IN, ("MENTEE", "OTHER")), False),
        (Condition(Subject.CODE, Operator.IN, ("",)), True),
        (UNSEEN, True),
    ],
)
def test_a_condition_looks_at_the_message_as_it_is(condition: Condition, *, holds: bool) -> None:
    assert condition.holds(queued(MENTEE, NUDGE, REMINDER)) is holds


# What would happen, told before it does.

ALL = tuple(Step)


async def preview(world: World, category: Category = CHECK_IN, **more: Any) -> Preview:
    return await world.previews.preview(hr, draft(MENTEE, category), **more)


async def test_a_preview_tells_each_step_and_sends_nothing(world: World) -> None:
    assert await preview(world) == Preview(Send(Reason.DEFAULT), list(ALL))
    assert await preview(world, Category.ENDING_WARNING) == Preview(Send(Reason.CRITICAL), (Step.CRITICAL,))
    assert (world.messages.rows, world.mailer.mails) == ({}, [])


async def test_a_preview_stops_at_the_step_that_decides(world: World) -> None:
    await world.choose(hours=Hours(quiet=(11 * 60, 14 * 60)))
    held = await preview(world)
    assert held.route == Hold(Reason.QUIET_HOURS, NOON + timedelta(hours=2))
    assert held.steps[-1] is Step.HOURS
    await world.choose(muted=(CHECK_IN,))
    muted = await preview(world)
    assert (muted.route, muted.steps[-1]) == (Suppress(Reason.CATEGORY_OFF), Step.PREFERENCES)


async def test_a_preview_is_what_then_happens(world: World) -> None:
    """By the same decision: also after the week is full."""
    for number in range(7):
        told = (await preview(world)).route
        stored = await world.send(CHECK_IN, f"event-{number}")
        expected = {Send: Stage.SENT, Hold: Stage.HELD, Suppress: Stage.SUPPRESSED}[type(told)]
        assert told is not None
        assert (stored.stage, stored.reason) == (expected, told.reason)
    assert stored.stage is Stage.HELD


async def test_steps_can_be_tried_before_they_are_written(world: World) -> None:
    rule = replace(built_in(CHECK_IN), delay=HOUR).rule()
    tried = await preview(world, rule=rule)
    assert tried.route == Hold(Reason.DELAY, NOON + timedelta(hours=1))
    earlier = await preview(world, rule=rule, cause_time=NOON - timedelta(hours=1))
    assert earlier.route == Send(Reason.DEFAULT)


async def test_a_preview_knows_what_was_told_before_and_what_waits_already(world: World) -> None:
    celebrated = draft(MENTEE, Category.RECOGNITION, RECOGNITION)
    assert not (await world.previews.preview(hr, celebrated)).told
    await world.queue(MENTEE, "one", Category.RECOGNITION, RECOGNITION)
    assert (await world.previews.preview(hr, celebrated)).told
    await world.deliver(await world.queue(MENTEE, "two", KUDOS, thanks()), "queued")
    late = NOON - timedelta(hours=1)
    assert (await world.previews.preview(hr, draft(MENTEE, KUDOS, thanks()), None, late)).gathered == 1


async def test_a_preview_knows_who_cannot_be_told(world: World) -> None:
    nobody = await world.previews.preview(hr, draft("nobody", CHECK_IN))
    assert nobody.failure == "RECIPIENT_UNKNOWN"
    known = world.people.known
    known[MENTEE] = replace(known[MENTEE], address="")
    assert (await preview(world)).failure == "ADDRESS_MISSING"
    known[MENTEE] = replace(known[MENTEE], employed=False)
    assert (await preview(world)).route == Suppress(Reason.LEFT)


async def test_people_preview_for_themselves_only(world: World) -> None:
    assert (await world.previews.preview(mentee, draft(MENTEE, CHECK_IN))).route == Send(Reason.DEFAULT)
    with pytest.raises(NotFound):
        await world.previews.preview(mentor, draft(MENTEE, CHECK_IN))
