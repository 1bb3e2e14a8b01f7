"""What decides about a message whose turn it is: its rule, its person's wishes, what went out lately."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.kernel.clock import Clock
from services.kernel.mongo import Query
from services.kernel.mongo.pages import LARGEST_SIZE
from services.kernel.mongo.together import Together
from services.notifications.app.chats import Chats
from services.notifications.app.choices import Choices
from services.notifications.app.ports import Aggregates
from services.notifications.app.workflows import Rules, Workflows
from services.notifications.domain.hours import zone_of
from services.notifications.domain.messages import Category, Message
from services.notifications.domain.preferences import Levels
from services.notifications.domain.routing import LONGEST_WAIT, WEEK, Explained, Sent, Turn, counts, explained
from services.notifications.domain.rules import Rule

_MOST_COUNTED: Final = 200
Whose = tuple[str, str]
"""Organization and person."""
Out = tuple[Category, datetime]
"""What went out, and when."""
_WANTED: Final = ("person", "category", "send_time", "chat.time")


@dataclass(frozen=True, slots=True)
class Known:
    """What counts for a message: its rule, what its person chose, what went out to them in the past week.

    `chat` is whose chat takes it, empty: none.
    """

    message: Message
    rule: Rule
    levels: Levels
    sent: Sequence[Sent]
    chat: str

    def explained(self, since: datetime, zone: str, now: datetime) -> Explained:
        """Decide about a message that exists since `since`, for a person who lives in `zone`."""
        turn = Turn(self.message, since, zone_of(zone), self.levels, self.sent, bool(self.chat))
        return explained(turn, self.rule, now)


class Turns:
    """Gathers what decides about messages."""

    def __init__(
        self, kept: Aggregates[Message], chosen: tuple[Choices, Chats, Workflows], clock: Clock
    ) -> None:
        self._messages = kept
        self._choices, self._chats, self._workflows = chosen
        self._clock = clock
        self._sent = Together(self._sent_to)

    async def rules(self, tenant: str) -> Rules:
        """Return all rules of an organization."""
        return await self._workflows.rules(tenant)

    async def known(self, tenant: str, message: Message, draft: Rule | None = None) -> Known:
        """Return what counts for a message now; `draft` are steps instead of those in force."""
        rules = await self.rules(tenant)
        rule = draft or rules.of(message.category)
        levels, chat, sent = await asyncio.gather(
            self._choices.levels(tenant, message.person),
            self._chats.whose(tenant, message),
            self._lately(tenant, message.person, rules) if counts(rule) else _nothing(),
        )
        return Known(message, rule, levels, sent, chat)

    async def _lately(self, tenant: str, person: str, rules: Rules) -> Sequence[Sent]:
        """Return what went out in the past week; one person's messages are delivered one after another.

        Not what was sent again after longer than any message waits: nobody's whole history is read for that.
        """
        sent = await self._sent((tenant, person))
        return [Sent(category, time, rules.of(category).counted) for category, time in sent]

    async def _sent_to(self, asked: Sequence[Whose]) -> Sequence[Sequence[Out]]:
        """Return what went to each in the past week, latest first; those of one organization together."""
        people = defaultdict[str, set[str]](set)
        for tenant, person in asked:
            people[tenant].add(person)
        found = await asyncio.gather(*(self._sent_in(tenant, some) for tenant, some in people.items()))
        known = dict(zip(people, found, strict=True))
        return [known[tenant].get(person, ()) for tenant, person in asked]

    async def _sent_in(self, tenant: str, people: Collection[str]) -> Mapping[str, Sequence[Out]]:
        rows = await self._messages.values(
            tenant, self._past_week({"$in": sorted(people)}, LARGEST_SIZE), _WANTED
        )
        if len(rows) == LARGEST_SIZE:  # somebody got very many, which must not hide what others got
            asked = (self._past_week(person, _MOST_COUNTED) for person in people)
            each = await asyncio.gather(*(self._messages.values(tenant, one, _WANTED) for one in asked))
            rows = [row for some in each for row in some]
        sent = defaultdict[str, list[Out]](list)
        for person, category, mailed, posted in rows:
            sent[person].append((Category(category), mailed or posted))
        return sent

    def _past_week(self, whose: Any, most: int) -> Query:
        week = self._clock.now() - WEEK
        since = {"$gt": week}
        return Query(
            {"person": whose},
            most,
            order="-create_time",
            either=({"send_time": since}, {"chat.time": since}),
            created_after=week - LONGEST_WAIT,
        )


async def _nothing() -> Sequence[Sent]:
    return ()
