"""What signed links let the person do whom each was written for."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.kernel.clock import Clock
from services.kernel.errors import Conflict, Invalid, NotFound, Refused
from services.notifications.app.ports import CheckIns, People
from services.notifications.domain.checkins import CheckIn, Stage, answer_of
from services.notifications.domain.links import Action, Links


@dataclass(frozen=True, slots=True)
class Asked:
    """A check-in as it stands, and in which language its person reads; `taken`: their answer just was."""

    check_in: CheckIn
    language: str
    taken: bool = False


class Answering:
    """Answers check-ins. A link of somebody who left or was erased is as unknown as a forged one."""

    def __init__(self, links: Links, people: People, check_ins: CheckIns, clock: Clock) -> None:
        self._links = links
        self._people = people
        self._check_ins = check_ins
        self._clock = clock

    async def asked(self, token: str) -> Asked:
        """Return what a link lets answer. NotFound, Unavailable."""
        action, language = await self._opened(token)
        return Asked(await self._check_ins.get(action), language)

    async def answer(self, token: str, form: Mapping[str, str]) -> Asked:
        """Answer, once however often the same comes, else return how it stands. NotFound, Unavailable."""
        action, language = await self._opened(token)
        try:
            await self._check_ins.answer(action, answer_of(form))
        except (Refused, Invalid, Conflict):
            return Asked(await self._check_ins.get(action), language)
        return Asked(CheckIn(Stage.ANSWERED), language, taken=True)

    async def _opened(self, token: str) -> tuple[Action, str]:
        action = self._links.action(token, self._clock.now())
        person = await self._people.find(action.tenant, action.person)
        if person is None or not person.employed:
            raise NotFound("LINK_UNKNOWN", "no such link")
        return action, person.languages[0] if person.languages else ""
