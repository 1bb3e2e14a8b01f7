"""An organization's own steps for a category of messages, instead of the built-in ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from services.kernel.errors import Invalid, NotFound
from services.notifications.domain.conditions import Condition
from services.notifications.domain.messages import Category
from services.notifications.domain.rules import Fact, Rule, Urgency, rule_of


@dataclass(frozen=True, slots=True)
class WorkflowUpdated:
    """Steps were written."""


@dataclass(frozen=True, slots=True)
class WorkflowReset:
    """Steps were taken back: the built-in ones count again."""


WorkflowEvent = WorkflowUpdated | WorkflowReset


@dataclass(frozen=True, slots=True)
class Workflow:
    """Steps of one category, as `rules.Rule` describes them; times in seconds."""

    category: Category
    urgency: Urgency = Urgency.PATIENT
    delay: int = 0
    digest: int = 0
    digest_key: tuple[Fact, ...] = ()
    throttle: int = 0
    conditions: tuple[Condition, ...] = ()
    once: tuple[Fact, ...] = ()
    counted: bool = True
    removed: bool = False

    def write(self, other: "Workflow") -> "tuple[Workflow, list[WorkflowEvent]]":
        """Do what `other` says. Raises Invalid WORKFLOW_INVALID, naming every field that is wrong."""
        require_sound(other)
        changed = replace(other, category=self.category, removed=False)
        return (self, []) if changed == self else (changed, [WorkflowUpdated()])

    def reset(self) -> "tuple[Workflow, list[WorkflowEvent]]":
        """Take it back. NotFound once it was."""
        if self.removed:
            raise NotFound("NOT_FOUND", "nothing of this name exists")
        return replace(self, removed=True), [WorkflowReset()]

    def rule(self) -> Rule:
        """Return the steps as they are followed; what the platform decides by itself stays."""
        return replace(
            rule_of(self.category),
            urgency=self.urgency,
            delay=timedelta(seconds=self.delay),
            digest=timedelta(seconds=self.digest),
            digest_key=self.digest_key,
            throttle=timedelta(seconds=self.throttle),
            conditions=self.conditions,
            once=self.once,
            counted=self.counted,
        )


def built_in(category: Category) -> Workflow:
    """Return the steps that count while an organization has none of its own."""
    rule = rule_of(category)
    return Workflow(
        category,
        rule.urgency,
        int(rule.delay.total_seconds()),
        int(rule.digest.total_seconds()),
        rule.digest_key,
        int(rule.throttle.total_seconds()),
        rule.conditions,
        rule.once,
        rule.counted,
    )


_STEPS: Final = ("delay", "digest", "throttle", "conditions")


def require_sound(workflow: Workflow, field: str = "workflow") -> None:
    """Raise Invalid WORKFLOW_INVALID for steps that contradict each other, or the category."""
    wrong = tuple((f"{field}.{path}", told) for path, told in _wrong(workflow))
    if wrong:
        raise Invalid("WORKFLOW_INVALID", "the workflow cannot be followed", fields=wrong)


def _wrong(workflow: Workflow) -> Iterator[tuple[str, str]]:
    known = rule_of(workflow.category)
    if known.urgency is Urgency.CRITICAL and workflow.urgency is not Urgency.CRITICAL:
        yield "urgency", "must stay critical: who misses such a message loses something"
    if workflow.urgency is Urgency.CRITICAL:
        yield from ((step, "would be skipped: it is critical") for step in _STEPS if getattr(workflow, step))
    if known.invites and workflow.digest:
        yield "digest", "must be empty: each of its mails carries an invitation of its own"
    if workflow.digest_key and not workflow.digest:
        yield "digest_key", "needs a digest"
    for place, condition in enumerate(workflow.conditions):
        if problem := condition.problem():
            yield f"conditions[{place}].{problem[0]}", problem[1]
