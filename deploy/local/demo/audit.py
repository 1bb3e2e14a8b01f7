"""Counts what the services, the topics and the mailbox hold for one organization, and compares them.

`lost` = something that should have followed and is not there; `doubled` = something there more than once.
A record published twice under one event id is neither: readers drop it. It is counted apart.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from deploy.kafka import topics
from deploy.local.demo.api import Api
from deploy.local.demo.meeting import all_meetings
from deploy.local.demo.story import Story
from deploy.local.demo.telling import addressees
from services.pb.mentoring.notifications.v1 import inbox_service_pb2 as inbox
from services.pb.mentoring.recognition.v1 import recognition_service_pb2 as recognition

TOPICS = tuple(
    f"mentoring.{name}.v1"
    for name in (
        "profiles",
        "matching",
        "mentorships",
        "scheduling",
        "processor",
        "recognition",
        "notifications",
    )
)
PARTITIONS = tuple(
    TopicPartition(topic.name, number)
    for topic in topics.load()
    if topic.name in TOPICS
    for number in range(topic.partitions)
)


_WAITING = (inbox.Message.STATE_QUEUED, inbox.Message.STATE_HELD)


@dataclass(frozen=True)
class Record:
    """One published event. `time` is the platform's time, UTC."""

    topic: str
    id: str
    type: str
    subject: str
    sequence: int
    time: datetime
    message: Any


@dataclass(frozen=True)
class Ledger:
    """What is held, counted from the outside."""

    events: tuple[Record, ...]
    republished: int
    messages: tuple[inbox.Message, ...]
    recognitions: tuple[recognition.Recognition, ...]
    mails: Mapping[str, int]
    missed: tuple[str, ...]
    completed: tuple[str, ...]

    def of(self, type_name: str) -> list[Record]:
        """Return the events of one type, such as "MeetingMissed"."""
        return [event for event in self.events if event.type.endswith(f".{type_name}")]

    @property
    def reminders(self) -> int:
        """Messages that ask to book again, and those that tell a program lead."""
        kinds = (inbox.Message.CATEGORY_REBOOK_REMINDER, inbox.Message.CATEGORY_LEAD_ALERT)
        return sum(message.category in kinds for message in self.messages)

    @property
    def sent(self) -> list[str]:
        """Message-IDs of those messages that went out as mails of their own."""
        return [message.mail_message_id for message in self.messages if message.state == message.STATE_SENT]

    def differences(self) -> dict[str, tuple[int, int]]:
        """Return (lost, doubled) for each link of the chain from fact to mail."""
        told = [(event.id, who) for event in self.events for who in addressees(event.type, event.message)]
        held = [(message.cause_event_id, message.name.split("/messages/")[0]) for message in self.messages]
        links: dict[str, tuple[Iterable[Any], Iterable[Any]]] = {
            "missed meeting → reminder decision": (
                self.missed,
                _field(self.of("RebookReminderDue"), "meeting"),
            ),
            "goal completed → recognition": (
                self.completed,
                [one.goal for one in self.recognitions if one.kind == one.KIND_GOAL_COMPLETED],
            ),
            "event → message": (told, held),
            "message → sent, gathered or unwanted": (
                [message.name for message in self.messages],
                [message.name for message in self.messages if message.state not in _WAITING],
            ),
            "message → mail": (
                self.sent,
                Counter({key: self.mails.get(key, 0) for key in self.sent}).elements(),
            ),
        }
        found = {link: _compare(expected, actual) for link, (expected, actual) in links.items()}
        return {**found, "every change → event": (self._gaps(), 0)}

    def _gaps(self) -> int:
        seen: dict[str, set[int]] = defaultdict(set)
        for event in self.events:
            seen[event.subject].add(event.sequence)
        return sum(max(numbers) - len(numbers) for numbers in seen.values())


async def ledger(api: Api, story: Story) -> Ledger:
    """Ask everybody what they hold."""
    everyone = f"{api.parent}/people/-"
    listed = api.pages(api.inbox.ListMessages, inbox.ListMessagesRequest(parent=everyone))
    messages = tuple([one async for page in listed for one in page.messages])
    issued = api.pages(api.recognition.ListRecognitions, recognition.ListRecognitionsRequest(parent=everyone))
    recognitions = tuple([one async for page in issued for one in page.recognitions])
    events, republished = await read_events(api.places.kafka, api.org)
    missed = tuple(one.name for one in await all_meetings(story) if one.state == one.STATE_MISSED)
    mails = await read_mailbox(api.places.mailbox)
    return Ledger(events, republished, messages, recognitions, mails, missed, tuple(story.completed))


async def read_events(bootstrap: str, org: str) -> tuple[tuple[Record, ...], int]:
    """Read every topic from beginning to present end; return distinct events and the number of repeats."""
    consumer = AIOKafkaConsumer(
        **topics.cluster(bootstrap).options(), enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        raw = [record async for record in whole(consumer) if _headers(record).get("ce_tenant") == org]
    finally:
        await consumer.stop()
    distinct = {record.id: record for record in map(_decode, raw)}
    ordered = sorted(
        distinct.values(),
        # causes come before their effects of the same millisecond: the topics are listed in that order
        key=lambda one: (one.time, TOPICS.index(one.topic), one.subject, one.sequence),
    )
    return tuple(ordered), len(raw) - len(distinct)


async def read_mailbox(url: str) -> Counter[str]:
    """Return how many mails the mailbox holds per Message-ID."""
    async with aiohttp.ClientSession() as http, http.get(f"{url}/messages.json") as response:
        response.raise_for_status()
        return Counter(mail["message_id"] for mail in await response.json())


async def whole(consumer: AIOKafkaConsumer) -> AsyncIterator[Any]:
    """Yield every record of every topic from beginning to present end."""
    partitions = list(PARTITIONS)
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    await consumer.seek_to_beginning(*partitions)
    left = {partition for partition in partitions if await consumer.position(partition) < ends[partition]}
    while left:
        for partition, records in (await consumer.getmany(*left, timeout_ms=1000)).items():
            for record in records:
                yield record
            if await consumer.position(partition) >= ends[partition]:
                left.discard(partition)


@cache
def _pool() -> DescriptorPool:
    """All that a reader outside the platform needs: the published descriptor set."""
    pool = DescriptorPool()
    published = files("services.pb") / "mentoring.binpb"
    for file in FileDescriptorSet.FromString(published.read_bytes()).file:
        pool.Add(file)
    return pool


def _headers(record: Any) -> dict[str, str]:
    return {key: value.decode() for key, value in record.headers}


def _decode(record: Any) -> Record:
    headers = _headers(record)
    message = GetMessageClass(_pool().FindMessageTypeByName(headers["ce_type"])).FromString(record.value)
    return Record(
        topic=record.topic,
        id=headers["ce_id"],
        type=headers["ce_type"],
        subject=headers["ce_subject"],
        sequence=int(headers["ce_sequence"]),
        time=datetime.fromisoformat(headers["ce_time"]),
        message=message,
    )


def _compare(expected: Iterable[Any], actual: Iterable[Any]) -> tuple[int, int]:
    wanted, found = Counter(expected), Counter(actual)
    return sum((wanted - found).values()), sum((found - wanted).values())


def _field(events: Iterable[Record], name: str) -> list[str]:
    return [getattr(event.message, name) for event in events]
