"""What programs say about their meetings, and the policy that follows for one of them."""

from services.kernel.auth import Caller
from services.kernel.errors import Conflict
from services.kernel.mongo import Cause, Ref, Versioned
from services.scheduling.app.ports import KeptSettings, Pairs
from services.scheduling.domain import settings
from services.scheduling.domain.availability import NOTHING_YET
from services.scheduling.domain.meetings import Pair
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
    """The policy that holds for the meetings of a pair, over what holds for all."""

    def __init__(self, policy: Policy, programs: ProgramSettings, pairs: Pairs) -> None:
        self._policy = policy
        self._programs = programs
        self._pairs = pairs

    async def of_pair(self, tenant: str, pair: Pair | None) -> Policy:
        """Return it for a pair."""
        if pair is None or not pair.program:
            return self._policy
        stored = await self._programs.get(Ref(tenant, pair.program))
        return self._policy if stored is None else stored.state.over(self._policy)

    async def of(self, tenant: str, mentorship: str) -> Policy:
        """Return it for a mentorship."""
        return await self.of_pair(tenant, await self._pairs.get(Ref(tenant, mentorship)))
