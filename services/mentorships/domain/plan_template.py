"""Plans that many pairs start from. Days are counted from the one a plan is applied for."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from services.kernel.errors import Refused
from services.mentorships.domain.goal import Kind
from services.mentorships.domain.rules import line
from services.mentorships.domain.words import needed_words


class Owner(StrEnum):
    """Whose task it is."""

    MENTOR = "MENTOR"
    MENTEE = "MENTEE"


@dataclass(frozen=True, slots=True)
class PlanTemplateCreated:
    """A template is kept."""


@dataclass(frozen=True, slots=True)
class PlanTemplateUpdated:
    """A template was changed."""


@dataclass(frozen=True, slots=True)
class PlanTemplateArchived:
    """A template is applied no more."""


PlanTemplateEvent = PlanTemplateCreated | PlanTemplateUpdated | PlanTemplateArchived


@dataclass(frozen=True, slots=True)
class MilestoneOutline:
    """A step on the way, by a day or none."""

    title: str
    day: int | None = None


@dataclass(frozen=True, slots=True)
class TaskOutline:
    """Something that one of the two has to do, by a day or none."""

    title: str
    owner: Owner
    day: int | None = None


@dataclass(frozen=True, slots=True)
class GoalOutline:
    """A goal to be set, to be reached by a day or none."""

    kind: Kind
    title: str
    measure: str = ""
    day: int | None = None
    milestones: tuple[MilestoneOutline, ...] = ()
    tasks: tuple[TaskOutline, ...] = ()


@dataclass(frozen=True, slots=True)
class TipOutline:
    """Advice for a day."""

    text: str
    day: int


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """A template as asked for."""

    display_name: str
    goals: tuple[GoalOutline, ...] = ()
    tips: tuple[TipOutline, ...] = ()
    check_in_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanTemplate:
    """A plan for many; `revision` counts its changes from 1. On `check_in_days` both are asked."""

    display_name: str
    goals: tuple[GoalOutline, ...] = ()
    tips: tuple[TipOutline, ...] = ()
    revision: int = 1
    archived: bool = False
    check_in_days: tuple[int, ...] = ()

    def require_applicable(self) -> None:
        """Raise Refused PLAN_TEMPLATE_ARCHIVED."""
        if self.archived:
            raise Refused("PLAN_TEMPLATE_ARCHIVED", "this plan template is applied no more")

    def update(
        self, draft: TemplateDraft, changed: Collection[str]
    ) -> "tuple[PlanTemplate, list[PlanTemplateEvent]]":
        """Take the `changed` fields of a draft; nothing happens when they are the same.

        Raises Refused PLAN_TEMPLATE_ARCHIVED, Invalid for words that say nothing.
        """
        self.require_applicable()
        new = replace(self, **{name: _READERS[name](draft) for name in changed})
        if new == self:
            return self, []
        return replace(new, revision=self.revision + 1), [PlanTemplateUpdated()]

    def archive(self) -> "tuple[PlanTemplate, list[PlanTemplateEvent]]":
        """Let it be applied no more; a second time changes nothing."""
        if self.archived:
            return self, []
        return replace(self, archived=True), [PlanTemplateArchived()]


def create(draft: TemplateDraft) -> tuple[PlanTemplate, list[PlanTemplateEvent]]:
    """Keep a template. Raises Invalid for words that say nothing."""
    return PlanTemplate(**{name: read(draft) for name, read in _READERS.items()}), [PlanTemplateCreated()]


def _goals(draft: TemplateDraft) -> tuple[GoalOutline, ...]:
    return tuple(_goal(goal, f"plan_template.goals[{place}]") for place, goal in enumerate(draft.goals))


def _goal(goal: GoalOutline, path: str) -> GoalOutline:
    return replace(
        goal,
        title=line(goal.title, f"{path}.title"),
        measure=line(goal.measure, f"{path}.measure") if goal.measure else "",
        milestones=tuple(
            replace(one, title=line(one.title, f"{path}.milestones[{place}].title"))
            for place, one in enumerate(goal.milestones)
        ),
        tasks=tuple(
            replace(one, title=line(one.title, f"{path}.tasks[{place}].title"))
            for place, one in enumerate(goal.tasks)
        ),
    )


def _tips(draft: TemplateDraft) -> tuple[TipOutline, ...]:
    return tuple(
        replace(tip, text=needed_words(tip.text, f"plan_template.tips[{place}].text"))
        for place, tip in enumerate(draft.tips)
    )


_READERS: Final[Mapping[str, Callable[[TemplateDraft], Any]]] = {
    "display_name": lambda draft: line(draft.display_name, "plan_template.display_name"),
    "goals": _goals,
    "tips": _tips,
    "check_in_days": lambda draft: tuple(sorted(set(draft.check_in_days))),
}
"""What a field of a draft makes of the same field of a template."""

TEMPLATE_FIELDS: Final = tuple(_READERS)
"""What an update may change."""
