"""The audit log of a service as HR reads, exports and verifies it, over real sockets and MongoDB."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from services.kernel.audit.chaining import Chainer
from services.pb.mentoring.audit.v1 import audit_service_pb2 as pb
from services.pb.mentoring.audit.v1.audit_service_pb2_grpc import AuditServiceStub
from services.pb.mentoring.mentorships.v1 import goal_service_pb2 as goals_pb
from services.pb.mentoring.mentorships.v1.goal_service_pb2_grpc import GoalServiceStub
from tests.harness import Metadata
from tests.mentorships.factories import MENTEE, MENTOR, STRANGER
from tests.mentorships.pair import NAME, Pair, working_together

pytestmark = pytest.mark.servers
ACME = "organizations/acme"
COMPLETE = "mentoring.mentorships.v1.GoalService/CompleteGoal"
Finding = pb.VerifyAuditChainResponse.Finding


class Office(Pair):
    """A pair that sets goals, and HR that looks at the log."""

    @property
    def audit(self) -> AuditServiceStub:
        return AuditServiceStub(self.at.channel)

    @property
    def goals(self) -> GoalServiceStub:
        return GoalServiceStub(self.at.channel)

    async def complete(self, request_id: str = "") -> goals_pb.Goal:
        draft = goals_pb.Goal(
            kind=goals_pb.Goal.KIND_CAREER, title="Lead a team", measure="Three months of it"
        )
        made = await self.goals.CreateGoal(
            goals_pb.CreateGoalRequest(parent=NAME, goal=draft), metadata=self.mentee
        )
        request = goals_pb.CompleteGoalRequest(name=made.name, etag=made.etag, request_id=request_id)
        return await self.goals.CompleteGoal(request, metadata=self.mentor)

    async def entries(self, page_size: int = 0, token: str = "", **asked: Any) -> pb.ListAuditEntriesResponse:
        request = pb.ListAuditEntriesRequest(
            parent=ACME, filter=pb.AuditFilter(**asked), page_size=page_size, page_token=token
        )
        return await self.audit.ListAuditEntries(request, metadata=self.hr)

    async def verify(self, known: pb.AuditHead | None = None) -> pb.VerifyAuditChainResponse:
        request = pb.VerifyAuditChainRequest(parent=ACME, known_head=known)
        return await self.audit.VerifyAuditChain(request, metadata=self.hr)

    async def chain(self) -> None:
        database = self.at.database
        await Chainer(database.trail, database.lease("audit", 5.0)).chain()

    async def file(self, form: pb.ExportAuditEntriesRequest.Format.ValueType) -> str:
        request = pb.ExportAuditEntriesRequest(parent=ACME, format=form)
        parts = [part.data async for part in self.audit.ExportAuditEntries(request, metadata=self.hr)]
        return b"".join(parts).decode()

    @property
    def stored(self) -> Any:
        return self.at.database.client[f"{self.at.database.name}_audit"]["entries"]


@pytest.fixture
async def office(mongo_url: str) -> AsyncIterator[Office]:
    async with working_together(mongo_url, Office) as made:
        yield made


async def code(call: Any) -> grpc.StatusCode:
    found: grpc.StatusCode = await call.code()
    return found


async def test_a_completed_goal_stands_in_the_log_with_its_versions(office: Office) -> None:
    goal = await office.complete()
    (entry,) = (await office.entries(method=COMPLETE)).audit_entries
    assert (entry.caller, list(entry.roles), entry.code) == (MENTOR, ["mentor"], "OK")
    assert list(entry.resources) == [goal.name]
    assert (entry.etag, entry.new_etag) == ('"1"', goal.etag)
    (change,) = entry.changes
    assert (change.kind, change.id) == ("goals", goal.name.rpartition("/")[2])
    assert (change.version_before, change.version_after) == (1, 2)
    assert abs(entry.call_time.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=5)
    assert (entry.place, entry.hash) == (0, ""), "not in the chain yet"


async def test_a_repeat_is_a_call_that_changed_nothing(office: Office) -> None:
    goal = await office.complete("r-1")
    await office.goals.CompleteGoal(
        goals_pb.CompleteGoalRequest(name=goal.name, etag='"1"', request_id="r-1"), metadata=office.mentor
    )
    repeat, first = (await office.entries(method=COMPLETE)).audit_entries
    assert (len(first.changes), len(repeat.changes)) == (1, 0)


async def test_entries_are_found_by_person_method_code_and_time(office: Office) -> None:
    await office.complete()
    await code(
        office.goals.GetGoal(goals_pb.GetGoalRequest(name=f"{NAME}/goals/x"), metadata=office.foreigner)
    )
    people = f"{ACME}/people"
    assert {one.caller for one in (await office.entries(person=f"{people}/{MENTEE}")).audit_entries} == {
        MENTEE
    }
    assert not (await office.entries(person=f"{people}/{STRANGER}")).audit_entries
    assert not (await office.entries(code="NOT_FOUND")).audit_entries, (
        "the foreigner's own organization has it"
    )
    later = datetime.now(UTC) + timedelta(hours=1)
    assert not (await office.entries(start_time=later)).audit_entries
    assert (await office.entries(end_time=later)).audit_entries


async def test_pages_lead_through_all_entries_once(office: Office) -> None:
    await office.complete()
    before = datetime.now(UTC)  # the listing itself is told too
    first = await office.entries(page_size=3, end_time=before)
    rest = await office.entries(page_size=1000, token=first.next_page_token, end_time=before)
    names = [entry.name for entry in [*first.audit_entries, *rest.audit_entries]]
    whole = [entry.name for entry in (await office.entries(page_size=1000, end_time=before)).audit_entries]
    assert (names, rest.next_page_token) == (whole, "")
    assert len(set(names)) > 4


async def test_who_looks_at_the_log_stands_in_it(office: Office) -> None:
    await office.entries()
    latest = (await office.entries()).audit_entries[0]
    assert (latest.caller, latest.method) == ("admin", "mentoring.audit.v1.AuditService/ListAuditEntries")


async def test_others_see_nothing(office: Office) -> None:
    await office.complete()
    request = pb.ListAuditEntriesRequest(parent=ACME)
    refused = [
        await code(office.audit.ListAuditEntries(request, metadata=who))
        for who in (office.mentor, office.foreigner)
    ]
    assert refused == [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND]
    operator: Metadata = office.at.token("ops", "operator")
    assert (await office.audit.ListAuditEntries(request, metadata=operator)).audit_entries


async def test_a_chain_is_verified_and_its_head_can_be_noted(office: Office) -> None:
    await office.complete()
    await office.chain()
    entry = (await office.entries(method=COMPLETE)).audit_entries[0]
    assert entry.place > 0
    assert len(entry.hash) == 64
    first = await office.verify()
    assert (list(first.findings), first.unchained_count) == ([], 0)
    await office.complete()
    await office.chain()
    second = await office.verify(first.head)
    assert (list(second.findings), second.checked_count > first.checked_count) == ([], True)


async def test_an_edit_a_deletion_and_a_swap_are_found(office: Office) -> None:
    for _ in range(2):
        await office.complete()
    await office.chain()
    one, two = (await office.entries(method=COMPLETE)).audit_entries
    other = (await office.entries(method=COMPLETE.replace("Complete", "Create"))).audit_entries[0]
    ids = [entry.name.rpartition("/")[2] for entry in (one, two, other)]
    first, second = [await office.stored.find_one({"_id": key}) for key in ids[:2]]
    await office.stored.replace_one({"_id": ids[0]}, {**second, "_id": ids[0]})
    await office.stored.update_one({"_id": ids[1]}, {"$set": {"caller": "somebody"}})
    await office.stored.delete_one({"_id": ids[2]})
    found = {finding.audit_entry: finding.problem for finding in (await office.verify()).findings}
    assert found == {
        one.name: Finding.PROBLEM_ENTRY_CHANGED,
        two.name: Finding.PROBLEM_ENTRY_CHANGED,
        other.name: Finding.PROBLEM_ENTRY_MISSING,
    }
    assert first["_id"] == ids[0]


async def test_the_log_can_be_taken_along_as_lines_and_as_a_table(office: Office) -> None:
    await office.complete()
    lines = [
        json.loads(line)
        for line in (await office.file(pb.ExportAuditEntriesRequest.FORMAT_JSON_LINES)).splitlines()
    ]
    rows = list(csv.DictReader(io.StringIO(await office.file(pb.ExportAuditEntriesRequest.FORMAT_CSV))))
    assert [line["id"] for line in lines] == [row["id"] for row in rows][: len(lines)]
    assert COMPLETE in {row["method"] for row in rows}
    assert sorted(line["at"] for line in lines) == [line["at"] for line in lines]
