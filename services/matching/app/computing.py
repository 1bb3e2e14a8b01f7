"""What requested and published runs lead to. Every step may be cut off anywhere and repeated."""

from services.kernel import ids
from services.kernel.errors import Invalid, NotFound
from services.kernel.events import sign
from services.kernel.mongo import Cause, Ref, Save
from services.matching.app.cohorts import Cohorts
from services.matching.app.following import Following
from services.matching.app.matches import Matches
from services.matching.app.ports import Answer, Matcher, Stores, save_all
from services.matching.app.runs import part_id, read_parts
from services.matching.app.seats import Seats
from services.matching.domain import matches, runs
from services.matching.domain.matches import Match, Origin
from services.matching.domain.plan import Proposal
from services.matching.domain.programs import Program
from services.matching.domain.runs import CohortRun, Part, Progress
from services.matching.domain.seats import Seat


class Computing:
    """Takes runs from request to result, and from publication to matches."""

    def __init__(self, stores: Stores, cohorts: Cohorts, matcher: Matcher) -> None:
        self._stores = stores
        self._following, self._seats = Following(stores), Seats(stores)
        self._matches = Matches(stores.matches)
        self._cohorts = cohorts
        self._matcher = matcher

    async def compute(self, ref: Ref, cause: Cause) -> None:
        """Find the pairs of a requested run, or keep the reason why not. Unavailable: to be repeated."""
        run = (await self._stores.runs.get(ref)).state
        if run.stage is not runs.Stage.RUNNING:
            return
        published = await self._cohorts.published(ref.tenant)
        program = Ref(ref.tenant, run.program)
        task = await self._cohorts.task(program, run.requested, run.options, published)

        async def goes_on(progress: Progress) -> bool:
            return await self._goes_on(ref, progress, cause)

        try:
            async with self._matcher.matched(task, goes_on) as answer:
                await self._keep(ref, answer, cause)
        except (Invalid, NotFound) as refusal:
            reason, field = refusal.reason, refusal.fields[0][0] if refusal.fields else ""
            await self._stores.runs.change(ref, lambda state: state.fail(reason, field), cause)
            return
        report, left, before = answer.report, answer.leftovers, len(published)
        if report is not None:
            await self._stores.runs.change(ref, lambda state: state.ready(report, left, before), cause)

    async def deliver(self, ref: Ref, cause: Cause) -> None:
        """Make every proposal of a published run a match, and note who has to wait for the next.

        What is there already stays as it is.
        """
        run = (await self._stores.runs.get(ref)).state
        if run.report is None or run.is_delivered:
            return
        program = (await self._stores.programs.get(Ref(ref.tenant, run.program))).state
        moved = sign()
        for number in range(run.parts):
            (part,) = await read_parts(self._stores, ref, run, [number])
            await self._deliver(ref, (run, program), part, cause)
            moved()
        await self._stores.runs.change(ref, CohortRun.delivered, cause)

    async def _deliver(self, ref: Ref, of: tuple[CohortRun, Program], part: Part, cause: Cause) -> None:
        """Seats first: who is matched by request meanwhile must find them taken."""
        run, program = of
        mentees = [one.mentee for one in part.proposals]
        taken = await self._matches.taken(ref, run.program, mentees)
        proposals = [one for one in part.proposals if one.mentee not in taken]
        claims = [(one.mentor, Seat(_match_id(ref, one), run.program)) for one in proposals]
        await self._seats.hold(ref.tenant, claims, cause)
        saves = [_match(ref, run, program, one, cause) for one in proposals]
        await save_all(self._stores.matches, ref.tenant, saves)
        missed = [one.mentee for one in part.leftovers]
        await self._following.matched(Ref(ref.tenant, run.program), mentees, missed, cause)

    async def _goes_on(self, ref: Ref, progress: Progress, cause: Cause) -> bool:
        """Keep how far it is; return whether the run is still wanted."""
        step = Cause(f"{cause.id}:{progress.stage}:{progress.tenth[1]}", trace=cause.trace)
        kept = await self._stores.runs.change(ref, lambda state: state.progressed(progress), step)
        return kept.state.stage is runs.Stage.RUNNING

    async def _keep(self, ref: Ref, answer: Answer, cause: Cause) -> None:
        if answer.report is None:
            return
        digest = answer.report.result_digest
        async for part in answer.parts(ref.id):
            one = Ref(ref.tenant, part_id(ref, digest, part.number))
            await self._stores.parts.apply_many(ref.tenant, [_save(one, part, cause)])


def _save(ref: Ref, part: Part, cause: Cause) -> Save[Part]:
    return Save(ref, lambda known: (part, []) if known is None else None, cause)


def _match_id(ref: Ref, proposal: Proposal) -> str:
    return ids.derived_id(ref.tenant, "match", ref.id, proposal.mentor, proposal.mentee)


def _match(ref: Ref, run: CohortRun, program: Program, proposal: Proposal, cause: Cause) -> Save[Match]:
    match = _match_id(ref, proposal)
    origin = Origin(
        program=run.program,
        run=ref.id,
        lead=program.lead,
        cadence_days=program.cadence_days,
        meeting_minutes=program.meeting_minutes,
        agreement=program.agreement,
        mentorship=ids.derived_id(ref.tenant, "mentorship", match),
    )
    return Save(Ref(ref.tenant, match), lambda known: matches.propose(known, origin, proposal), cause)
