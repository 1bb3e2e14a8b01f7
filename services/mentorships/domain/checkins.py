"""Check-ins: each participant is asked time and again how the relationship goes. Times are aware UTC.

A plan asks one person in one mentorship; its clocks stand still while the mentorship rests. Beside the rhythm
it may have days of its own, from applied plans; after each check-in the rhythm begins anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from services.kernel.errors import Refused
from services.kernel.personal import Personal
from services.mentorships.domain.rules import invalid, not_found, words
from services.mentorships.domain.survey import NO_FORM, Form, Said, wordless

FIRST_DAYS: Final = 30
EVERY_DAYS: Final = 60
"""The first check-in 30 days in and then every 60: the quality survey of Mentorloop."""
OPEN_DAYS: Final = 14
"""How long a check-in waits for an answer: as an invitation does at Torch."""


class Stage(StrEnum):
    """What became of a check-in."""

    OPEN = "OPEN"
    ANSWERED = "ANSWERED"
    EXPIRED = "EXPIRED"


class Wish(StrEnum):
    """What a participant wants to be different."""

    NOTHING = "NOTHING"
    CADENCE = "CADENCE"
    MEETING_LENGTH = "MEETING_LENGTH"
    CHANNELS = "CHANNELS"
    FOCUS_AREAS = "FOCUS_AREAS"
    GOALS = "GOALS"
    END_DATE = "END_DATE"


@dataclass(frozen=True, slots=True)
class CheckInsScheduled:
    """When the person is asked next has changed."""


@dataclass(frozen=True, slots=True)
class CheckInOpened:
    """The person is asked."""

    ordinal: int


@dataclass(frozen=True, slots=True)
class CheckInAnswered:
    """The person answered."""

    ordinal: int


@dataclass(frozen=True, slots=True)
class CheckInExpired:
    """The person did not answer in time."""

    ordinal: int


CheckInEvent = CheckInsScheduled | CheckInOpened | CheckInAnswered | CheckInExpired


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When to ask, in days; no check-in is open when the next one opens."""

    first_days: int = FIRST_DAYS
    every_days: int = EVERY_DAYS
    open_days: int = OPEN_DAYS


USUAL: Final = Rhythm()


@dataclass(frozen=True, slots=True)
class Answer:
    """Ratings from 1 (poor) to 5 (very good), 0 where left out; `words` are for the author only.

    `said` answers questions of the program, as revision `form` of its survey plan asks them.
    """

    quality: int = 0
    progress: int = 0
    confidence: int = 0
    satisfaction: int = 0
    changes: tuple[Wish, ...] = ()
    words: Annotated[str, Personal("person")] = ""
    said: tuple[Said, ...] = ()
    form: int = 0

    @property
    def amendment_suggested(self) -> bool:
        """Whether something should be different."""
        return any(wish is not Wish.NOTHING for wish in self.changes)

    def checked(self, form: Form) -> "Answer":
        """Return it with trimmed words.

        Invalid RATING_MISSING, CHANGES_CONTRADICT, TEXT_NOT_PLAIN; also raises as `Form.checked`.
        """
        if not any((self.quality, self.progress, self.confidence, self.satisfaction)):
            raise invalid("RATING_MISSING", "answer", "must hold at least one rating")
        if Wish.NOTHING in self.changes and len(self.changes) > 1:
            raise invalid("CHANGES_CONTRADICT", "answer.changes", "must be nothing, or something")
        said = form.checked(self.form, self.said, "answer.answers")
        return replace(self, words=words(self.words, "answer.words"), said=said, form=form.revision)


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One time that the person is asked, counted from 1."""

    ordinal: int
    open_time: datetime
    expire_time: datetime
    stage: Stage = Stage.OPEN
    answer: Answer | None = None
    answer_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckInPlan:
    """What `person` is asked in a mentorship; `next_time` is when the next check-in opens.

    `lead` is the program's, "" for none. `rest_time` is since when the mentorship rests. `over`: nothing is
    asked any more. `planned` are times to ask at beside the rhythm, which the applied plans `plans` brought.
    """

    mentorship: str
    person: str
    lead: str
    next_time: datetime
    rhythm: Rhythm = USUAL
    rest_time: datetime | None = None
    over: bool = False
    check_ins: tuple[CheckIn, ...] = ()
    planned: tuple[datetime, ...] = ()
    plans: tuple[str, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether its clocks run."""
        return not self.over and self.rest_time is None

    @property
    def due_at(self) -> datetime | None:
        """When the open check-in expires or the next one opens."""
        if not self.moves:
            return None
        return min([self.next_time, *(one.expire_time for one in self._open)])

    def fire(self, now: datetime) -> tuple["CheckInPlan", list[CheckInEvent]]:
        """Let expire and open what is due; a late timer opens one check-in for all that it missed."""
        if not self.moves:
            return self, []
        plan, told = self._expired(now)
        if now < plan.next_time:
            return plan, told
        asked = CheckIn(len(plan.check_ins) + 1, now, now + timedelta(days=plan.rhythm.open_days))
        planned = tuple(moment for moment in plan.planned if moment > now)
        following = min([now + timedelta(days=plan.rhythm.every_days), *planned])
        plan = replace(plan, check_ins=(*plan.check_ins, asked), planned=planned, next_time=following)
        return plan, [*told, CheckInOpened(asked.ordinal), CheckInsScheduled()]

    def ask_at(self, plan: str, times: Sequence[datetime]) -> tuple["CheckInPlan", list[CheckInEvent]]:
        """Ask at the times of an applied plan as well; the same plan again changes nothing."""
        if self.over or plan in self.plans:
            return self, []
        planned = tuple(sorted({*self.planned, *times}))
        next_time = min([self.next_time, *planned])
        asking = replace(self, planned=planned, plans=(*self.plans, plan), next_time=next_time)
        return asking, [CheckInsScheduled()]

    def pause(self, at: datetime) -> tuple["CheckInPlan", list[CheckInEvent]]:
        """Let all clocks stand still, from `at`."""
        if not self.moves:
            return self, []
        return replace(self, rest_time=at), [CheckInsScheduled()]

    def resume(self, at: datetime) -> tuple["CheckInPlan", list[CheckInEvent]]:
        """Let the clocks go on at `at`, everything later by the length of the rest."""
        if self.over or self.rest_time is None:
            return self, []
        rest = at - self.rest_time
        later = [replace(one, expire_time=one.expire_time + rest) for one in self._open]
        planned = tuple(moment + rest for moment in self.planned)
        plan = replace(self._with(later), next_time=self.next_time + rest, planned=planned, rest_time=None)
        return plan, [CheckInsScheduled()]

    def finish(self) -> tuple["CheckInPlan", list[CheckInEvent]]:
        """Ask nothing any more; an open check-in closes without a word to anybody."""
        if self.over:
            return self, []
        closed = [replace(one, stage=Stage.EXPIRED) for one in self._open]
        return replace(self._with(closed), over=True), [CheckInsScheduled()]

    def answer(
        self, ordinal: int, person: str, answer: Answer, now: datetime, form: Form = NO_FORM
    ) -> tuple["CheckInPlan", list[CheckInEvent]]:
        """Answer an open check-in, as the person asked, when the program asks what is in `form`.

        Raises NotFound for anybody else, Refused CHECK_IN_ANSWERED or CHECK_IN_CLOSED, and as
        `Answer.checked`. The clock decides even when the timer is late.
        """
        if person != self.person:
            raise not_found()
        asked, said = self.check_in(ordinal), answer.checked(form)
        if asked.stage is Stage.ANSWERED:
            raise Refused("CHECK_IN_ANSWERED", "this check-in is answered already")
        if asked.stage is Stage.EXPIRED or (self.moves and now >= asked.expire_time):
            raise Refused("CHECK_IN_CLOSED", "this check-in is closed")
        answered = replace(asked, stage=Stage.ANSWERED, answer=said, answer_time=now)
        return self._with([answered]), [CheckInAnswered(ordinal)]

    def check_in(self, ordinal: int) -> CheckIn:
        """Return one of the check-ins so far. NotFound."""
        if not 0 < ordinal <= len(self.check_ins):
            raise not_found()
        return self.check_ins[ordinal - 1]

    def require_of(self, mentorship: str) -> None:
        """Raise NotFound under another mentorship's name."""
        if mentorship != self.mentorship:
            raise not_found()

    def read_by(self, person: str, *, leads: bool, oversees: bool) -> "CheckInPlan":
        """Return what `person` may read: the lead of the program and overseers get no words.

        NotFound for everybody else, also for the other participant.
        """
        if person == self.person:
            return self
        if not oversees and not (leads and person == self.lead):
            raise not_found()
        return self._with([replace(one, answer=_wordless(one.answer)) for one in self.check_ins])

    @property
    def _open(self) -> list[CheckIn]:
        return [one for one in self.check_ins[-1:] if one.stage is Stage.OPEN]

    def _expired(self, now: datetime) -> tuple["CheckInPlan", list[CheckInEvent]]:
        ends = [(one, min(one.expire_time, self.next_time)) for one in self._open]
        late = [replace(one, stage=Stage.EXPIRED) for one, end in ends if end <= now]
        return self._with(late), [CheckInExpired(one.ordinal) for one in late]

    def _with(self, changed: list[CheckIn]) -> "CheckInPlan":
        known = {one.ordinal: one for one in changed}
        return replace(self, check_ins=tuple(known.get(one.ordinal, one) for one in self.check_ins))


def plan(
    mentorship: str, person: str, lead: str, at: datetime, rhythm: Rhythm = USUAL
) -> tuple[CheckInPlan, list[CheckInEvent]]:
    """Plan to ask `person` in a mentorship that became active at `at`."""
    first = at + timedelta(days=rhythm.first_days)
    return CheckInPlan(mentorship, person, lead, next_time=first, rhythm=rhythm), [CheckInsScheduled()]


def _wordless(answer: Answer | None) -> Answer | None:
    return None if answer is None else replace(answer, words="", said=wordless(answer.said))
