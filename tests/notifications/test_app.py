"""What becomes of queued messages, and who may read and choose, on kept state in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.auth import Caller
from services.kernel.errors import Denied, NotFound, Unavailable
from services.kernel.mongo import Cause, Query
from services.notifications.app.ports import Person
from services.notifications.domain.messages import Category, Stage
from services.notifications.domain.preferences import EVERYBODY
from tests.notifications.factories import (
    BUSY,
    EVENT_ID,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    UNKNOWN,
    draft,
)
from tests.notifications.world import ADA, KIM, World, foreigner, hr, lead, mentee, mentor


@pytest.fixture
def world() -> World:
    return World()


async def test_an_event_queues_one_message_per_person_however_often_it_comes(world: World) -> None:
    for _ in range(2):
        await world.post.queue(ORG, [draft(MENTOR), draft(MENTEE)], Cause(EVENT_ID))
    assert world.told() == ["MessageQueued", "MessageQueued"]
    page = await world.inbox.list(hr, EVERYBODY, Query())
    assert sorted(stored.state.person for _, stored in page.items) == [MENTOR, MENTEE]
    assert {stored.state.cause_event_id for _, stored in page.items} == {EVENT_ID}


async def test_two_events_queue_two_messages(world: World) -> None:
    assert await world.queue(event="one") != await world.queue(event="two")


async def test_a_mail_goes_out_with_what_the_inbox_shows(world: World) -> None:
    ref = await world.queue()
    message = await world.deliver(ref)
    [mail] = world.mailer.mails
    assert (message.stage, message.send_time, message.attempts) == (Stage.SENT, NOON, 1)
    assert (mail.to, mail.content, mail.cause) == (KIM, message.content, EVENT_ID)
    assert mail.message_id == message.mail_message_id == f"<{ref.id}@mentoring>"
    assert mail.content.subject == "Please book your next mentoring meeting with Ada Lovelace"
    assert world.told() == ["MessageQueued", "MessageSent"]


async def test_the_event_again_sends_nothing_again(world: World) -> None:
    ref = await world.queue()
    first = await world.deliver(ref)
    assert await world.deliver(ref) == first
    assert len(world.mailer.mails) == 1


async def test_a_server_that_is_busy_is_asked_again_with_the_same_mail(world: World) -> None:
    world.mailer.answers = [BUSY]
    ref = await world.queue()
    waiting = await world.deliver(ref)
    assert waiting.due_at is not None
    await world.deliver(ref)
    assert len(world.mailer.mails) == 1, "a repeat of the event does not shorten the pause"
    world.clock.advance(waiting.due_at - NOON)
    await world.fire(ref)
    assert (await world.deliver(ref, "queued-2")).stage is Stage.SENT
    first, second = world.mailer.mails
    assert first.message_id == second.message_id
    assert world.told() == ["MessageQueued", "MessageDelayed", "MessageQueued", "MessageSent"]


async def test_a_refused_address_fails_at_once(world: World) -> None:
    world.mailer.answers = [UNKNOWN]
    message = await world.deliver(await world.queue())
    assert (message.stage, world.told()[-1]) == (Stage.FAILED, "MessageFailed")


async def test_an_answer_that_could_not_be_recorded_is_not_asked_for_again(world: World) -> None:
    ref = await world.queue()
    world.messages.lost = "before"
    with pytest.raises(TimeoutError):
        await world.deliver(ref)
    assert (await world.deliver(ref)).stage is Stage.SENT
    assert len(world.mailer.mails) == 1


async def test_an_answer_that_was_recorded_after_all_does_not_count_for_the_next_try(world: World) -> None:
    world.mailer.answers = [BUSY]
    ref = await world.queue()
    world.messages.lost = "after"
    with pytest.raises(TimeoutError):
        await world.deliver(ref)
    waiting = await world.deliver(ref)
    assert waiting.due_at is not None
    world.clock.advance(timedelta(hours=1))
    await world.fire(ref)
    assert (await world.deliver(ref, "queued-2")).stage is Stage.SENT
    assert len(world.mailer.mails) == 2


async def test_muted_mail_stays_readable(world: World) -> None:
    await world.choose(muted=(Category.REBOOK_REMINDER,))
    message = await world.deliver(await world.queue())
    assert message.stage is Stage.SUPPRESSED
    assert message.content is not None
    assert world.mailer.mails == []


async def test_other_categories_are_still_mailed(world: World) -> None:
    await world.choose(muted=(Category.RECOGNITION,))
    assert (await world.deliver(await world.queue())).stage is Stage.SENT


@pytest.mark.parametrize(
    ("person", "stage"),
    [
        (replace(KIM, employed=False), Stage.SUPPRESSED),
        (replace(KIM, address=""), Stage.FAILED),
        (None, Stage.FAILED),
    ],
)
async def test_nobody_gets_mail_who_left_or_has_no_address(
    world: World, person: Person | None, stage: Stage
) -> None:
    world.people.known = {MENTOR: ADA} if person is None else {MENTOR: ADA, MENTEE: person}
    message = await world.deliver(await world.queue())
    assert message.stage is stage
    assert world.mailer.mails == []


async def test_the_message_waits_while_people_cannot_be_read(world: World) -> None:
    ref = await world.queue()
    world.people.down = True
    with pytest.raises(Unavailable):
        await world.deliver(ref)
    world.people.down = False
    assert (await world.deliver(ref)).stage is Stage.SENT


async def test_an_unknown_other_one_does_not_stop_the_mail(world: World) -> None:
    del world.people.known[MENTOR]
    message = await world.deliver(await world.queue())
    assert message.content is not None
    assert message.content.subject.endswith("with your mentor")


async def test_people_read_their_own_messages_and_hr_all(world: World) -> None:
    ref = await world.queue()
    for caller in (mentee, hr):
        assert (await world.inbox.get(caller, MENTEE, ref.id)).state.person == MENTEE
    for caller, person in ((mentor, MENTEE), (lead, MENTEE), (mentee, MENTOR), (foreigner, MENTEE)):
        with pytest.raises(NotFound):
            await world.inbox.get(caller, person, ref.id)


async def test_lists_are_ones_own_or_hrs(world: World) -> None:
    await world.queue(MENTEE)
    await world.queue(MENTOR)

    async def count(caller: Caller, person: str) -> int:
        return len((await world.inbox.list(caller, person, Query())).items)

    assert (await count(mentee, MENTEE), await count(hr, MENTEE), await count(hr, EVERYBODY)) == (1, 1, 2)
    assert await count(foreigner, EVERYBODY) == 0
    with pytest.raises(NotFound):
        await count(lead, MENTEE)
    with pytest.raises(Denied, match="HR_ADMIN_ONLY"):
        await count(mentee, EVERYBODY)


async def test_only_the_addressee_marks_a_message_as_read(world: World) -> None:
    ref = await world.queue()
    for caller, person in ((hr, MENTEE), (mentor, MENTEE), (mentor, MENTOR)):
        with pytest.raises(NotFound, match="MESSAGE_NOT_FOUND"):
            await world.inbox.mark_read(caller, person, ref.id, Cause("read"))
    read = await world.inbox.mark_read(mentee, MENTEE, ref.id, Cause("read"))
    assert read.state.read_time == NOON
    assert await world.inbox.mark_read(mentee, MENTEE, ref.id, Cause("read-2")) == read


async def test_a_message_may_be_read_before_it_is_mailed(world: World) -> None:
    ref = await world.queue()
    await world.inbox.mark_read(mentee, MENTEE, ref.id, Cause("read"))
    message = await world.deliver(ref)
    assert (message.stage, message.read_time) == (Stage.SENT, NOON)
