"""Services and the processor at work where everything is encrypted, logged in and allowed singly."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from pymongo.errors import OperationFailure

from deploy.doctor.rights import Right, seen
from services.kernel.events import Event, encode
from services.kernel.kafka import Cluster, Login, Producer
from services.kernel.password import Password
from services.pb.mentoring.mentorships.v1 import mentorship_service_pb2 as mentorships
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2_grpc import MentorshipServiceStub
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from services.pb.mentoring.profiles.v1.person_service_pb2_grpc import PersonServiceStub
from tests.harness import reason
from tests.processes import Make, Place
from tests.processor.records import missed_event
from tests.security.conftest import ACCESS, ROTATED, SERVICES, TOPICS, USERS, Secured
from tests.security.servers import Passwords, SecuredKafka, SecuredMongod

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
PATIENCE = 90.0
SCRAM = "SCRAM-SHA-512"


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


async def test_a_service_adds_to_its_audit_log_and_neither_changes_nor_takes_away(
    mongod: SecuredMongod,
) -> None:
    async with mongod.client("profiles") as client:
        entries, blocks = client["profiles_audit"]["entries"], client["profiles_audit"]["blocks"]
        await entries.insert_one({"_id": "e1", "tenant_id": "acme", "caller": "ada", "at": datetime.now(UTC)})
        assert await entries.count_documents({"_id": "e1"}) == 1
        tries: list[Callable[[], Awaitable[Any]]] = [
            lambda: entries.update_one({"_id": "e1"}, {"$set": {"caller": "eve"}}),
            lambda: entries.replace_one({"_id": "e1"}, {"caller": "eve"}),
            lambda: entries.delete_one({"_id": "e1"}),
            lambda: blocks.delete_many({}),
            entries.drop,
            lambda: client["profiles_audit"].command("dropDatabase"),
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
    may_read, may_write = set(ACCESS[user].reads), set(ACCESS[user].writes)
    admin = AIOKafkaAdminClient(**cluster.options())
    await admin.start()
    known = await seen(admin, [topic.name for topic in TOPICS])
    await admin.close()
    assert {name for name, one in known.items() if Right.READ in one.rights} == may_read
    assert {name for name, one in known.items() if Right.WRITE in one.rights} == may_write
    visible = may_read | may_write
    assert {name for name, one in known.items() if not one.error} == visible
    await writes_are_refused(cluster, visible - may_write)
    await reads_are_refused(cluster, visible - may_read)


async def writes_are_refused(cluster: Cluster, names: set[str]) -> None:
    async with AIOKafkaProducer(**cluster.options()) as producer:
        for name in sorted(names):
            with pytest.raises(TopicAuthorizationFailedError):
                await asyncio.wait_for(producer.send_and_wait(name, b"", partition=0), PATIENCE)


async def reads_are_refused(cluster: Cluster, names: set[str]) -> None:
    for name in sorted(names):
        async with AIOKafkaConsumer(**cluster.options()) as consumer:
            consumer.assign([TopicPartition(name, 0)])
            consumer.seek(TopicPartition(name, 0), 0)
            with pytest.raises(TopicAuthorizationFailedError):
                await asyncio.wait_for(consumer.getone(), PATIENCE)


async def test_a_new_password_is_used_at_the_next_connection(
    broker: SecuredKafka, passwords: Passwords, tmp_path: Path
) -> None:
    """As after a broker's restart; what is connected stays so, and nothing needs a restart of ours."""
    admin = AIOKafkaAdminClient(**broker.cluster(ROTATED).options())
    await admin.start()
    old = tmp_path / "old"
    old.write_text(passwords.text(ROTATED))
    await broker.change_password(ROTATED, "another-secret")
    passwords.of(ROTATED).write_text("another-secret\n")
    async with asyncio.timeout(PATIENCE):
        while not await lets_in(broker.cluster(ROTATED)):  # noqa: ASYNC110 -- only asking tells
            await asyncio.sleep(0.1)
    assert not await lets_in(replace(broker.cluster(ROTATED), login=Login(SCRAM, ROTATED, Password(old))))
    for connection in list(admin._client._conns.values()):
        connection.close()
    assert (await admin.describe_cluster())["brokers"]
    await admin.close()


async def lets_in(cluster: Cluster) -> bool:
    admin = AIOKafkaAdminClient(**cluster.options())
    try:
        await admin.start()
    except KafkaError:
        return False
    finally:
        await admin.close()
    return True


async def test_operators_put_policies_in_force_and_nobody_else_does(
    place: Place, secured: Secured, tools: dict[str, str]
) -> None:
    """The commands beside the processor come in by the same settings."""
    policy = place.folder / "policy.json"
    policy.write_text('{"version": "secured-1"}')
    asked = ("services.processor", "policy", "put", "--file", str(policy), "--organization", place.org)
    code, text = await run(tools, place, secured.environment("operator"), *asked)
    assert (code, text) == (0, f"policy secured-1 is in force for {place.org}\n")
    code, text = await run(tools, place, secured.environment("notifications"), *asked)
    assert code == 1
    assert "TopicAuthorizationFailed" in text


async def test_no_service_makes_topics(place: Place, secured: Secured, tools: dict[str, str]) -> None:
    """They are there, but this login sees its own only and may make none."""
    made = ("deploy.kafka.topics", "--bootstrap", place.kafka_bootstrap)
    code, text = await run(tools, place, secured.environment("profiles"), *made)
    assert code == 1
    assert "processor-nudges: TopicAuthorizationFailedError" in text
    code, text = await run(tools, place, {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, *made)
    assert (code, text.partition(":")[0]) == (1, "KAFKA_USERNAME")


async def run(
    tools: dict[str, str], place: Place, settings: dict[str, str], module: str, *words: str
) -> tuple[int, str]:
    """Run a command as its login would; return the exit code and what it said."""
    env = {**tools, "KAFKA_BOOTSTRAP": place.kafka_bootstrap, **settings}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words, env=env, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await child.communicate()
    return child.returncode or 0, said.decode()
