"""What signed links let the person do whom each was written for."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.kernel.clock import Clock
from services.kernel.errors import Conflict, Denied, Invalid, NotFound, Refused
from services.notifications.app.ports import Answerable, People, Person
from services.notifications.domain.links import Action, Links
from services.notifications.domain.pages import About


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked as it stands, its person's language and zone; `taken`: their answer just was."""

    about: About
    language: str
    zone: str
    taken: bool = False


class Answering:
    """Answers `askers`, by collection. A link of who left or was erased is as unknown as a forged one."""

    def __init__(self, links: Links, people: People, askers: Mapping[str, Answerable], clock: Clock) -> None:
        self._links = links
        self._people = people
        self._askers = askers
        self._clock = clock

    async def asked(self, token: str) -> Asked:
        """Return what a link lets answer. NotFound, Unavailable."""
        action, asker, reader = await self._opened(token)
        return _asked(await asker.get(action), reader)

    async def answer(self, token: str, form: Mapping[str, str]) -> Asked:
        """Answer, once however often the same comes, else return how it stands. NotFound, Unavailable."""
        action, asker, reader = await self._opened(token)
        try:
            return _asked(await asker.answer(action, form), reader, taken=True)
        except (Refused, Denied, Invalid, Conflict):
            return _asked(await asker.get(action), reader)

    async def _opened(self, token: str) -> tuple[Action, Answerable, Person]:
        action = self._links.action(token, self._clock.now())
        asker = self._askers.get(action.collection)
        person = await self._people.find(action.tenant, action.person)
        if person is None or not person.employed or asker is None:
            raise NotFound("LINK_UNKNOWN", "no such link")
        return action, asker, person


def _asked(about: About, reader: Person, *, taken: bool = False) -> Asked:
    return Asked(about, reader.languages[0] if reader.languages else "", reader.zone, taken)
