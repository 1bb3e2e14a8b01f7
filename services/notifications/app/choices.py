"""Which mails people want, over what their organization decided for all of them."""

from collections.abc import Collection

from services.kernel.auth import Caller
from services.kernel.errors import Denied, NotFound
from services.kernel.mongo import Cause, Decide, Ref, Versioned
from services.kernel.mongo.singletons import present, put
from services.notifications.app.ports import HR, Aggregates
from services.notifications.app.remembered import Remembered
from services.notifications.domain.messages import Category
from services.notifications.domain.preferences import EVERYBODY, Levels, Preferences


class Choices:
    """Preferences; those of EVERYBODY are the organization's, which reach all processes in 5 seconds."""

    def __init__(self, kept: Aggregates[Preferences]) -> None:
        self._preferences = kept
        self._shared = Remembered(self._organizations)

    async def levels(self, tenant: str, person: str) -> Levels:
        """Return what counts for a person."""
        shared = await self._shared.of(tenant)
        return Levels((await self._present(Ref(tenant, person))).state, shared)

    async def _organizations(self, tenant: str) -> Preferences:
        return (await self._present(Ref(tenant, EVERYBODY))).state

    async def get(self, caller: Caller, person: str) -> Versioned[Preferences]:
        """Return preferences.

        Everybody reads the organization's, and one's own; HR reads all. NotFound for others.
        """
        if HR not in caller.roles and person not in {caller.subject, EVERYBODY}:
            raise _not_found()
        return await self._present(Ref(caller.org, person))

    async def update(
        self,
        caller: Caller,
        person: str,
        change: tuple[Preferences, Collection[str]],
        cause: Cause,
        etag: str,
    ) -> Versioned[Preferences]:
        """Take the fields named over from the values.

        One's own, or the organization's as HR: Denied HR_ADMIN_ONLY. NotFound for those of others. Raises
        Conflict ETAG_MISMATCH for a stale `etag`, Invalid CATEGORY_TWICE or HOURS_NEVER_OPEN.
        """
        if person == EVERYBODY and HR not in caller.roles:
            raise Denied("HR_ADMIN_ONLY", "only HR decides for the organization")
        if person not in {caller.subject, EVERYBODY}:
            raise _not_found()
        made = await self._put(Ref(caller.org, person), lambda state: state.adopt(*change), (etag, cause))
        if person == EVERYBODY:
            self._shared.forget(caller.org)
        return made

    async def unsubscribe(self, ref: Ref, category: Category, cause: Cause) -> None:
        """Mute a category for a person, as asked by the link in a mail."""
        await self._put(ref, lambda state: state.mute(category), ("", cause))

    async def _present(self, ref: Ref) -> Versioned[Preferences]:
        return await present(self._preferences, ref, Preferences())

    async def _put(
        self, ref: Ref, decide: Decide[Preferences], how: tuple[str, Cause]
    ) -> Versioned[Preferences]:
        return await put(self._preferences, (ref, Preferences()), decide, how)


def _not_found() -> NotFound:
    return NotFound("PERSON_NOT_FOUND", "no such person")
