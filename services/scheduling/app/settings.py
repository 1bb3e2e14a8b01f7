"""What programs say about their meetings, and the policy that follows for one of them."""

from services.kernel.auth import Caller
from services.kernel.errors import Conflict
from services.kernel.mongo import Cause, Ref, Versioned
from services.scheduling.app.circles import Circles
from services.scheduling.app.ports import KeptSettings
from services.scheduling.domain import settings
from services.scheduling.domain.availability import NOTHING_YET
from services.scheduling.domain.booking import Circle
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.settings import Settings


class ProgramSettings:
    """Settings by program."""

    def __init__(self, kept: KeptSettings) -> None:
        self._kept = kept

    async def get(self, ref: Ref) -> Versioned[Settings] | None:
        """Return what a program said, None if it said nothing."""
        return (await self._kept.get_many(ref.tenant, [ref.id])).get(ref.id)

    async def put(
        self, caller: Caller, program: str, new: Settings, how: tuple[str, Cause]
    ) -> Versioned[Settings]:
        """Set all of it; `how` is (etag, cause). Conflict."""
        ref, (etag, cause) = Ref(caller.org, program), how
        if await self.get(ref) is not None:
            return await self._kept.change(ref, lambda known: settings.put(known, new), cause, etag=etag)
        if etag not in {"", NOTHING_YET}:
            raise Conflict("ETAG_MISMATCH", "it was changed since it was read")
        return await self._kept.create(ref, *settings.put(None, new), cause)


class Policies:
    """The policy that holds for the meetings of a pair or a group, over what holds for all."""

    def __init__(self, policy: Policy, programs: ProgramSettings, circles: Circles) -> None:
        self._policy = policy
        self._programs = programs
        self._circles = circles

    async def of_circle(self, tenant: str, circle: Circle | None) -> Policy:
        """Return it for a pair or a group."""
        if circle is None or not circle.program:
            return self._policy
        stored = await self._programs.get(Ref(tenant, circle.program))
        return self._policy if stored is None else stored.state.over(self._policy)

    async def of(self, tenant: str, parent: str) -> Policy:
        """Return it for a mentorship or a group."""
        return await self.of_circle(tenant, await self._circles.find(tenant, parent))
