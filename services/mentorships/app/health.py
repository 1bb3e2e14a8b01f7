"""How relationships go: kept as the processor tells it, and listed for those who oversee them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from services.kernel.auth import Caller
from services.kernel.mongo import Query, Ref
from services.mentorships.app.ports import Aggregates, overseen
from services.mentorships.domain import Mentorship
from services.mentorships.domain import health as domain
from services.mentorships.domain.health import Finding, PairHealth, Status

_FIRST: Final = 1
_LAST: Final = 2**53
"""What begins comes before whatever is found, and nothing after the end, in whichever order it is heard."""


class Healths(Protocol):
    """How mentorships go, by their ids; `kernel.mongo.Projection` states the contract."""

    async def fold(self, ref: Ref, sequence: int, step: Callable[[PairHealth | None], PairHealth]) -> bool:
        """Store what `step` makes of one, unless that or a later event was heard."""

    async def page(self, tenant: str, query: Query) -> tuple[Sequence[tuple[str, PairHealth]], str]:
        """Return a page, and the token of the next one."""


class HealthKeeping:
    """What is kept follows the time of what was found; of two findings in one millisecond the first stays."""

    def __init__(self, healths: Healths, mentorships: Aggregates[Mentorship]) -> None:
        self._healths = healths
        self._mentorships = mentorships

    async def begun(self, mentorship: Ref, at: datetime) -> None:
        """Keep that it is too early to say."""
        await self._fold(mentorship, _FIRST, at, lambda known: known)

    async def found(self, mentorship: Ref, finding: Finding) -> None:
        """Keep how it goes."""
        sequence = int(finding.since.timestamp() * 1_000)
        await self._fold(mentorship, sequence, finding.since, lambda known: known.found(finding))

    async def over(self, mentorship: Ref, at: datetime) -> None:
        """Keep that it does not go on."""
        await self._fold(mentorship, _LAST, at, PairHealth.ended)

    async def list(
        self, caller: Caller, program: str, status: Status | None, page: Query
    ) -> tuple[Sequence[tuple[str, PairHealth]], str]:
        """Return how open mentorships of a program go: all of them for HR, their own for leads."""
        where = {**overseen(caller, program), "over": False, **({"status": status} if status else {})}
        query = Query(where, page.page_size, page.page_token, order="since")
        return await self._healths.page(caller.org, query)

    async def _fold(
        self, ref: Ref, sequence: int, at: datetime, step: Callable[[PairHealth], PairHealth]
    ) -> None:
        state = (await self._mentorships.get(ref)).state
        await self._healths.fold(
            ref, sequence, lambda known: step(known or domain.unknown(ref.id, state, at))
        )
