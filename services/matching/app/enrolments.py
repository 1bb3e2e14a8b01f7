"""Who takes part in programs."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Final

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.mongo import Cause, Page, Query, Ref, Save, Versioned
from services.matching.app.ports import BATCH, People, Stores, Wanted, oversees, save_all, whole_list
from services.matching.domain import enrolments
from services.matching.domain.enrolments import Enrolment, Event, Wishes

Decide = Callable[[Enrolment], tuple[Enrolment, Sequence[Event]]]
Names = tuple[str, str]
"""(program, enrolment)."""

_HR: Final = frozenset({"hr_admin", "service"})


class Enrolments:
    """Enrolments by name. NotFound for what is absent or another's, Conflict for a stale etag."""

    def __init__(self, stores: Stores, people: People, clock: Clock) -> None:
        self._stores = stores
        self._people = people
        self._clock = clock

    async def enrol(
        self, caller: Caller, program: str, asked: Sequence[Enrolment], cause: Cause
    ) -> Sequence[tuple[str, Versioned[Enrolment]]]:
        """Enrol all of them or nobody; return (id, enrolment) in the order asked for.

        NotFound for an absent person; Refused PROGRAM_CLOSED, PROGRAM_NOT_OPEN or NOT_ELIGIBLE.
        """
        await self._require_eligible(caller.org, program, asked)
        by_id = {_id(caller.org, one): one for one in asked}
        saves = [_enrolling(Ref(caller.org, one), wish, cause) for one, wish in by_id.items()]
        await save_all(self._stores.enrolments, caller.org, saves)
        stored = await self._stores.enrolments.get_many(caller.org, list(by_id))
        return [(one, _seen(stored[one], caller)) for one in by_id]

    async def join(self, caller: Caller, asked: Enrolment, cause: Cause) -> tuple[Ref, Versioned[Enrolment]]:
        """Enrol oneself. Refused as `enrol`."""
        await self._require_eligible(caller.org, asked.program, [asked])
        program = (await self._stores.programs.get(Ref(caller.org, asked.program))).state
        ref = Ref(caller.org, _id(caller.org, asked))
        save = Save(ref, lambda known: enrolments.join(known, asked, program), cause)
        await self._stores.enrolments.apply_many(caller.org, [save])
        return ref, await self._stores.enrolments.get(ref)

    async def get(self, caller: Caller, names: Names) -> Versioned[Enrolment]:
        """Return one enrolment."""
        stored = await self._stores.enrolments.get(Ref(caller.org, names[1]))
        stored.state.require_of(names[0])
        stored.state.require_reader(caller.subject, oversees=oversees(caller))
        return _seen(stored, caller)

    async def list(self, caller: Caller, program: str, page: Wanted) -> Page[Enrolment]:
        """Return a page of participants, earliest first, those who left too. NotFound."""
        await self._stores.programs.get(Ref(caller.org, program))
        query = Query(where={"program": program}, page_size=page.size, page_token=page.token)
        found = await self._stores.enrolments.list(caller.org, query)
        return replace(found, items=[(one, _seen(stored, caller)) for one, stored in found.items])

    async def update(
        self, caller: Caller, names: Names, wishes: Wishes, etag: str, cause: Cause
    ) -> Versioned[Enrolment]:
        """Change roles and wishes. Refused ENROLMENT_ENDED; for new roles as `enrol`."""
        if wishes.roles is not None:
            known = (await self.get(caller, names)).state
            await self._require_eligible(caller.org, names[0], [replace(known, roles=wishes.roles)])
        return await self.change(caller, names, lambda state: state.update(wishes), etag, cause)

    async def change(
        self, caller: Caller, names: Names, decide: Decide, etag: str, cause: Cause
    ) -> Versioned[Enrolment]:
        """Do what `decide` says with an enrolment of the caller's, or with any for a lead or HR."""

        def decided(state: Enrolment) -> tuple[Enrolment, Sequence[Event]]:
            state.require_of(names[0])
            state.require_reader(caller.subject, oversees=oversees(caller))
            return decide(state)

        ref = Ref(caller.org, names[1])
        return _seen(await self._stores.enrolments.change(ref, decided, cause, etag=etag), caller)

    async def _require_eligible(self, tenant: str, program: str, asked: Sequence[Enrolment]) -> None:
        today = self._clock.now().date()
        rules = (await self._stores.programs.get(Ref(tenant, program))).state
        rules.require_open(today)
        people = await self._people.get_many(tenant, [one.person for one in asked])
        enrolments.require_eligible(rules, asked, people, today)


class Following:
    """What becomes of enrolments when people or programs change. May be repeated at any point."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    async def person_left(self, tenant: str, person: str, cause: Cause) -> None:
        """End every enrolment of somebody who left the company."""
        where = {"person": person}
        await self._each(tenant, where, lambda state: state.end(enrolments.LEFT_COMPANY), cause)

    async def person_on_leave(self, tenant: str, person: str, cause: Cause) -> None:
        """Pause every enrolment of somebody who is away."""
        await self._each(tenant, {"person": person}, Enrolment.on_leave, cause)

    async def person_back(self, tenant: str, person: str, cause: Cause) -> None:
        """Resume what only the leave paused."""
        await self._each(tenant, {"person": person}, Enrolment.back, cause)

    async def program_closed(self, program: Ref, cause: Cause) -> None:
        """End every enrolment of a program that is over."""
        where = {"program": program.id}
        await self._each(program.tenant, where, lambda state: state.end(enrolments.PROGRAM_CLOSED), cause)

    async def matched(self, program: Ref, served: Sequence[str], missed: Sequence[str], cause: Cause) -> None:
        """Note which mentees a published run gave a mentor, and which it left waiting."""
        decisions = dict.fromkeys(served, Enrolment.served) | dict.fromkeys(missed, Enrolment.missed)
        saves = [
            _changing(Ref(program.tenant, enrolment_id(program.tenant, program.id, person)), decide, cause)
            for person, decide in decisions.items()
        ]
        await save_all(self._stores.enrolments, program.tenant, saves)

    async def _each(self, tenant: str, where: dict[str, str], decide: Decide, cause: Cause) -> None:
        async for batch in self._batches(tenant, where):
            saves = [_changing(Ref(tenant, one), decide, cause) for one in batch]
            await self._stores.enrolments.apply_many(tenant, saves)

    async def _batches(self, tenant: str, where: dict[str, str]) -> AsyncIterator[list[str]]:
        batch: list[str] = []
        query = Query(where=where, page_size=BATCH)
        async for one, _ in whole_list(self._stores.enrolments, tenant, query):
            batch.append(one)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch


def enrolment_id(tenant: str, program: str, person: str) -> str:
    """Return the id of a person's enrolment in a program."""
    return ids.derived_id(tenant, "enrolment", program, person)


def _id(tenant: str, enrolment: Enrolment) -> str:
    return enrolment_id(tenant, enrolment.program, enrolment.person)


def _enrolling(ref: Ref, asked: Enrolment, cause: Cause) -> Save[Enrolment]:
    return Save(ref, lambda known: enrolments.enrol(known, asked), cause)


def _changing(ref: Ref, decide: Decide, cause: Cause) -> Save[Enrolment]:
    return Save(ref, lambda known: None if known is None else decide(known), cause)


def _seen(stored: Versioned[Enrolment], caller: Caller) -> Versioned[Enrolment]:
    return replace(stored, state=stored.state.seen_by(caller.subject, hr=bool(caller.roles & _HR)))
