"""Groups: one or more mentors guide several mentees on terms that everybody agrees to by joining.

A group has seats; who comes later waits in line and moves up by themselves. Whoever is asked to guide along
says yes or no. What a group is about is for everybody to read who may join; who is in it is not.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

from services.kernel.errors import Conflict, Denied, Refused
from services.kernel.personal import Personal
from services.mentorships.domain.agreement import Terms
from services.mentorships.domain.mentorship import EndReason, Over, Who
from services.mentorships.domain.rules import invalid, line
from services.mentorships.domain.timers import lapse_time

MOST_MENTORS: Final = 5
"""Those included who are asked and have not answered."""
LONGEST_LINE: Final = 100
"""A group lies in one document."""


class GroupStage(StrEnum):
    """How far a group is."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    ENDED = "ENDED"


class GroupNews(StrEnum):
    """What can happen to a group. The values are the names of the contract."""

    CREATED = "GroupCreated"
    UPDATED = "GroupUpdated"
    MENTOR_INVITED = "GroupMentorInvited"
    MENTOR_JOINED = "GroupMentorJoined"
    INVITATION_DECLINED = "GroupInvitationDeclined"
    JOINED = "GroupJoined"
    WAITLISTED = "GroupWaitlisted"
    PROMOTED = "GroupPromoted"
    LEFT = "GroupLeft"
    COMPLETED = "GroupCompleted"
    ENDED = "GroupEnded"
    GOAL_ADDED = "GroupGoalAdded"
    GOAL_COMPLETED = "GroupGoalCompleted"
    GOAL_DROPPED = "GroupGoalDropped"


@dataclass(frozen=True, slots=True)
class GroupEvent:
    """What happened, to or by whom of the group, and with which goal; "" for the group as a whole."""

    news: GroupNews
    person: str = ""
    goal: str = ""


@dataclass(frozen=True, slots=True)
class GroupGoal:
    """Something that all in the group want to reach, in the words of `author`; `id` is its number."""

    id: str
    title: Annotated[str, Personal("author")]
    author: str
    target_date: date | None = None
    complete_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class GroupDraft:
    """A group as its mentors want it. The range of seats is the contract's; no `program`: one of its own."""

    title: str
    seats: int
    terms: Terms
    program: str = ""

    def checked(self, now: datetime) -> "GroupDraft":
        """Return it in plain text. Raises Invalid as `Terms.checked`, and for a title that says nothing."""
        return replace(self, title=line(self.title, "group.title"), terms=self.terms.checked(now))


@dataclass(frozen=True, slots=True)
class Group:
    """A group. `mentors` guide, `invited` are asked to, `members` have a seat, `waiting` stand in line.

    `people` are all of these; `taken` and `queued` count members and the line also for who may not see them.
    `revision` counts the terms, `numbered` all goals that were ever set.
    """

    title: Annotated[str, Personal("mentors.0")]
    seats: int
    terms: Terms
    mentors: tuple[str, ...]
    invited: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    taken: int = 0
    queued: int = 0
    revision: int = 1
    stage: GroupStage = GroupStage.RUNNING
    over: Over | None = None
    program: str = ""
    goals: tuple[GroupGoal, ...] = ()
    numbered: int = 0

    @property
    def due_at(self) -> datetime | None:
        """When it completes by itself: as a mentorship does, two weeks after its last day."""
        if self.stage is not GroupStage.RUNNING or self.terms.end_date is None:
            return None
        return lapse_time(self.terms.end_date)

    def fire(self, now: datetime) -> "tuple[Group, list[GroupEvent]]":
        """Complete it when its time has come."""
        if self.due_at is None or now < self.due_at:
            return self, []
        return _over(self, GroupStage.COMPLETED, Over(now)), [GroupEvent(GroupNews.COMPLETED)]

    def read_by(self, person: str, *, oversees: bool) -> "Group":
        """Return what `person` may read: who is in it and its goals are for those who are.

        Overseers see the people, and how the goals go, without their words.
        """
        if person in self.people:
            return self
        if oversees:
            return replace(self, goals=tuple(replace(one, title="") for one in self.goals))
        return replace(self, invited=(), members=(), waiting=(), people=(), goals=())

    def update(self, person: str, draft: GroupDraft, now: datetime) -> "tuple[Group, list[GroupEvent]]":
        """Change title, seats or terms, as one of its mentors; more seats let people move up.

        Raises Denied NOT_A_MENTOR, Refused GROUP_OVER, Invalid SEATS_TAKEN, PROGRAM_FIXED for another program
        (none means the same one), or as `GroupDraft.checked`.
        """
        self.require_mentor(person)
        self.require_running()
        wanted = draft.checked(now)
        if wanted.program not in {"", self.program}:
            raise invalid("PROGRAM_FIXED", "group.program", "is chosen when the group begins")
        if wanted.seats < self.taken:
            raise invalid("SEATS_TAKEN", "group.seats", f"must be at least the {self.taken} taken ones")
        if (wanted.title, wanted.seats, wanted.terms) == (self.title, self.seats, self.terms):
            return self, []
        revision = self.revision + (wanted.terms != self.terms)
        changed = replace(self, title=wanted.title, seats=wanted.seats, terms=wanted.terms, revision=revision)
        moved, events = _moved_up(changed)
        return moved, [GroupEvent(GroupNews.UPDATED), *events]

    def invite(self, person: str, mentor: str) -> "tuple[Group, list[GroupEvent]]":
        """Ask somebody to guide along, as one of its mentors.

        Raises Denied NOT_A_MENTOR, Refused GROUP_OVER, ALREADY_IN_GROUP or TOO_MANY_MENTORS.
        """
        self.require_mentor(person)
        self.require_running()
        self._require_outside(mentor)
        if len(self.mentors) + len(self.invited) >= MOST_MENTORS:
            raise Refused("TOO_MANY_MENTORS", f"at most {MOST_MENTORS} guide a group, invited ones counted")
        asked = replace(self, invited=(*self.invited, mentor))
        return _settled(asked), [GroupEvent(GroupNews.MENTOR_INVITED, mentor)]

    def answer(self, person: str, *, accept: bool) -> "tuple[Group, list[GroupEvent]]":
        """Say yes or no to guiding along. Raises Denied NOT_INVITED, Refused GROUP_OVER."""
        self.require_running()
        if person not in self.invited:
            raise Denied("NOT_INVITED", "only who was asked to guide along may answer")
        answered = _without(self, person)
        if not accept:
            return answered, [GroupEvent(GroupNews.INVITATION_DECLINED, person)]
        joined = replace(answered, mentors=(*answered.mentors, person))
        return _settled(joined), [GroupEvent(GroupNews.MENTOR_JOINED, person)]

    def join(self, person: str, revision: int) -> "tuple[Group, list[GroupEvent]]":
        """Agree to the terms numbered `revision` and take a seat, or a place in line.

        Raises Refused GROUP_OVER, ALREADY_IN_GROUP or GROUP_FULL, Conflict TERMS_CHANGED.
        """
        self.require_running()
        self._require_outside(person)
        if revision != self.revision:
            metadata = {"revision": str(self.revision)}
            raise Conflict("TERMS_CHANGED", "other terms are in force now", metadata=metadata)
        if self.taken < self.seats:
            joined = replace(self, members=(*self.members, person))
            return _settled(joined), [GroupEvent(GroupNews.JOINED, person)]
        if self.queued >= LONGEST_LINE:
            raise Refused("GROUP_FULL", "all seats are taken and the line is full")
        waiting = replace(self, waiting=(*self.waiting, person))
        return _settled(waiting), [GroupEvent(GroupNews.WAITLISTED, person)]

    def leave(self, person: str) -> "tuple[Group, list[GroupEvent]]":
        """Go, and let the next in line move up.

        Raises Denied NOT_IN_GROUP, Refused GROUP_OVER, or LAST_MENTOR: who guides alone closes the group.
        """
        self.require_running()
        if person not in self.people:
            raise Denied("NOT_IN_GROUP", "only who is in the group may leave it")
        if self.mentors == (person,):
            raise Refused("LAST_MENTOR", "nobody else guides this group; close it, or invite somebody")
        return self._gone(person)

    def remove(self, who: Who, person: str) -> "tuple[Group, list[GroupEvent]]":
        """Take a member or somebody in line out, as a mentor; an overseer takes anybody out.

        Raises Denied NOT_A_MENTOR, or NOT_YOURS for a mentor taken out by another, else as `leave`.
        """
        if not who.oversees:
            self.require_mentor(who.person)
            if person in self.mentors:
                raise Denied("NOT_YOURS", "mentors leave by themselves")
        return self.leave(person)

    def close(self, who: Who, now: datetime) -> "tuple[Group, list[GroupEvent]]":
        """Complete it as a mentor, end it as an overseer. Raises Denied NOT_A_MENTOR, Refused GROUP_OVER."""
        if not who.oversees:
            self.require_mentor(who.person)
        self.require_running()
        if who.person in self.mentors:
            return _over(self, GroupStage.COMPLETED, Over(now)), [GroupEvent(GroupNews.COMPLETED)]
        return _over(self, GroupStage.ENDED, Over(now, EndReason.OVERSEER)), [GroupEvent(GroupNews.ENDED)]

    def go_on_without(self, person: str, now: datetime) -> "tuple[Group, list[GroupEvent]]":
        """Go on without who has left company or program; a group whose last mentor has left ends."""
        if self.stage is not GroupStage.RUNNING or person not in self.people:
            return self, []
        if self.mentors == (person,):
            how = Over(now, EndReason.PERSON_LEFT, left=person)
            return _over(self, GroupStage.ENDED, how), [GroupEvent(GroupNews.ENDED)]
        return self._gone(person)

    def _gone(self, person: str) -> "tuple[Group, list[GroupEvent]]":
        moved, events = _moved_up(_without(self, person))
        return moved, [GroupEvent(GroupNews.LEFT, person), *events]

    def require_mentor(self, person: str) -> None:
        """Raise Denied NOT_A_MENTOR unless `person` guides it."""
        if person not in self.mentors:
            raise Denied("NOT_A_MENTOR", "only who guides this group may do this")

    def require_running(self) -> None:
        """Raise Refused GROUP_OVER unless it runs."""
        if self.stage is not GroupStage.RUNNING:
            raise Refused("GROUP_OVER", "this group is over")

    def _require_outside(self, person: str) -> None:
        if person in self.people:
            raise Refused("ALREADY_IN_GROUP", "this person is in the group already, or was asked")


def create(person: str, draft: GroupDraft, now: datetime) -> tuple[Group, list[GroupEvent]]:
    """Begin a group that `person` guides. Raises Invalid as `GroupDraft.checked`."""
    wanted = draft.checked(now)
    group = Group(
        wanted.title,
        wanted.seats,
        wanted.terms,
        mentors=(person,),
        people=(person,),
        program=wanted.program,
    )
    return group, [GroupEvent(GroupNews.CREATED, person)]


def _moved_up(group: Group) -> tuple[Group, list[GroupEvent]]:
    """Give free seats to the first in line."""
    next_ones = group.waiting[: group.seats - len(group.members)]
    moved = replace(group, members=(*group.members, *next_ones), waiting=group.waiting[len(next_ones) :])
    return _settled(moved), [GroupEvent(GroupNews.PROMOTED, one) for one in next_ones]


def _without(group: Group, person: str) -> Group:
    def others(place: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one for one in place if one != person)

    return _settled(
        replace(
            group,
            mentors=others(group.mentors),
            invited=others(group.invited),
            members=others(group.members),
            waiting=others(group.waiting),
        )
    )


def _settled(group: Group) -> Group:
    people = (*group.mentors, *group.invited, *group.members, *group.waiting)
    return replace(group, people=people, taken=len(group.members), queued=len(group.waiting))


def _over(group: Group, stage: GroupStage, how: Over) -> Group:
    return _settled(replace(group, stage=stage, over=how, invited=(), waiting=()))
