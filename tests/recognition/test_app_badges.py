"""Badges in use: awarded by rule, previewed, granted later, taken back, hidden; on kept state in memory."""

from dataclasses import replace
from typing import Any

import pytest

from services.kernel.auth import Caller
from services.kernel.errors import AlreadyExists, Conflict, Denied, NotFound, Refused
from services.kernel.mongo import Cause, Query
from services.recognition.app.badges import MOST_BADGES, Badges, Granted
from services.recognition.app.ports import EVERYBODY
from services.recognition.domain.awards import Origin
from services.recognition.domain.badges import DEFAULTS, Badge, Preview, Words
from services.recognition.domain.choices import Choice, Settings
from services.recognition.domain.recognitions import Kind, Recognition
from tests.recognition.factories import (
    EARNED,
    HELD,
    MENTEE,
    MENTOR,
    ORG,
    STRANGER,
    hr,
    lead,
    mentee,
    mentor,
    stranger,
)
from tests.recognition.world import World

GOAL_BADGE = Badge(Words("Goal-getter", "Reaches goals.", "Reached a goal."), Kind.GOAL_COMPLETED)


@pytest.fixture
def world() -> World:
    return World()


def meetings(count: int, person: str = MENTOR, mentorship: str = "m") -> Recognition:
    return replace(HELD, count=count, person=person, mentorship=mentorship, evidence=(f"e-{count}",))


async def add(world: World, key: str = "goal-getter", badge: Badge = GOAL_BADGE) -> None:
    await world.badges.create(hr, key, badge, world.cause())


async def change(world: World, key: str, **fields: Any) -> str:
    """Change a badge as HR and return its new etag."""
    stored = await world.badges.update(
        hr, key, lambda known: known.become(replace(known, **fields)), "", world.cause()
    )
    return stored.etag


# By rule


async def test_each_badge_is_awarded_when_its_count_is_reached(world: World) -> None:
    for count, held in [(1, 1), (5, 2), (10, 3), (40, 4)]:
        await world.earn(f"r{count}", meetings(count))
        assert len(await world.held(mentor, MENTOR)) == held
    _, award = await world.award_of("five-meetings", MENTOR)
    assert (award.recognition, award.evidence, award.origin) == ("r5", ("e-5",), Origin.RULE)


async def test_an_event_told_twice_awards_once(world: World) -> None:
    for _ in range(2):
        await world.earn("r1", meetings(10))
    told = [event["type"] for event in world.kept_awards.outbox]
    assert told == ["mentoring.recognition.v1.BadgeAwarded"] * 3


async def test_a_later_recognition_of_the_same_mentorship_awards_nothing_again(world: World) -> None:
    await world.earn("r1", meetings(10))
    await world.earn("r2", meetings(11))
    await world.earn("r3", meetings(1, mentorship="other"))
    assert len(await world.held(mentor, MENTOR)) == 4


async def test_a_disabled_badge_is_not_awarded(world: World) -> None:
    await change(world, "first-meeting", enabled=False)
    await world.earn("r1", meetings(1))
    assert await world.held(mentor, MENTOR) == []


# Preview and grant


async def test_a_changed_rule_awards_nothing_and_takes_nothing_by_itself(world: World) -> None:
    await world.earn("r1", meetings(5))
    before = await world.held(hr, EVERYBODY)
    await change(world, "five-meetings", min_count=40)
    await change(world, "ten-meetings", min_count=3)
    assert await world.held(hr, EVERYBODY) == before


async def test_a_preview_tells_how_many_a_rule_would_concern(world: World) -> None:
    await world.earn("r1", meetings(5))
    await world.earn("r2", meetings(1, STRANGER))
    await world.earn("r3", meetings(1, MENTEE))
    await world.opt_out(mentee)
    five = DEFAULTS["five-meetings"]

    async def previewed(min_count: int) -> Preview:
        return await world.badges.preview(hr, "five-meetings", replace(five, min_count=min_count))

    assert await previewed(5) == Preview(would_earn=0, would_keep=1, would_lose=0, opted_out=0)
    assert await previewed(1) == Preview(would_earn=1, would_keep=1, would_lose=0, opted_out=1)
    assert await previewed(6) == Preview(would_earn=0, would_keep=0, would_lose=1, opted_out=0)


async def test_what_was_earned_before_is_granted_when_hr_says_so_and_once(world: World) -> None:
    for key, person in (("r1", MENTEE), ("r2", STRANGER)):
        await world.earn(key, replace(EARNED, mentee=person, person=person))
    await world.opt_out(stranger)
    await add(world)
    assert await world.held(hr, EVERYBODY) == []
    etag = (await world.badges.get(ORG, "goal-getter")).etag
    for _ in range(2):
        granted = await world.badges.grant(hr, "goal-getter", etag, Cause("grant"))
        assert granted == Granted(held=1, opted_out=1, remaining=0)
    assert await world.held(mentee, MENTEE) == ["goal-getter:HELD"]
    assert (await world.award_of("goal-getter", MENTEE))[1].origin is Origin.GRANT
    assert len(world.kept_awards.outbox) == 1


async def test_the_decision_told_again_after_a_grant_awards_nothing_more(world: World) -> None:
    await world.earn("r1", EARNED)
    await add(world)
    await world.badges.grant(hr, "goal-getter", '"1"', world.cause())
    await world.earn("r1", EARNED)
    assert await world.held(mentee, MENTEE) == ["goal-getter:HELD"]


async def test_a_large_grant_goes_on_with_the_next_call(world: World) -> None:
    badges = Badges(world.stores, world.choices, world.clock, most_grants=2)
    for number in range(5):
        await world.earn(f"r{number}", replace(EARNED, mentorship=f"m{number}"))
    await add(world)
    steps = [await badges.grant(hr, "goal-getter", '"1"', world.cause()) for _ in range(3)]
    assert [(step.held, step.remaining) for step in steps] == [(2, 3), (4, 1), (5, 0)]


@pytest.mark.parametrize("etag", ["", '"7"'])
async def test_only_what_was_previewed_is_granted(world: World, etag: str) -> None:
    with pytest.raises(Conflict):
        await world.badges.grant(hr, "first-goal", etag, world.cause())


async def test_a_disabled_badge_is_not_granted(world: World) -> None:
    etag = await change(world, "first-goal", enabled=False)
    with pytest.raises(Refused, match="BADGE_DISABLED"):
        await world.badges.grant(hr, "first-goal", etag, world.cause())


async def test_what_was_stored_before_there_were_counts_is_granted_too(world: World) -> None:
    await world.earn("r1", EARNED)
    for field in ("person", "count", "policy_version", "stage", "revoke_reason"):
        del world.kept.rows[f"{ORG}/r1"]["state"][field]
    await add(world)
    granted = await world.badges.grant(hr, "goal-getter", '"1"', world.cause())
    assert granted.held == 1


# Badges as such


async def test_badges_are_there_from_the_start_and_stored_once_changed(world: World) -> None:
    first = await world.badges.get(ORG, "streak")
    assert (first.version, first.state) == (0, DEFAULTS["streak"])
    assert (await world.badges.all(ORG)).keys() == DEFAULTS.keys()
    await add(world)
    assert await change(world, "streak", enabled=False) == '"1"'
    known = await world.badges.all(ORG)
    assert list(known) == sorted([*DEFAULTS, "goal-getter"])
    assert (known["streak"].state.enabled, known["streak"].state.revision) == (False, 2)


@pytest.mark.parametrize(("etag", "fits"), [("", True), ('"0"', True), ('"1"', False)])
async def test_a_first_change_relies_on_what_was_read(world: World, etag: str, *, fits: bool) -> None:
    attempt = world.badges.update(
        hr, "streak", lambda known: known.become(replace(known, enabled=False)), etag, world.cause()
    )
    if fits:
        assert (await attempt).etag == '"1"'
        return
    with pytest.raises(Conflict):
        await attempt


async def test_an_update_repeated_answers_the_same(world: World) -> None:
    answers = [
        await world.badges.update(
            hr, "streak", lambda known: known.become(replace(known, enabled=False)), '"0"', Cause("same")
        )
        for _ in range(2)
    ]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("taken", ["streak", "goal-getter"])
async def test_a_name_is_taken_once(world: World, taken: str) -> None:
    await add(world)
    with pytest.raises(AlreadyExists):
        await add(world, taken)


async def test_there_is_an_end_to_the_number_of_badges(world: World) -> None:
    for number in range(MOST_BADGES - len(DEFAULTS)):
        await add(world, f"badge-{number}")
    with pytest.raises(Refused, match="TOO_MANY_BADGES"):
        await add(world, "one-more")


async def test_there_is_nothing_else(world: World) -> None:
    with pytest.raises(NotFound):
        await world.badges.get(ORG, "unheard-of")
    with pytest.raises(NotFound):
        await change(world, "unheard-of", enabled=False)


# Taken back


async def test_what_rests_on_a_recognition_goes_with_it_and_may_be_granted_for_a_better_proof(
    world: World,
) -> None:
    await world.earn("r1", meetings(5))
    await world.earn("r2", meetings(10))
    await world.revoke(MENTOR, "r1")
    assert sorted(await world.held(mentor, MENTOR)) == [
        "first-meeting:REVOKED",
        "five-meetings:REVOKED",
        "ten-meetings:HELD",
    ]
    granted = await world.badges.grant(hr, "five-meetings", '"0"', world.cause())
    assert (granted.held, "five-meetings:HELD" in await world.held(mentor, MENTOR)) == (1, True)


async def test_taking_back_again_finishes_what_was_cut_off(world: World) -> None:
    await world.earn("r1", meetings(1))
    row = world.kept.rows[f"{ORG}/r1"]
    row["state"]["stage"] = "REVOKED"
    await world.revoke(MENTOR, "r1")
    assert await world.held(mentor, MENTOR) == ["first-meeting:REVOKED"]


# Who sees what


async def test_awards_are_seen_by_the_pair_leads_and_hr(world: World) -> None:
    await world.earn("r1", meetings(1))
    key, award = await world.award_of("first-meeting", MENTOR)
    for caller in (mentor, mentee, lead, hr):
        assert (await world.awards.get(caller, MENTOR, key)).state == award
        assert len(await world.held(caller, MENTOR)) == 1
    with pytest.raises(NotFound):
        await world.awards.get(stranger, MENTOR, key)
    with pytest.raises(NotFound):
        await world.awards.get(mentee, MENTEE, key)
    assert await world.held(stranger, MENTOR) == []
    with pytest.raises(Denied):
        await world.awards.list(lead, EVERYBODY, Query())


async def _opted_out(world: World) -> None:
    await world.opt_out(mentor)


async def _switched_off(world: World) -> None:
    await world.set(Settings(switched_off=True))


SILENCED = pytest.mark.parametrize("silence", [_opted_out, _switched_off])


@SILENCED
async def test_the_silent_earn_nothing(world: World, silence: Any) -> None:
    await silence(world)
    await world.earn("r1", meetings(10))
    assert (world.kept.rows, world.kept_awards.rows) == ({}, {})


@SILENCED
async def test_what_the_silent_earned_before_is_hidden_from_all_but_them_and_hr(
    world: World, silence: Any
) -> None:
    await world.earn("r1", meetings(1))
    key, _ = await world.award_of("first-meeting", MENTOR)
    await silence(world)
    for caller, visible in ((mentor, True), (hr, True), (mentee, False), (lead, False)):
        assert bool(await world.held(caller, MENTOR)) is visible
        assert bool((await world.recognitions.list(caller, MENTOR, Query())).items) is visible
        for attempt in (
            world.recognitions.get(caller, MENTOR, "r1"),
            world.awards.get(caller, MENTOR, key),
        ):
            if visible:
                await attempt
                continue
            with pytest.raises(NotFound):
                await attempt


async def test_opting_in_again_shows_what_was_and_brings_back_nothing_that_was_missed(world: World) -> None:
    await world.earn("r1", meetings(1))
    await world.opt_out(mentor)
    await world.earn("r5", meetings(5))
    await world.opt_out(mentor, out=False)
    assert await world.held(mentee, MENTOR) == ["first-meeting:HELD"]


async def test_nobody_chooses_for_another_and_only_hr_reads_others_choices(world: World) -> None:
    await world.opt_out(mentor)
    assert (await world.choices.choice(hr, MENTOR)).state.opted_out
    for attempt in (
        world.choices.choice(mentee, MENTOR),
        world.choices.choose(hr, MENTOR, Choice(), "", world.cause()),
    ):
        with pytest.raises(NotFound):
            await attempt


# Leaders


async def leaders(world: World, caller: Caller = stranger) -> list[tuple[str, int]]:
    return list(await world.awards.leaders(caller, 2))


async def test_there_are_no_leaderboards_unless_the_organization_wants_them(world: World) -> None:
    for settings in (Settings(), Settings(switched_off=True, leaderboards=True)):
        await world.set(settings)
        with pytest.raises(Refused, match="LEADERBOARDS_OFF"):
            await leaders(world, hr)


async def test_those_with_most_badges_lead_without_who_opted_out_and_what_was_taken_back(
    world: World,
) -> None:
    await world.set(Settings(leaderboards=True))
    await world.earn("r1", meetings(40, MENTEE))
    await world.earn("r2", meetings(10, MENTOR))
    await world.earn("r3", meetings(5, STRANGER))
    await world.earn("r4", meetings(1, "e4"))
    assert await leaders(world) == [(MENTEE, 4), (MENTOR, 3)]
    await world.opt_out(mentee)
    await world.revoke(MENTOR, "r2")
    assert await leaders(world) == [(STRANGER, 2), ("e4", 1)]
