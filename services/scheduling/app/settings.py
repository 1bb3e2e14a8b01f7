"""What programs say about their meetings, and the policy that follows for one of them."""

from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Ref, Versioned
from services.kernel.mongo.singletons import Singletons, present, put
from services.scheduling.app.circles import Circles
from services.scheduling.domain import settings
from services.scheduling.domain.booking import Circle
from services.scheduling.domain.policy import Policy
from services.scheduling.domain.settings import Settings


class ProgramSettings:
    """Settings by program."""

    def __init__(self, kept: Singletons[Settings]) -> None:
        self._kept = kept

    async def get(self, ref: Ref) -> Versioned[Settings]:
        """Return what a program said, at version 0 what counts of one that said nothing."""
        return await present(self._kept, ref, Settings())

    async def put(
        self, caller: Caller, program: str, new: Settings, how: tuple[str, Cause]
    ) -> Versioned[Settings]:
        """Set all of it; `how` is (etag, cause). Conflict."""
        unsaid = Ref(caller.org, program), None
        return await put(self._kept, unsaid, lambda known: settings.put(known, new), how)


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
        return stored.state.over(self._policy) if stored.version else self._policy

    async def of(self, tenant: str, parent: str) -> Policy:
        """Return it for a mentorship or a group."""
        return await self.of_circle(tenant, await self._circles.find(tenant, parent))
