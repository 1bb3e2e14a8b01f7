"""Who fits one participant best."""

from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import NotFound
from services.kernel.mongo import Ref
from services.matching.app.cohorts import Cohorts
from services.matching.app.ports import Recommender, Stores, Task, oversees
from services.matching.domain.policy import DEFAULT_OPTIONS
from services.matching.domain.recommending import Asked, Recommended


class Recommendations:
    """Recommends partners from the participants as they were within the last minutes."""

    def __init__(self, stores: Stores, cohorts: Cohorts, recommender: Recommender, clock: Clock) -> None:
        self._stores = stores
        self._cohorts = cohorts
        self._recommender = recommender
        self._clock = clock

    async def recommend(self, caller: Caller, program: str, asked: Asked) -> Recommended:
        """Return the best partners of one participant.

        NotFound for an absent program, and for anybody but themselves unless the caller oversees all;
        NotFound NOT_ENROLLED for one who takes no part in that role; Refused PROGRAM_CLOSED or
        PROGRAM_NOT_OPEN.
        """
        if asked.person != caller.subject and not oversees(caller):
            raise NotFound("NOT_FOUND", "nothing of this name exists")
        ref = Ref(caller.org, program)
        (await self._stores.programs.get(ref)).state.require_open(self._clock.now().date())

        async def renew() -> Task:
            published = await self._cohorts.published(ref.tenant)
            return await self._cohorts.task(ref, self._clock.now(), DEFAULT_OPTIONS, published)

        return await self._recommender.recommend(ref, asked, renew)
