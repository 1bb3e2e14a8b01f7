"""How the two rate the mentee's skills. NotFound for everybody else."""

from typing import Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Query, Ref, Versioned
from services.mentorships.app.ports import Aggregates
from services.mentorships.domain import Mentorship, skill
from services.mentorships.domain.rules import tag
from services.mentorships.domain.skill import Growth, SkillRating

_MOST: Final = 1000


class Skills:
    """Ratings of skills."""

    def __init__(self, ratings: Aggregates[SkillRating], mentorships: Aggregates[Mentorship]) -> None:
        self._ratings = ratings
        self._mentorships = mentorships

    async def rate(
        self, caller: Caller, mentorship: str, rated: tuple[str, int], cause: Cause
    ) -> tuple[Ref, Versioned[SkillRating]]:
        """Rate a skill, at a level, for the caller."""
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        decision = skill.rate(mentorship, parent.state, caller.subject, *rated)
        ref = Ref(caller.org, ids.derived_id(caller.org, "skill-rating", caller.subject, cause.id))
        return ref, await self._ratings.create(ref, *decision, cause)

    async def growth(self, caller: Caller, mentorship: str, only: str) -> list[Growth]:
        """Return how the skills grew, or only one of them unless that is empty."""
        parent = await self._mentorships.get(Ref(caller.org, mentorship))
        parent.state.require_reader(caller.subject)
        where = {"mentorship": mentorship, **({"skill": tag(only, "skill")} if only else {})}
        page = await self._ratings.list(caller.org, Query(where, page_size=_MOST, order="-create_time"))
        return skill.growth((stored.state, stored.create_time) for _, stored in reversed(page.items))
