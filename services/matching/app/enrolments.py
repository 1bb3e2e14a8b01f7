"""Who takes part in programs."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import NotFound, Refusal, Refused
from services.kernel.mongo import Cause, Page, Query, Ref, Save, Versioned
from services.matching.app.ports import People, Stores, Wanted, oversees, save_all
from services.matching.app.repeats import answered_before
from services.matching.domain import eligibility, enrolments
from services.matching.domain.enrolments import Enrolment, Event, Wishes
from services.matching.domain.programs import Program

Decide = Callable[[Enrolment], tuple[Enrolment, Sequence[Event]]]
Names = tuple[str, str]
"""(program, enrolment)."""


class Enrolments:
    """Enrolments by name. NotFound for what is absent or another's, Conflict for a stale etag.

    Whatever would be refused by now, a repeat of a request is answered with what is stored.
    """

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
        rules = await self._program(caller, program)
        by_id = {_id(caller.org, one): one for one in asked}
        fields = {f"requests[{place}]": one for place, one in enumerate(asked)}
        if objection := await self._objection(caller.org, rules, fields):
            await self._require_begun(caller.org, list(by_id), objection, cause)
        saves = [_enrolling(Ref(caller.org, one), wish, cause) for one, wish in by_id.items()]
        await save_all(self._stores.enrolments, caller.org, saves)
        stored = await self._stores.enrolments.get_many(caller.org, list(by_id))
        return [(one, _seen(stored[one], caller)) for one in by_id]

    async def join(self, caller: Caller, asked: Enrolment, cause: Cause) -> tuple[Ref, Versioned[Enrolment]]:
        """Enrol oneself. Refused as `enrol`, and ROLE_NEEDS_APPROVAL."""
        rules = await self._program(caller, asked.program)
        ref = Ref(caller.org, _id(caller.org, asked))
        if objection := await self._objection(caller.org, rules, {"roles": asked}):
            return ref, await answered_before(self._stores.enrolments, ref, objection, cause)
        save = Save(ref, lambda known: enrolments.join(known, asked, rules), cause)
        await self._stores.enrolments.apply_many(caller.org, [save])
        return ref, await self._stores.enrolments.get(ref)

    async def get(self, caller: Caller, names: Names) -> Versioned[Enrolment]:
        """Return one enrolment."""
        stored = await self._stores.enrolments.get(Ref(caller.org, names[1]))
        stored.state.require_of(names[0])
        stored.state.require_reader(caller.subject, oversees=oversees(caller))
        return _seen(stored, caller)

    async def list(self, caller: Caller, program: str, page: Wanted, person: str = "") -> Page[Enrolment]:
        """Return a page of participants, or of one alone, earliest first, those who left too. NotFound."""
        await self._program(caller, program)
        query = Query(where=_of(program, person), page_size=page.size, page_token=page.token)
        found = await self._stores.enrolments.list(caller.org, query)
        return replace(found, items=[(one, _seen(stored, caller)) for one, stored in found.items])

    async def count(self, caller: Caller, program: str, person: str = "") -> int:
        """Return how many `list` returns on all pages."""
        where = _of(program, person)
        counted = await self._stores.enrolments.most_frequent(caller.org, "program", where, 1)
        return sum(number for _, number in counted)

    async def update(
        self, caller: Caller, names: Names, wishes: Wishes, etag: str, cause: Cause
    ) -> Versioned[Enrolment]:
        """Change roles and wishes. Denied BLOCKS_NOT_YOURS, Refused ENROLMENT_ENDED; for roles as `join`."""
        rules = await self._program(caller, names[0])
        objection = None
        if wishes.roles is not None:
            wanted = replace((await self.get(caller, names)).state, roles=wishes.roles)
            objection = await self._objection(caller.org, rules, {"enrolment.roles": wanted})

        def decide(state: Enrolment) -> tuple[Enrolment, Sequence[Event]]:
            if objection:
                raise objection
            if wishes.blocked is not None:
                state.require_blocker(caller.subject, hr=_is_hr(caller))
            if not oversees(caller):
                state.require_approved(rules, wishes.roles or ())
            return state.update(wishes)

        return await self.change(caller, names, decide, etag, cause)

    async def approve(self, caller: Caller, names: Names, etag: str, cause: Cause) -> Versioned[Enrolment]:
        """Let a waiting person take part. Refused ENROLMENT_NOT_PENDING, and as `enrol`: time has passed."""
        rules = await self._program(caller, names[0])
        waiting = (await self.get(caller, names)).state
        objection = await self._objection(caller.org, rules, {"name": waiting})

        def decide(state: Enrolment) -> tuple[Enrolment, Sequence[Event]]:
            approved = state.approve()
            if objection and approved[1]:
                raise objection
            return approved

        return await self.change(caller, names, decide, etag, cause)

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

    async def _program(self, caller: Caller, program: str) -> Program:
        return (await self._stores.programs.get(Ref(caller.org, program))).state

    async def _objection(self, tenant: str, rules: Program, asked: Mapping[str, Enrolment]) -> Refusal | None:
        """Return what speaks against those asked for, by field of the request."""
        today = self._clock.now().date()
        try:
            rules.require_open(today)
            people = await self._people.get_many(tenant, [one.person for one in asked.values()])
            eligibility.require_eligible(rules, asked, people, today)
        except (NotFound, Refused) as objection:
            return objection
        return None

    async def _require_begun(
        self, tenant: str, names: Sequence[str], objection: Refusal, cause: Cause
    ) -> None:
        """Raise `objection` unless the request was let in before: then what was cut off is to be finished."""
        store = self._stores.enrolments
        known = await store.get_many(tenant, names)
        answers = await asyncio.gather(
            *(answered_before(store, Ref(tenant, one), objection, cause) for one in known),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, BaseException) and answer is not objection:
                raise answer
        if all(answer is objection for answer in answers):
            raise objection


def enrolment_id(tenant: str, program: str, person: str) -> str:
    """Return the id of a person's enrolment in a program."""
    return ids.derived_id(tenant, "enrolment", program, person)


def _id(tenant: str, enrolment: Enrolment) -> str:
    return enrolment_id(tenant, enrolment.program, enrolment.person)


def _enrolling(ref: Ref, asked: Enrolment, cause: Cause) -> Save[Enrolment]:
    return Save(ref, lambda known: enrolments.enrol(known, asked), cause)


def _of(program: str, person: str) -> dict[str, str]:
    return {"program": program, **({"person": person} if person else {})}


def _seen(stored: Versioned[Enrolment], caller: Caller) -> Versioned[Enrolment]:
    return replace(stored, state=stored.state.seen_by(caller.subject, hr=_is_hr(caller)))


def _is_hr(caller: Caller) -> bool:
    return "hr_admin" in caller.roles
