"""Events that lead to messages, for the people of the project's own export."""

import csv
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import uuid4

from google.protobuf.message import Message

from services.kernel.events import Event, encode
from services.kernel.kafka import Record
from services.pb.mentoring.mentorships.v1.events_pb2 import CheckInOpened
from services.pb.mentoring.processor.v1.events_pb2 import RebookReminderDue
from tests.bench.calls import ORG
from tests.bench.whole import EXPORT

_LEFT: Final = "terminated"


@lru_cache(maxsize=1)
def people() -> tuple[str, ...]:
    """Return the ids of those who work here: others get no mail."""
    with EXPORT.open(newline="") as file:
        return tuple(row["employee_id"].lower() for row in csv.DictReader(file) if row["status"] != _LEFT)


def record(message: Message, key: str) -> Record:
    """Return the record of a new event."""
    event: Event[Any] = Event(
        id=str(uuid4()),
        type=message.DESCRIPTOR.full_name,
        subject=f"organizations/{ORG}/tests/{uuid4()}",
        sequence=1,
        tenant=ORG,
        time=datetime.now(UTC),
        key=key,
        message=message,
    )
    return encode(event)


def reminder(number: int) -> Record:
    """Return what makes one message to each of a pair; each pair of people has its own mentorship."""
    known = people()
    mentor, mentee = known[2 * number % len(known)], known[(2 * number + 1) % len(known)]
    mentorship = f"organizations/{ORG}/mentorships/pair-{number}"
    told = RebookReminderDue(
        mentorship=mentorship,
        meeting=f"{mentorship}/meetings/meeting-{number}",
        mentor=f"organizations/{ORG}/people/{mentor}",
        mentee=f"organizations/{ORG}/people/{mentee}",
        misses_in_row=1,
        cause_event_id=f"missed-{number}",
        rule="rebook/1",
    )
    return record(told, f"pair-{number}")


def check_in(number: int) -> Record:
    """Return what makes one message that can wait: it looks at what its person got lately."""
    person = people()[number % len(people())]
    told = CheckInOpened(
        mentorship=f"organizations/{ORG}/mentorships/pair-{number}",
        person=f"organizations/{ORG}/people/{person}",
    )
    return record(told, f"pair-{number}")
