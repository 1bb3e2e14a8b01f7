"""The whole platform with stand-ins for the services: order, supervision, refusal and what is left behind."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from pymongo import AsyncMongoClient

from deploy.local import kafka, tokens
from deploy.local.folder import InUse
from deploy.local.process import StartFailed, tail
from deploy.local.services import SERVICES, ServiceSpec
from deploy.local.stack import Stack

pytestmark = pytest.mark.servers

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in.py")))
ALPHA = ServiceSpec("alpha", STAND_IN, 9101, 50051)
OMEGA = ServiceSpec("omega", STAND_IN, 9102)


class Lines(list[str]):
    """What the stack said; `until` waits for a line without looking at a clock."""

    def __init__(self) -> None:
        super().__init__()
        self._more = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.append(line)
        self._more.set()

    async def until(self, part: str) -> None:
        while not any(part in line for line in self):
            self._more.clear()
            await self._more.wait()


@pytest.fixture(scope="module")
def lines() -> Lines:
    return Lines()


def made(folder: Path, lines: Lines, *specs: ServiceSpec, broker: kafka.Kind = kafka.Kind.EMBEDDED) -> Stack:
    return Stack(folder, on="free", broker=broker, services=specs or (ALPHA, OMEGA), say=lines)


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory, lines: Lines) -> AsyncIterator[Stack]:
    """Run a platform of two stand-ins on the embedded broker; each test leaves everything up."""
    async with made(tmp_path_factory.mktemp("data"), lines) as running:
        yield running


def stat(file: str) -> os.stat_result:
    return Path(file).stat()


async def told(stack: Stack, service: str) -> dict[str, str]:
    """Environment that the stand-in was started with."""
    async with aiohttp.ClientSession() as http, http.get(f"http://{stack.state.metrics[service]}/") as answer:
        environment: dict[str, str] = json.loads(await answer.text())
        return environment


async def test_services_are_told_where_everything_is(stack: Stack) -> None:
    environment = await told(stack, "alpha")
    assert environment["GRPC_ADDRESS"] == environment["ALPHA_ADDRESS"] == stack.address("alpha")
    assert environment["MONGO_URL"] == stack.state.mongo
    assert environment["KAFKA_BOOTSTRAP"] == stack.state.kafka
    assert environment["ENVIRONMENT"] == "development"
    assert environment["CLIENT_ID"] == "alpha"
    assert stat(environment["CLIENT_SECRET_FILE"]).st_mode & 0o777 == 0o600
    assert stat(environment["CLOCK_FILE"]).st_size == 8
    assert (await told(stack, "omega"))["GRPC_ADDRESS"] == "127.0.0.1:0"


async def test_others_find_the_running_platform_and_get_tokens(stack: Stack) -> None:
    assert stack.folder.running() == stack.state
    token = await tokens.person_token(stack.state.issuer, "acme", "e1", "mentee mentor")
    assert token.count(".") == 2
    with pytest.raises(tokens.TokenRefused, match="roles is one or more of"):
        await tokens.person_token(stack.state.issuer, "acme", "e1", "king")


async def test_a_second_platform_on_the_same_data_is_refused_and_harms_nothing(
    stack: Stack,
) -> None:
    with pytest.raises(InUse, match="already runs"):
        await made(stack.folder.path, Lines()).start()
    assert stack.folder.running() == stack.state
    assert (await told(stack, "alpha"))["CLIENT_ID"] == "alpha"


async def test_a_service_that_ends_by_itself_is_started_again(stack: Stack, lines: Lines) -> None:
    first = stack.pid("alpha")
    assert first is not None
    psutil.Process(first).kill()
    await lines.until("alpha is back")
    assert any("alpha ended by itself (code -9)" in line for line in lines)
    assert stack.pid("alpha") not in {None, first}


async def test_what_was_killed_on_purpose_stays_down_until_restarted(stack: Stack, lines: Lines) -> None:
    before = len(lines)
    await stack.kill("alpha")
    assert stack.pid("alpha") is None
    await stack.restart("alpha", CRASH_AT="after_save_before_reply")
    assert (await told(stack, "alpha"))["CRASH_AT"] == "after_save_before_reply"
    await stack.restart("alpha")
    assert "CRASH_AT" not in await told(stack, "alpha")
    assert not any("ended by itself" in line for line in lines[before:])


async def test_mongod_keeps_what_it_acknowledged_when_killed(stack: Stack) -> None:
    async with AsyncMongoClient[dict[str, int]](stack.state.mongo) as client:
        await client.test.rows.insert_many([{"n": n} for n in range(100)])
        await stack.kill("mongod")
        await stack.restart("mongod")
        assert await client.test.rows.count_documents({}) == 100


async def test_an_unknown_name_lists_the_known_ones(stack: Stack) -> None:
    with pytest.raises(KeyError, match="mongod, kafka"):
        await stack.kill("nobody")


async def test_a_stopped_platform_leaves_no_process_and_continues_on_its_data(
    tmp_path: Path,
) -> None:
    lines = Lines()
    stack = made(tmp_path, lines)
    await stack.start()
    processes = [psutil.Process(pid) for name in stack.names if (pid := stack.pid(name))]
    async with AsyncMongoClient[dict[str, int]](stack.state.mongo) as client:
        await client.test.rows.insert_one({"n": 1})
    await stack.stop()
    assert len(processes) == 6
    assert [one for one in processes if one.is_running()] == []
    assert "drained" in tail(stack.folder.log("alpha"))
    async with stack, AsyncMongoClient[dict[str, int]](stack.state.mongo) as client:
        assert await client.test.rows.count_documents({}) == 1
        assert "topics are there (0 created)" in lines


async def test_a_start_that_fails_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    stack = made(
        tmp_path, Lines(), ALPHA, ServiceSpec("omega", (sys.executable, "-c", "print('oh no')"), 9102)
    )
    with pytest.raises(StartFailed, match=r"(?s)omega ended with code 0.*oh no"):
        await stack.start()
    mine = psutil.Process().children(recursive=True)
    assert [one for one in mine if str(tmp_path) in " ".join(one.cmdline())] == []
    with pytest.raises(StartFailed, match="not started"):
        _ = stack.state


async def test_given_servers_are_used_instead_of_own_ones(
    tmp_path: Path, mongo_url: str, kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGO_URL", mongo_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", kafka_bootstrap)
    async with made(tmp_path, Lines()) as stack:
        assert set(stack.names) == {"issuer", "mailbox", "alpha", "omega"}
        assert (await told(stack, "alpha"))["MONGO_URL"] == mongo_url
        assert stack.state.kafka == kafka_bootstrap


@pytest.mark.apache
async def test_apache_kafka_keeps_what_it_acknowledged_when_killed(tmp_path: Path) -> None:
    async with made(tmp_path, Lines(), broker=kafka.Kind.APACHE) as stack:
        await send(stack.state.kafka, 500)
        await stack.kill("kafka")
        await stack.restart("kafka")
        assert await count(stack.state.kafka) == 500


async def send(bootstrap: str, number: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
        sent = [
            await producer.send("mentoring.profiles.v1", b"x", key=str(n).encode()) for n in range(number)
        ]
        await asyncio.gather(*sent)


async def count(bootstrap: str) -> int:
    async with AIOKafkaConsumer("mentoring.profiles.v1", bootstrap_servers=bootstrap) as consumer:
        ends = await consumer.end_offsets(list(consumer.assignment()))
        return sum(ends.values())


def test_the_services_listen_on_ports_of_their_own() -> None:
    wanted = [(spec.grpc_port, spec.metrics_port, spec.http_port) for spec in SERVICES]
    ports = [port for each in wanted for port in each if port]
    assert len(ports) == len(set(ports))
    assert [spec.name for spec in SERVICES if spec.grpc_port is None] == ["processor"]
