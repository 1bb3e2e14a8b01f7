"""Workflows over real gRPC and MongoDB: read, written, refused, previewed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from services.kernel.clock import FixedClock
from services.kernel.config import Settings
from services.kernel.run import Resources, Service
from services.notifications.__main__ import build
from services.pb.mentoring.notifications.v1 import workflow_service_pb2 as pb
from services.pb.mentoring.notifications.v1.inbox_service_pb2 import Message
from services.pb.mentoring.notifications.v1.workflow_service_pb2_grpc import WorkflowServiceStub
from tests.directory import OwnIdentity, directory
from tests.harness import Running, running
from tests.notifications.factories import MENTEE, NOON, ORG
from tests.notifications.test_rpc import person, refused

pytestmark = pytest.mark.servers

PARENT = f"organizations/{ORG}"
NAME = f"{PARENT}/workflows/CHECK_IN"
PATIENT = pb.Workflow.URGENCY_PATIENT
UNSEEN = pb.Workflow.Condition(
    subject=pb.Workflow.Condition.SUBJECT_INBOX,
    operator=pb.Workflow.Condition.OPERATOR_IN,
    values=["UNSEEN"],
)


class World:
    """The service at NOON, and HR who calls it."""

    def __init__(self, at: Running) -> None:
        self.at = at
        self.stub = WorkflowServiceStub(at.channel)
        self.hr = at.token("admin", "hr_admin")
        self.mentee = at.token(MENTEE, "mentee")

    async def update(self, workflow: pb.Workflow, request_id: str = "") -> pb.Workflow:
        request = pb.UpdateWorkflowRequest(workflow=workflow, request_id=request_id)
        return await self.stub.UpdateWorkflow(request, metadata=self.hr)

    async def preview(self, draft: pb.Workflow | None = None) -> pb.PreviewDeliveryResponse:
        parent = f"{PARENT}/people/{MENTEE}"
        request = pb.PreviewDeliveryRequest(parent=parent, category=Message.CATEGORY_CHECK_IN, draft=draft)
        return await self.stub.PreviewDelivery(request, metadata=self.mentee)


@pytest.fixture
async def world(mongo_url: str) -> AsyncIterator[World]:
    def wired(settings: Settings, resources: Resources) -> Service:
        return build(settings, replace(resources, identity=OwnIdentity()))  # type: ignore[arg-type]  # as its protocol

    async with directory() as people:
        people.add(person(MENTEE, "Kim"))
        async with running(wired, mongo_url, FixedClock(NOON), profiles_address=people.address) as at:
            yield World(at)
            for stop in at.service.stop:
                await stop()


async def test_steps_are_written_followed_by_previews_and_taken_back(world: World) -> None:
    built_in = await world.stub.GetWorkflow(pb.GetWorkflowRequest(name=NAME), metadata=world.hr)
    assert (built_in.urgency, built_in.own, built_in.etag) == (PATIENT, False, "")
    steps = pb.Workflow(name=NAME, urgency=PATIENT, delay=Duration(seconds=3600), conditions=[UNSEEN])
    written = await world.update(steps, "write")
    assert await world.update(steps, "write") == written
    assert written.own
    assert (written.delay, list(written.conditions)) == (steps.delay, [UNSEEN])
    held = await world.preview()
    assert (held.outcome, held.reason) == (
        pb.PreviewDeliveryResponse.OUTCOME_HOLD,
        Message.REASON_DELAY,
    )
    assert held.hold_time.ToDatetime(UTC) == NOON + timedelta(hours=1)
    assert [(one.kind, one.passed) for one in held.steps[-2:]] == [
        (pb.PreviewDeliveryResponse.Step.KIND_PREFERENCES, True),
        (pb.PreviewDeliveryResponse.Step.KIND_DELAY, False),
    ]
    tried = await world.preview(pb.Workflow(urgency=pb.Workflow.URGENCY_CRITICAL))
    assert (tried.outcome, tried.reason, tried.mail) == (
        pb.PreviewDeliveryResponse.OUTCOME_SEND,
        Message.REASON_CRITICAL,
        True,
    )
    reset = pb.ResetWorkflowRequest(name=NAME, etag=written.etag)
    assert await world.stub.ResetWorkflow(reset, metadata=world.hr) == built_in
    sent = await world.preview()
    assert (sent.outcome, all(one.passed for one in sent.steps)) == (
        pb.PreviewDeliveryResponse.OUTCOME_SEND,
        True,
    )
    listed = await world.stub.ListWorkflows(
        pb.ListWorkflowsRequest(parent=PARENT, page_size=1000), metadata=world.hr
    )
    assert [one.own for one in listed.workflows] == [False] * (len(Message.Category.keys()) - 1)


@pytest.mark.parametrize(
    ("workflow", "why"),
    [
        (pb.Workflow(name=NAME, urgency=PATIENT, delay=Duration(nanos=1)), "DURATION_NOT_WHOLE"),
        (pb.Workflow(name=NAME, urgency=PATIENT, digest_key=[pb.Workflow.FACT_GOAL]), "WORKFLOW_INVALID"),
    ],
)
async def test_what_cannot_be_followed_is_refused(world: World, workflow: pb.Workflow, why: str) -> None:
    assert await refused(world.update(workflow)) == (grpc.StatusCode.INVALID_ARGUMENT, why)


async def test_there_are_no_steps_of_what_is_no_category(world: World) -> None:
    absent = pb.Workflow(name=f"{PARENT}/workflows/NOTHING", urgency=PATIENT)
    assert await refused(world.update(absent)) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")


async def test_stale_versions_and_other_people_change_nothing(world: World) -> None:
    written = await world.update(pb.Workflow(name=NAME, urgency=PATIENT, delay=Duration(seconds=60)))
    written.etag = '"7"'
    assert await refused(world.update(written)) == (grpc.StatusCode.ABORTED, "ETAG_MISMATCH")
    code, _ = await refused(world.stub.GetWorkflow(pb.GetWorkflowRequest(name=NAME), metadata=world.mentee))
    assert code is grpc.StatusCode.PERMISSION_DENIED
