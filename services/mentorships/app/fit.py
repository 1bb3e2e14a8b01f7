"""Whether the two fit: asked after their first meeting."""

from dataclasses import replace

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.mongo import Cause, Ref, Save, Versioned
from services.mentorships.app.once import when_new
from services.mentorships.app.ports import HR, LEADS, Aggregates
from services.mentorships.domain import Mentorship, fit
from services.mentorships.domain.fit import Fit, FitQuestion


class FitQuestions:
    """What both are asked once. Refusals are those of `domain.fit`."""

    def __init__(self, questions: Aggregates[FitQuestion], mentorships: Aggregates[Mentorship]) -> None:
        self._questions = questions
        self._mentorships = mentorships

    async def met(self, mentorship: Ref, cause: Cause) -> None:
        """Ask both after a meeting, if it was their first."""
        state = (await self._mentorships.get(mentorship)).state
        if not state.is_open:
            return
        await self._questions.apply_many(
            mentorship.tenant, [_asked(mentorship, state, person, cause) for person in state.people]
        )

    async def get(self, caller: Caller, mentorship: str, person: str) -> Versioned[FitQuestion]:
        """Return what `person` was asked, as far as the caller may read it."""
        stored = await self._questions.get(_ref(caller.org, mentorship, person))
        leads, oversees = bool(caller.roles & LEADS), bool(caller.roles & HR)
        return replace(stored, state=stored.state.read_by(caller.subject, leads=leads, oversees=oversees))

    async def answer(
        self, caller: Caller, of: tuple[str, str], said: tuple[Fit, str], cause: Cause, *, etag: str
    ) -> Versioned[FitQuestion]:
        """Answer the question `of` (mentorship, person) by `said` (answer, words)."""
        return await self._questions.change(
            _ref(caller.org, *of), lambda state: state.answer(caller.subject, *said), cause, etag=etag
        )


def _asked(mentorship: Ref, state: Mentorship, person: str, cause: Cause) -> Save[FitQuestion]:
    asked = fit.ask(mentorship.id, state.people, person, state.lead)
    return Save(_ref(mentorship.tenant, mentorship.id, person), when_new(asked), cause)


def _ref(tenant: str, mentorship: str, person: str) -> Ref:
    return Ref(tenant, ids.derived_id(tenant, "fit", mentorship, person))
