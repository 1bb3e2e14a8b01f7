"""Services and the processor at work where everything is encrypted, logged in and allowed singly."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError
from pymongo.errors import OperationFailure

from deploy.doctor.rights import Right, seen
from services.kernel.events import Event, encode
from services.kernel.kafka import Producer
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceStub
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from tests.harness import reason
from tests.processes import Make, Place
from tests.processor.records import missed_event
from tests.security.conftest import SERVICES, TOPICS, USERS, Secured
from tests.security.servers import SecuredKafka, SecuredMongod, reads, writes

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
PATIENCE = 90.0


async def heard(broker: SecuredKafka, user: str, topic: str, wanted: Callable[[dict[str, str]], bool]) -> str:
    """Return the type of the first event on a topic that `wanted` says yes to, read as `user`."""
    options: dict[str, Any] = broker.cluster(user).options()
    async with (
        AIOKafkaConsumer(topic, **options, auto_offset_reset="earliest") as consumer,
        asyncio.timeout(PATIENCE),
    ):
        while True:
            record: ConsumerRecord = await consumer.getone()
            headers = {name: value.decode() for name, value in record.headers}
            if wanted(headers):
                kind: str = headers["ce_type"].rpartition(".")[2]
                return kind


def person(place: Place, name: str, role: profiles.Person.Role.ValueType) -> profiles.CreatePersonRequest:
    made = profiles.Person(
        email=f"{name}@acme.example",
        given_name=name.title(),
        family_name="Byron",
        grade=5,
        country="GB",
        time_zone="Europe/London",
        languages=["en"],
        roles=[role],
        mentor_capacity=2,
    )
    return profiles.CreatePersonRequest(parent=place.name(), person_id=name, person=made)


async def test_a_command_runs_and_its_event_is_seen(
    place: Place, make: Make, secured: Secured, broker: SecuredKafka
) -> None:
    """Mentorships asks profiles whether both people exist, each showing its certificate."""
    asked = make("profiles", **secured.environment("profiles", GRPC_TLS_CALLERS="mentorships,portal"))
    served = make("mentorships", **secured.environment("mentorships", PROFILES_ADDRESS=asked.address))
    await asyncio.gather(asked.start(), served.start())
    hr = (("authorization", f"Bearer {place.issuer.mint(place.org, 'hr', 'hr_admin')}"),)
    async with secured.channel(asked.address, "portal") as channel:
        people = PersonServiceStub(channel)
        for name, role in (("ada", profiles.Person.ROLE_MENTOR), ("bob", profiles.Person.ROLE_MENTEE)):
            await people.CreatePerson(person(place, name, role), metadata=hr, timeout=30)
    async with secured.channel(asked.address, "billing") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await PersonServiceStub(channel).GetPerson(
                profiles.GetPersonRequest(name=place.name("people", "ada")), metadata=hr, timeout=30
            )
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert reason(refused.value) == "CALLER_NOT_ALLOWED"
    pair = mentorships.Mentorship(mentor=place.name("people", "ada"), mentee=place.name("people", "bob"))
    mentee = (("authorization", f"Bearer {place.issuer.mint(place.org, 'bob', 'mentee')}"),)
    async with secured.channel(served.address, "portal") as channel:
        made = await MentorshipServiceStub(channel).CreateMentorship(
            mentorships.CreateMentorshipRequest(parent=place.name(), mentorship=pair),
            metadata=mentee,
            timeout=30,
        )
    kind = await heard(
        broker, "processor", "mentoring.mentorships.v1", lambda one: one["ce_subject"] == made.name
    )
    assert kind == "MentorshipCreated"
    assert [await one.process.stop() for one in (asked, served)] == [0, 0]


async def test_the_processor_decides(
    place: Place, make: Make, secured: Secured, broker: SecuredKafka
) -> None:
    """Scheduling's login tells it, that of notifications reads it; of databases it knows nothing."""
    given = secured.environment("processor")
    running = make("processor", **{name: value for name, value in given.items() if "KAFKA" in name})
    await running.start()
    missed: Event[Any] = missed_event("a", place.org)
    producer = Producer(broker.cluster("scheduling"), "scheduling")
    await producer.start()
    await producer.publish([encode(missed)])
    await producer.stop()
    kind = await heard(
        broker, "notifications", "mentoring.processor.v1", lambda one: place.org in one["ce_subject"]
    )
    assert kind == "RebookReminderDue"
    assert await running.process.stop() == 0


async def test_a_service_with_a_wrong_password_does_not_become_ready(
    place: Place, make: Make, secured: Secured
) -> None:
    wrong = place.folder / "wrong"
    wrong.write_text("guessed")
    served = make("profiles", **secured.environment("profiles", MONGO_PASSWORD_FILE=str(wrong)))
    await served.process.start(_at_once, 30)
    assert await served.process.wait() == 1
    log = (place.folder / "profiles.log").read_text()
    assert "OperationFailure" in log
    assert "guessed" not in log


async def _at_once() -> bool:
    return True


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_reaches_its_own_database_and_no_other(mongod: SecuredMongod, service: str) -> None:
    other = next(name for name in SERVICES if name != service)
    async with mongod.client(service) as client:
        for own in (service, f"{service}_keys"):
            await client[own]["things"].insert_one({"a": 1})
            assert await client[own]["things"].count_documents({}) >= 1
        tries: list[Callable[[], Awaitable[Any]]] = [
            client[other]["things"].find_one,
            lambda: client[other]["things"].insert_one({}),
            client[f"{other}_keys"]["things"].find_one,
            client["admin"]["system.users"].find_one,
            lambda: client[other].command("dropDatabase"),
            lambda: client[service].command("createUser", "me", pwd="x", roles=["root"]),
        ]
        for forbidden in tries:
            with pytest.raises(OperationFailure) as refused:
                await forbidden()
            assert refused.value.code == 13


@pytest.mark.parametrize("user", USERS)
async def test_a_user_may_do_to_topics_what_the_table_says_and_nothing_else(
    broker: SecuredKafka, user: str
) -> None:
    """The authorizer answers for every topic; what it shows and does not allow is tried as well."""
    cluster = broker.cluster(user)
    admin = AIOKafkaAdminClient(**cluster.options())
    await admin.start()
    known = await seen(admin, [topic.name for topic in TOPICS])
    await admin.close()
    assert {name for name, one in known.items() if Right.READ in one.rights} == reads(TOPICS, user)
    assert {name for name, one in known.items() if Right.WRITE in one.rights} == writes(TOPICS, user)
    visible = reads(TOPICS, user) | writes(TOPICS, user)
    assert {name for name, one in known.items() if not one.error} == visible
    async with AIOKafkaProducer(**cluster.options()) as producer:
        for name in sorted(visible - writes(TOPICS, user)):
            with pytest.raises(TopicAuthorizationFailedError):
                await asyncio.wait_for(producer.send_and_wait(name, b"", partition=0), PATIENCE)
    async with AIOKafkaConsumer(**cluster.options()) as consumer:
        for name in sorted(visible - reads(TOPICS, user)):
            consumer.assign([TopicPartition(name, 0)])
            consumer.seek(TopicPartition(name, 0), 0)
            with pytest.raises(TopicAuthorizationFailedError):
                await asyncio.wait_for(consumer.getone(), PATIENCE)
