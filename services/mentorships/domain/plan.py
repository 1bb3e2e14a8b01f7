"""A plan template applied to a mentorship: as it was then, its days turned into dates."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from services.mentorships.domain import goal
from services.mentorships.domain.days import require_to_come
from services.mentorships.domain.goal import Goal, GoalDraft
from services.mentorships.domain.goal_events import GoalEvent
from services.mentorships.domain.mentorship import Mentorship
from services.mentorships.domain.plan_template import GoalOutline, Owner, PlanTemplate, TipOutline
from services.mentorships.domain.rules import invalid, not_found
from services.mentorships.domain.steps import Milestone, Task

FARTHEST_START: Final = timedelta(days=366)
"""A plan for later than that will have changed by then."""
ASKED_AT: Final = time(12, tzinfo=UTC)
"""When check-ins open on their days: in working hours from Lisbon to Delhi."""


@dataclass(frozen=True, slots=True)
class PlanApplied:
    """A template was applied."""


PlanEvent = PlanApplied


@dataclass(frozen=True, slots=True)
class Application:
    """That `person` applies a template, whose id is `template`, to `mentorship`; no `start` means today."""

    template: str
    mentorship: str
    person: str
    start: date | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A template as it was when `person` applied it, at `time`. The goals it set go their own way."""

    mentorship: str
    people: tuple[str, str]
    person: str
    template: str
    revision: int
    start: date
    time: datetime
    goals: tuple[GoalOutline, ...]
    tips: tuple[TipOutline, ...]
    check_in_days: tuple[int, ...] = ()

    @property
    def check_in_times(self) -> tuple[datetime, ...]:
        """Return when both are asked how it goes."""
        dates = (self.start + timedelta(days=day) for day in self.check_in_days)
        return tuple(datetime.combine(one, ASKED_AT) for one in dates)

    def require_of(self, mentorship: str) -> None:
        """Raise NotFound unless it is a plan of `mentorship`."""
        if self.mentorship != mentorship:
            raise not_found()

    def date_of(self, day: int | None) -> date | None:
        """Return the date of a day; None for none."""
        return None if day is None else self.start + timedelta(days=day)

    def set_goal(self, outline: GoalOutline) -> tuple[Goal, list[GoalEvent]]:
        """Set one of its goals, as of the time it was applied."""
        mentor, mentee = self.people
        owners = {Owner.MENTOR: mentor, Owner.MENTEE: mentee}
        draft = GoalDraft(
            kind=outline.kind,
            title=outline.title,
            measure=outline.measure,
            target_date=self.date_of(outline.day),
            milestones=tuple(Milestone(one.title, self.date_of(one.day)) for one in outline.milestones),
            tasks=tuple(Task(one.title, owners[one.owner], self.date_of(one.day)) for one in outline.tasks),
        )
        made, events = goal.create(self.mentorship, self.person, self.people, draft, self.time)
        return replace(made, template=self.template, template_revision=self.revision), events


def apply(
    application: Application, template: PlanTemplate, parent: Mentorship, now: datetime
) -> tuple[Plan, list[PlanEvent]]:
    """Apply a template as it is now to `parent`.

    Raises as `Mentorship.require_active`, Refused PLAN_TEMPLATE_ARCHIVED, Invalid TARGET_DATE_PAST or
    START_TOO_FAR.
    """
    parent.require_active()
    template.require_applicable()
    start = application.start or now.date()
    require_to_come(start, now, "start_date")
    if start > now.date() + FARTHEST_START:
        raise invalid("START_TOO_FAR", "start_date", "must be within a year")
    plan = Plan(
        mentorship=application.mentorship,
        people=parent.people,
        person=application.person,
        template=application.template,
        revision=template.revision,
        start=start,
        time=now,
        goals=template.goals,
        tips=template.tips,
        check_in_days=template.check_in_days,
    )
    return plan, [PlanApplied()]
