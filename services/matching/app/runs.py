"""Matching of whole cohorts. Every step may be cut off anywhere and repeated."""

from collections.abc import Mapping, Sequence

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Invalid, NotFound
from services.kernel.mongo import Cause, Ref, Save, Versioned
from services.matching.app.ports import Matcher, People, Stores, save_all, whole_list
from services.matching.domain import matches, runs
from services.matching.domain.cohort import Cohort, Entry
from services.matching.domain.matches import Match, Origin
from services.matching.domain.members import Member
from services.matching.domain.plan import Proposal
from services.matching.domain.programs import Program
from services.matching.domain.runs import CohortRun
from services.matching.domain.week import coming_monday

_MANY, _FEW = 1000, 10
"""Page sizes for small documents, and for runs, which hold every proposal of a cohort."""


class CohortRuns:
    """Takes a run from request to matches."""

    def __init__(self, stores: Stores, people: People, matcher: Matcher, clock: Clock) -> None:
        self._stores = stores
        self._people = people
        self._matcher = matcher
        self._clock = clock

    async def request(self, caller: Caller, program: str, cause: Cause) -> tuple[Ref, Versioned[CohortRun]]:
        """Ask for a run. NotFound for an absent program, Refused PROGRAM_CLOSED."""
        (await self._stores.programs.get(Ref(caller.org, program))).state.require_active()
        ref = Ref(caller.org, ids.derived_id(caller.org, "cohort-run", program, cause.id))
        return ref, await self._stores.runs.create(ref, *runs.request(program, self._clock.now()), cause)

    async def get(self, caller: Caller, program: str, run: str) -> Versioned[CohortRun]:
        """Return one run of a program. NotFound."""
        stored = await self._stores.runs.get(Ref(caller.org, run))
        stored.state.require_of(program)
        return stored

    async def publish(
        self, caller: Caller, names: tuple[str, str], etag: str, cause: Cause
    ) -> Versioned[CohortRun]:
        """Publish the run of `names` (program, run).

        NotFound, Conflict, Refused RUN_NOT_READY, or RUN_OUTDATED when another run was published since it was
        computed: the two do not know each other's pairs.
        """
        program, run = names

        def decide(state: CohortRun) -> tuple[CohortRun, list[runs.Event]]:
            state.require_of(program)
            return state.publish()

        return await self._stores.runs.change(Ref(caller.org, run), decide, cause, etag=etag)

    async def compute(self, ref: Ref, cause: Cause) -> None:
        """Find the pairs of a requested run, or keep the reason why not. Unavailable: to be repeated."""
        run = (await self._stores.runs.get(ref)).state
        if run.stage is not runs.Stage.RUNNING:
            return
        where = {"stage": runs.Stage.PUBLISHED.value}
        published = {
            one: state async for one, state in whole_list(self._stores.runs, ref.tenant, where, _FEW)
        }
        try:
            plan = await self._matcher.compute(await self._cohort(ref.tenant, run, published))
        except (Invalid, NotFound) as refusal:
            reason = refusal.reason
            await self._stores.runs.change(ref, lambda state: state.fail(reason), cause)
            return
        await self._stores.runs.change(ref, lambda state: state.ready(plan, len(published)), cause)

    async def deliver(self, ref: Ref, cause: Cause) -> None:
        """Make every proposal of a published run a match; those that are there already stay as they are."""
        run = (await self._stores.runs.get(ref)).state
        program = (await self._stores.programs.get(Ref(ref.tenant, run.program))).state
        saves = [_match(ref, run, program, one, cause) for one in run.proposals]
        await save_all(self._stores.matches, ref.tenant, saves)

    async def _cohort(self, tenant: str, run: CohortRun, published: Mapping[str, CohortRun]) -> Cohort:
        here = {"program": run.program}
        entries = [one async for _, one in whole_list(self._stores.enrolments, tenant, here, _MANY)]
        known = [one async for _, one in whole_list(self._stores.matches, tenant, {}, _MANY)]
        holds = matches.holds(known, published)
        return Cohort(
            entries=tuple(Entry(one.person, one.roles) for one in entries),
            people=tuple(await self._with_superiors(tenant, [one.person for one in entries])),
            monday=coming_monday(run.requested),
            taken=tuple(pair for _, pair in holds),
            busy=frozenset(pair.mentee for program, pair in holds if program == run.program),
            refused=matches.refused(known, run.program),
        )

    async def _with_superiors(self, tenant: str, people: Sequence[str]) -> list[Member]:
        """Return the people and everybody above them, read level by level."""
        found: dict[str, Member] = {}
        wanted = sorted(set(people))
        while wanted:
            found.update({one.id: one for one in await self._people.get_many(tenant, wanted)})
            wanted = sorted({one.manager for one in found.values() if one.manager} - found.keys())
        return list(found.values())


def _match(ref: Ref, run: CohortRun, program: Program, proposal: Proposal, cause: Cause) -> Save[Match]:
    match = ids.derived_id(ref.tenant, "match", ref.id, proposal.mentor, proposal.mentee)
    origin = Origin(
        program=run.program,
        run=ref.id,
        lead=program.lead,
        cadence_days=program.cadence_days,
        meeting_minutes=program.meeting_minutes,
        mentorship=ids.derived_id(ref.tenant, "mentorship", match),
    )
    return Save(Ref(ref.tenant, match), lambda known: matches.propose(known, origin, proposal), cause)
