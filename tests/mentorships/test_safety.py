"""Safety: HR alone reads reports and leaves a trace whenever it does, and people are kept apart for good."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.message import Message

from services.kernel.auth import Caller
from services.kernel.clock import FixedClock
from services.kernel.errors import Conflict, Invalid, NotFound, Refused
from services.kernel.events import Event, Handlers
from services.kernel.mongo import Cause, Query, Ref
from services.mentorships import store
from services.mentorships.app.blocks import Blocks
from services.mentorships.app.safety import SafetyReports
from services.mentorships.domain import EndReason, Mentorship, PauseReason, Stage, ending
from services.mentorships.domain.safety import Action, Category, LogEntry, ReportDraft, SafetyReport, file
from services.mentorships.events import hear_safety
from services.mentorships.wire import safety as wire
from services.pb.mentoring.mentorships.v1 import codes_pb2 as codes
from services.pb.mentoring.mentorships.v1 import events_pb2 as told
from services.pb.mentoring.mentorships.v1 import safety_service_pb2 as pb
from tests.fakes import Aggregates
from tests.mentorships.callers import HR_ID, foreigner, hr, lead, mentee, mentor, stranger
from tests.mentorships.factories import ID, LEAD, MENTEE, MENTOR, NOON, ORG, STRANGER, active, proposed

PEOPLE = f"organizations/{ORG}/people"
DRAFT = ReportDraft(MENTOR, Category.BOUNDARIES, "He calls me at night.", mentorship=ID)
FREE = replace(DRAFT, mentorship="")
OTHER = "22222222-2222-4222-8222-222222222222"
colleague = Caller(ORG, "admin-2", frozenset({"hr_admin"}))
reported = Caller(ORG, MENTOR, frozenset({"mentor", "hr_admin"}))


class World:
    """A mentorship of the pair, reports and blocks in memory, and what is heard of them."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.mentorships = Aggregates(store.MENTORSHIPS, self.clock)
        self.kept = Aggregates(store.SAFETY_REPORTS, self.clock)
        self.kept_blocks = Aggregates(store.BLOCKS, self.clock)
        self.blocks = Blocks(self.kept_blocks, self.mentorships, self.clock)
        self.reports = SafetyReports(self.kept, self.mentorships, self.blocks, self.clock)
        self.handlers = Handlers()
        hear_safety(self.handlers, self.reports, self.blocks)

    async def settle(self) -> None:
        """Let everything be heard that was told so far, twice: readers get events again."""
        kinds: tuple[Aggregates[Any], ...] = (self.kept, self.kept_blocks)
        for kind in (*kinds, *kinds):
            for event in kind.outbox:
                if event["type"] in self.handlers.types:
                    await self.hear(
                        self.handlers.types[event["type"]].FromString(event["value"]), event["id"]
                    )

    async def hear(self, message: Message, event_id: str) -> None:
        about: dict[str, Any] = {"subject": "s", "sequence": 1, "tenant": ORG, "time": NOON, "key": "k"}
        kind = message.DESCRIPTOR.full_name
        await self.handlers.handle(Event(id=event_id, type=kind, message=message, **about))

    async def file(self, draft: ReportDraft = DRAFT, by: Caller = mentee) -> str:
        ref, _ = await self.reports.file(by, draft, Cause("file"))
        return ref.id

    async def begin(self, mentorship: str, state: Mentorship) -> None:
        await self.mentorships.create(Ref(ORG, mentorship), state, (), Cause("match"))

    async def mentorship(self, mentorship: str = ID) -> Mentorship:
        return (await self.mentorships.get(Ref(ORG, mentorship))).state

    def told(self) -> list[str]:
        return [event["type"].rpartition(".")[2] for event in self.kept.outbox]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.begin(ID, active())
    return world


def how(request: str, etag: str = "") -> tuple[str, Cause]:
    return etag, Cause(request)


@pytest.mark.parametrize(
    ("draft", "where", "field"),
    [
        (replace(DRAFT, about=MENTEE), active(), "person"),
        (replace(DRAFT, about=STRANGER), active(), "mentorship"),
        (replace(DRAFT, words=" \n"), None, "words"),
        (replace(DRAFT, words="\x00"), None, "words"),
    ],
)
def test_a_report_makes_sense(draft: ReportDraft, where: Mentorship | None, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        file(MENTEE, draft, where)
    assert [path for path, _ in refusal.value.fields] == [f"safety_report.{field}"]


async def test_who_reports_gets_a_receipt_and_nothing_more(world: World) -> None:
    key = await world.file()
    assert await world.file() == key, "the same request files once"
    receipt = await world.reports.get(mentee, key)
    assert receipt.state == SafetyReport("", "", Category.BOUNDARIES, "")
    shown = wire.receipt(Ref(ORG, key), receipt)
    assert (shown.state, shown.person, shown.words, shown.etag) == (pb.SafetyReport.STATE_OPEN, "", "", "")
    listed = await world.reports.list(mentee, Query(), closed=None)
    assert [one for one, _ in listed.items] == [key]
    assert world.told() == ["SafetyReportFiled"]


@pytest.mark.parametrize("reader", [mentor, reported, stranger, lead, foreigner])
async def test_a_report_does_not_exist_for_others_nor_for_whom_it_is_about(
    world: World, reader: Caller
) -> None:
    """Whom it is about may be of HR: then it is for the colleagues."""
    key = await world.file()
    with pytest.raises(NotFound):
        await world.reports.get(reader, key)
    assert (await world.reports.list(reader, Query(), closed=None)).items == []


async def test_hr_does_not_handle_a_report_about_itself(world: World) -> None:
    key = await world.file()
    await world.reports.close(hr, key, "Talked to both.", how("c"))
    for act in (
        world.reports.review(reported, key, how("1")),
        world.reports.note(reported, key, "All lies.", how("2")),
        world.reports.hold(reported, key, ID, how("3")),
        world.reports.block(reported, key, how("4")),
        world.reports.close(reported, key, "Done.", how("5")),
    ):
        with pytest.raises(NotFound):
            await act


async def test_whatever_hr_does_is_in_the_case_log_once(world: World) -> None:
    key = await world.file()
    for _ in range(2):
        seen = await world.reports.review(hr, key, how("r-1"))
    assert (seen.state.words, seen.state.reporter, seen.state.about) == (DRAFT.words, MENTEE, MENTOR)
    later = world.clock.advance(timedelta(hours=1))
    await world.reports.note(colleague, key, "Called her.", how("r-2"))
    await world.reports.hold(hr, key, ID, how("r-3"))
    await world.reports.block(hr, key, how("r-4"))
    closed = await world.reports.close(hr, key, "He left the program.", how("r-5"))
    assert closed.state.log == (
        LogEntry(NOON, HR_ID, Action.READ),
        LogEntry(later, "admin-2", Action.NOTE, "Called her."),
        LogEntry(later, HR_ID, Action.HOLD, mentorship=ID),
        LogEntry(later, HR_ID, Action.BLOCK),
        LogEntry(later, HR_ID, Action.CLOSE, "He left the program."),
    )
    assert world.told() == ["SafetyReportFiled", *["SafetyCaseLogged"] * 5, "SafetyReportClosed"]
    again = await world.reports.review(hr, key, how("r-6"))
    assert again.state.log[:-1] == closed.state.log, "reading a closed report is logged too"


async def test_a_closed_report_orders_nothing_more(world: World) -> None:
    key = await world.file()
    await world.reports.close(hr, key, "Nothing to do.", how("c-1"))
    for act in (
        world.reports.hold(hr, key, ID, how("h")),
        world.reports.block(hr, key, how("b")),
        world.reports.close(hr, key, "Again.", how("c-2")),
    ):
        with pytest.raises(Refused) as refusal:
            await act
        assert refusal.value.reason == "REPORT_CLOSED"
    listed = await world.reports.list(hr, Query(), closed=True)
    assert [one for one, _ in listed.items] == [key]
    assert (await world.reports.list(hr, Query(), closed=False)).items == []


async def test_who_read_an_older_version_does_not_change_it(world: World) -> None:
    key = await world.file()
    seen = await world.reports.review(hr, key, how("r"))
    await world.reports.note(colleague, key, "Called her.", how("n-1", seen.etag))
    with pytest.raises(Conflict):
        await world.reports.note(hr, key, "Called her.", how("n-2", seen.etag))


async def test_nobody_reports_from_a_mentorship_that_they_cannot_see(world: World) -> None:
    with pytest.raises(NotFound):
        await world.file(by=stranger)
    await world.file(by=lead)
    await world.file(FREE, by=stranger)


async def test_a_hold_lets_the_mentorship_rest_once(world: World) -> None:
    key = await world.file()
    await world.reports.hold(hr, key, ID, how("h"))
    assert (await world.mentorship()).stage is Stage.ACTIVE, "the case log comes first"
    await world.settle()
    held = await world.mentorship()
    assert held.pause is not None
    assert (held.stage, held.pause.reason, held.pause.person) == (Stage.PAUSED, PauseReason.HOLD, HR_ID)
    with pytest.raises(Refused) as refusal:
        await world.reports.hold(hr, key, ID, how("h-2"))
    assert refusal.value.reason == "MENTORSHIP_PAUSED"


async def test_a_hold_that_comes_too_late_lets_the_end_be(world: World) -> None:
    key = await world.file()
    await world.reports.hold(hr, key, ID, how("h"))
    await world.mentorships.change(Ref(ORG, ID), lambda state: ending.finish(state, NOON), Cause("over"))
    await world.settle()
    assert (await world.mentorship()).stage is Stage.ENDED


async def test_only_mentorships_of_the_person_reported_are_held(world: World) -> None:
    await world.begin(OTHER, replace(active(), people=(STRANGER, MENTEE)))
    key = await world.file()
    with pytest.raises(Invalid) as refusal:
        await world.reports.hold(hr, key, OTHER, how("h"))
    assert refusal.value.reason == "OTHER_PEOPLE"
    with pytest.raises(NotFound):
        await world.reports.hold(hr, key, "none", how("h"))
    assert (await world.reports.review(hr, key, how("r"))).version == 2, "refused orders leave no entry"


@pytest.mark.parametrize("by_hr", [True, False])
async def test_a_block_ends_what_two_people_share_and_nothing_else(world: World, *, by_hr: bool) -> None:
    await world.begin("reverse", replace(active(), people=(MENTEE, MENTOR)))
    await world.begin("asked", proposed())
    await world.begin(OTHER, replace(active(), people=(MENTOR, STRANGER)))
    if by_hr:
        await world.reports.block(hr, await world.file(FREE), how("b"))
    else:
        await world.blocks.block(mentee, MENTOR, Cause("b"))
    await world.settle()
    for mentorship in (ID, "reverse", "asked"):
        over = (await world.mentorship(mentorship)).over
        assert over is not None
        assert (over.reason, over.never_again) == (EndReason.SAFETY, True)
    assert (await world.mentorship(OTHER)).stage is Stage.ACTIVE


@pytest.mark.parametrize("blocker", [mentee, mentor])
async def test_what_begins_between_two_who_are_separated_ends_at_once(world: World, blocker: Caller) -> None:
    await world.blocks.block(blocker, MENTOR if blocker is mentee else MENTEE, Cause("b"))
    await world.begin("later", proposed())
    await world.begin(OTHER, replace(proposed(), people=(MENTOR, STRANGER)))
    for mentorship in ("later", OTHER):
        name = f"organizations/{ORG}/mentorships/{mentorship}"
        await world.hear(told.MentorshipCreated(mentorship=name), f"created-{mentorship}")
    assert (await world.mentorship("later")).stage is Stage.ENDED
    assert (await world.mentorship(OTHER)).stage is Stage.PROPOSED


async def test_blocking_twice_is_as_good_as_once_and_the_list_is_ones_own(world: World) -> None:
    ref, first = await world.blocks.block(mentee, MENTOR, Cause("b-1"))
    assert await world.blocks.block(mentee, MENTOR, Cause("b-2")) == (ref, first)
    listed = await world.blocks.list(mentee, Query())
    assert [key for key, _ in listed.items] == [ref.id]
    for other in (mentor, hr, foreigner):
        assert (await world.blocks.list(other, Query())).items == []
    with pytest.raises(Invalid) as refusal:
        await world.blocks.block(mentee, MENTEE, Cause("b-3"))
    assert [path for path, _ in refusal.value.fields] == ["person"]


async def test_events_name_neither_reporter_nor_reported(world: World) -> None:
    key = await world.file()
    await world.reports.hold(hr, key, ID, how("h"))
    ref, _ = await world.blocks.block(mentee, MENTOR, Cause("b"))
    values = b"".join(event["value"] for event in (*world.kept.outbox, *world.kept_blocks.outbox))
    for hidden in (MENTOR, MENTEE, ID, DRAFT.words):
        assert hidden.encode() not in values
    logged = told.SafetyCaseLogged.FromString(world.kept.outbox[-1]["value"])
    assert logged == told.SafetyCaseLogged(
        safety_report=f"organizations/{ORG}/safetyReports/{key}",
        person=f"{PEOPLE}/{HR_ID}",
        action=codes.SAFETY_ACTION_HOLD,
        entry=1,
    )
    blocked = told.PersonBlocked.FromString(world.kept_blocks.outbox[-1]["value"])
    assert blocked == told.PersonBlocked(block=f"organizations/{ORG}/blocks/{ref.id}")


async def test_hr_sees_all_that_was_told(world: World) -> None:
    message = pb.SafetyReport(
        person=f"{PEOPLE}/{MENTOR}",
        category=pb.SafetyReport.CATEGORY_BOUNDARIES,
        words=DRAFT.words,
        mentorship=f"organizations/{ORG}/mentorships/{ID}",
    )
    assert wire.draft(ORG, message) == DRAFT
    key = await world.file()
    await world.reports.hold(hr, key, ID, how("h"))
    shown = wire.report(Ref(ORG, key), await world.reports.close(hr, key, "Done.", how("c")))
    assert (shown.person, shown.words, shown.mentorship) == (message.person, DRAFT.words, message.mentorship)
    assert (shown.reporter, shown.state) == (f"{PEOPLE}/{MENTEE}", pb.SafetyReport.STATE_CLOSED)
    assert [(entry.action, entry.words, entry.mentorship) for entry in shown.log] == [
        (codes.SAFETY_ACTION_HOLD, "", message.mentorship),
        (codes.SAFETY_ACTION_CLOSE, "Done.", ""),
    ]


@pytest.mark.parametrize("lead_or_hr", [LEAD, "admin-2"])
def test_leads_and_hr_may_be_reported_too(lead_or_hr: str) -> None:
    filed, _ = file(MENTEE, replace(FREE, about=lead_or_hr), None)
    assert filed.about == lead_or_hr
