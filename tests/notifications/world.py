"""Notifications in memory: kept state, people, a mail server that answers as a test says."""

import asyncio
from typing import Any

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Unavailable
from services.kernel.ids import new_id
from services.kernel.mongo import Cause, Decide, Ref, Versioned
from services.notifications import store
from services.notifications.app.chats import Chats
from services.notifications.app.choices import Choices
from services.notifications.app.inbox import Inbox
from services.notifications.app.live import Live, Visit
from services.notifications.app.ports import Mail, Person, Posting
from services.notifications.app.post import Post
from services.notifications.app.posting import Posts
from services.notifications.app.previews import Previews
from services.notifications.app.templates import Templates
from services.notifications.app.turns import Turns
from services.notifications.app.workflows import Workflows
from services.notifications.app.writing import Writer
from services.notifications.domain import posting
from services.notifications.domain.chats import Seal
from services.notifications.domain.links import CHECK_INS, MATCH_REQUESTS, OFFERS, Links
from services.notifications.domain.messages import Attempt, Category, Facts, Message
from services.notifications.domain.preferences import Preferences
from tests.fakes import Aggregates
from tests.notifications.factories import ACCEPTED, EVENT_ID, LEAD, MENTEE, MENTOR, NOON, ORG, REMINDER, draft

mentee = Caller(ORG, MENTEE, frozenset({"mentee"}))
mentor = Caller(ORG, MENTOR, frozenset({"mentor"}))
lead = Caller(ORG, LEAD, frozenset({"program_lead"}))
hr = Caller(ORG, "admin", frozenset({"hr_admin"}))
foreigner = Caller("globex", MENTEE, frozenset({"hr_admin"}))

KIM = Person("Kim", "Kim Lee", "kim@acme.example", employed=True)
ADA = Person("Ada", "Ada Lovelace", "ada@acme.example", employed=True)


SEAL = Seal(b"k" * 32)
LINKS = Links(b"k" * 32, "https://mentoring.example", (CHECK_INS, MATCH_REQUESTS, OFFERS))


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


class Chatroom:
    """Takes postings, or answers what it is told to."""

    def __init__(self) -> None:
        self.postings: list[Posting] = []
        self.answers: list[Attempt] = []

    async def send(self, posting: Posting) -> Attempt:
        self.postings.append(posting)
        return self.answers.pop(0) if self.answers else ACCEPTED


class Forgetful(Aggregates[Message]):
    """Messages whose next save times out: "before" it is stored, or "after"."""

    lost = ""

    async def change(
        self,
        ref: Ref,
        decide: Decide[Message],
        cause: Cause,
        *,
        etag: str = "",
        known: Versioned[Message] | None = None,
    ) -> Versioned[Message]:
        lost, self.lost = self.lost, ""
        if lost == "before":
            raise TimeoutError
        saved = await super().change(ref, decide, cause, etag=etag, known=known)
        if lost == "after":
            raise TimeoutError
        return saved


class Saved:
    """The source of live messages: what a test tells; `fail` ends it."""

    def __init__(self) -> None:
        self.visit: Visit | None = None
        self.failure = asyncio.Event()

    async def follow(self, visit: Visit, listening: asyncio.Event) -> None:
        self.visit = visit
        listening.set()
        try:
            await self.failure.wait()
        finally:
            self.visit = None

    def fail(self) -> None:
        self.failure.set()


class World:
    """Notifications in memory at NOON."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.people = People()
        self.mailer = Mailer()
        self.messages = Forgetful(store.MESSAGES, self.clock)
        preferences = Aggregates(store.PREFERENCES, self.clock)
        self.kept_words = Aggregates(store.TEMPLATES, self.clock)
        self.templates = Templates(self.kept_words)
        self.kept_chats = Aggregates(store.CHATS, self.clock)
        self.chat = Chatroom()
        self.chats = Chats(self.kept_chats, self.chat, SEAL, private=False)
        writer = Writer(self.people, self.templates, LINKS)
        self.kept_workflows = Aggregates(store.WORKFLOWS, self.clock)
        self.workflows = Workflows(self.kept_workflows)
        self.choices = Choices(preferences)
        turns = Turns(self.messages, (self.choices, self.chats, self.workflows), self.clock)
        self.previews = Previews(self.messages, turns, writer, self.clock)
        self.post = Post(self.messages, turns, writer, self.mailer, self.clock)
        self.posts = Posts(self.messages, self.chats, writer, self.clock)
        self.saved = Saved()
        self.inbox = Inbox(self.messages, Live(self.saved.follow), self.clock)

    async def queue(
        self,
        person: str = MENTEE,
        event: str = EVENT_ID,
        category: Category = Category.REBOOK_REMINDER,
        facts: Facts = REMINDER,
    ) -> Ref:
        """Queue one message, a reminder unless told otherwise, and return which."""
        await self.post.queue(ORG, [draft(person, category, facts)], Cause(event))
        return Ref(ORG, str(self.messages.outbox[-1]["subject"]).rsplit("/", 1)[-1])

    async def deliver(self, ref: Ref, event: str = "queued-1") -> Message:
        """Deliver a message as the event asks for and return what is stored."""
        await self.post.deliver(ref, Cause(event))
        return (await self.messages.get(ref)).state

    async def send(self, category: Category, event: str) -> Message:
        """Queue and deliver one message of a category to the mentee."""
        return await self.deliver(await self.queue(MENTEE, event, category), f"queued-{event}")

    async def fire(self, ref: Ref) -> None:
        """Let the message's timer come."""
        await self.messages.change(ref, lambda state: posting.fire(state, self.clock.now()), Cause(new_id()))

    async def choose(
        self, *fields: str, caller: Caller = mentee, person: str = MENTEE, etag: str = "", **values: Any
    ) -> Versioned[Preferences]:
        """Change preferences as `caller`."""
        change = Preferences(**values), fields or tuple(values)
        return await self.choices.update(caller, person, change, Cause(new_id()), etag)

    def told(self) -> list[str]:
        return [event["type"].rsplit(".", 1)[-1] for event in self.messages.outbox]
