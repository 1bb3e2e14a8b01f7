"""Messages on their way to chat, beside their mail: whose, when, how often, and what its answers mean."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Denied, Invalid, NotFound, Refused
from services.kernel.mongo import Cause, Ref
from services.notifications.app.chats import Chats
from services.notifications.app.ports import Posting
from services.notifications.clients.chat import LONGEST, body
from services.notifications.domain import posting
from services.notifications.domain.chatpost import Progress
from services.notifications.domain.chats import Chat, Format, Seal, Stage
from services.notifications.domain.hours import Hours
from services.notifications.domain.messages import (
    MOST_TRIES,
    Attempt,
    Category,
    Message,
    Reason,
    Verdict,
)
from services.notifications.domain.messages import Stage as Mailed
from services.notifications.domain.preferences import EVERYBODY, Switch
from tests.notifications.factories import ACCEPTED, CONTENT, MENTEE, NOON, ORG, UNKNOWN, queued
from tests.notifications.test_delivery import gathered
from tests.notifications.world import ADA, SEAL, World, hr, mentee, mentor

URL = "https://hooks.slack.example/services/T0/B0/secret"
OWN = Chat(URL, owner=MENTEE)
SHARED = Chat(URL, owner=hr.subject, categories=(Category.CHECK_IN,))
BUSY = Attempt(Verdict.TEMPORARY, "HTTP_503")
GONE = Attempt(Verdict.PERMANENT, "HTTP_410")
CHECK_IN = Category.CHECK_IN


class ChatWorld(World):
    """Notifications in memory, with chats."""

    async def setup(self, chat: Chat = OWN, *, request: str = "chat") -> None:
        """Set a chat up: the mentee's own, or one with categories as the organization's."""
        shared = bool(chat.categories)
        fields = ("url", "format", *(("categories",) if shared else ()))
        caller, person = (hr, EVERYBODY) if shared else (mentee, MENTEE)
        await self.chats.update(caller, person, (chat, fields), Cause(request), "")

    async def carry(self, ref: Ref) -> Message:
        """Let a message go to chat; return what is stored then."""
        self.posts.hands.hand_over(ref)
        await self.posts.hands.close()
        return (await self.messages.get(ref)).state

    async def send_and_post(self, category: Category, event: str) -> Message:
        """Queue, mail and post one message to the mentee."""
        ref = await self.queue(MENTEE, event, category)
        await self.deliver(ref, f"queued-{event}")
        return await self.carry(ref)


@pytest.fixture
def world() -> ChatWorld:
    return ChatWorld()


async def test_a_message_goes_to_ones_chat_beside_its_mail_without_the_footer(world: ChatWorld) -> None:
    await world.setup()
    message = await world.send_and_post(CHECK_IN, "one")
    [posted] = world.chat.postings
    assert (posted.url, posted.format) == (URL, Format.TEXT)
    assert posted.text.startswith("How is your mentoring going?\n\nHello Kim,")
    assert "platform" not in posted.text
    assert (len(world.mailer.mails), message.stage) == (1, Mailed.SENT)
    assert message.chat is not None
    assert (message.chat.stage, message.chat.time, message.chat.due) == (Progress.POSTED, NOON, None)
    assert world.told() == ["MessageQueued", "MessageSent", "MessagePostQueued", "MessagePosted"]
    await world.carry(Ref(ORG, next(iter(world.messages.rows.values()))["id"]))
    assert len(world.chat.postings) == 1, "a repeated event posts nothing"


async def test_without_a_chat_nothing_is_posted(world: ChatWorld) -> None:
    message = await world.send_and_post(CHECK_IN, "one")
    assert (message.chat, world.chat.postings) == (None, [])


async def test_who_wants_no_mail_is_told_in_chat_and_it_counts_in_the_weekly_budget(world: ChatWorld) -> None:
    await world.setup()
    await world.choose(mail=Switch.OFF, weekly_mails=1)
    message = await world.send_and_post(CHECK_IN, "one")
    assert (message.stage, message.reason) == (Mailed.SUPPRESSED, Reason.CHANNEL_OFF)
    assert message.chat is not None
    assert message.chat.stage is Progress.POSTED
    held = await world.send_and_post(CHECK_IN, "two")
    assert (held.stage, held.reason, held.chat) == (Mailed.HELD, Reason.BUDGET, None)
    assert (len(world.mailer.mails), len(world.chat.postings)) == (0, 1)


async def test_hours_hold_what_goes_to_chat_too(world: ChatWorld) -> None:
    await world.setup()
    await world.choose(hours=Hours(quiet=(11 * 60, 14 * 60)))
    ref = await world.queue(MENTEE, "one", CHECK_IN)
    await world.deliver(ref)
    assert (await world.carry(ref)).chat is None
    world.clock.advance(timedelta(hours=2))
    await world.fire(ref)
    await world.deliver(ref, "fired")
    await world.carry(ref)
    assert (len(world.mailer.mails), len(world.chat.postings)) == (1, 1)


@pytest.mark.parametrize("choice", [{"chat": Switch.OFF}, {"muted_chat": (CHECK_IN,)}])
async def test_a_person_may_want_mail_only(world: ChatWorld, choice: dict[str, Any]) -> None:
    await world.setup()
    await world.choose(**choice)
    message = await world.send_and_post(CHECK_IN, "one")
    assert (message.stage, message.chat) == (Mailed.SENT, None)


async def test_a_critical_message_goes_everywhere(world: ChatWorld) -> None:
    await world.setup()
    await world.choose(mail=Switch.OFF, chat=Switch.OFF)
    await world.send_and_post(Category.ENDING_WARNING, "one")
    assert (len(world.mailer.mails), len(world.chat.postings)) == (1, 1)


async def test_the_organizations_chat_gets_one_line_of_what_hr_named_and_nothing_else(
    world: ChatWorld,
) -> None:
    await world.setup(SHARED)
    await world.send_and_post(CHECK_IN, "one")
    await world.send_and_post(Category.FEEDBACK, "two")
    assert [one.text for one in world.chat.postings] == ["Kim Lee: How is your mentoring going?"]


async def test_whoever_has_a_chat_is_told_there_and_not_in_the_organizations(world: ChatWorld) -> None:
    await world.setup(SHARED)
    await world.setup(request="own")
    await world.send_and_post(CHECK_IN, "one")
    [posted] = world.chat.postings
    assert "Hello Kim" in posted.text


async def test_several_messages_gathered_are_one_posting(world: ChatWorld) -> None:
    await world.setup()
    await world.choose(mail=Switch.OFF)
    refs = await gathered(world, 3)
    world.clock.advance(timedelta(hours=1))
    for number, ref in enumerate(refs):
        await world.fire(ref)
        await world.deliver(ref, f"fired-{number}")
        await world.carry(ref)
    [posted] = world.chat.postings
    assert posted.text.count("Ada Lovelace says thank you") == 4, "the subject, and one line each"


async def test_a_busy_chat_is_asked_again_and_no_second_mail_goes_out(world: ChatWorld) -> None:
    await world.setup()
    world.chat.answers = [BUSY]
    ref = await world.queue(MENTEE, "one", CHECK_IN)
    await world.deliver(ref)
    waiting = await world.carry(ref)
    assert waiting.chat is not None
    assert (waiting.chat.stage, waiting.chat.failure) == (Progress.PENDING, "HTTP_503")
    assert posting.due_at(waiting) == waiting.chat.due
    world.clock.advance(timedelta(seconds=8))
    await world.messages.change(ref, lambda state: posting.fire(state, world.clock.now()), Cause("due"))
    done = await world.carry(ref)
    assert done.chat is not None
    assert (done.chat.stage, done.chat.attempts, len(world.mailer.mails)) == (Progress.POSTED, 2, 1)


async def test_a_chat_that_is_gone_is_switched_off_and_its_owner_told(world: ChatWorld) -> None:
    await world.setup()
    world.chat.answers = [GONE]
    failed = await world.send_and_post(CHECK_IN, "one")
    assert failed.chat is not None
    assert failed.chat.stage is Progress.FAILED
    ref = Ref(ORG, str(world.messages.outbox[-1]["subject"]).rsplit("/", 1)[-1])
    for _ in range(2):
        await world.posts.failed(ref, "HTTP_410", Cause("failed"))
    chat = (await world.chats.get(mentee, MENTEE)).state
    assert (chat.stage, chat.off, chat.owner) == (Stage.DISABLED, "GONE", MENTEE)
    assert world.kept_chats.outbox[-1]["type"].endswith("ChatDisabled")
    await world.send_and_post(Category.FIT_QUESTION, "two")
    assert len(world.chat.postings) == 1
    await world.setup(replace(OWN, url=f"{URL}/new"), request="new")
    assert (await world.chats.get(mentee, MENTEE)).state.is_on


async def test_three_messages_given_up_in_a_row_switch_a_chat_off_and_success_begins_anew() -> None:
    chat, _ = Chat("sealed", "host", MENTEE).note("one", "TIMEOUT")
    assert chat.note("one", "TIMEOUT") == (chat, []), "the same message twice"
    chat, _ = chat.works()[0].note("two", "TIMEOUT")
    chat, _ = chat.note("three", "TIMEOUT")
    assert chat.is_on
    assert chat.note("four", "TIMEOUT")[0].off == "FAILING"


async def test_a_chat_removed_meanwhile_discards_what_waits(world: ChatWorld) -> None:
    await world.setup()
    ref = await world.queue(MENTEE, "one", CHECK_IN)
    await world.deliver(ref)
    await world.chats.delete(mentee, MENTEE, Cause("delete"), "")
    discarded = await world.carry(ref)
    assert discarded.chat is not None
    assert (discarded.chat.stage, world.chat.postings) == (Progress.DISCARDED, [])
    with pytest.raises(NotFound):
        await world.chats.get(mentee, MENTEE)


async def test_who_has_left_is_not_told_in_chat(world: ChatWorld) -> None:
    await world.setup()
    ref = await world.queue(MENTEE, "one", CHECK_IN)
    await world.deliver(ref)
    world.people.known[MENTEE] = replace(ADA, employed=False)
    await world.carry(ref)
    assert world.chat.postings == []


async def test_a_url_is_nowhere_in_what_is_kept_or_told(world: ChatWorld) -> None:
    await world.setup()
    await world.send_and_post(CHECK_IN, "one")
    kept = f"{world.kept_chats.rows} {world.messages.rows} {world.kept_chats.outbox}"
    assert "secret" not in kept
    assert "hooks.slack.example" in kept


def test_a_sealed_url_opens_for_its_owner_only() -> None:
    kept = SEAL.closed(ORG, MENTEE, URL)
    assert SEAL.closed(ORG, MENTEE, URL) == kept
    assert SEAL.opened(ORG, MENTEE, kept) == URL
    for seal, person in ((SEAL, EVERYBODY), (Seal(b"x" * 32), MENTEE)):
        assert seal.opened(ORG, person, kept) is None


async def test_only_oneself_and_hr_for_all_set_chats_up(world: ChatWorld) -> None:
    await world.setup()
    for caller in (mentor, hr):
        with pytest.raises(NotFound):
            await world.chats.get(caller, MENTEE)
        with pytest.raises(NotFound):
            await world.chats.update(caller, MENTEE, (OWN, ("url",)), Cause("other"), "")
    with pytest.raises(Denied, match="HR_ADMIN_ONLY"):
        await world.chats.get(mentee, EVERYBODY)


@pytest.mark.parametrize(
    ("chat", "fields", "why", "field"),
    [
        (Chat("http://hooks.example/x"), ("url",), "URL_REFUSED", "chat.url"),
        (Chat("https://user:pass@hooks.example/x"), ("url",), "URL_REFUSED", "chat.url"),
        (Chat(format=Format.ADAPTIVE_CARD), ("format",), "URL_MISSING", "chat.url"),
        (SHARED, ("url", "categories"), "CATEGORIES_MISPLACED", "chat.categories"),
    ],
)
async def test_what_cannot_be_used_names_its_field_and_changes_nothing(
    world: ChatWorld, chat: Chat, fields: tuple[str, ...], why: str, field: str
) -> None:
    with pytest.raises(Invalid, match=why) as refusal:
        await world.chats.update(mentee, MENTEE, (chat, fields), Cause("wrong"), "")
    assert [path for path, _ in refusal.value.fields] == [field]
    with pytest.raises(NotFound):
        await world.chats.get(mentee, MENTEE)


async def test_the_organizations_chat_says_what_goes_there(world: ChatWorld) -> None:
    with pytest.raises(Invalid, match="CATEGORIES_MISPLACED"):
        await world.chats.update(hr, EVERYBODY, (OWN, ("url",)), Cause("wrong"), "")


async def test_without_a_key_there_are_no_chats(world: ChatWorld) -> None:
    chats = Chats(world.kept_chats, world.chat, None, private=False)
    with pytest.raises(Refused, match="SIGNING_KEY_MISSING"):
        await chats.update(mentee, MENTEE, (OWN, ("url",)), Cause("new"), "")
    assert await chats.whose(ORG, queued()) == ""


async def test_a_test_posts_at_once_once_and_tells_how_it_went(world: ChatWorld) -> None:
    await world.setup()
    world.chat.answers = [BUSY]
    for _ in range(2):
        assert await world.chats.test(mentee, MENTEE, "hello", Cause("test")) == BUSY
    assert [one.text for one in world.chat.postings] == ["hello"]
    off = Chat(stage=Stage.DISABLED)
    await world.chats.update(mentee, MENTEE, (off, ("stage",)), Cause("off"), "")
    with pytest.raises(Refused, match="CHAT_OFF"):
        await world.chats.test(mentee, MENTEE, "hello", Cause("again"))


@given(st.lists(st.sampled_from(Verdict), max_size=12))
def test_a_post_ends_in_at_most_one_final_state_and_always_has_a_timer_before(
    verdicts: list[Verdict],
) -> None:
    message, _ = posting.beside(queued().settle(CONTENT, ACCEPTED, NOON), MENTEE, NOON)
    ends, now = 0, NOON
    for verdict in verdicts:
        message, told = posting.settle(message, Attempt(verdict, "HTTP_503"), now)
        ends += sum(isinstance(one, posting.MessagePosted | posting.MessagePostFailed) for one in told)
        assert message.chat is not None
        assert (message.chat.due is None) == (ends == 1)
        if message.chat.due is not None:
            now = message.chat.due
            message, _ = posting.fire(message, now)
    assert ends <= 1
    assert message.chat is not None
    assert message.chat.attempts <= MOST_TRIES
    assert message.stage is Mailed.SENT


def test_resending_begins_what_failed_of_mail_and_chat() -> None:
    sent, _ = posting.beside(queued().settle(CONTENT, ACCEPTED, NOON), MENTEE, NOON)
    with pytest.raises(Refused, match="NOT_FAILED"):
        posting.resend(sent, NOON)
    unposted, _ = posting.settle(sent, GONE, NOON)
    again, told = posting.resend(unposted, NOON)
    assert (again.stage, told) == (Mailed.SENT, [posting.MessagePostQueued()])
    refused, _ = posting.beside(queued().settle(CONTENT, UNKNOWN, NOON), MENTEE, NOON)
    both, told = posting.resend(posting.settle(refused, GONE, NOON)[0], NOON)
    assert both.stage is Mailed.QUEUED
    assert both.chat is not None
    assert (both.chat.stage, len(told)) == (Progress.PENDING, 2)


@given(st.text(max_size=5_000))
def test_no_text_calls_anybody_breaks_the_json_or_passes_the_limit(text: str) -> None:
    told = json.loads(body(Posting(URL, Format.TEXT, text)))["text"]
    assert "<" not in told
    assert "@channel" not in told
    back = told.replace("@\u200b", "@").replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")
    assert back == (text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def test_teams_gets_a_card_that_shows_the_text_as_it_is() -> None:
    told = json.loads(body(Posting(URL, Format.ADAPTIVE_CARD, "Hello *Kim*\n\n[x](y)")))
    [attachment] = told["attachments"]
    assert (told["type"], attachment["contentType"]) == (
        "message",
        "application/vnd.microsoft.card.adaptive",
    )
    lines = [block["inlines"][0]["text"] for block in attachment["content"]["body"]]
    assert lines == ["Hello *Kim*", "[x](y)"]


async def test_a_url_that_another_key_sealed_is_given_up_at_once(world: ChatWorld) -> None:
    await world.setup()
    key = Ref(ORG, MENTEE).key
    world.kept_chats.rows[key]["state"]["url"] = Seal(b"old" * 16).closed(ORG, MENTEE, URL)
    message = await world.send_and_post(CHECK_IN, "one")
    assert message.chat is not None
    assert (message.chat.stage, message.chat.failure) == (Progress.FAILED, "URL_UNREADABLE")
    assert world.chat.postings == []


def test_of_the_chat_of_who_was_erased_neither_address_nor_owner_stays() -> None:
    used = replace(OWN, host="hooks.slack.example", failed=("m1",), test=("request", GONE))
    forgotten, events = used.forget()
    assert forgotten == Chat(stage=Stage.DELETED)
    assert events == ["ChatDeleted"]
    assert forgotten.forget() == (forgotten, [])
