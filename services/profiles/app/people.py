"""What callers make people do: get, decide, save; and bringing all of them in line with an HR export."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, TypeVar

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.errors import Exhausted, Invalid, NotFound
from services.kernel.mongo import Cause, Decide, Outcome, Page, Query, Ref, Save, Versioned
from services.profiles import domain
from services.profiles.domain import Person, Progress, Roster, Row, Step, Summary

T = TypeVar("T")

BATCH = 500
"""Rows per write: about 1 MB, some tens of milliseconds."""
IMPORTS_AT_ONCE = 2
"""Files a process holds at a time; each may take ten times its size in memory."""

_SEES_ALL = frozenset({"program_lead", "hr_admin", "service"})


class People(Protocol):
    """Where people are kept; `kernel.mongo.Aggregates` tells the contract."""

    async def get(self, ref: Ref) -> Versioned[Person]:
        """Return one. NotFound."""

    async def get_many(self, tenant: str, ids: Sequence[str]) -> Mapping[str, Versioned[Person]]:
        """Return those that exist."""

    async def list(self, tenant: str, query: Query) -> Page[Person]:
        """Return a page."""

    async def create(self, ref: Ref, state: Person, events: Sequence[Any], cause: Cause) -> Versioned[Person]:
        """Store a new one. AlreadyExists."""

    async def change(
        self, ref: Ref, decide: Decide[Person], cause: Cause, *, etag: str = ""
    ) -> Versioned[Person]:
        """Store what `decide` makes of one. NotFound, Conflict."""

    async def apply_many(self, tenant: str, changes: Sequence[Save[Person]]) -> Sequence[Outcome]:
        """Store many, new or not; tell for each what became of it."""


class Wanted(NamedTuple):
    """Whom a list is about; what is not given does not matter. `manager`: who report to this one directly."""

    roles: domain.Role | None = None
    state: domain.State | None = None
    manager: str = ""


class Directory:
    """The people, one by one and in pages."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def get(self, caller: Caller, person: str) -> Versioned[Person]:
        """Return one person, to colleagues without what is private. NotFound."""
        found = await self._people.get(Ref(caller.org, person))
        if person == caller.subject or caller.roles & _SEES_ALL:
            return found
        return replace(found, state=domain.for_colleagues(found.state))

    async def get_many(self, caller: Caller, people: Sequence[str]) -> list[Versioned[Person]]:
        """Return people in the order asked for. NotFound when one is absent."""
        found = await self._people.get_many(caller.org, people)
        missing = [person for person in people if person not in found]
        if missing:
            raise NotFound(
                "PERSON_NOT_FOUND",
                "a person does not exist",
                fields=[("names", f"{person} does not exist") for person in missing[:20]],
            )
        return [found[person] for person in people]

    async def list(self, caller: Caller, wanted: Wanted, page: tuple[int, str]) -> Page[Person]:
        """Return a page of (size, token) of those wanted, oldest first."""
        where = {field: str(value) for field, value in wanted._asdict().items() if value}
        return await self._people.list(caller.org, Query(where=where, page_size=page[0], page_token=page[1]))

    async def create(
        self, caller: Caller, person: str, values: Mapping[str, Any], cause: Cause
    ) -> Versioned[Person]:
        """Add one person. Invalid for wrong fields and an unknown manager, AlreadyExists."""
        state, events = domain.create(person, values)
        ref = Ref(caller.org, person)
        objection = await self._objection(caller.org, person, values)
        if objection is not None:
            return await self._answered_before(ref, objection, cause)
        return await self._people.create(ref, state, events, cause)

    async def _answered_before(self, ref: Ref, objection: Invalid, cause: Cause) -> Versioned[Person]:
        """Answer a creation that was done already, though it would be refused by now; refuse any other."""
        try:
            return await self._people.change(ref, _refusing(objection), cause)
        except NotFound:
            raise objection from None

    async def update(
        self, caller: Caller, person: str, values: Mapping[str, Any], etag: str, cause: Cause
    ) -> Versioned[Person]:
        """Change the given fields. Invalid as `create`, NotFound, Conflict for a stale etag."""
        objection = await self._objection(caller.org, person, values)
        decide = (
            (lambda old: domain.change(person, old, values)) if objection is None else _refusing(objection)
        )
        return await self._people.change(Ref(caller.org, person), decide, cause, etag=etag)

    async def _objection(self, org: str, person: str, values: Mapping[str, Any]) -> Invalid | None:
        """Return what speaks against the address or the manager. Two changes at one moment may both pass."""
        address, manager = values.get("email", "").strip().lower(), values.get("manager", "")
        if address and (await _holders(self._people, org, [address])).keys() - {person}:
            return _wrong("person.email", "DUPLICATE_EMAIL: is the address of somebody else")
        if manager in {"", person}:
            return None  # oneself is refused by the domain
        chain = await _chain(self._people, org, manager)
        if not chain:
            return _wrong("person.manager", "UNKNOWN_MANAGER: does not exist")
        if person in chain:
            return _wrong("person.manager", "MANAGER_CYCLE: reports to this person")
        return None


def _refusing(objection: Invalid) -> Decide[Person]:
    def decide(_: Person) -> tuple[Person, Sequence[Any]]:
        raise objection

    return decide


async def _chain(people: People, org: str, manager: str) -> list[str]:
    """Return a manager and everybody above, nobody if the manager is not kept."""
    chain: list[str] = []
    while manager and manager not in chain:
        found = (await people.get_many(org, [manager])).get(manager)
        if found is None:
            break
        chain.append(manager)
        manager = found.state.manager
    return chain


def _wrong(field: str, description: str) -> Invalid:
    return Invalid("INVALID_PERSON", "the person has wrong fields", fields=((field, description),))


async def _holders(people: People, org: str, addresses: Sequence[str]) -> dict[str, str]:
    """Return person id -> address of those who have one of the addresses, at most BATCH of them."""
    page = await people.list(org, Query(where={"email": {"$in": list(addresses)}}, page_size=BATCH))
    return {person: found.state.email for person, found in page.items}


class Imports:
    """Brings people in line with HR exports."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._running = 0

    async def run(
        self, caller: Caller, chunks: AsyncIterable[bytes], cause: Cause, *, validate_only: bool
    ) -> AsyncGenerator[Step, None]:
        """Take a whole file, then yield its refused lines, progress after each batch and one summary.

        Nothing is stored before the last chunk came and was read. An import that is cut off later has stored
        whole batches, nobody in an earlier one than their manager; the same file again stores the rest.
        Raises Invalid for what is no export, Exhausted when too many imports run.
        """
        with self._slot():
            lines = await asyncio.to_thread(_collated, await _collected(chunks))
            roster = await self._settled(caller.org, lines)
            for line in roster.rejected:
                yield line
            done, outcomes = roster.total - len(roster.rows), Counter({Outcome.UNCHANGED: roster.repeats})
            yield Progress(done, roster.total)
            for batch in _batches(roster.rows):
                outcomes.update(await self._apply(caller.org, batch, cause, validate_only=validate_only))
                done += len(batch)
                yield Progress(done, roster.total)
            yield _summary(outcomes, len(roster.rejected))

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if self._running >= IMPORTS_AT_ONCE:
            raise Exhausted("TOO_MANY_IMPORTS", f"{IMPORTS_AT_ONCE} imports are running; try again later")
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    async def _settled(self, org: str, lines: Roster) -> Roster:
        stored: set[str] = set()
        for managers in _batches(sorted(lines.managers())):
            stored.update(await self._people.get_many(org, managers))
        taken: dict[str, str] = {}
        for rows in _batches(lines.rows):
            found = await _holders(self._people, org, [row.person.email for row in rows])
            taken.update({address: person for person, address in found.items()})
        return domain.settle(lines, stored, taken)

    async def _apply(
        self, org: str, rows: Sequence[Row], cause: Cause, *, validate_only: bool
    ) -> Iterable[Outcome]:
        if validate_only:
            stored = await self._people.get_many(org, [row.id for row in rows])
            return [_outcome(stored.get(row.id), row.person) for row in rows]
        return await self._people.apply_many(org, [_save(org, row, cause) for row in rows])


def _summary(outcomes: Mapping[Outcome, int], rejected: int) -> Summary:
    created, updated, unchanged = (
        outcomes[outcome] for outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
    )
    return Summary(created, updated, unchanged, rejected)


def _collated(data: bytes) -> Roster:
    return domain.collate(domain.read(data))


async def _collected(chunks: AsyncIterable[bytes]) -> bytes:
    data = bytearray()
    async for chunk in chunks:
        data += chunk
        if len(data) > domain.LARGEST_FILE:
            break  # reading refuses it; more would only fill the memory
    return bytes(data)


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def _outcome(stored: Versioned[Person] | None, person: Person) -> Outcome:
    if stored is None:
        return Outcome.CREATED
    return Outcome.UNCHANGED if stored.state == person else Outcome.UPDATED


def _save(org: str, row: Row, cause: Cause) -> Save[Person]:
    def decide(old: Person | None) -> tuple[Person, list[domain.Event]]:
        if old is None:
            return row.person, domain.created(row.id, row.person)
        return domain.align(row.id, old, row.person)

    own = replace(cause, id=ids.derived_id(cause.id, row.id))
    return Save(Ref(org, row.id), decide, own)
