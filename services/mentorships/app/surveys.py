"""Surveys of programs: when they ask, what, and what was answered."""

from collections.abc import Sequence
from typing import Any, Final

from services.kernel.auth import Caller
from services.kernel.mongo import Query, Ref, Versioned
from services.kernel.mongo.singletons import present, put
from services.kernel.mongo.whole import whole_list, whole_pages
from services.mentorships.app.ports import Aggregates, How, Programs, overseen
from services.mentorships.domain import Mentorship, survey_plan, survey_results
from services.mentorships.domain.checkins import CheckInPlan
from services.mentorships.domain.survey import Occasion
from services.mentorships.domain.survey_plan import NOTHING_SAID, SurveyDraft, SurveyPlan
from services.mentorships.domain.survey_results import Heard, Result

_PAGE: Final = 500

_UNREAD: Final = ("agreement", "amendment", "earlier", "usual")
"""What counting need not open: a third of its time."""


class Surveys:
    """Survey plans, named by their program's id."""

    def __init__(self, plans: Aggregates[SurveyPlan], programs: Programs) -> None:
        self._plans = plans
        self._programs = programs

    async def get(self, ref: Ref) -> Versioned[SurveyPlan]:
        """Return what a program said, at version 0 what counts of one that said nothing."""
        return await present(self._plans, ref, NOTHING_SAID)

    async def plan(self, tenant: str, program: str) -> SurveyPlan:
        """Return what holds for a program, or for mentorships without one ("")."""
        return (await self.get(Ref(tenant, program))).state if program else NOTHING_SAID

    async def put(self, caller: Caller, program: str, draft: SurveyDraft, how: How) -> Versioned[SurveyPlan]:
        """Set all of it. Refusals: `survey_plan.put`; at first also `Programs.require_open`."""
        ref = Ref(caller.org, program)
        if not (await self.get(ref)).version:
            await self._programs.require_open(caller.org, program)
        return await put(self._plans, (ref, NOTHING_SAID), lambda known: survey_plan.put(known, draft), how)


class SurveyCounting:
    """What was answered, over all mentorships of a program."""

    def __init__(
        self, surveys: Surveys, mentorships: Aggregates[Mentorship], check_ins: Aggregates[CheckInPlan]
    ) -> None:
        self._surveys = surveys
        self._mentorships = mentorships
        self._check_ins = check_ins

    async def results(self, caller: Caller, program: str, occasion: Occasion) -> list[Result]:
        """Count the answers on an occasion: HR over all mentorships, others over those that they lead."""
        heard: list[Heard] = []
        query = Query(where=overseen(caller, program), page_size=_PAGE, without=_UNREAD)
        async for page in whole_pages(self._mentorships, caller.org, query):
            heard.extend(await self._heard(caller.org, occasion, page))
        own = (await self._surveys.plan(caller.org, program)).of(occasion)
        questions = (*survey_results.OF_ALL[occasion], *sorted(own, key=survey_plan.by_number))
        return survey_results.counted(questions, heard)

    async def _heard(
        self, tenant: str, occasion: Occasion, page: Sequence[tuple[str, Versioned[Mentorship]]]
    ) -> list[Heard]:
        if occasion is Occasion.CLOSING:
            surveys = [survey for _, stored in page for survey in stored.state.surveys]
            return [heard for survey in surveys for heard in survey_results.looked_back(survey)]
        where: dict[str, Any] = {"mentorship": {"$in": [key for key, _ in page]}}
        found = whole_list(self._check_ins, tenant, Query(where=where, page_size=_PAGE))
        return [heard async for _, plan in found for heard in survey_results.checked_in(plan)]
