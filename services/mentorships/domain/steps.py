"""Milestones and tasks of a goal: an ordered list each, every entry done once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, ClassVar, TypeVar

from services.kernel.errors import Refused
from services.kernel.personal import Personal
from services.mentorships.domain.days import require_to_come
from services.mentorships.domain.rules import invalid, line, not_found


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step on the way to a goal; `id` tells it from the others of the goal, "" before it is stored."""

    DATE_FIELD: ClassVar = "target_date"

    title: Annotated[str, Personal("people.1")]
    due_date: date | None = None
    id: str = ""
    complete_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Something that `owner`, one of the two, has to do; `id` as a milestone's."""

    DATE_FIELD: ClassVar = "due_date"

    title: Annotated[str, Personal("people.1")]
    owner: str
    due_date: date | None = None
    id: str = ""
    complete_time: datetime | None = None


Step = TypeVar("Step", Milestone, Task)


def replanned(
    known: tuple[Step, ...], wanted: tuple[Step, ...], field: str, now: datetime
) -> tuple[Step, ...]:
    """Return the list that is to replace `known`: `wanted` in its order; new entries have no id yet.

    `field` is the request's path of the list. Raises Invalid STEP_UNKNOWN for an id that is not in `known` or
    comes twice, TARGET_DATE_PAST for a new date that is over, TEXT_BLANK or TEXT_NOT_PLAIN, and Refused
    STEP_COMPLETED when one that is done is missing or different.
    """
    left = {step.id: step for step in known}
    planned = tuple(_next(left, step, f"{field}[{place}]", now) for place, step in enumerate(wanted))
    if any(step.complete_time is not None for step in left.values()):
        raise _done(field)
    return planned


def _next(left: dict[str, Step], step: Step, path: str, now: datetime) -> Step:
    """Return an entry as it goes on, taken out of those `left`."""
    before = left.pop(step.id, None) if step.id else None
    if step.id and before is None:
        raise invalid("STEP_UNKNOWN", f"{path}.id", "must be the id of one entry, or empty for a new one")
    wanted = replace(step, title=line(step.title, f"{path}.title"), complete_time=None)
    if before is not None and before.complete_time is not None:
        if wanted != replace(before, complete_time=None):
            raise _done(path)
        return before
    if before is None or before.due_date != wanted.due_date:
        require_to_come(wanted.due_date, now, f"{path}.{wanted.DATE_FIELD}")
    return wanted


def numbered(steps: tuple[Step, ...], numbers: Iterator[int]) -> tuple[Step, ...]:
    """Return the entries, those without an id named by the next of `numbers`."""
    return tuple(step if step.id else replace(step, id=str(next(numbers))) for step in steps)


def completed(steps: tuple[Step, ...], wanted: str, now: datetime) -> tuple[tuple[Step, ...], Step]:
    """Return the list with one entry done, and that entry.

    Raises NotFound for an unknown id, Refused STEP_ALREADY_COMPLETED.
    """
    step = next((one for one in steps if one.id == wanted), None)
    if step is None:
        raise not_found()
    if step.complete_time is not None:
        raise Refused("STEP_ALREADY_COMPLETED", "this is done already")
    done = replace(step, complete_time=now)
    return tuple(done if one is step else one for one in steps), done


def _done(path: str) -> Refused:
    return Refused(
        "STEP_COMPLETED",
        f"{path}: what is done stays as it is",
        fields=((path, "must keep what is done as it is"),),
    )
