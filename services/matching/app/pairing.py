"""How two people stand in a program, read fresh from everything that has a say in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.kernel.clock import Clock
from services.kernel.mongo import Query, Ref
from services.kernel.mongo.whole import whole_list
from services.matching.app.enrolments import enrolment_id
from services.matching.app.ports import People, Stores
from services.matching.domain import matches, pairing, scoring
from services.matching.domain.asking import Standing
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.members import Member, managers_of
from services.matching.domain.plan import Proposal
from services.matching.domain.policy import Pair, Past
from services.matching.domain.programs import Program
from services.matching.domain.scoring import Side
from services.matching.domain.seats import Limits
from services.matching.domain.week import coming_monday, phases, zone


@dataclass(frozen=True, slots=True)
class Couple:
    """Two people of a program, and how they fit; no `proposal` while one of them takes no part."""

    standing: Standing
    proposal: Proposal | None


class Pairing:
    """Looks at pairs (mentor, mentee)."""

    def __init__(self, stores: Stores, people: People, clock: Clock) -> None:
        self._stores = stores
        self._people = people
        self._clock = clock

    async def look(self, tenant: str, name: str, people: tuple[str, str]) -> Couple:
        """Return how mentor and mentee stand in the program `name`.

        NotFound for an absent program or a participant unknown to profiles, Unavailable.
        """
        program = (await self._stores.programs.get(Ref(tenant, name))).state
        enrolments = await self._enrolments(tenant, name, people)
        of_mentee = Query(where={"people": people[1]})
        past = [one async for _, one in whole_list(self._stores.matches, tenant, of_mentee)]
        busy = any(one.live and one.pair.mentee == people[1] and one.origin.program == name for one in past)
        mentor, mentee = enrolments
        if mentor is None or mentee is None:
            nobody = Limits(0, program.most_mentees)
            return Couple(Standing(program, mentor, mentee, busy, allowed=False, limits=nobody), None)
        known = await with_superiors(self._people, tenant, people)
        sides = self._side(known, mentor), self._side(known, mentee)
        before = Pair(*people) in matches.previous(past)
        allowed = (
            Pair(*people) not in matches.parted(past)
            and not pairing.blocked(mentor, mentee)
            and pairing.may_meet(*sides, program.policy.rules, managers_of(known.values()))
            and not (program.policy.rules.past is Past.FORBID and before)
        )
        limits = limits_of(sides[0].member, program)
        standing = Standing(program, mentor, mentee, busy, allowed=allowed, limits=limits)
        return Couple(standing, scoring.proposal(*sides, program.policy, partners_before=before))

    async def _enrolments(
        self, tenant: str, program: str, people: tuple[str, str]
    ) -> tuple[Enrolment | None, Enrolment | None]:
        names = [enrolment_id(tenant, program, person) for person in people]
        found = await self._stores.enrolments.get_many(tenant, names)
        mentor, mentee = (found[name].state if name in found else None for name in names)
        return mentor, mentee

    def _side(self, known: Mapping[str, Member], enrolment: Enrolment) -> Side:
        weeks = phases(
            [zone(member.time_zone) for member in known.values()], coming_monday(self._clock.now())
        )
        return scoring.prepared(
            known[enrolment.person], weeks, focus=enrolment.focus, preferred=enrolment.preferred
        )


async def with_superiors(known: People, tenant: str, people: Sequence[str]) -> dict[str, Member]:
    """Return the people and everybody above them by id, read level by level. NotFound, Unavailable."""
    found: dict[str, Member] = {}
    wanted = sorted(set(people))
    while wanted:
        found.update({one.id: one for one in await known.get_many(tenant, wanted)})
        wanted = sorted({one.manager for one in found.values() if one.manager} - found.keys())
    return found


def limits_of(mentor: Member, program: Program) -> Limits:
    """Return how many seats a mentor has; nobody who is away has one to give."""
    return Limits(mentor.seats if mentor.active else 0, program.most_mentees)
