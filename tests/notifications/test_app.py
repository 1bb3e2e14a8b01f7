"""What becomes of queued messages, and who may read and choose, on kept state in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Denied, NotFound, Unavailable
from services.kernel.mongo import Cause, Decide, Query, Ref, Versioned
from services.notifications import store
from services.notifications.app import EVERYBODY, Choices, Inbox, Mail, Person, Post
from services.notifications.domain.messages import Attempt, Category, Message, Stage
from tests.fakes import Aggregates
from tests.notifications.factories import (
    ACCEPTED,
    BUSY,
    EVENT_ID,
    LEAD,
    MENTEE,
    MENTOR,
    NOON,
    ORG,
    UNKNOWN,
    draft,
)

mentee = Caller(ORG, MENTEE, frozenset({"mentee"}))
mentor = Caller(ORG, MENTOR, frozenset({"mentor"}))
lead = Caller(ORG, LEAD, frozenset({"program_lead"}))
hr = Caller(ORG, "admin", frozenset({"hr_admin"}))
foreigner = Caller("globex", MENTEE, frozenset({"hr_admin"}))

KIM = Person("Kim", "Kim Lee", "kim@acme.example", employed=True)
ADA = Person("Ada", "Ada Lovelace", "ada@acme.example", employed=True)


class People:
    """Who works here; `down` makes them unreachable."""

    def __init__(self) -> None:
        self.known = {MENTEE: KIM, MENTOR: ADA}
        self.down = False

    async def find(self, tenant: str, person: str) -> Person | None:
        assert tenant == ORG
        if self.down:
            raise Unavailable("PROFILES_UNAVAILABLE", "down")
        return self.known.get(person)


class Mailer:
    """Takes mails, or answers what it is told to."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.answers: list[Attempt] = []

    async def send(self, mail: Mail) -> Attempt:
        self.mails.append(mail)
        return self.answers.pop(0) if self.answers else ACCEPTED


class Forgetful(Aggregates[Message]):
    """Messages whose next save times out: "before" it is stored, or "after"."""

    lost = ""

    async def change(
        self, ref: Ref, decide: Decide[Message], cause: Cause, *, etag: str = ""
    ) -> Versioned[Message]:
        lost, self.lost = self.lost, ""
        if lost == "before":
            raise TimeoutError
        saved = await super().change(ref, decide, cause, etag=etag)
        if lost == "after":
            raise TimeoutError
        return saved


class World:
    """Notifications in memory at NOON."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.people = People()
        self.mailer = Mailer()
        self.messages = Forgetful(store.MESSAGES, self.clock)
        preferences = Aggregates(store.PREFERENCES, self.clock)
        self.post = Post((self.messages, preferences), self.people, self.mailer, self.clock)
        self.inbox = Inbox(self.messages, self.clock)
        self.choices = Choices(preferences)

    async def queue(self, person: str = MENTEE, event: str = EVENT_ID) -> Ref:
        """Queue one reminder and return which."""
        await self.post.queue(ORG, [draft(person)], Cause(event))
        return Ref(ORG, str(self.messages.outbox[-1]["subject"]).rsplit("/", 1)[-1])

    async def deliver(self, ref: Ref, event: str = "queued-1") -> Message:
        """Deliver a message as the event asks for and return what is stored."""
        await self.post.deliver(ref, Cause(event))
        return (await self.messages.get(ref)).state

    async def fire(self, ref: Ref) -> None:
        """Let the message's timer come."""
        await self.messages.change(ref, lambda state: state.fire(self.clock.now()), Cause("due"))

    def told(self) -> list[str]:
        return [event["type"].rsplit(".", 1)[-1] for event in self.messages.outbox]


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
    await world.choices.mute(mentee, [Category.REBOOK_REMINDER], Cause("mute"), etag="")
    message = await world.deliver(await world.queue())
    assert message.stage is Stage.SUPPRESSED
    assert message.content is not None
    assert world.mailer.mails == []


async def test_other_categories_are_still_mailed(world: World) -> None:
    await world.choices.mute(mentee, [Category.RECOGNITION], Cause("mute"), etag="")
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


async def test_preferences_are_kept_once_there_are_any(world: World) -> None:
    assert await world.choices.get(mentee, MENTEE) is None
    assert await world.choices.mute(mentee, [], Cause("none"), etag="") is None
    first = await world.choices.mute(mentee, [Category.LEAD_ALERT], Cause("one"), etag="")
    assert first is not None
    assert await world.choices.mute(mentee, [Category.LEAD_ALERT], Cause("two"), etag=first.etag) == first
    second = await world.choices.mute(mentee, [], Cause("three"), etag=first.etag)
    assert second is not None
    assert second.state.muted == ()
    assert await world.choices.get(hr, MENTEE) == second


@pytest.mark.parametrize("stored", [False, True])
async def test_a_stale_etag_changes_no_preferences(world: World, *, stored: bool) -> None:
    if stored:
        await world.choices.mute(mentee, [Category.LEAD_ALERT], Cause("one"), etag="")
    with pytest.raises(Conflict, match="ETAG_MISMATCH"):
        await world.choices.mute(mentee, [Category.RECOGNITION], Cause("two"), etag='"7"')


async def test_others_do_not_see_ones_preferences(world: World) -> None:
    for caller in (mentor, lead):
        with pytest.raises(NotFound):
            await world.choices.get(caller, MENTEE)
