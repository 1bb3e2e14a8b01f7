"""The database or the broker dies while the mail server holds a mail: afterwards it is recorded, once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local import kafka
from deploy.local.services import SERVICES
from deploy.local.stack import Stack
from deploy.local.tokens import person_token
from services.kernel.events import Event, encode
from services.kernel.kafka import Cluster, Producer
from services.pb.mentoring.notifications.v1.inbox_service_pb2 import Message, StreamMessagesRequest
from services.pb.mentoring.notifications.v1.inbox_service_pb2_grpc import InboxServiceStub
from services.pb.mentoring.profiles.v1.person_service_pb2 import CreatePersonRequest, Person
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from tests.notifications.factories import MENTEE, MENTOR, ORG, reminder_due
from tests.notifications.postbox import Postbox, listening

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

NEEDED = frozenset({"profiles", "notifications"})
MAILS = 2
"""Of one reminder: one to each of the pair."""


class Holding(Postbox):
    """Keeps mails and answers them once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.held = asyncio.Queue[str]()
        self.may_answer = asyncio.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail; answer later."""
        answer = await super().handle_DATA(server, session, envelope)
        self.held.put_nowait(self.mails[-1]["Message-ID"])
        await self.may_answer.wait()
        return answer


class World:
    """Notifications on servers of their own, and its mail server."""

    def __init__(self, stack: Stack, box: Holding) -> None:
        self.stack = stack
        self.box = box

    async def metadata(self, person: str, role: str) -> tuple[tuple[str, str], ...]:
        token = await person_token(self.stack.state.issuer, ORG, person, role)
        return (("authorization", f"Bearer {token}"),)

    async def hire(self, *people: str) -> None:
        """Create people."""
        caller = await self.metadata("hr", "hr_admin")
        async with grpc.aio.insecure_channel(self.stack.address("profiles")) as channel:
            for key in people:
                person = Person(
                    email=f"{key}@acme.example",
                    given_name=key,
                    family_name="Lee",
                    country="GB",
                    time_zone="Europe/London",
                    languages=["en"],
                    grade=5,
                    roles=[Person.ROLE_MENTEE],
                )
                request = CreatePersonRequest(parent=f"organizations/{ORG}", person_id=key, person=person)
                await PersonServiceStub(channel).CreatePerson(request, metadata=caller, timeout=30)

    async def remind(self) -> None:
        """Tell that both of the pair should book again."""
        message = reminder_due()
        event: Event[Any] = Event(
            id=str(uuid4()),
            type=message.DESCRIPTOR.full_name,
            subject=f"organizations/{ORG}/tests/{uuid4()}",
            sequence=1,
            tenant=ORG,
            time=datetime.now(UTC),
            key="pair",
            message=message,
        )
        producer = Producer(Cluster(self.stack.state.kafka), "tests")
        await producer.start()
        try:
            await producer.publish([encode(event)])
        finally:
            await producer.stop()

    async def sent(self, person: str, count: int) -> list[Message]:
        """Wait until so many messages of a person are sent; return them."""
        caller, parent = await self.metadata(person, "mentee"), f"organizations/{ORG}/people/{person}"
        async with grpc.aio.insecure_channel(self.stack.address("notifications")) as channel:
            inbox, known = InboxServiceStub(channel), dict[str, Message]()
            while True:
                try:
                    async for message in inbox.StreamMessages(
                        StreamMessagesRequest(parent=parent), metadata=caller, wait_for_ready=True
                    ):
                        known[message.name] = message
                        done = [one for one in known.values() if one.state == Message.STATE_SENT]
                        if len(done) == count:
                            return done
                except grpc.aio.AioRpcError as error:  # the stream is cut where changes may be missed
                    if error.code() is not grpc.StatusCode.UNAVAILABLE:
                        raise
                    await asyncio.sleep(0.2)


@pytest.fixture
async def world(pytestconfig: pytest.Config, tmp_path: Path) -> AsyncIterator[World]:
    services = [spec for spec in SERVICES if spec.name in NEEDED]
    broker = kafka.Kind(pytestconfig.getoption("kafka"))
    async with (
        listening(Holding()) as box,
        Stack(tmp_path, on="free", broker=broker, services=services) as stack,
    ):
        host, port = box.address
        await stack.restart("notifications", SMTP_HOST=host, SMTP_PORT=str(port), SMTP_SECURITY="none")
        made = World(stack, box)
        await made.hire(MENTOR, MENTEE)
        yield made


@pytest.mark.apache  # the embedded broker forgets what it holds when it is killed
@pytest.mark.parametrize("victim", ["mongod", "kafka"])
async def test_a_server_that_dies_while_mails_are_taken_loses_none_and_doubles_none(
    world: World, victim: str
) -> None:
    await world.remind()
    for _ in range(MAILS):
        await world.box.held.get()
    await world.stack.kill(victim)
    world.box.may_answer.set()  # the mail server's yes comes while the other one is down
    await world.stack.restart(victim)
    await world.remind()  # comes after whatever is told again
    for person in (MENTOR, MENTEE):
        assert [one.attempts for one in await world.sent(person, 2)] == [1, 1]
    told = [mail["Message-ID"] for mail in world.box.mails]
    assert len(told) == len(set(told)) == 2 * MAILS
