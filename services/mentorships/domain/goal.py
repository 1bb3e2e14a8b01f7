"""Goals of a mentorship, in words for its two people only."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import count
from typing import Annotated, Any, Final

from services.kernel.errors import Denied, Refused
from services.kernel.personal import Personal
from services.mentorships.domain.days import require_to_come
from services.mentorships.domain.goal_events import (
    GoalCompleted,
    GoalCreated,
    GoalDropped,
    GoalEvent,
    GoalProgressNoted,
    GoalReopened,
    GoalUpdated,
    MilestoneCompleted,
    TaskCompleted,
)
from services.mentorships.domain.progress import Progress, progress
from services.mentorships.domain.rules import invalid, line, not_found
from services.mentorships.domain.steps import Milestone, Task, completed, numbered, replanned
from services.mentorships.domain.words import needed_words

MOST_NOTES: Final = 100
"""Progress notes of a goal: with their 1,000 characters they fill a good part of what one answer may hold."""


class Kind(StrEnum):
    """What a goal is about."""

    TECHNICAL_SKILL = "TECHNICAL_SKILL"
    SOFT_SKILL = "SOFT_SKILL"
    CAREER = "CAREER"
    NETWORK = "NETWORK"
    CONFIDENCE = "CONFIDENCE"
    CHALLENGE = "CHALLENGE"


@dataclass(frozen=True, slots=True)
class ProgressNote:
    """How a goal goes, in the words of `author`; `percent` None means: not said."""

    id: str
    author: str
    time: datetime
    text: Annotated[str, Personal("author")]
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class GoalDraft:
    """A goal as asked for. Empty and absent mean: not said."""

    kind: Kind | None
    title: str
    measure: str = ""
    target_date: date | None = None
    milestones: tuple[Milestone, ...] = ()
    tasks: tuple[Task, ...] = ()
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """Something the mentee of `people` (mentor, mentee) wants to reach, in words for these two only.

    Those in `shared_with` may read them too, but not the notes and with whom else it is shared.
    `reached_before` counts how often it was reached and then reopened; `numbered` how many milestones and
    tasks it ever had, whose ids these numbers are; `template` at `template_revision` is where it came from,
    "" and 0 if the two set it themselves.
    """

    mentorship: str
    people: tuple[str, str]
    kind: Kind
    title: Annotated[str, Personal("people.1")]
    measure: Annotated[str, Personal("people.1")] = ""
    target_date: date | None = None
    complete_time: datetime | None = None
    drop_time: datetime | None = None
    reached_before: int = 0
    milestones: tuple[Milestone, ...] = ()
    tasks: tuple[Task, ...] = ()
    numbered: int = 0
    shared_with: tuple[str, ...] = ()
    percent: int | None = None
    notes: tuple[ProgressNote, ...] = ()
    template: str = ""
    template_revision: int = 0

    @property
    def state(self) -> Progress:
        """How far it is."""
        return progress(self.complete_time, self.drop_time)

    @property
    def completions(self) -> int:
        """How often it was reached."""
        return self.reached_before + (self.complete_time is not None)

    def read_by(self, person: str, *, oversees: bool) -> "Goal":
        """Return what `person` may read; overseers get no words. NotFound for others outside the pair."""
        if person in self.people:
            return self
        if person in self.shared_with:
            return replace(self, notes=(), shared_with=())
        if not oversees:
            raise not_found()
        return Goal(
            mentorship=self.mentorship,
            people=self.people,
            kind=self.kind,
            title="",
            target_date=self.target_date,
            complete_time=self.complete_time,
            drop_time=self.drop_time,
            reached_before=self.reached_before,
            template=self.template,
            template_revision=self.template_revision,
        )

    def require_of(self, mentorship: str) -> None:
        """Raise NotFound unless it is a goal of `mentorship`."""
        if mentorship != self.mentorship:
            raise not_found()

    def require_own(self, mentorship: str, person: str) -> None:
        """Raise NotFound unless it is a goal of `mentorship` and `person` one of the two."""
        self.require_of(mentorship)
        if person not in self.people:
            raise not_found()

    def complete(self, now: datetime) -> tuple["Goal", list[GoalEvent]]:
        """Mark as reached; it stays so after the mentorship's end. Raises as `drop`."""
        self._require_open()
        return replace(self, complete_time=now), [GoalCompleted()]

    def reopen(self) -> tuple["Goal", list[GoalEvent]]:
        """Open it again; that it was reached stays counted. Refused GOAL_OPEN."""
        if self.state is Progress.OPEN:
            raise Refused("GOAL_OPEN", "this goal is open")
        reopened = replace(self, complete_time=None, drop_time=None, reached_before=self.completions)
        return reopened, [GoalReopened()]

    def drop(self, now: datetime) -> tuple["Goal", list[GoalEvent]]:
        """Give it up. Refused GOAL_ALREADY_COMPLETED or GOAL_DROPPED."""
        self._require_open()
        return replace(self, drop_time=now), [GoalDropped()]

    def complete_milestone(self, milestone: str, now: datetime) -> tuple["Goal", list[GoalEvent]]:
        """Mark a milestone as reached. Raises as `drop`, NotFound, Refused STEP_ALREADY_COMPLETED."""
        self._require_open()
        milestones, _ = completed(self.milestones, milestone, now)
        return replace(self, milestones=milestones), [MilestoneCompleted(milestone)]

    def complete_task(self, task: str, now: datetime) -> tuple["Goal", list[GoalEvent]]:
        """Mark a task as done, by either of the two. Raises as `complete_milestone`."""
        self._require_open()
        tasks, done = completed(self.tasks, task, now)
        return replace(self, tasks=tasks), [TaskCompleted(task, done.owner)]

    def add_note(self, note: ProgressNote) -> tuple["Goal", list[GoalEvent]]:
        """Add a note, at any time; one that is there already changes nothing.

        Raises Refused NOTES_FULL, Invalid TEXT_BLANK or TEXT_NOT_PLAIN.
        """
        if any(known.id == note.id for known in self.notes):
            return self, []
        if len(self.notes) >= MOST_NOTES:
            raise Refused("NOTES_FULL", f"a goal holds {MOST_NOTES} progress notes")
        kept = replace(note, text=needed_words(note.text, "text"))
        percent = self.percent if note.percent is None else note.percent
        noted = replace(self, notes=(*self.notes, kept), percent=percent)
        return noted, [GoalProgressNoted(note.author, note.percent)]

    def update(
        self, person: str, draft: GoalDraft, changed: Collection[str], now: datetime
    ) -> tuple["Goal", list[GoalEvent]]:
        """Take the `changed` fields of a draft; nothing happens when they are the same.

        Only the mentee shares, at any time; the rest changes while the goal is open. Raises Refused
        GOAL_ALREADY_COMPLETED, GOAL_DROPPED or STEP_COMPLETED, Denied NOT_THE_MENTEE, and Invalid for a date
        that is over, words that say nothing, a kind that is missing, unknown steps, owners outside the pair
        and sharing with the two themselves.
        """
        new = self._with(draft, changed, now)
        if new == self:
            return self, []
        if new.shared_with != self.shared_with:
            self._require_sharer(person)
        if replace(new, shared_with=self.shared_with) != self:
            self._require_open()
        return new, [GoalUpdated()]

    def _with(self, draft: GoalDraft, changed: Collection[str], now: datetime) -> "Goal":
        new = replace(self, **{name: _READERS[name](self, draft, now) for name in changed})
        numbers = count(self.numbered + 1)
        milestones, tasks = numbered(new.milestones, numbers), numbered(new.tasks, numbers)
        return replace(new, milestones=milestones, tasks=tasks, numbered=next(numbers) - 1)

    def _require_open(self) -> None:
        if self.complete_time is not None:
            raise Refused("GOAL_ALREADY_COMPLETED", "this goal is reached already")
        if self.drop_time is not None:
            raise Refused("GOAL_DROPPED", "this goal was given up")

    def _require_sharer(self, person: str) -> None:
        if person != self.people[1]:
            raise Denied("NOT_THE_MENTEE", "only the mentee shares a goal")


def create(
    mentorship: str, person: str, people: tuple[str, str], draft: GoalDraft, now: datetime
) -> tuple[Goal, list[GoalEvent]]:
    """Set a goal of `people` (mentor, mentee), by one of them.

    Raises Invalid TARGET_DATE_PAST when the date is over in every time zone, and as `Goal.update` does.
    """
    blank = Goal(mentorship, people, kind=_kind(draft), title="")
    goal, _ = blank.update(person, draft, GOAL_FIELDS, now)
    return goal, [GoalCreated()]


def _kind(draft: GoalDraft) -> Kind:
    if draft.kind is None:
        raise invalid("KIND_MISSING", "goal.kind", "must be given")
    return draft.kind


def _target_date(known: Goal, draft: GoalDraft, now: datetime) -> date | None:
    if draft.target_date != known.target_date:
        require_to_come(draft.target_date, now, "goal.target_date")
    return draft.target_date


def _tasks(known: Goal, draft: GoalDraft, now: datetime) -> tuple[Task, ...]:
    for place, task in enumerate(draft.tasks):
        if task.owner not in known.people:
            raise invalid("OWNER_NOT_OF_PAIR", f"goal.tasks[{place}].owner", "must be one of the two")
    return replanned(known.tasks, draft.tasks, "goal.tasks", now)


def _shared_with(known: Goal, draft: GoalDraft, _: datetime) -> tuple[str, ...]:
    if not set(known.people).isdisjoint(draft.shared_with):
        raise invalid("SHARED_WITH_PAIR", "goal.shared_with", "must not name the two themselves")
    return tuple(dict.fromkeys(draft.shared_with))


_READERS: Final[Mapping[str, Callable[[Goal, GoalDraft, datetime], Any]]] = {
    "kind": lambda _, draft, __: _kind(draft),
    "title": lambda _, draft, __: line(draft.title, "goal.title"),
    "measure": lambda _, draft, __: line(draft.measure, "goal.measure") if draft.measure else "",
    "target_date": _target_date,
    "milestones": lambda known, draft, now: replanned(
        known.milestones, draft.milestones, "goal.milestones", now
    ),
    "tasks": _tasks,
    "shared_with": _shared_with,
}
"""What a field of a draft makes of the same field of a goal."""

GOAL_FIELDS: Final = tuple(_READERS)
"""What an update may change."""
