"""Safety reports: filed by anybody, handled by HR, and carried out when the case log tells of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.kernel import ids
from services.kernel.auth import Caller
from services.kernel.clock import Clock
from services.kernel.errors import Refused
from services.kernel.mongo import Cause, Page, Query, Ref, Versioned
from services.mentorships.app.blocks import Blocks
from services.mentorships.app.ports import HR, OVERSEERS, Aggregates
from services.mentorships.domain import Mentorship, MentorshipEvent, safety
from services.mentorships.domain.safety import Action, Decision, LogEntry, ReportDraft, SafetyReport

Act = Callable[[SafetyReport, str, datetime], Decision]
"""What a person of HR does with a report at a time."""

How = tuple[str, Cause]
"""(etag, cause) of a change; an empty etag checks nothing."""


class SafetyReports:
    """Reports and their case logs. Refusals are those of `domain.safety`."""

    def __init__(
        self,
        reports: Aggregates[SafetyReport],
        mentorships: Aggregates[Mentorship],
        blocks: Blocks,
        clock: Clock,
    ) -> None:
        self._reports = reports
        self._mentorships = mentorships
        self._blocks = blocks
        self._clock = clock

    async def file(
        self, caller: Caller, draft: ReportDraft, cause: Cause
    ) -> tuple[Ref, Versioned[SafetyReport]]:
        """Report a person; return the receipt, and a repeat as well."""
        ref = Ref(caller.org, ids.derived_id(caller.org, "safety-report", caller.subject, cause.id))
        known = await self._reports.get_many(caller.org, [ref.id])
        if known:
            return ref, _receipt(caller, await self._reports.create(ref, known[ref.id].state, (), cause))
        where = await self._where(caller, draft.mentorship)
        decision = safety.file(caller.subject, draft, where)
        return ref, _receipt(caller, await self._reports.create(ref, *decision, cause))

    async def get(self, caller: Caller, report: str) -> Versioned[SafetyReport]:
        """Return the receipt of one."""
        return _receipt(caller, await self._reports.get(Ref(caller.org, report)))

    async def list(self, caller: Caller, page: Query, *, closed: bool | None) -> Page[SafetyReport]:
        """Return a page of receipts, latest first: one's own, all for HR but those about oneself."""
        hr = bool(caller.roles & HR)
        where: dict[str, Any] = {"about": {"$ne": caller.subject}} if hr else {"reporter": caller.subject}
        if closed is not None:
            where["closed"] = closed
        found = await self._reports.list(caller.org, replace(page, where=where, order="-create_time"))
        return replace(found, items=[(key, _receipt(caller, stored)) for key, stored in found.items])

    async def review(self, caller: Caller, report: str, how: How) -> Versioned[SafetyReport]:
        """Read a whole report, which is logged first."""
        return await self._change(caller, report, SafetyReport.read, how)

    async def note(self, caller: Caller, report: str, words: str, how: How) -> Versioned[SafetyReport]:
        """Add a note."""
        return await self._change(
            caller, report, lambda state, person, now: state.note(person, words, now), how
        )

    async def close(self, caller: Caller, report: str, words: str, how: How) -> Versioned[SafetyReport]:
        """Close it."""
        return await self._change(
            caller, report, lambda state, person, now: state.close(person, words, now), how
        )

    async def block(self, caller: Caller, report: str, how: How) -> Versioned[SafetyReport]:
        """Order that reporter and reported are separated."""
        return await self._change(caller, report, SafetyReport.block, how)

    async def hold(self, caller: Caller, report: str, mentorship: str, how: How) -> Versioned[SafetyReport]:
        """Order that a mentorship of the person reported rests. Refusals: also `resting.pause`."""
        held = (await self._mentorships.get(Ref(caller.org, mentorship))).state

        def order(state: SafetyReport, person: str, now: datetime) -> Decision:
            logged = state.hold(person, mentorship, now)
            safety.require_part(held, state.about, "mentorship")
            safety.held(held, person, now)
            return logged

        return await self._change(caller, report, order, how)

    async def carry_out(self, ref: Ref, entry: int, cause: Cause) -> None:
        """Do what an entry of a case log orders."""
        report = (await self._reports.get(ref)).state
        ordered = report.log[entry - 1]
        if ordered.action is Action.HOLD:
            await self._hold(Ref(ref.tenant, ordered.mentorship), ordered, cause)
        if ordered.action is Action.BLOCK:
            await self._blocks.separate(ref.tenant, (report.reporter, report.about), cause)

    async def _hold(self, mentorship: Ref, ordered: LogEntry, cause: Cause) -> None:
        """Let it rest, unless it is held or over by now."""

        def decide(state: Mentorship) -> tuple[Mentorship, list[MentorshipEvent]]:
            try:
                return safety.held(state, ordered.person, ordered.time)
            except Refused:
                return state, []

        await self._mentorships.change(mentorship, decide, cause)

    async def _where(self, caller: Caller, mentorship: str) -> Mentorship | None:
        """Return where it happened, if the caller may see that."""
        if not mentorship:
            return None
        state = (await self._mentorships.get(Ref(caller.org, mentorship))).state
        if not caller.roles & OVERSEERS:
            state.require_reader(caller.subject)
        return state

    async def _change(self, caller: Caller, report: str, act: Act, how: How) -> Versioned[SafetyReport]:
        etag, cause = how
        now = self._clock.now()
        return await self._reports.change(
            Ref(caller.org, report), lambda state: act(state, caller.subject, now), cause, etag=etag
        )


def _receipt(caller: Caller, stored: Versioned[SafetyReport]) -> Versioned[SafetyReport]:
    return replace(stored, state=stored.state.receipt(caller.subject, hr=bool(caller.roles & HR)))
