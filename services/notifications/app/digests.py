"""Several messages of one category told at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.kernel import ids
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.notifications.app.ports import Aggregates, Person
from services.notifications.app.writing import Writer
from services.notifications.domain.messages import Content, Message, Stage
from services.notifications.domain.routing import LONGEST_WAIT
from services.notifications.domain.rules import Rule

_MOST = 50


@dataclass(frozen=True, slots=True)
class Job:
    """A message whose turn it is, who reads it, and what it says by itself."""

    ref: Ref
    stored: Versioned[Message]
    reader: Person
    content: Content

    @property
    def message(self) -> Message:
        """Return the message as it is."""
        return self.stored.state


class Digests:
    """Gathers what waits: among what is not older than a message by more than any waits."""

    def __init__(self, kept: Aggregates[Message], writer: Writer) -> None:
        self._messages = kept
        self._writer = writer

    async def gathered(self, job: Job, rule: Rule) -> Content:
        """Let a message tell what else waits of its category, and return what it says then.

        The others are marked first: after a crash they are found by that mark, so none is lost or told twice.
        """
        for other, message in await self.waiting(job.ref.tenant, job.message, rule, job.stored.create_time):
            if other != job.ref.id:
                await self._fold(Ref(job.ref.tenant, other), message, job)
        return await self.told(job)

    async def waiting(
        self, tenant: str, message: Message, rule: Rule, since: datetime
    ) -> Sequence[tuple[str, Message]]:
        """Return what could be told together with a message that exists since `since`.

        Nothing unless its rule gathers.
        """
        if not rule.digest:
            return ()
        alike = {f"facts.{name}": value for name, value in rule.gathered_by(message.facts).items()}
        waiting = {"person": message.person, "category": message.category, "attempts": 0}
        stages = {"stage": {"$in": [Stage.QUEUED, Stage.HELD]}}
        asked = Query({**waiting, **alike, **stages}, _MOST, created_after=since - LONGEST_WAIT)
        found = await self._messages.list(tenant, asked)
        return [(key, stored.state) for key, stored in found.items]

    async def told(self, job: Job) -> Content:
        """Return what a message says together with those that it was marked to tell."""
        where = {"person": job.message.person, "digest": job.ref.id}
        asked = Query(where, _MOST, created_after=job.stored.create_time - LONGEST_WAIT)
        told = (await self._messages.list(job.ref.tenant, asked)).items
        contents = [known for _, stored in told if (known := stored.state.content) and known.subject]
        return self._writer.digest([job.content, *contents], job.reader) if contents else job.content

    async def _fold(self, ref: Ref, message: Message, job: Job) -> None:
        content, into = await self._writer.written(ref.tenant, message, job.reader), job.ref.id
        cause = Cause(ids.derived_id("fold", ref.key, into))
        await self._messages.change(ref, lambda state: state.fold(into, content), cause)
