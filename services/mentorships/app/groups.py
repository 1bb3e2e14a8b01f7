"""Groups: what callers make of them, and what becomes of them when people leave the company or a program."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Save, Versioned
from services.kernel.mongo.whole import whole_pages
from services.mentorships.app.ports import OVERSEERS, Aggregates, People, Programs, who
from services.mentorships.domain import group_goals, groups
from services.mentorships.domain.group_goals import GroupGoalDraft
from services.mentorships.domain.groups import Group, GroupDraft, GroupEvent, GroupStage
from services.mentorships.domain.participation import Role

Act = Callable[[Group, datetime], tuple[Group, Sequence[GroupEvent]]]
"""What somebody does to a group at a time."""

How = tuple[str, Cause]
"""(etag, cause) of a change; an empty etag checks nothing."""

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """Which groups: that a person is in, in a stage, of a program; "" and None: whichever."""

    person: str = ""
    stage: GroupStage | None = None
    program: str = ""


class Groups:
    """Groups. Refusals of changes are those of `Group` and `group_goals`.

    Who comes into a group of a program takes part in it: also Refused NOT_IN_PROGRAM. A repeat of a request
    answers the same, whatever has become of its people.
    """

    def __init__(self, kept: Aggregates[Group], people: People, programs: Programs, clock: Clock) -> None:
        self._groups = kept
        self._people = people
        self._programs = programs
        self._clock = clock

    async def create(self, caller: Caller, draft: GroupDraft, cause: Cause) -> tuple[Ref, Versioned[Group]]:
        """Begin a group that the caller guides. Refusals: also `Programs.require_open`."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "group", caller.subject, cause.id))
        known = await self._groups.get_many(caller.org, [ref.id])
        if known:
            return ref, _readable(caller, await self._groups.create(ref, known[ref.id].state, (), cause))
        if draft.program:
            await self._programs.require_open(caller.org, draft.program)
        await self._require_part(Ref(caller.org, caller.subject), draft.program, Role.MENTOR, "group.program")
        decision = groups.create(caller.subject, draft, self._clock.now())
        return ref, _readable(caller, await self._groups.create(ref, *decision, cause))

    async def get(self, caller: Caller, group: str) -> Versioned[Group]:
        """Return one group, those in it hidden from those who are not."""
        return _readable(caller, await self._groups.get(Ref(caller.org, group)))

    async def list(self, caller: Caller, asked: Selection, page: Query) -> Page[Group]:
        """Return a page; that of another person's groups is empty for all but overseers."""
        if asked.person not in {"", caller.subject} and not caller.roles & OVERSEERS:
            return Page(())
        where: dict[str, Any] = {"people": asked.person} if asked.person else {}
        if asked.stage is not None:
            where["stage"] = asked.stage.value
        if asked.program:
            where["program"] = asked.program
        found = await self._groups.list(caller.org, replace(page, where=where))
        return replace(found, items=[(key, _readable(caller, stored)) for key, stored in found.items])

    async def update(self, caller: Caller, group: str, draft: GroupDraft, how: How) -> Versioned[Group]:
        """Change what it is."""
        return await self._change(
            caller, group, lambda state, now: state.update(caller.subject, draft, now), how
        )

    async def invite(self, caller: Caller, group: str, person: str, how: How) -> Versioned[Group]:
        """Ask somebody who works here to guide along. Refusals: also `People.require_working`."""
        known = (await self._groups.get(Ref(caller.org, group))).state
        if person not in known.people:
            await self._people.require_working(caller.org, [person])
            await self._require_part(Ref(caller.org, person), known.program, Role.MENTOR, "person")
        return await self._change(caller, group, lambda state, _: state.invite(caller.subject, person), how)

    async def answer(self, caller: Caller, group: str, how: How, *, accept: bool) -> Versioned[Group]:
        """Say yes or no to guiding along."""
        known = (await self._groups.get(Ref(caller.org, group))).state
        if accept and caller.subject in known.invited:
            await self._require_part(Ref(caller.org, caller.subject), known.program, Role.MENTOR, "name")
        return await self._change(
            caller, group, lambda state, _: state.answer(caller.subject, accept=accept), how
        )

    async def join(self, caller: Caller, group: str, revision: int, how: How) -> Versioned[Group]:
        """Take a seat or a place in line."""
        known = (await self._groups.get(Ref(caller.org, group))).state
        if caller.subject not in known.people:
            await self._require_part(Ref(caller.org, caller.subject), known.program, Role.MENTEE, "name")
        return await self._change(caller, group, lambda state, _: state.join(caller.subject, revision), how)

    async def leave(self, caller: Caller, group: str, how: How) -> Versioned[Group]:
        """Go."""
        return await self._change(caller, group, lambda state, _: state.leave(caller.subject), how)

    async def remove(self, caller: Caller, group: str, person: str, how: How) -> Versioned[Group]:
        """Take somebody out."""
        return await self._change(caller, group, lambda state, _: state.remove(who(caller), person), how)

    async def close(self, caller: Caller, group: str, how: How) -> Versioned[Group]:
        """Complete or end it."""
        return await self._change(caller, group, lambda state, now: state.close(who(caller), now), how)

    async def add_goal(self, caller: Caller, group: str, draft: GroupGoalDraft, how: How) -> Versioned[Group]:
        """Set a goal."""
        return await self._change(
            caller, group, lambda state, now: group_goals.add(state, caller.subject, draft, now), how
        )

    async def complete_goal(self, caller: Caller, group: str, goal: str, how: How) -> Versioned[Group]:
        """Say that a goal is reached."""
        return await self._change(
            caller, group, lambda state, now: group_goals.complete(state, caller.subject, goal, now), how
        )

    async def drop_goal(self, caller: Caller, group: str, goal: str, how: How) -> Versioned[Group]:
        """Give a goal up."""
        return await self._change(
            caller, group, lambda state, _: group_goals.drop(state, caller.subject, goal), how
        )

    async def person_left(self, person: Ref, cause: Cause) -> None:
        """Let every running group go on without somebody who has left the company, or end."""
        await self._go_on_without(person, {}, cause)

    async def program_left(self, person: Ref, program: str, cause: Cause) -> None:
        """Let the program's groups go on without somebody who has left it, unless they are back by now."""
        if not (await self._programs.participation(person.tenant, program, person.id)).stays:
            await self._go_on_without(person, {"program": program}, cause)

    async def review(self, group: Ref, person: str, cause: Cause) -> None:
        """Take somebody out who came in while leaving the program: their leaving has not seen them here."""
        if program := (await self._groups.get(group)).state.program:
            await self.program_left(Ref(group.tenant, person), program, cause)

    async def _go_on_without(self, person: Ref, of: Mapping[str, str], cause: Cause) -> None:
        now = self._clock.now()

        def decide(known: Group | None) -> tuple[Group, Sequence[GroupEvent]] | None:
            return None if known is None else known.go_on_without(person.id, now)

        # Those without the person are left out, so that a repeat goes on where it was cut off.
        where = {"people": person.id, "stage": GroupStage.RUNNING.value, **of}
        query = Query(where=where, page_size=_PAGE)
        async for page in whole_pages(self._groups, person.tenant, query):
            saves = [Save(Ref(person.tenant, key), decide, cause) for key, _ in page]
            await self._groups.apply_many(person.tenant, saves)

    async def _require_part(self, person: Ref, program: str, role: Role, field: str) -> None:
        if program:
            part = await self._programs.participation(person.tenant, program, person.id)
            part.require(role, field)

    async def _change(self, caller: Caller, group: str, act: Act, how: How) -> Versioned[Group]:
        etag, cause = how
        now = self._clock.now()
        stored = await self._groups.change(
            Ref(caller.org, group), lambda state: act(state, now), cause, etag=etag
        )
        return _readable(caller, stored)


def _readable(caller: Caller, stored: Versioned[Group]) -> Versioned[Group]:
    oversees = bool(caller.roles & OVERSEERS)
    return replace(stored, state=stored.state.read_by(caller.subject, oversees=oversees))
