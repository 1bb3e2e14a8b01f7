"""Managers, and who of those who report to them takes part."""

from collections.abc import Sequence
from typing import Final

from services.kernel.auth import Caller
from services.kernel.errors import NotFound
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.kernel.mongo.singletons import present, put
from services.kernel.mongo.whole import whole_list
from services.matching.app.ports import People, Stores, Wanted
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.matches import Stage
from services.matching.domain.teams import HIDDEN, Participation, TeamSettings

SETTINGS: Final = "settings"
"""The id of an organization's one settings document."""

_HR: Final = "hr_admin"
_UNTOLD: Final = ("contributions", "mentor_contributions")


class Teams:
    """Shows a manager's direct reports; an organization's settings say whether."""

    def __init__(self, stores: Stores, people: People) -> None:
        self._stores = stores
        self._people = people

    async def list(self, caller: Caller, manager: str, page: Wanted) -> tuple[Sequence[Participation], str]:
        """Return a page of where direct reports take part now, earliest first, and the token of the next.

        NotFound for others than the manager and HR, Refused MANAGER_VIEW_OFF for others than HR, Unavailable.
        """
        await self._require_reader(caller, manager)
        reports = await self._people.reports(caller.org, manager)
        where = {"person": {"$in": list(reports)}, "stage": {"$nin": [stage.value for stage in HIDDEN]}}
        query = Query(where, page_size=page.size, page_token=page.token)
        found = await self._stores.enrolments.list(caller.org, query)
        matched = await self._matched(caller.org, {one.state.person for _, one in found.items})
        return [_shown(one, matched) for _, one in found.items], found.next_page_token

    async def settings(self, tenant: str) -> Versioned[TeamSettings]:
        """Return an organization's settings, which are there from the start."""
        return await present(self._stores.team_settings, Ref(tenant, SETTINGS), TeamSettings())

    async def update(
        self, caller: Caller, wanted: TeamSettings, etag: str, cause: Cause
    ) -> Versioned[TeamSettings]:
        """Replace the settings. Conflict for a stale `etag`."""
        first, how = (Ref(caller.org, SETTINGS), TeamSettings()), (etag, cause)
        return await put(self._stores.team_settings, first, lambda known: known.become(wanted), how)

    async def _require_reader(self, caller: Caller, manager: str) -> None:
        if _HR in caller.roles:
            await self._people.get_many(caller.org, [manager])
            return
        if caller.subject != manager:
            raise NotFound("NOT_FOUND", "nothing of this name exists")
        (await self.settings(caller.org)).state.require_on()

    async def _matched(self, tenant: str, people: set[str]) -> set[tuple[str, str]]:
        """Return the (program, person) of everybody who has a match to which both said yes."""
        where = {"people": {"$in": sorted(people)}, "stage": Stage.CONFIRMED.value}
        query = Query(where, without=_UNTOLD)
        matches = [match async for _, match in whole_list(self._stores.matches, tenant, query)]
        return {(match.origin.program, person) for match in matches for person in match.people}


def _shown(stored: Versioned[Enrolment], matched: set[tuple[str, str]]) -> Participation:
    state = stored.state
    is_matched = (state.program, state.person) in matched
    return Participation(
        state.person, state.program, state.roles, state.stage, stored.create_time, is_matched
    )
