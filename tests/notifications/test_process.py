"""Notifications as an operator runs it: killed between the mail server's answer and its own record of it."""

import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from deploy.local.issuer import Issuer
from services.pb.mentoring.processor.v1.events_pb2 import RebookReminderDue
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.directory import Directory, directory
from tests.notifications.factories import MENTEE, MENTOR, PAIR_ID
from tests.notifications.postbox import Postbox, postbox
from tests.processes import Make, Place, making, place_for

pytestmark = [pytest.mark.servers, pytest.mark.chaos, pytest.mark.apache]

TOPIC = "mentoring.notifications.v1"


@pytest.fixture
def place(mongo_url: str, kafka_bootstrap: str, issuer: Issuer, tmp_path: Path) -> Place:
    return place_for(mongo_url, kafka_bootstrap, issuer, tmp_path)


@pytest.fixture
async def people(place: Place) -> AsyncIterator[Directory]:
    async with directory() as held:
        for person in (MENTOR, MENTEE):
            name = place.name("people", person)
            held.add(Person(name=name, given_name=person, email=f"{person}@acme.example"))
        yield held


@pytest.fixture
async def box() -> AsyncIterator[Postbox]:
    async with postbox() as made:
        yield made


@pytest.fixture
async def make(place: Place) -> AsyncIterator[Make]:
    async with making(place) as function:
        yield function


def reminder(place: Place) -> RebookReminderDue:
    mentorship = place.name("mentorships", PAIR_ID)
    return RebookReminderDue(
        mentorship=mentorship,
        meeting=f"{mentorship}/meetings/meeting-1",
        mentor=place.name("people", MENTOR),
        mentee=place.name("people", MENTEE),
        misses_in_row=1,
    )


async def sent(place: Place, count: int) -> None:
    """Return once so many messages are told to be sent."""
    async with aclosing(place.told(TOPIC)) as told:
        async for kind in told:
            count -= kind == "MessageSent"
            if count == 0:
                return


async def test_a_decision_becomes_mails_and_a_kill_doubles_at_most_those_in_flight(
    place: Place, people: Directory, box: Postbox, make: Make
) -> None:
    """The uncertain moment: the server has taken a mail, nothing says so. The repeat has its Message-ID."""
    settings = {
        "PROFILES_ADDRESS": people.address,
        "SMTP_HOST": box.address[0],
        "SMTP_PORT": str(box.address[1]),
    }
    dying = make("notifications", CRASH_AT="after_smtp_before_record", **settings)
    await dying.start()
    await place.tell(reminder(place), PAIR_ID, "decision-1")
    assert await dying.process.wait() == -signal.SIGKILL
    taken = {str(mail["Message-ID"]) for mail in box.mails}
    assert taken
    again = make("notifications", **settings)
    await again.start()
    await sent(place, 2)
    mails = Counter(str(mail["Message-ID"]) for mail in box.mails)
    assert len(mails) == 2
    assert all(count == (2 if mail in taken else 1) for mail, count in mails.items())
    assert {str(mail["X-Mentoring-Event"]) for mail in box.mails} == {"decision-1"}
    assert await again.process.stop() == 0
