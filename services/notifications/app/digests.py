"""Several messages of one category told at once."""

from services.kernel import ids
from services.kernel.mongo import Cause, Query, Ref
from services.notifications.app.ports import Aggregates, Person
from services.notifications.app.writing import Writer
from services.notifications.domain.messages import Content, Message, Stage

_MOST = 50


class Digests:
    """Gathers what waits."""

    def __init__(self, kept: Aggregates[Message], writer: Writer) -> None:
        self._messages = kept
        self._writer = writer

    async def gathered(self, ref: Ref, message: Message, content: Content, reader: Person) -> Content:
        """Let a message tell what else waits of its category, and return what it says then.

        The others are marked first: after a crash they are found by that mark, so none is lost or told twice.
        """
        waiting = {"person": message.person, "category": message.category, "attempts": 0}
        stages = {"stage": {"$in": [Stage.QUEUED, Stage.HELD]}}
        found = await self._messages.list(ref.tenant, Query({**waiting, **stages}, _MOST))
        for other, stored in found.items:
            if other != ref.id:
                await self._fold(Ref(ref.tenant, other), stored.state, ref.id, reader)
        return await self.told(ref, message.person, content, reader)

    async def told(self, ref: Ref, person: str, content: Content, reader: Person) -> Content:
        """Return what a message says together with those that it was marked to tell."""
        where = {"person": person, "digest": ref.id}
        told = (await self._messages.list(ref.tenant, Query(where, _MOST))).items
        contents = [stored.state.content for _, stored in told if stored.state.content]
        return self._writer.digest([content, *contents], reader) if contents else content

    async def _fold(self, ref: Ref, message: Message, into: str, reader: Person) -> None:
        content = await self._writer.written(ref.tenant, message, reader)
        cause = Cause(ids.derived_id("fold", ref.key, into))
        await self._messages.change(ref, lambda state: state.fold(into, content), cause)
