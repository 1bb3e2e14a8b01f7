"""Which messages are mailed, held, gathered and told once, on kept state in memory."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.errors import Conflict, Denied, NotFound
from services.kernel.mongo import Cause, Ref
from services.kernel.mongo.pages import LARGEST_SIZE
from services.kernel.mongo.singletons import unstored
from services.notifications.app import turns
from services.notifications.domain.hours import Hours
from services.notifications.domain.messages import Category, Facts, Message, Reason, Stage
from services.notifications.domain.preferences import EVERYBODY, Preferences, Switch
from services.notifications.domain.routing import STALE
from tests.notifications.factories import BUSY, MENTEE, MENTOR, NOON, ORG, RECOGNITION, REMINDER, UNKNOWN
from tests.notifications.world import KIM, World, foreigner, hr, lead, mentee, mentor

CHECK_IN, KUDOS = Category.CHECK_IN, Category.KUDOS
QUIET = Hours(quiet=(11 * 60, 14 * 60))


@pytest.fixture
def world() -> World:
    return World()


async def test_quiet_hours_of_the_persons_zone_hold_a_mail_until_they_end(world: World) -> None:
    world.people.known[MENTEE] = replace(KIM, zone="Asia/Tokyo")  # 21:00 there
    await world.choose(hours=Hours(quiet=(20 * 60, 8 * 60)))
    ref = await world.queue()
    held = await world.deliver(ref)
    assert (held.stage, held.reason) == (Stage.HELD, Reason.QUIET_HOURS)
    assert held.held_until == NOON + timedelta(hours=11)
    assert held.content is not None, "the inbox shows it meanwhile"
    assert world.mailer.mails == []
    world.clock.advance(timedelta(hours=11))
    await world.fire(ref)
    sent = await world.deliver(ref, "queued-2")
    assert (sent.stage, sent.reason) == (Stage.SENT, Reason.DEFAULT)
    assert world.told() == ["MessageQueued", "MessageHeld", "MessageQueued", "MessageSent"]


async def test_the_organizations_hours_hold_too_unless_the_person_has_others(world: World) -> None:
    await world.choose(caller=hr, person=EVERYBODY, hours=QUIET)
    assert (await world.send(CHECK_IN, "one")).stage is Stage.HELD
    await world.choose(hours=Hours())
    assert (await world.send(CHECK_IN, "two")).stage is Stage.SENT


async def test_the_sixth_mail_of_a_week_waits_whatever_program_it_is_of(world: World) -> None:
    for number in range(5):
        category = CHECK_IN if number % 2 else Category.REBOOK_REMINDER
        assert (await world.send(category, f"event-{number}")).stage is Stage.SENT
        world.clock.advance(timedelta(hours=1))
    held = await world.send(CHECK_IN, "sixth")
    assert (held.stage, held.reason, held.held_until) == (Stage.HELD, Reason.BUDGET, NOON + timedelta(days=7))
    assert (await world.send(Category.REBOOK_REMINDER, "prompt")).stage is Stage.SENT
    assert (await world.send(Category.MATCH_ENDED, "critical")).reason is Reason.CRITICAL


async def test_a_message_that_waited_for_weeks_counts_in_the_week_in_which_it_goes_out(world: World) -> None:
    waiting = await world.queue(MENTEE, "waiting", CHECK_IN)
    world.clock.advance(STALE - timedelta(hours=1))
    assert (await world.deliver(waiting)).stage is Stage.SENT
    for number in range(4):
        assert (await world.send(CHECK_IN, f"event-{number}")).stage is Stage.SENT
    assert (await world.send(CHECK_IN, "sixth")).reason is Reason.BUDGET


async def test_what_is_older_than_any_message_waits_is_not_read_although_it_was_sent_again(
    world: World,
) -> None:
    """So a delivery reads what is recent, however long its person has been here."""
    world.mailer.answers = [UNKNOWN]
    old = await world.queue(MENTEE, "old", CHECK_IN)
    assert (await world.deliver(old)).stage is Stage.FAILED
    world.clock.advance(timedelta(days=60))
    await world.messages.change(old, Message.resend, Cause("resend"))
    assert (await world.deliver(old, "queued-2")).stage is Stage.SENT
    for number in range(5):
        assert (await world.send(CHECK_IN, f"event-{number}")).stage is Stage.SENT
    assert (await world.send(CHECK_IN, "seventh")).reason is Reason.BUDGET


@pytest.mark.parametrize("page", [LARGEST_SIZE, 2])
async def test_who_gets_many_mails_uses_up_nobody_elses_week(
    world: World, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """What both got is read together, as long as it fits one page."""
    monkeypatch.setattr(turns, "LARGEST_SIZE", page)
    for number in range(5):
        await world.send(CHECK_IN, f"event-{number}")
    ours, theirs = [await world.queue(one, "sixth", CHECK_IN) for one in (MENTEE, MENTOR)]
    held, sent = await asyncio.gather(world.deliver(ours), world.deliver(theirs))
    assert (held.stage, sent.stage) == (Stage.HELD, Stage.SENT)


async def test_a_critical_mail_goes_out_whatever_was_chosen(world: World) -> None:
    await world.choose(mail=Switch.OFF, muted=(Category.ENDING_WARNING,), hours=QUIET)
    sent = await world.send(Category.ENDING_WARNING, "warning")
    assert (sent.stage, sent.reason) == (Stage.SENT, Reason.CRITICAL)


async def test_a_mail_that_was_held_counts_the_mail_servers_refusals_from_the_first(world: World) -> None:
    await world.choose(hours=QUIET)
    ref = await world.queue()
    await world.deliver(ref)
    world.clock.advance(timedelta(hours=2))
    await world.fire(ref)
    world.mailer.answers = [BUSY]
    waiting = await world.deliver(ref, "queued-2")
    assert (waiting.attempts, waiting.failure, waiting.stage) == (1, "SMTP_451", Stage.QUEUED)


async def test_an_old_event_that_comes_once_more_sends_no_second_mail(world: World) -> None:
    """A relay that died publishes again, and a consumer that moved reads again: also when a retry is due."""
    world.mailer.answers = [BUSY]
    ref = await world.queue()
    await world.deliver(ref, "queued-1")
    world.clock.advance(timedelta(minutes=1))
    await world.fire(ref)
    await world.deliver(ref, "queued-1")
    assert (await world.deliver(ref, "queued-2")).stage is Stage.SENT
    assert len(world.mailer.mails) == 2, "one refused, one taken"


async def gathered(world: World, count: int) -> list[Ref]:
    """Queue and deliver kudos of `count` events, a minute apart."""
    refs = []
    for number in range(count):
        refs.append(await world.queue(MENTEE, f"kudos-{number}", KUDOS, thanks()))
        assert (await world.deliver(refs[-1], f"queued-{number}")).reason is Reason.DIGEST
        world.clock.advance(timedelta(minutes=1))
    return refs


def thanks() -> Facts:
    return replace(REMINDER, requester=MENTOR, recipient=MENTEE)


async def states(world: World, refs: list[Ref]) -> list[Message]:
    return [(await world.messages.get(ref)).state for ref in refs]


async def test_several_thanks_within_an_hour_become_one_mail(world: World) -> None:
    refs = await gathered(world, 3)
    world.clock.advance(timedelta(hours=1))
    for number, ref in enumerate(refs):
        await world.fire(ref)
        await world.deliver(ref, f"fired-{number}")
    [mail] = world.mailer.mails
    first, *others = await states(world, refs)
    assert mail.message_id == first.mail_message_id
    assert mail.content.text.count("Ada Lovelace says thank you") == 3
    assert [one.stage for one in (first, *others)] == [Stage.SENT, Stage.DIGESTED, Stage.DIGESTED]
    assert {one.digest for one in others} == {refs[0].id}
    assert all(one.content is not None for one in others), "each can be read by itself"


async def test_a_single_message_of_a_gathered_category_reads_as_itself(world: World) -> None:
    [ref] = await gathered(world, 1)
    world.clock.advance(timedelta(hours=1))
    await world.fire(ref)
    sent = await world.deliver(ref, "fired")
    assert [mail.content for mail in world.mailer.mails] == [sent.content]


async def test_a_digest_that_was_refused_for_now_tells_the_same_again(world: World) -> None:
    refs = await gathered(world, 2)
    world.mailer.answers = [BUSY]
    world.clock.advance(timedelta(hours=1))
    await world.fire(refs[0])
    await world.deliver(refs[0], "fired")
    world.clock.advance(timedelta(minutes=1))
    await world.fire(refs[0])
    await world.deliver(refs[0], "fired-again")
    first, second = world.mailer.mails
    assert (first.content, first.message_id) == (second.content, second.message_id)
    assert [one.stage for one in await states(world, refs)] == [Stage.SENT, Stage.DIGESTED]


async def test_a_crash_after_gathering_loses_nobody(world: World) -> None:
    """The others are marked before the mail goes out; whoever takes over finds them by the mark."""
    refs = await gathered(world, 3)
    content = (await states(world, refs))[1].content
    assert content is not None
    await world.messages.change(refs[1], lambda state: state.fold(refs[0].id, content), Cause("before"))
    world.clock.advance(timedelta(hours=1))
    await world.fire(refs[0])
    await world.deliver(refs[0], "fired")
    [mail] = world.mailer.mails
    assert mail.content.text.count("says thank you") == 3


async def test_a_goal_is_celebrated_once_whatever_tells_of_it_again(world: World) -> None:
    for event in ("issued", "issued-again"):
        ref = await world.queue(MENTEE, event, Category.RECOGNITION, RECOGNITION)
        await world.deliver(ref, f"queued-{event}")
    assert len(world.mailer.mails) == 1
    other = await world.queue(MENTEE, "other", Category.RECOGNITION, replace(RECOGNITION, goal="goal-2"))
    assert (await world.deliver(other)).stage is Stage.SENT


async def test_a_second_nudge_within_a_day_stays_in_the_inbox(world: World) -> None:
    assert (await world.send(Category.NUDGE, "one")).stage is Stage.SENT
    second = await world.send(Category.NUDGE, "two")
    assert (second.stage, second.reason) == (Stage.SUPPRESSED, Reason.THROTTLED)
    assert second.content is not None


async def test_preferences_are_kept_once_there_are_any(world: World) -> None:
    nothing = unstored(Preferences())
    assert await world.choices.get(mentee, MENTEE) == nothing
    assert await world.choose("muted") == nothing
    first = await world.choose(muted=(Category.LEAD_ALERT,))
    assert await world.choose(muted=(Category.LEAD_ALERT,), etag=first.etag) == first
    second = await world.choose("muted", etag=first.etag)
    assert second.state == Preferences()
    assert await world.choices.get(hr, MENTEE) == second


@pytest.mark.parametrize("stored", [False, True])
async def test_a_stale_etag_changes_no_preferences(world: World, *, stored: bool) -> None:
    if stored:
        await world.choose(muted=(Category.LEAD_ALERT,))
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await world.choose(muted=(Category.RECOGNITION,), etag='"7"')


async def test_others_neither_see_nor_change_ones_preferences(world: World) -> None:
    for caller in (mentor, lead):
        with pytest.raises(NotFound):
            await world.choices.get(caller, MENTEE)
    for caller in (mentor, lead, hr):
        with pytest.raises(NotFound):
            await world.choose(caller=caller, mail=Switch.OFF)


async def test_the_organizations_defaults_are_hrs_to_change_and_everybodys_to_read(world: World) -> None:
    with pytest.raises(Denied, match="HR_ADMIN_ONLY"):
        await world.choose(caller=lead, person=EVERYBODY, weekly_mails=3)
    kept = await world.choose(caller=hr, person=EVERYBODY, weekly_mails=3)
    assert await world.choices.get(mentee, EVERYBODY) == kept
    assert (await world.choices.get(foreigner, EVERYBODY)).version == 0


async def test_an_unsubscribe_link_mutes_its_category_for_its_person(world: World) -> None:
    await world.choices.unsubscribe(Ref(ORG, MENTEE), CHECK_IN, Cause("link"))
    assert (await world.send(CHECK_IN, "one")).reason is Reason.CATEGORY_OFF
    assert (await world.send(Category.FIT_QUESTION, "two")).stage is Stage.SENT
