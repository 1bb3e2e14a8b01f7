"""Who meets: the two of a mentorship, or a group, by the parent that a meeting has."""

from services.kernel.mongo import Ref
from services.scheduling.app.ports import Groups, Pairs
from services.scheduling.domain import groups, meetings
from services.scheduling.domain.booking import Circle
from services.scheduling.domain.meetings import Pair
from services.scheduling.domain.parents import group_of


class Circles:
    """The copies that scheduling keeps of them."""

    def __init__(self, pairs: Pairs, groups: Groups) -> None:
        self._pairs = pairs
        self._groups = groups

    async def find(self, tenant: str, parent: str) -> Circle | None:
        """Return who meets, None if nothing was heard of them."""
        if group := group_of(parent):
            return await self._groups.get(Ref(tenant, group))
        return await self._pairs.get(Ref(tenant, parent))

    async def get(self, tenant: str, parent: str) -> Circle:
        """Return who meets. Refused MENTORSHIP_NOT_ACTIVE, NotFound GROUP_NOT_FOUND."""
        found = await self.find(tenant, parent)
        if found is None:
            raise groups.group_not_found() if group_of(parent) else meetings.not_active()
        return found

    async def pair(self, tenant: str, mentorship: str) -> Pair:
        """Return the two of a mentorship. Refused MENTORSHIP_NOT_ACTIVE."""
        found = await self._pairs.get(Ref(tenant, mentorship))
        if found is None:
            raise meetings.not_active()
        return found
