"""Messages per second from event to SMTP accepted, beside bare clients into the same sink."""

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import grpc
import psutil

from deploy.local.stack import Stack
from services.kernel.kafka import Cluster, Producer, Record
from services.notifications.app.ports import Mail, Person
from services.notifications.clients.smtp import composed
from services.notifications.domain import texts
from services.notifications.domain.messages import Category, Draft, Facts, queue
from services.pb.mentoring.notifications.v1.preference_service_pb2 import (
    Preferences,
    UpdatePreferencesRequest,
)
from services.pb.mentoring.notifications.v1.preference_service_pb2_grpc import PreferenceServiceStub
from tests.bench.calls import ORG, TIMEOUT, token
from tests.bench.figures import Figure
from tests.bench.notifications.sinking import CONNECTIONS, SENDER, Sink, loop, ready
from tests.bench.notifications.telling import check_in, people, reminder

WARM = 200
ROUNDS = 2
PROMPT = 500
"""Events a round of which each makes two messages; those that can wait are as many messages."""
AT_ONCE = 500


async def allow_many(stack: Stack) -> None:
    """Let people get more mails a week than the bench sends: the budget is looked at, and never full."""
    metadata = await token(stack, "hr-office", "hr_admin")
    name = f"organizations/{ORG}/people/-/preferences"
    async with grpc.aio.insecure_channel(stack.address("notifications")) as channel:
        request = UpdatePreferencesRequest(preferences=Preferences(name=name, weekly_mails=1000))
        await PreferenceServiceStub(channel).UpdatePreferences(request, metadata=metadata, timeout=TIMEOUT)


async def throughput(stack: Stack, sink: Sink) -> list[Figure]:
    """Work a backlog off and send as many mails bare, in turns: as a plain loop, and as bytes at hand."""
    producer = Producer(Cluster(stack.state.kafka), "bench")
    await producer.start()
    ours, plain, spent = list[float](), defaultdict[str, list[float]](list), 0.0
    try:
        await _worked_off(producer, sink, _backlog(0, WARM // 4))
        for turn in range(ROUNDS):
            backlog = _backlog(1_000 + turn * PROMPT * 2, PROMPT)
            before = cpu_seconds(stack)
            ours.append(await _worked_off(producer, sink, backlog))
            spent += cpu_seconds(stack) - before
            mails = _mails(4 * PROMPT)
            plain["a loop of aiosmtplib's send_message"].append(await loop(sink, mails))
            for connections in (1, CONNECTIONS):
                beside = f"bytes ready to be sent, {connections} at a time"
                plain[beside].append(await ready(sink, mails, connections))
    finally:
        await producer.stop()
    each = spent * 1000 / (ROUNDS * 4 * PROMPT)
    note = f"event to SMTP accepted, {each:.1f} ms of the service's CPU each; baseline: "
    return [
        Figure("messages", sum(ours) / ROUNDS, "messages/s", sum(rates) / ROUNDS, note=note + beside)
        for beside, rates in plain.items()
    ]


def cpu_seconds(stack: Stack) -> float:
    """Return how long notifications has computed so far: that tells also on a busy machine."""
    times = psutil.Process(stack.pid("notifications")).cpu_times()
    return float(times.user + times.system)


def _backlog(first: int, count: int) -> list[tuple[int, Record]]:
    """Return events with the number of messages that each makes."""
    numbers = range(first, first + count)
    prompt = [(2, reminder(number)) for number in numbers]
    patient = [(1, check_in(2 * number + side)) for number in numbers for side in (0, 1)]
    return [*prompt, *patient]


async def _worked_off(producer: Producer, sink: Sink, backlog: Sequence[tuple[int, Record]]) -> float:
    """Return messages per second, from when the first event is told."""
    wanted = sum(count for count, _ in backlog)
    counted = await sink.count(wanted)
    began = time.time()
    for start in range(0, len(backlog), AT_ONCE):
        await producer.publish([record for _, record in backlog[start : start + AT_ONCE]])
    return wanted / (await counted - began)


def _mails(count: int) -> list[tuple[str, bytes]]:
    """Return mails as ours are, ready to be sent."""
    draft = Draft(people()[0], Category.REBOOK_REMINDER, Facts(mentor=people()[1], mentee=people()[0]))
    reader = Person("Kim", "Kim Lee", "kim@acme.example", employed=True)
    message, _ = queue(draft, "message", "event")
    content = texts.written(message, texts.Reader(texts.Names("Kim", "Ada Lovelace")))
    link = "http://127.0.0.1/unsubscribe/" + "x" * 60
    mail = Mail(reader, content, message.mail_message_id, "event", datetime.now(UTC), link)
    return [(reader.address, composed(SENDER, mail))] * count
