"""Messages per second from event to SMTP accepted, beside bare clients into the same sink."""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from statistics import fmean

import grpc

from deploy.local import kafka
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
from tests.bench import groups
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
    """Work a backlog off, alone and beside a second process that hears, and send as many mails bare."""
    producer = Producer(Cluster(stack.state.kafka), "bench")
    await producer.start()
    try:
        await _worked_off(producer, sink, _backlog(0, WARM // 4))
        ours = _Rounds(producer, sink)
        figures = await _beside_bare("messages", ours, sink)
        if stack.state.kafka_kind == kafka.Kind.EMBEDDED:  # it has one member per group
            return figures
        async with _second(stack):
            return figures + await _beside_bare("messages, two processes", ours, sink)
    finally:
        await producer.stop()


@asynccontextmanager
async def _second(stack: Stack) -> AsyncIterator[None]:
    second = stack.another("notifications", "events")
    try:
        await second.start()
        await groups.at_rest(stack.state.kafka, "notifications", 2)
        yield
    finally:
        await second.stop()


class _Rounds:
    """Works a backlog off, each time that of other pairs."""

    def __init__(self, producer: Producer, sink: Sink) -> None:
        self._producer, self._sink = producer, sink
        self._first = count(1_000, 2 * PROMPT)

    async def __call__(self) -> float:
        """Return messages per second."""
        return await _worked_off(self._producer, self._sink, _backlog(next(self._first), PROMPT))


async def _beside_bare(name: str, ours: _Rounds, sink: Sink) -> list[Figure]:
    """Measure ours and bare ones in turns: a plain loop over messages, and bytes at hand."""
    mails, own, bare = _mails(4 * PROMPT), list[float](), defaultdict[str, list[float]](list)
    for _ in range(ROUNDS):
        own.append(await ours())
        bare["a loop of aiosmtplib's send_message"].append(await loop(sink, mails))
        for connections in (1, CONNECTIONS):
            at_hand = f"bytes ready to be sent, {connections} at a time"
            bare[at_hand].append(await ready(sink, mails, connections))
    return [
        Figure(name, fmean(own), "messages/s", fmean(rates), note=f"event to SMTP accepted; baseline: {what}")
        for what, rates in bare.items()
    ]


def _backlog(first: int, many: int) -> list[tuple[int, Record]]:
    """Return events with the number of messages that each makes."""
    numbers = range(first, first + many)
    prompt = [(2, reminder(number)) for number in numbers]
    patient = [(1, check_in(2 * number + side)) for number in numbers for side in (0, 1)]
    return [*prompt, *patient]


async def _worked_off(producer: Producer, sink: Sink, backlog: Sequence[tuple[int, Record]]) -> float:
    """Return messages per second, from when the first event is told."""
    wanted = sum(made for made, _ in backlog)
    counted = await sink.count(wanted)
    began = time.time()
    for start in range(0, len(backlog), AT_ONCE):
        await producer.publish([record for _, record in backlog[start : start + AT_ONCE]])
    return wanted / (await counted - began)


def _mails(many: int) -> list[tuple[str, bytes]]:
    """Return mails as ours are, ready to be sent."""
    draft = Draft(people()[0], Category.REBOOK_REMINDER, Facts(mentor=people()[1], mentee=people()[0]))
    reader = Person("Kim", "Kim Lee", "kim@acme.example", employed=True)
    message, _ = queue(draft, "message", "event")
    content = texts.written(message, texts.Reader(texts.Names("Kim", "Ada Lovelace")))
    link = "http://127.0.0.1/unsubscribe/" + "x" * 60
    mail = Mail(reader, content, message.mail_message_id, "event", datetime.now(UTC), link)
    return [(reader.address, composed(SENDER, mail))] * many
