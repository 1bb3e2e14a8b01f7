"""Turns messages into words for the people they are for."""

import asyncio
from collections.abc import Sequence

from services.kernel import log
from services.notifications.app.ports import Invitation, Invitations, People, Person
from services.notifications.app.templates import Templates
from services.notifications.domain import texts
from services.notifications.domain.links import Button, Links, Unsubscription, action_of
from services.notifications.domain.messages import Category, Content, Message
from services.notifications.domain.rules import Rule, Urgency
from services.notifications.domain.words import words_of


class Writer:
    """Knows people and words. Without `links`, messages carry no way to unsubscribe or answer by one click.

    Without `invitations`, mails about meetings carry nothing for calendars.
    """

    def __init__(
        self,
        people: People,
        templates: Templates,
        links: Links | None = None,
        invitations: Invitations | None = None,
    ) -> None:
        self._people = people
        self._templates = templates
        self._links = links
        self._invitations = invitations

    async def reader(self, tenant: str, person: str, other: str = "") -> Person | None:
        """Return whom a message is for, None if there is no such person. Raises Unavailable.

        `other` is whom the message will name: asked for along with them, that costs no call of its own.
        """
        asked = (self._people.find(tenant, one) for one in (person, other) if one)
        return (await asyncio.gather(*asked))[0]

    async def written(self, tenant: str, message: Message, reader: Person) -> Content:
        """Return what a message says: as it was written first, else written now. Raises Unavailable."""
        if message.content is not None and message.content.subject:
            return message.content
        other = await self._people.find(tenant, message.other) if message.other else None
        own = await self._templates.chosen(tenant, message.category, _language(reader))
        to = _reader(reader, other.full_name if other else "")
        try:
            return texts.written(message, to, own)
        except Exception as error:  # noqa: BLE001 -- no message is lost to an organization's words
            log.get_logger().warning("template_failed", tenant=tenant, exc_info=error)
            return texts.written(message, to)

    def digest(self, contents: Sequence[Content], reader: Person) -> Content:
        """Return one mail that tells several messages of one category."""
        return texts.digest(contents, _reader(reader))

    async def invitation(self, tenant: str, message: Message, rule: Rule) -> Invitation | None:
        """Return what calendars make of a message about a meeting, as it stands now. Raises Unavailable.

        So a mail that comes late, or once more, never takes a calendar back to an earlier time.
        """
        if self._invitations is None or not rule.invites:
            return None
        whole = message.category is Category.MEETING_BOOKED or message.facts.code == "LEFT"
        return await self._invitations.find(tenant, message, whole=whole)

    def unsubscribe(self, tenant: str, message: Message, rule: Rule) -> str:
        """Return the link that ends mails of the message's category, empty where nothing would end them."""
        if self._links is None or rule.urgency is Urgency.CRITICAL:
            return ""
        return self._links.unsubscribe(Unsubscription(tenant, message.person, message.category))

    def answering(self, tenant: str, message: Message, reader: Person) -> Button | None:
        """Return the link to a page that answers what a message asks, None where there is none."""
        action = action_of(tenant, message)
        if action is None or self._links is None or not self._links.answers:
            return None
        return Button(words_of(_language(reader)).page.link, self._links.answer(action))


def _language(person: Person) -> str:
    """Return the first language of a profile; empty: none is known."""
    return person.languages[0].lower() if person.languages else ""


def _reader(person: Person, other: str = "") -> texts.Reader:
    return texts.Reader(texts.Names(person.greeting, other), _language(person), person.zone)
