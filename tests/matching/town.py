"""Matching in memory with everything it hears: mentors, mentees, and events that come back as from Kafka.

Any write may break off (`break_at`), before it is stored or after, as if the process died there.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Decide, Kind, Outcome, Page, Query, Ref, Save, Versioned
from services.kernel.mongo.documents import plain
from services.matching import store
from services.matching.app.adopting import Adopting
from services.matching.app.enrolments import Enrolments
from services.matching.app.matches import Matches
from services.matching.app.pairing import Pairing
from services.matching.app.ports import Stores
from services.matching.app.programs import Programs
from services.matching.app.requests import Requests
from services.matching.app.seats import Seats
from services.matching.app.settling import Settling
from services.matching.domain.asking import Wish
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.matches import Match
from services.matching.domain.members import Member
from services.matching.domain.policy import Pair
from services.matching.domain.programs import Program
from services.matching.domain.requests import MatchRequest
from services.matching.events import hear_matches, hear_mentorships, hear_people, hear_requests
from tests import fakes
from tests.matching.factories import LEAD, NOW, ORG, PROGRAM, mentee, mentor
from tests.matching.world import Colleagues, lead

S = TypeVar("S")


@dataclass
class Breaks:
    """When writes break off: at the `at`-th from now, `stored` before that or not; 0: never."""

    at: int = 0
    stored: bool = False
    writes: int = 0

    def before(self) -> None:
        self.writes += 1
        if self.writes == self.at and not self.stored:
            raise ConnectionError("gone before it was stored")

    def after(self) -> None:
        if self.writes == self.at and self.stored:
            raise ConnectionError("gone after it was stored")


class Breakable(fakes.Aggregates[S]):
    """Aggregates whose writes can break off; `meanwhile` happens once, just before the next one is read."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    def __init__(self, kind: Kind[S], clock: FixedClock, breaks: Breaks) -> None:
        super().__init__(kind, clock)
        self._breaks = breaks
        self._batch = False

    def interrupt(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self.meanwhile = meanwhile

    async def get(self, ref: Ref) -> Versioned[S]:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return await super().get(ref)

    async def create(self, ref: Ref, state: S, events: Sequence[Any], cause: Cause) -> Versioned[S]:
        if self._batch:
            return await super().create(ref, state, events, cause)
        self._breaks.before()
        stored = await super().create(ref, state, events, cause)
        self._breaks.after()
        return stored

    async def change(
        self,
        ref: Ref,
        decide: Decide[S],
        cause: Cause,
        *,
        etag: str = "",
        known: Versioned[S] | None = None,
    ) -> Versioned[S]:
        self._breaks.before()
        stored = await super().change(ref, decide, cause, etag=etag, known=known)
        self._breaks.after()
        return stored

    async def apply_many(self, tenant: str, changes: Sequence[Save[S]]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for change in changes:
            self._breaks.before()
            self._batch = True
            outcomes += await super().apply_many(tenant, [change])
            self._batch = False
            self._breaks.after()
        return outcomes


class Blind(Breakable[MatchRequest]):
    """Requests whose lists are empty `left` times, as if what is there had been stored just after."""

    left = 0

    async def list(self, tenant: str, query: Query) -> Page[MatchRequest]:
        if self.left:
            self.left -= 1
            return Page(())
        return await super().list(tenant, query)


@dataclass
class Town:
    """Whoever is in `people` takes part in the program `program` as what they seek."""

    people: Colleagues
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    breaks: Breaks = field(default_factory=Breaks)
    program: str = ""
    heard: set[str] = field(default_factory=set)
    asked: int = 0

    def __post_init__(self) -> None:
        kinds: tuple[Kind[Any], ...] = (
            store.PROGRAMS,
            store.ENROLMENTS,
            store.RUNS,
            store.MATCHES,
            store.PARTS,
            store.REQUESTS,
            store.SEATS,
            store.REVISIONS,
            store.TEAM_SETTINGS,
        )
        self.asked_for = Blind(store.REQUESTS, self.clock, self.breaks)
        self.kept: list[Breakable[Any]] = [
            self.asked_for if kind is store.REQUESTS else Breakable(kind, self.clock, self.breaks)
            for kind in kinds
        ]
        self.stores = Stores(*self.kept)
        self.matches = Matches(self.stores.matches)
        self.seats = Seats(self.stores)
        self.requests = Requests(
            self.stores, Pairing(self.stores, self.people, self.clock), self.seats, self.clock
        )
        self.settling = Settling(self.stores, self.people, self.clock)
        self.handlers = Handlers()
        hear_requests(self.handlers, self.settling)
        hear_matches(self.handlers, self.settling, self.matches)
        hear_mentorships(self.handlers, Adopting(self.stores))
        hear_people(self.handlers, self.settling)

    async def open(self, **changes: Any) -> str:
        """Open a program for everybody."""
        programs = Programs(self.stores, self.people, self.clock)
        ref, _ = await programs.create(lead, replace(PROGRAM, **changes), Cause(f"open-{changes}"))
        asked = [Enrolment(ref.id, one.id, one.seeks) for one in self.people.known.values() if one.seeks]
        enrolments = Enrolments(self.stores, self.people, self.clock)
        await enrolments.enrol(lead, ref.id, asked, Cause(f"enrol-{ref.id}"))
        self.program = self.program or ref.id
        return ref.id

    async def ask(
        self, requester: str, other: str, *, as_mentor: bool = False, program: str = "", cause: str = ""
    ) -> Ref:
        """Ask `other`, as a mentee unless told."""
        self.asked += 1
        self.clock.advance(timedelta(seconds=1))
        pair = Pair(requester, other) if as_mentor else Pair(other, requester)
        wish = Wish(program or self.program, pair, requester, "Would you?")
        ref, _ = await self.requests.create(who(requester), wish, Cause(cause or f"ask-{self.asked}"))
        return ref

    async def say(self, ref: Ref, what: str, program: str = "") -> MatchRequest:
        """Do `what` (accept, decline, withdraw, remind) as the one who may."""
        request = await self.request(ref)
        by = request.requester if what in {"withdraw", "remind"} else request.recipient
        act = getattr(self.requests, what)
        how = ("", Cause(f"{what}-{ref.id}"))
        stored = await act(who(by), (program or self.program, ref.id), how)
        found: MatchRequest = stored.state
        return found

    async def request(self, ref: Ref) -> MatchRequest:
        return (await self.stores.requests.get(ref)).state

    async def stage(self, ref: Ref) -> str:
        return (await self.request(ref)).stage.value

    async def held(self, person: str) -> set[str]:
        """Return the matches that hold a seat of a mentor."""
        return {seat.match for seat in (await self.seats.of(ORG, person)).held}

    def told(self) -> list[Event[Any]]:
        """Return every event that matching listens to, in the order it was told."""
        rows = sorted((row for kept in self.kept for row in kept.outbox), key=lambda row: int(row["at"]))
        return [
            Event(
                id=row["id"],
                type=row["type"],
                subject=row["subject"],
                sequence=row["ver"],
                tenant=row["tenant"],
                time=row["time"],
                key=row["key"],
                message=self.handlers.types[row["type"]].FromString(row["value"]),
            )
            for row in rows
            if row["type"] in self.handlers.types
        ]

    def names(self) -> list[str]:
        """Return the names of all events that matching has told, oldest first."""
        rows = sorted((row for kept in self.kept for row in kept.outbox), key=lambda row: int(row["at"]))
        return [str(row["type"]).rpartition(".")[2] for row in rows]

    def blind(self, times: int) -> Blind:
        """Show the next lists of requests empty."""
        self.asked_for.left = times
        return self.asked_for

    async def settle(self, *, times: int = 1) -> None:
        """Hear all events until nothing new is told, each `times` times; what broke off is heard again."""
        while fresh := [event for event in self.told() if event.id not in self.heard]:
            for event in fresh:
                for _ in range(times):
                    await self._hear(event)
                self.heard.add(event.id)

    async def hear(self, message: Any, event_id: str) -> None:
        """Hear what another service, or somebody else in this one, told."""
        await self._hear(
            Event(
                id=event_id,
                type=message.DESCRIPTOR.full_name,
                subject="elsewhere",
                sequence=1,
                tenant=ORG,
                time=NOW,
                key="",
                message=message,
            )
        )

    async def _hear(self, event: Event[Any]) -> None:
        while True:
            try:
                await self.handlers.handle(event)
            except ConnectionError:
                continue
            return

    def change_enrolment(self, person: str, **changes: Any) -> None:
        """Change how somebody takes part, without telling anybody."""
        for row in self.kept[1].rows.values():
            state: Enrolment = self.kept[1].documents.versioned(row).state
            if state.person == person:
                row["state"] = plain(replace(state, **changes))

    def change_program(self, **changes: Any) -> None:
        """Change the program, without telling anybody."""
        row = self.kept[0].rows[Ref(ORG, self.program).key]
        changed: Program = replace(self.kept[0].documents.versioned(row).state, **changes)
        row["state"] = plain(changed)

    async def matched(self) -> list[tuple[str, Match]]:
        """Return (id, match) of all matches."""
        kept = self.kept[3]
        return [(str(row["id"]), kept.documents.versioned(row).state) for row in kept.rows.values()]


def who(person: str) -> Caller:
    return Caller(ORG, person, frozenset({"mentee", "mentor"}))


def mentors(count: int, seats: int = 1) -> list[Member]:
    return [mentor(f"mentor-{place}", seats) for place in range(count)]


def mentees(count: int) -> list[Member]:
    return [mentee(f"mentee-{place}") for place in range(count)]


async def town(*people: Member, **program: Any) -> Town:
    """Return a town in which these people take part in one program."""
    made = Town(Colleagues(Member(LEAD), *people))
    await made.open(**program)
    return made
