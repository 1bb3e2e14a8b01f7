"""Turns messages into words for the people they are for."""

from collections.abc import Sequence

from services.notifications.app.ports import People, Person
from services.notifications.domain import texts
from services.notifications.domain.links import Links, Unsubscription
from services.notifications.domain.messages import Content, Message
from services.notifications.domain.rules import Urgency, rule_of


class Writer:
    """Knows people and words. Without `links`, mails carry no way to unsubscribe by one click."""

    def __init__(self, people: People, links: Links | None = None) -> None:
        self._people = people
        self._links = links

    async def reader(self, tenant: str, person: str) -> Person | None:
        """Return whom a message is for, None if there is no such person. Raises Unavailable."""
        return await self._people.find(tenant, person)

    async def written(self, tenant: str, message: Message, reader: Person) -> Content:
        """Return what a message says: as it was written first, else written now. Raises Unavailable."""
        if message.content is not None:
            return message.content
        other = await self._people.find(tenant, message.other) if message.other else None
        return texts.written(message, texts.Names(reader.greeting, other.full_name if other else ""))

    def digest(self, contents: Sequence[Content], reader: Person) -> Content:
        """Return one mail that tells several messages of one category."""
        return texts.digest(contents, reader.greeting)

    def unsubscribe(self, tenant: str, message: Message) -> str:
        """Return the link that ends mails of the message's category, empty where nothing would end them."""
        if self._links is None or rule_of(message.category).urgency is Urgency.CRITICAL:
            return ""
        return self._links.unsubscribe(Unsubscription(tenant, message.person, message.category))
